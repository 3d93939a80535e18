//! A person, described for people.

use super::search_context;
use causeway_algolia::insights;
use causeway_algolia::tokens;
use causeway_engine::identity::{self, Identifier, Link, Person, Reader};
use causeway_engine::lookup::StoredFacts;
use causeway_engine::people::{self, Known};
use causeway_engine::profile::{self, View};
use causeway_engine::search_context::{Rules, SearchContext};
use causeway_engine::trace::{Latest, latest};
use causeway_store::{Error, Journal, State};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where all that is known of people is read, by the admin API and by commands.
#[derive(Clone, Copy)]
pub struct People<'s> {
    /// What came in.
    pub journal: &'s dyn Journal,
    /// What follows.
    pub state: &'s dyn State,
    /// Insights' rules.
    pub rules: &'s insights::Rules,
    /// What changes of searches.
    pub search: &'s Rules,
    /// What encoded tokens are made with.
    pub token_secret: &'s str,
}

/// What is known of a person.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    /// The identifier that was asked for.
    pub asked: Identifier,
    /// All that the person is known by.
    #[serde(flatten)]
    pub person: Person,
    /// The tokens that Algolia knows these by, in the order of the user ids, then of the anonymous ids.
    pub tokens: Vec<String>,
    /// By name.
    pub traits: BTreeMap<String, Trait>,
    /// By key.
    pub audiences: BTreeMap<String, Audience>,
    /// What makes the identifiers one person, and what an operator has taken back.
    pub links: Vec<Link>,
    /// What all that changes of the person's searches.
    pub search_context: SearchContext,
    /// What the person did last, newest first.
    pub latest: Vec<Latest>,
}

/// A trait.
#[derive(Debug, Serialize)]
pub struct Trait {
    /// Its value.
    pub value: serde_json::Value,
    /// The JSON type of the value.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When it was said, in milliseconds since the Unix epoch.
    pub at: i64,
}

/// An audience.
#[derive(Debug, Serialize)]
pub struct Audience {
    /// Whether the person is in it.
    pub member: bool,
    /// When it was entered, in milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered: Option<i64>,
    /// When it was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<i64>,
}

impl People<'_> {
    /// Looks somebody up by any id or token, as of an instant.
    pub fn find(&self, id: &str, now: i64) -> Result<Known, Error> {
        people::find(&StoredFacts(self.state), id, now)
    }

    /// Describes whoever is behind an id, as of an instant; nothing if nothing is known of anybody like that.
    pub fn describe(&self, id: &str, now: i64) -> Result<Option<Described>, Error> {
        let known = self.find(id, now)?;
        let facts = StoredFacts(self.state);
        let mut nodes = Reader::new(&facts);
        let secret = self.token_secret.as_bytes();
        let sources = (self.journal, self.state);
        let latest = latest(sources, &mut nodes, &known.person, self.rules, secret)?;
        if known.is_stranger() && latest.is_empty() {
            return Ok(None);
        }
        let links = identity::explain(&mut nodes, &known.person);
        nodes.finish()?;
        let ids = known.person.users.iter().chain(&known.person.anonymous);
        let tokens = ids.map(|id| tokens::legal(id, secret).into_owned()).collect();
        let search_context = search_context::evaluate(self.search, &known, secret);
        let Known { asked, person, view: View { traits, audiences } } = known;
        Ok(Some(Described {
            asked,
            person,
            tokens,
            traits: shown_traits(traits),
            audiences: shown_audiences(audiences),
            links,
            search_context,
            latest,
        }))
    }
}

fn shown_traits(traits: BTreeMap<String, profile::Trait>) -> BTreeMap<String, Trait> {
    let known = traits.into_iter().filter(|(_, known)| !known.value.is_null());
    let shown = known.map(|(name, known)| {
        let kind = known.kind();
        (name, Trait { value: known.value, kind, at: known.at })
    });
    shown.collect()
}

fn shown_audiences(audiences: BTreeMap<String, profile::Membership>) -> BTreeMap<String, Audience> {
    let shown = audiences.into_iter().map(|(key, known)| {
        (key, Audience { member: known.is_member(), entered: known.entered, left: known.left })
    });
    shown.collect()
}
