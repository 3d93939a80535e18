//! Which searches the objects of a conversion came from, where it does not say.

use super::step::{Place, Step};
use crate::identity::{self, Identifier, Kind, Person, Sender};
use crate::people;
use crate::searches::clicks::{Click, object_hash, token_hash};
use crate::searches::recover::{Candidate, Recovered, recover};
use crate::searches::{OBJECTS, QueryId, Recalled, Remembered, text};
use causeway_algolia::insights::{self, Event, Object, Subject};
use std::collections::BTreeSet;
use xxhash_rust::xxh3::xxh3_64;

/// A person with more ids than this is a mistake in what was linked; the others are passed over.
const MAX_TOKENS: usize = 200;

/// A token, and the id that it stands for.
pub(super) struct Token {
    text: String,
    id: Identifier,
}

impl Step<'_> {
    /// Remembers which search's results a person acts on.
    pub(super) fn note_clicks(&mut self, event: &Event<'_>, place: Place) {
        use insights::Kind::{AddToCart, Click as Clicked, Conversion};
        if !self.engine.settings.searches.recover || !matches!(event.kind, Clicked | AddToCart | Conversion) {
            return;
        }
        let (Subject::Objects(objects), Some(index)) = (&event.subject, &event.index) else { return };
        for object in objects {
            let own = query_id(object).or(event.query_id.as_deref());
            let Some(query_id) = own.and_then(QueryId::parse) else { continue };
            let (token, object) = (token_hash(&event.user_token), object_hash(index, &object.id));
            let at = place.time.min(self.now);
            self.engine.learned.clicks.note(Click { token, object, query_id, at }, self.now);
        }
    }

    /// Of each object of a conversion that names no search, the search that it came from, if that is sure enough.
    pub(super) fn recover(
        &mut self,
        event: &Event<'_>,
        sender: &Sender<'_>,
        place: Place,
    ) -> Vec<Option<Recovered>> {
        use insights::Kind::{AddToCart, Conversion, Purchase};
        let settings = self.engine.settings.searches;
        let converted = matches!(event.kind, Conversion | AddToCart | Purchase);
        let (Subject::Objects(objects), Some(index)) = (&event.subject, &event.index) else {
            return Vec::new();
        };
        let silent = event.query_id.is_none() && objects.iter().any(|object| query_id(object).is_none());
        if !settings.recover || !converted || !silent {
            return Vec::new();
        }
        let person = self.person_of(sender, place);
        let tokens = self.tokens_of(&person, sender);
        let searches = self.searches_before(&person, &tokens, index, place.time);
        let of = |step: &mut Self, object: &Object<'_>| {
            if query_id(object).is_some() {
                return None;
            }
            let clicks = step.clicks_on(&person, &tokens, object_hash(index, &object.id), place.time);
            let clicked: Vec<Candidate> = clicks.iter().map(|click| clicked(click, &searches)).collect();
            let shown: Vec<Candidate> =
                searches.iter().filter_map(|search| shown(search, &object.id)).collect();
            recover(&clicked, &shown).filter(|found| found.hundredths >= settings.least_confidence)
        };
        objects.iter().map(|object| of(self, object)).collect()
    }

    /// The event with the searches that were recovered, as far as Algolia takes them.
    pub(super) fn completed<'e>(
        &mut self,
        event: &Event<'e>,
        sender: &Sender<'_>,
        place: Place,
    ) -> Option<Event<'e>> {
        let recovered = self.recover(event, sender, place);
        let found: Vec<Option<String>> =
            recovered.iter().map(|found| found.map(|found| found.query_id.to_string())).collect();
        event.with_query_ids(&found)
    }

    /// Adds what is known of the searches that were recovered.
    pub(super) fn recall_recovered(
        &mut self,
        token: &str,
        recovered: &[Option<Recovered>],
        queries: &mut Vec<(String, Recalled)>,
    ) {
        for query_id in recovered.iter().flatten().map(|found| found.query_id.to_string()) {
            if queries.iter().all(|(known, _)| *known != query_id) {
                let recalled = self.recall(token, &query_id);
                queries.extend(recalled.map(|recalled| (query_id, recalled)));
            }
        }
    }

    /// Everything that the person searched for in this index within the window before an instant.
    fn searches_before(
        &mut self,
        person: &Person,
        tokens: &[Token],
        index: &str,
        time: i64,
    ) -> Vec<Remembered> {
        let since = time.saturating_sub(self.engine.settings.searches.memory_ms);
        let mut found = Vec::new();
        for token in tokens {
            let within = |search: &&Remembered| (since..=time).contains(&search.at) && search.index == index;
            let searches: Vec<Remembered> =
                self.searches_of(&token.text).newest().filter(within).cloned().collect();
            found.extend(searches.into_iter().filter(|search| self.is_own(person, &token.id, search.at)));
        }
        found
    }

    fn clicks_on(&mut self, person: &Person, tokens: &[Token], object: u64, time: i64) -> Vec<Click> {
        let hashes: Vec<u64> = tokens.iter().map(|token| token_hash(&token.text)).collect();
        let mut clicks = self.engine.learned.clicks.on(&hashes, object, time);
        clicks.retain(|click| {
            let token = tokens.iter().zip(&hashes).find(|(_, hash)| **hash == click.token);
            token.is_some_and(|(token, _)| self.is_own(person, &token.id, click.at))
        });
        clicks
    }

    /// Whether what was done under an id at an instant is the person's: a device may have had several.
    fn is_own(&mut self, person: &Person, id: &Identifier, at: i64) -> bool {
        id.kind == Kind::User || people::belonged(&mut self.nodes(), person, &id.id, at)
    }

    pub(super) fn person_of(&mut self, sender: &Sender<'_>, place: Place) -> Person {
        let anonymous = || sender.anonymous.as_deref().unwrap_or_default();
        let id = sender.user.as_deref().map_or_else(|| Identifier::anonymous(anonymous()), Identifier::user);
        identity::person(&mut self.nodes(), &id, place.time)
    }

    /// All tokens that a person may search with: each id, and what Algolia knows it by.
    pub(super) fn tokens_of(&mut self, person: &Person, sender: &Sender<'_>) -> Vec<Token> {
        let users = person.users.iter().chain(&sender.user).map(Identifier::user);
        let sent = sender.anonymous.as_deref().map(str::to_owned);
        let anonymous = person.anonymous.iter().chain(&sent).map(Identifier::anonymous);
        let ids: BTreeSet<Identifier> = users.chain(anonymous).collect();
        let mut tokens = Vec::new();
        for id in ids.into_iter().take(MAX_TOKENS) {
            let encoded = Some(self.token_of(&id.id)).filter(|token| *token != id.id);
            let texts = encoded.into_iter().chain([id.id.clone()]);
            tokens.extend(texts.map(|text| Token { text, id: id.clone() }));
        }
        tokens
    }

    /// The same, as texts.
    pub(super) fn token_texts(&mut self, sender: &Sender<'_>, place: Place) -> Vec<String> {
        let person = self.person_of(sender, place);
        self.tokens_of(&person, sender).into_iter().map(|token| token.text).collect()
    }
}

fn query_id<'o>(object: &'o Object<'_>) -> Option<&'o str> {
    object.data.as_ref()?.query_id.as_deref()
}

fn clicked(click: &Click, searches: &[Remembered]) -> Candidate {
    let id = click.query_id.to_string();
    let search = searches.iter().find(|search| search.query_ids().any(|known| known == id));
    Candidate { query_id: click.query_id, query: search.map(query_of), at: click.at, place: 1 }
}

/// The search as a candidate, if it showed the object. How many objects its pages have is not remembered: a page is taken
/// for as long as what is kept of it.
fn shown(search: &Remembered, object: &str) -> Option<Candidate> {
    let query_id = QueryId::parse(search.query_id.as_deref()?)?;
    let place = search.object_ids.iter().position(|shown| shown == object)?;
    let before = u64::from(search.page) * OBJECTS as u64;
    let place = u32::try_from(before + place as u64 + 1).unwrap_or(u32::MAX);
    Some(Candidate { query_id, query: Some(query_of(search)), at: search.at, place })
}

fn query_of(search: &Remembered) -> u64 {
    let filters = search.filters.as_deref().unwrap_or_default();
    xxh3_64(format!("{}\n{filters}", text::normal(&search.query)).as_bytes())
}
