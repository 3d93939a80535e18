//! What of a person changes a search: ready parameters for Algolia's search API.
//!
//! No public API of Algolia's takes "this user has this trait". What does carry it is the query itself: contexts that
//! switch on rules, optional filters with scores, tags for reports, the token. [`Rules`] say declaratively who gets
//! what; [`Rules::evaluate`] is a pure function of the rules, the person and nothing else.

mod rule;
mod template;

pub use causeway_algolia::search::Caps;
pub use rule::{Fault, Rule, RuleSettings};

use crate::profile::View;
use causeway_mapping::Value;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

/// Algolia's query parameters for a person. Its JSON can be spread into a query as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchContext {
    /// The person's token; the same that the person's events carry.
    pub user_token: String,
    /// Contexts that switch on rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule_contexts: Vec<String>,
    /// Filters that lift what matches and exclude nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub optional_filters: Vec<String>,
    /// Tags by which Analytics can tell searches apart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub analytics_tags: Vec<String>,
    /// Whether Algolia's own personalization is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_personalization: Option<bool>,
    /// Whether the person is held out: searches stay as they are, so that the lift can be measured.
    #[serde(skip)]
    pub held_out: bool,
}

/// Who gets what.
#[derive(Debug, Clone)]
pub struct Rules {
    /// In order; all that match add theirs.
    pub rules: Vec<Rule>,
    /// Audiences that add a rule context of their own: none, these, or all.
    pub audiences: Audiences,
    /// The share of people that are held out, 0 to 1.
    pub hold_out: f64,
    /// Another seed holds out others.
    pub seed: String,
    /// The bounds.
    pub caps: Caps,
}

/// Which audiences are rule contexts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audiences {
    /// None.
    None,
    /// These.
    Only(Vec<String>),
    /// Every one.
    All,
}

/// What stands before an audience's key in its rule context.
pub const AUDIENCE_CONTEXT: &str = "audience_";

/// The tag of searches whose person is held out, and of those whose is not.
pub const HELD_OUT_TAG: &str = "causeway-hold-out";

/// The tag of searches that a rule had a say in, when some people are held out.
pub const PERSONALISED_TAG: &str = "causeway-personalised";

/// Who searches.
#[derive(Debug, Clone, Copy)]
pub struct Searcher<'a> {
    /// What decides about the hold-out: the same for all of a person's tokens.
    pub person: &'a str,
    /// Segment's `userId`, if known.
    pub user: Option<&'a str>,
    /// The anonymous id, if any.
    pub anonymous: Option<&'a str>,
    /// The token for Algolia.
    pub token: &'a str,
}

impl Rules {
    /// Whether they change nobody's searches.
    pub fn say_nothing(&self) -> bool {
        self.rules.is_empty() && self.audiences == Audiences::None && self.hold_out <= 0.0
    }

    /// The parameters for a person.
    pub fn evaluate(&self, searcher: Searcher<'_>, view: &View) -> SearchContext {
        let mut context = SearchContext { user_token: searcher.token.to_owned(), ..SearchContext::default() };
        if self.holds_out(searcher.person) {
            context.held_out = true;
            context.analytics_tags.push(HELD_OUT_TAG.to_owned());
            return context;
        }
        let payload = view.payload(searcher.user, searcher.anonymous);
        self.add_rules(&payload, &mut context);
        self.add_audiences(view, &mut context);
        self.add_measure(&mut context);
        self.cap(&mut context);
        context
    }

    /// The same share of people always, each either in or out for good.
    fn holds_out(&self, person: &str) -> bool {
        let hash = xxh3_64(format!("{}\n{person}", self.seed).as_bytes());
        (hash as f64) < self.hold_out * (u64::MAX as f64)
    }

    fn add_rules(&self, payload: &Value<'_>, context: &mut SearchContext) {
        for rule in self.rules.iter().filter(|rule| rule.matches(payload)) {
            rule.add(payload, context);
        }
    }

    fn add_audiences(&self, view: &View, context: &mut SearchContext) {
        let chosen = |key: &&str| match &self.audiences {
            Audiences::None => false,
            Audiences::Only(keys) => keys.iter().any(|one| one == key),
            Audiences::All => true,
        };
        for key in view.members_of().filter(chosen) {
            rule::push_new(
                &mut context.rule_contexts,
                rule::legal_context(&format!("{AUDIENCE_CONTEXT}{key}")),
            );
        }
    }

    /// With a hold-out the others need a tag too: only the two together can be compared.
    fn add_measure(&self, context: &mut SearchContext) {
        let has_more = !context.rule_contexts.is_empty()
            || !context.optional_filters.is_empty()
            || context.enable_personalization.is_some();
        if self.hold_out > 0.0 && has_more {
            context.analytics_tags.insert(0, PERSONALISED_TAG.to_owned());
        }
    }

    fn cap(&self, context: &mut SearchContext) {
        context.rule_contexts.truncate(self.caps.rule_contexts);
        context.optional_filters.truncate(self.caps.optional_filters);
        context.analytics_tags.truncate(self.caps.analytics_tags);
    }
}

#[cfg(test)]
mod tests;
