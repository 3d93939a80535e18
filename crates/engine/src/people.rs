//! People, looked up by any of their ids.

use crate::core::Facts;
use crate::identity::{self, Identifier, Kind, Nodes, Person, Reader};
use crate::profile::{self, Profile, View};
use causeway_algolia::tokens;
use causeway_store::Error;

/// Somebody, as far as anything is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The identifier that was asked for, behind its token if it was one of ours.
    pub asked: Identifier,
    /// All that the person is known by.
    pub person: Person,
    /// What is known of the person.
    pub view: View,
}

impl Known {
    /// Whether nothing at all is known.
    pub fn is_stranger(&self) -> bool {
        self.person.user.is_none() && self.person.anonymous.len() < 2 && self.view == View::default()
    }
}

/// What stands for a person: the user id, or of a device without a user the first of its anonymous ids.
pub fn standing_for(person: &Person) -> Option<Identifier> {
    let user = person.user.as_ref().map(Identifier::user);
    user.or_else(|| person.anonymous.first().map(Identifier::anonymous))
}

/// Looks somebody up by a user id, an anonymous id or an Algolia token, as of an instant (milliseconds since the Unix
/// epoch). Who was never heard of is somebody of whom nothing is known.
pub fn find(facts: &dyn Facts, id: &str, now: i64) -> Result<Known, Error> {
    let asked = identify(facts, id)?;
    let mut nodes = Reader::new(facts);
    let person = identity::person(&mut nodes, &asked, now);
    let mut failure = None;
    let mut profile = |id: &Identifier| {
        read_profile(facts, id).unwrap_or_else(|error| {
            failure = Some(error);
            Profile::default()
        })
    };
    let view = view(&mut nodes, &person, &mut profile);
    nodes.finish()?;
    failure.map_or(Ok(Known { asked, person, view }), Err)
}

/// Which identifier a text is: a user id if one is known, else an anonymous id.
pub(crate) fn identify(facts: &dyn Facts, text: &str) -> Result<Identifier, Error> {
    let behind = if tokens::is_encoded(text) { facts.fact(&identity::token_key(text))? } else { None };
    let id = behind.and_then(|id| String::from_utf8(id).ok()).unwrap_or_else(|| text.to_owned());
    let user = Identifier::user(id);
    let known =
        facts.fact(&user.key())?.is_some() || facts.fact(&profile::key(Kind::User, &user.id))?.is_some();
    Ok(if known { user } else { Identifier::anonymous(user.id) })
}

fn read_profile(facts: &dyn Facts, id: &Identifier) -> Result<Profile, Error> {
    let stored = facts.fact(&profile::key(id.kind, &id.id))?;
    Ok(stored.map(|stored| Profile::decode(&stored)).unwrap_or_default())
}

/// Joins what was said of all of a person's identifiers. What was said of a device that had several users counts for the
/// one that it belonged to then; of before any login, for the first one.
pub(crate) fn view(
    nodes: &mut impl Nodes,
    person: &Person,
    profile: &mut dyn FnMut(&Identifier) -> Profile,
) -> View {
    let mut view = View::default();
    for user in &person.users {
        view.join(&profile(&Identifier::user(user)), |_| true);
    }
    for anonymous in &person.anonymous {
        let known = profile(&Identifier::anonymous(anonymous));
        if known.is_empty() {
            continue;
        }
        view.join(&known, |at| belonged(nodes, person, anonymous, at));
    }
    view
}

pub(crate) fn belonged(nodes: &mut impl Nodes, person: &Person, anonymous: &str, at: i64) -> bool {
    match identity::owner_or_later(nodes, anonymous, at) {
        Some(owner) => person.users.contains(&owner),
        None => person.users.is_empty(),
    }
}
