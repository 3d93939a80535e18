//! A person, described for people.

use causeway_algolia::tokens;
use causeway_engine::identity::{self, Identifier, Link, Person, Reader};
use causeway_engine::profile::View;
use causeway_engine::{Facts, people};
use causeway_store::Error;
use serde::Serialize;
use std::collections::BTreeMap;

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
}

/// A trait.
#[derive(Debug, Serialize)]
pub struct Trait {
    value: serde_json::Value,
    #[serde(rename = "type")]
    kind: &'static str,
    at: i64,
}

/// An audience.
#[derive(Debug, Serialize)]
pub struct Audience {
    member: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    entered: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<i64>,
}

/// Describes whoever is behind an id, as of an instant; nothing if nothing is known of anybody like that.
pub fn describe(
    facts: &dyn Facts,
    id: &str,
    token_secret: &[u8],
    now: i64,
) -> Result<Option<Described>, Error> {
    let known = people::find(facts, id, now)?;
    if known.is_stranger() {
        return Ok(None);
    }
    let mut nodes = Reader::new(facts);
    let links = identity::explain(&mut nodes, &known.person);
    nodes.finish()?;
    let ids = known.person.users.iter().chain(&known.person.anonymous);
    let tokens = ids.map(|id| tokens::legal(id, token_secret).into_owned()).collect();
    let View { traits, audiences } = known.view;
    Ok(Some(Described {
        asked: known.asked,
        person: known.person,
        tokens,
        traits: traits
            .into_iter()
            .filter(|(_, known)| !known.value.is_null())
            .map(|(name, known)| {
                let kind = known.kind();
                (name, Trait { value: known.value, kind, at: known.at })
            })
            .collect(),
        audiences: audiences
            .into_iter()
            .map(|(key, known)| {
                (key, Audience { member: known.is_member(), entered: known.entered, left: known.left })
            })
            .collect(),
        links,
    }))
}
