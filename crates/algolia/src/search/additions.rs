//! What may be added to a search.

use crate::credentials::secured::Restrictions;

/// At most so much of each kind is in one query after something was added. What the caller has set counts, and is never cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Rule contexts. Algolia's older documents allow 10.
    pub rule_contexts: usize,
    /// Optional filters.
    pub optional_filters: usize,
    /// Analytics tags. At most 1,750 combinations of tags an index in five minutes are analysed.
    pub analytics_tags: usize,
}

/// What is to be added to a query. None of it can make a query match more than it did: contexts switch on the shop's own
/// rules, optional filters order what matches, the others count and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Additions {
    /// Whether a queryID is asked for.
    pub click_analytics: bool,
    /// The person's token.
    pub user_token: Option<String>,
    /// Contexts that switch on rules.
    pub rule_contexts: Vec<String>,
    /// Filters that lift what matches and exclude nothing.
    pub optional_filters: Vec<String>,
    /// Tags by which Analytics can tell searches apart.
    pub analytics_tags: Vec<String>,
    /// Whether Algolia's own personalization is asked for.
    pub enable_personalization: Option<bool>,
}

/// Queries that something was added to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// `clickAnalytics`.
    pub click_analytics: u64,
    /// `userToken`.
    pub user_token: u64,
    /// Anything of a search context.
    pub search_context: u64,
}

/// A parameter to add: set if it is absent, or items for its list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Addition<'a> {
    /// A bare JSON word.
    Word(&'static str),
    /// A text.
    Text(&'a str),
    /// Items, at most so many with those that are there, and whether the parameter may be written as `a,b`.
    Items(&'a [String], usize, bool),
}

impl Additions {
    /// What of it a query gets: nothing that the key carries itself, and no analytics where the query wants none.
    pub(super) fn of<'a>(
        &'a self,
        caps: Caps,
        analytics: bool,
        carried: Option<&'a Restrictions>,
    ) -> impl Iterator<Item = (&'static str, Addition<'a>)> {
        let word = |is: bool| Addition::Word(if is { "true" } else { "false" });
        let clicks = (self.click_analytics && analytics).then(|| (CLICK_ANALYTICS, word(true)));
        let token = self.user_token.as_deref().map(|token| (USER_TOKEN, Addition::Text(token)));
        let tags: &[String] = if analytics { &self.analytics_tags } else { &[] };
        let lists = [
            ("ruleContexts", self.rule_contexts.as_slice(), caps.rule_contexts, true),
            ("optionalFilters", self.optional_filters.as_slice(), caps.optional_filters, false),
            ("analyticsTags", tags, caps.analytics_tags, true),
        ];
        let lists = lists
            .into_iter()
            .filter(|(_, items, ..)| !items.is_empty())
            .map(|(name, items, cap, plain)| (name, Addition::Items(items, cap, plain)));
        let personalization = self.enable_personalization.map(|on| ("enablePersonalization", word(on)));
        let all = clicks.into_iter().chain(token).chain(lists).chain(personalization);
        all.filter(move |(name, _)| !carried.is_some_and(|carried| carried.carries(name)))
    }
}

/// Asks for a queryID.
pub(super) const CLICK_ANALYTICS: &str = "clickAnalytics";

/// Says who searches.
pub(super) const USER_TOKEN: &str = "userToken";

impl Counts {
    /// Notes which parameters of one query changed.
    pub(super) fn note(&mut self, names: &[&str]) {
        let has = |name: &str| u64::from(names.contains(&name));
        let others = names.iter().any(|name| ![CLICK_ANALYTICS, USER_TOKEN].contains(name));
        self.click_analytics += has(CLICK_ANALYTICS);
        self.user_token += has(USER_TOKEN);
        self.search_context += u64::from(others);
    }
}
