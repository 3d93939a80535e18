//! Consent: which of a person's choices a flow needs, as Segment's messages carry them.
//!
//! Segment's consent managers put `context.consent.categoryPreferences` on a message: an object with a boolean for each
//! category. Where it is absent or empty Segment enforces nothing, and neither does a flow unless it is told to.

use super::envelope;
use causeway_mapping::Value;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The categories that a person must have agreed to, all of them; none asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Categories(pub Vec<String>);

/// What becomes of a call without preferences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsentMissing {
    /// It goes on, as at Segment.
    #[default]
    Allow,
    /// It is stopped.
    Deny,
}

const DENIED: &str = "consent: a category that the flow needs is not agreed to";
const MISSING: &str = "consent: the call carries no preferences, and the flow does not run without (consent_missing = \"deny\")";

/// Where Segment's messages carry the preferences.
const PREFERENCES: [&str; 3] = ["context", "consent", "categoryPreferences"];

impl Categories {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Why this call must not go on, if it must not.
    pub(crate) fn objection(&self, call: &Value<'_>, missing: ConsentMissing) -> Option<&'static str> {
        if self.is_empty() {
            return None;
        }
        let preferences = envelope::at(call, PREFERENCES).and_then(Value::as_object);
        match preferences.filter(|preferences| !preferences.is_empty()) {
            None => (missing == ConsentMissing::Deny).then_some(MISSING),
            Some(preferences) => {
                let agreed = |category: &String| preferences.get(category) == Some(&Value::Bool(true));
                (!self.0.iter().all(agreed)).then_some(DENIED)
            }
        }
    }
}

/// One category, or a list of them.
impl<'de> Deserialize<'de> for Categories {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Categories;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a consent category or a list of them, such as [\"advertising\"]")
    }

    fn visit_str<E: de::Error>(self, category: &str) -> Result<Categories, E> {
        Ok(Categories(vec![category.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Categories, A::Error> {
        let mut categories = Vec::new();
        while let Some(category) = items.next_element()? {
            categories.push(category);
        }
        Ok(Categories(categories))
    }
}
