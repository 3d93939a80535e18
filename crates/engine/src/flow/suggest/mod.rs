//! A first mapping from events that really came to the events that a plan wants, for a person to go over.
//!
//! Events are sorted by kind (a click on objects, a purchase, a view of filters …). Each kind is held against each planned
//! event: do the names speak of the same deed, and are the planned fields there, by name, type and how often? What fits
//! becomes a subscription; how sure each line is stands beside it as a comment.

mod matching;
mod names;
mod observed;
mod write;

use causeway_mapping::Value;
use causeway_segment::plan::{Field, Plan};
use matching::Proposal;
use observed::Fields;
use std::collections::BTreeMap;

/// A kind of event and a planned event that fit less than this are not put together, unless that event was asked for.
const LEAST_FIT: f64 = 0.5;

/// Kinds of events that are told apart; the words come from outside.
const MAX_KINDS: usize = 100;

/// Events sorted by kind.
#[derive(Debug, Default)]
pub struct Suggester {
    kinds: BTreeMap<Kind, Seen>,
    events: u64,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    event_type: String,
    subtype: Option<String>,
    subject: Subject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Products,
    Filters,
    Nothing,
}

#[derive(Debug, Default)]
struct Seen {
    /// Fields of `properties`.
    properties: Fields,
    /// Fields of the event itself: name, ids, time.
    event: Fields,
}

/// A kind of event and the planned event that it becomes.
struct Pair<'s> {
    kind: &'s Kind,
    seen: &'s Seen,
    event: &'s str,
    /// Whether each product makes a message of its own.
    each: bool,
    proposals: Vec<Proposal<'s>>,
    fit: f64,
}

impl Suggester {
    /// Adds an event as flows see it.
    pub fn add(&mut self, payload: &Value<'_>) {
        let Some(properties) = payload.get("properties") else { return };
        self.events += 1;
        let kind = Kind::of(properties);
        if self.kinds.len() < MAX_KINDS || self.kinds.contains_key(&kind) {
            let seen = self.kinds.entry(kind).or_default();
            seen.properties.add(properties);
            seen.event.add(&head(payload));
        }
    }

    /// The flow file that maps to this planned event, or to every one that something fits. `plan_file` is what the flow
    /// will call its plan.
    pub fn suggest(&self, plan: &Plan, event: Option<&str>, plan_file: &str) -> Result<String, String> {
        if self.kinds.is_empty() {
            return Err("there are no events to learn from".to_owned());
        }
        let planned: Vec<(&str, Vec<Field>)> = plan
            .events()
            .filter(|known| event.is_none_or(|event| event == *known))
            .filter_map(|known| Some((known, plan.fields(known)?)))
            .collect();
        if let (Some(event), true) = (event, planned.is_empty()) {
            let known: Vec<&str> = plan.events().collect();
            return Err(format!("the plan has no event {event:?}; it has {}", known.join(", ")));
        }
        let pairs = self.pairs(&planned, event.is_some());
        if pairs.is_empty() {
            return Err(
                "none of the planned events looks like one of these; name one with --event".to_owned()
            );
        }
        Ok(write::file(self.events, &pairs, event, plan_file))
    }

    fn pairs<'s>(&'s self, planned: &'s [(&'s str, Vec<Field>)], asked: bool) -> Vec<Pair<'s>> {
        let best = |(kind, seen)| {
            let all = planned.iter().map(|(event, fields)| pair(kind, seen, event, fields));
            all.max_by(|one, other| one.fit.total_cmp(&other.fit))
        };
        let mut pairs: Vec<Pair<'s>> = self.kinds.iter().filter_map(best).collect();
        pairs.sort_by(|one, other| other.fit.total_cmp(&one.fit));
        if asked {
            pairs.truncate(1);
        } else {
            pairs.retain(|pair| pair.fit >= LEAST_FIT);
        }
        pairs
    }
}

impl Kind {
    fn of(properties: &Value<'_>) -> Self {
        let text = |key: &str| properties.get(key).and_then(Value::as_str).map(str::to_owned);
        let subject = match (properties.get("products"), properties.get("filters")) {
            (Some(_), _) => Subject::Products,
            (None, Some(_)) => Subject::Filters,
            (None, None) => Subject::Nothing,
        };
        Self { event_type: text("eventType").unwrap_or_default(), subtype: text("eventSubtype"), subject }
    }

    /// Words that names of such events are made of.
    fn words(&self) -> Vec<&'static str> {
        let deed: &[&str] = match (self.event_type.as_str(), self.subtype.as_deref()) {
            ("click", _) => &["click", "clicked", "selected", "opened", "tapped"],
            ("view", _) => &["view", "viewed", "seen", "shown", "impression"],
            (_, Some("addToCart")) => &["add", "added", "to", "cart", "basket", "bag"],
            (_, Some("purchase")) => &["purchase", "purchased", "order", "ordered", "completed", "bought"],
            _ => &["convert", "converted", "conversion"],
        };
        let subject: &[&str] = match self.subject {
            Subject::Products => &["product", "products", "result", "results", "item", "search", "hit"],
            Subject::Filters => &["filter", "filters", "filtered", "facet", "search", "list"],
            Subject::Nothing => &["search"],
        };
        [deed, subject].concat()
    }
}

/// The event's own fields, without those that are only for Causeway.
fn head<'v>(payload: &'v Value<'v>) -> Value<'v> {
    let keys = ["event", "anonymousId", "userId", "timestamp"];
    let members = keys.into_iter().filter_map(|key| Some((key.into(), payload.get(key)?.borrowed())));
    Value::Object(members.collect())
}

fn pair<'s>(kind: &'s Kind, seen: &'s Seen, event: &'s str, fields: &'s [Field]) -> Pair<'s> {
    let products = seen.properties.by_path.get("products").map(|products| &products.items);
    let whole = [("$.properties.", &seen.properties), ("$.", &seen.event)];
    let once = matching::propose(fields, &whole);
    let has_list = once.iter().any(|proposal| !proposal.field.fields.is_empty());
    let single = products.filter(|_| !has_list).map(|products| {
        let places = [("$.item.", products), whole[0], whole[1]];
        matching::propose(fields, &places)
    });
    let (each, proposals) = match single {
        Some(single) if matching::coverage(&single) > matching::coverage(&once) => (true, single),
        _ => (false, once),
    };
    let known = kind.words();
    let words = names::words(event);
    let shared = words.iter().filter(|word| known.contains(&word.as_str())).count();
    let name = shared as f64 / words.len().max(1) as f64;
    let fit = 0.6 * name + 0.4 * matching::coverage(&proposals);
    Pair { kind, seen, event, each, proposals, fit }
}
