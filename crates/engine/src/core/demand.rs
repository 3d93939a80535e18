//! What follows from searches with and without results.

use super::step::{Place, Step};
use crate::event::{self, EventId};
use crate::flow::insights::amount::of as amount;
use crate::identity::Sender;
use crate::payload::{self, HAS_RESULTS};
use crate::searches::Search;
use crate::searches::clicks::token_hash;
use crate::searches::demand::{Asked, DemandId, News, Purchase};
use causeway_algolia::insights::{Amount, Event, Kind, Object, Subject};
use causeway_mapping::Value as Mapped;
use causeway_segment::call::{self, Call};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_128;

/// At most so many people are told of results in one step; the others in the next.
const TOLD_AT_ONCE: usize = 500;

impl Step<'_> {
    /// Learns from a search that has settled. Answers for one without results the nearest query that has some.
    pub(super) fn learn_search(
        &mut self,
        search: &Search<'_>,
        sender: &Sender<'_>,
        place: Place,
    ) -> Option<String> {
        if search.query.trim().is_empty() {
            return None;
        }
        if search.nb_hits > 0 {
            let learned =
                self.engine.learned.queries.learn(self.facts, &search.index, &search.query, search.at);
            self.or_fail(learned);
            self.search_found(search, Some((sender, place)));
            return None;
        }
        self.search_failed(search);
        let nearest = self.engine.learned.queries.nearest(self.facts, &search.index, &search.query);
        self.or_fail(nearest).flatten()
    }

    fn search_failed(&mut self, search: &Search<'_>) {
        if search.filters.is_none() {
            let unlearned = self.engine.learned.queries.unlearn(self.facts, &search.index, &search.query);
            self.or_fail(unlearned);
        }
        if let Some(token) = search.user_token.as_deref() {
            let failed = self.engine.learned.demands.failed(self.facts, asked(search), token);
            self.or_fail(failed);
        }
    }

    /// Notes that a search has results; whoever waits for them is told, but not the searcher.
    fn search_found(&mut self, search: &Search<'_>, searcher: Option<(&Sender<'_>, Place)>) {
        let found = self.engine.learned.demands.found(self.facts, asked(search), search.nb_hits);
        let waited_for = self.or_fail(found).unwrap_or_default();
        if let Some((sender, place)) = searcher.filter(|_| !waited_for.is_empty()) {
            let own = self.token_texts(sender, place);
            for id in waited_for {
                self.take_off(id, &own);
            }
        }
        self.tell_news();
    }

    /// Causeway itself asked whether a query has results by now. That is nobody's search and counts as none.
    pub(super) fn probed(&mut self, search: &Search<'_>) {
        let noted = self.engine.learned.demands.probed(self.facts, asked(search));
        self.or_fail(noted);
        if search.nb_hits > 0 {
            self.search_found(search, None);
        }
    }

    /// Tells whoever waited for results, as many as a step may.
    pub(super) fn tell_news(&mut self) {
        while self.told < TOLD_AT_ONCE {
            let news = self.engine.learned.demands.next_news(self.facts);
            let Some(news) = self.or_fail(news).flatten() else { break };
            self.told += 1;
            self.tell(&news);
        }
    }

    fn tell(&mut self, news: &News) {
        let token = &news.waiting.token;
        let id = format!("{HAS_RESULTS}\n{}\n{token}\n{}", news.id, news.waiting.since);
        let place = Place {
            id: EventId(xxh3_128(id.as_bytes())),
            position: self.position,
            item: 0,
            time: news.found.at,
            slot: event::slot(token),
        };
        let sender = self.searcher(token, place);
        let own = self.token_texts(&sender, place);
        self.take_off(news.id, &own);
        self.run_finding_flows(HAS_RESULTS, properties(news), token, &sender, place);
    }

    /// What follows from a new Insights event beside what its flows make of it.
    pub(super) fn event_understood(&mut self, event: &Event<'_>, sender: &Sender<'_>, place: Place) {
        if let Some(purchase) = purchase_of(event, place) {
            self.note_purchase(&purchase, sender, place);
        }
        self.meet_sender(event, sender, place);
    }

    /// Forgets what was learned of a token; answers how many things that were.
    pub(super) fn forget_learned(&mut self, token: &str) -> usize {
        let waits = self.engine.learned.demands.forget(self.facts, token);
        let waits = self.or_fail(waits).unwrap_or_default();
        let clicks = self.engine.learned.clicks.forget(token_hash(token));
        waits + clicks + usize::from(self.forget_newcomer(token))
    }

    fn take_off(&mut self, id: DemandId, tokens: &[String]) {
        let taken = self.engine.learned.demands.take_off(self.facts, id, tokens);
        self.or_fail(taken);
    }

    /// Runs what Causeway found out itself through the flows.
    pub(super) fn run_finding_flows(
        &mut self,
        kind: &'static str,
        properties: Value,
        token: &str,
        sender: &Sender<'_>,
        place: Place,
    ) {
        let raw = properties.to_string();
        let context = payload::finding_context(&properties);
        let payload = payload::of_finding(kind, properties, context.clone(), sender, place.time);
        self.run_made_flows(payload, &context, (&raw, token), sender, place);
    }

    /// Counts what somebody bought for what the same person asked for in vain before.
    pub(super) fn note_purchase(&mut self, purchase: &Purchase, sender: &Sender<'_>, place: Place) {
        if purchase.objects.is_empty() {
            return;
        }
        let tokens = self.token_texts(sender, place);
        let noted = self.engine.learned.demands.bought(self.facts, &tokens, purchase);
        self.or_fail(noted);
    }
}

fn asked<'a>(search: &'a Search<'_>) -> Asked<'a> {
    Asked { index: &search.index, query: &search.query, filters: search.filters.as_deref(), at: search.at }
}

/// What there is to tell who waited. Nothing in it is of anybody else.
fn properties(news: &News) -> Value {
    let mut properties = json!({
        "eventType": HAS_RESULTS,
        "query": news.demand.query,
        "index": news.demand.index,
        "userToken": news.waiting.token,
        "nbHits": news.found.nb_hits,
        "firstAskedAt": causeway_segment::time::to_string(news.waiting.since),
        "lastAskedAt": causeway_segment::time::to_string(news.waiting.last),
    });
    if let Some(filters) = &news.demand.filters {
        properties["filters"] = filters.as_str().into();
    }
    properties
}

/// What an event says was bought.
pub(super) fn purchase_of(event: &Event<'_>, place: Place) -> Option<Purchase> {
    let Subject::Objects(objects) = &event.subject else { return None };
    let bought = matches!(event.kind, Kind::Purchase | Kind::Conversion);
    bought.then(|| Purchase {
        at: place.time,
        currency: event.currency.as_deref().map(str::to_ascii_uppercase),
        objects: objects.iter().map(|object| (object.id.to_string(), paid(object))).collect(),
        total: event.value.as_ref().and_then(Amount::as_f64).and_then(millionths),
    })
}

fn paid(object: &Object<'_>) -> Option<i64> {
    let data = object.data.as_ref()?;
    let price = data.price.as_ref().and_then(Amount::as_f64)?;
    millionths(price * f64::from(data.quantity.unwrap_or(1)))
}

/// An amount in whole millionths, so that sums come out the same in every order; nothing of one beyond all reason.
pub(super) fn millionths(amount: f64) -> Option<i64> {
    const MOST: f64 = 1e12;
    (0.0..=MOST).contains(&amount).then(|| (amount * 1e6).round() as i64)
}

/// Whether a call of Segment's is an order.
pub(super) fn is_order(call: &Call<'_>) -> bool {
    const ORDERS: [&str; 2] = ["Order Completed", "Completed Order"];
    call.kind == call::Kind::Track && call.name.as_deref().is_some_and(|name| ORDERS.contains(&name))
}

/// What a call of Segment's says was bought: the products of an order.
pub(super) fn purchase_of_call(call: &Call<'_>, payload: &Mapped<'_>, place: Place) -> Option<Purchase> {
    const TOTALS: [&str; 4] = ["revenue", "subtotal", "value", "total"];
    let properties = payload.get("properties").filter(|_| is_order(call))?;
    let Some(Mapped::Array(products)) = properties.get("products") else { return None };
    let total = TOTALS.iter().find_map(|key| properties.get(key).and_then(amount));
    Some(Purchase {
        at: place.time,
        currency: properties.get("currency").and_then(Mapped::as_str).map(str::to_ascii_uppercase),
        objects: products.iter().filter_map(bought).collect(),
        total: total.and_then(millionths),
    })
}

fn bought(product: &Mapped<'_>) -> Option<(String, Option<i64>)> {
    let id = ["product_id", "id"].into_iter().find_map(|key| text(product.get(key)?))?;
    let quantity = product.get("quantity").and_then(amount).unwrap_or(1.0);
    let paid = product.get("price").and_then(amount).and_then(|price| millionths(price * quantity));
    Some((id, paid))
}

/// A text, or a number as it was written.
fn text(value: &Mapped<'_>) -> Option<String> {
    match value {
        Mapped::String(text) if !text.is_empty() => Some(text.to_string()),
        Mapped::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
