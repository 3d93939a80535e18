//! Keeping a record of each person in an Algolia index.

use super::{Affinity, Held, View};
use crate::flow::{Categories, ConsentMissing};
use causeway_algolia::records::IndexName;
use serde_json::json;

/// The attribute that holds the audiences that a person is in.
pub const AUDIENCES: &str = "audiences";

/// A recipe that keeps records: `trait-sync`, `audience-sync`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sync {
    /// The recipe's name, which is the flow's name in the ledger.
    pub flow: &'static str,
    /// The index that holds the records.
    pub index: IndexName,
    /// What of a person goes there.
    pub what: What,
    /// The categories of consent that a call must carry to be heard.
    pub consent: Categories,
    /// What becomes of a call without any.
    pub consent_missing: ConsentMissing,
    /// Traits that also become evidence for Algolia's own personalization. Off (empty) by default.
    pub affinities: Vec<Affinity>,
}

/// What of a person goes to the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// These traits, each an attribute of its own name.
    Traits(Vec<String>),
    /// The audiences that the person is in, as the list [`AUDIENCES`]; only these, or all.
    Audiences(Option<Vec<String>>),
}

impl Sync {
    /// Whether an audience is one of those that go to the record.
    pub fn has_audience(&self, key: &str) -> bool {
        match &self.what {
            What::Traits(_) => false,
            What::Audiences(chosen) => {
                chosen.as_ref().is_none_or(|chosen| chosen.iter().any(|one| one == key))
            }
        }
    }

    /// The attributes that Algolia does not hold yet, with their JSON; notes them as held. What was never known is left
    /// out, what is no longer known becomes null.
    pub fn changed(&self, view: &View, held: &mut Held) -> Vec<(String, String)> {
        let attributes = self.attributes(view, held);
        attributes.into_iter().filter(|(name, json)| held.note(name, json)).collect()
    }

    fn attributes(&self, view: &View, held: &Held) -> Vec<(String, String)> {
        match &self.what {
            What::Traits(chosen) => chosen
                .iter()
                .filter(|name| view.value(name).is_some() || held.has(name))
                .map(|name| (name.clone(), view.value(name).unwrap_or(&serde_json::Value::Null).to_string()))
                .collect(),
            What::Audiences(_) => {
                let keys: Vec<&str> = view.members_of().filter(|key| self.has_audience(key)).collect();
                let worth = !keys.is_empty() || held.has(AUDIENCES);
                worth.then(|| (AUDIENCES.to_owned(), json!(keys).to_string())).into_iter().collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Kind;
    use crate::profile::Profile;
    use serde_json::json;

    fn sync(what: What) -> Sync {
        Sync {
            flow: "test",
            index: IndexName::parse("people").unwrap(),
            what,
            consent: Categories::default(),
            consent_missing: ConsentMissing::default(),
            affinities: Vec::new(),
        }
    }

    fn view(profile: &Profile) -> View {
        let mut view = View::default();
        view.join(profile, |_| true);
        view
    }

    #[test]
    fn only_chosen_traits_that_changed_are_sent() {
        let sync = sync(What::Traits(vec!["plan".to_owned(), "brand".to_owned()]));
        let (mut profile, mut held) = (Profile::default(), Held::default());
        profile.learn_trait(Kind::User, "plan", json!("gold"), 1);
        profile.learn_trait(Kind::User, "email", json!("a@b.c"), 1);
        assert_eq!(sync.changed(&view(&profile), &mut held), [("plan".to_owned(), "\"gold\"".to_owned())]);
        profile.learn_trait(Kind::User, "plan", json!("gold"), 2);
        profile.learn_trait(Kind::User, "other", json!(1), 2);
        assert!(sync.changed(&view(&profile), &mut held).is_empty());
        profile.learn_trait(Kind::User, "plan", serde_json::Value::Null, 3);
        assert_eq!(sync.changed(&view(&profile), &mut held), [("plan".to_owned(), "null".to_owned())]);
    }

    #[test]
    fn audiences_are_sent_as_a_list_once_somebody_was_ever_in_one() {
        let sync = sync(What::Audiences(Some(vec!["vip".to_owned()])));
        let (mut profile, mut held) = (Profile::default(), Held::default());
        profile.learn_membership(Kind::User, "vip", false, 1);
        profile.learn_membership(Kind::User, "other", true, 1);
        assert!(sync.changed(&view(&profile), &mut held).is_empty());
        profile.learn_membership(Kind::User, "vip", true, 2);
        let list = |json: &str| [(AUDIENCES.to_owned(), json.to_owned())];
        assert_eq!(sync.changed(&view(&profile), &mut held), list("[\"vip\"]"));
        profile.learn_membership(Kind::User, "vip", false, 3);
        assert_eq!(sync.changed(&view(&profile), &mut held), list("[]"));
    }
}
