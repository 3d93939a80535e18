//! What becomes of a search on its way: who searches is found out, and what is known of them is added.

use super::lookup::LookUps;
use super::searcher;
use causeway_algolia::credentials::Secret;
use causeway_algolia::credentials::secured::{self, Restrictions};
use causeway_algolia::search::{Additions, Asked, Caps, Counts, Request, Route};
use causeway_algolia::tokens;
use causeway_engine::search_context::SearchContext;
use http::request::Parts;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Who adds what.
pub struct Searches {
    /// Whether searches ask for a queryID.
    pub click_analytics: bool,
    /// Whether a person that only a cookie tells of gets a token.
    pub user_token: bool,
    /// Where search contexts are found; none if they are not added.
    pub lookups: Option<LookUps>,
    /// How much of each kind is in a query.
    pub caps: Caps,
    /// Cookies that tell who searches.
    pub cookies: Vec<String>,
    /// What encoded tokens are made with.
    pub token_secret: Secret,
    /// Whether somebody wants to know what was asked.
    pub observe: bool,
}

/// What became of a search.
#[derive(Debug, Default)]
pub(super) struct Treated {
    /// The body or query string to send in place of the one that came.
    pub(super) text: Option<String>,
    /// What was added.
    pub(super) counts: Counts,
    /// What it asks; empty if nobody wants to know.
    pub(super) asked: Vec<Asked>,
    /// Whether the person is held out.
    pub(super) held_out: bool,
}

/// A request that was read.
struct Read<'a> {
    request: Request<'a>,
    carried: Option<Restrictions>,
    /// Who searches, by the request's header.
    said: Option<String>,
    /// Who searches, by a cookie.
    cookie: Option<String>,
}

/// Requests of more persons than this are passed on untouched.
const MAX_PERSONS: usize = 8;

impl Searches {
    /// Whether anything is to be done at all.
    pub(super) fn does_nothing(&self) -> bool {
        !(self.click_analytics || self.user_token || self.observe || self.adds_contexts())
    }

    fn adds_contexts(&self) -> bool {
        self.lookups.as_ref().is_some_and(LookUps::say_anything)
    }

    /// Treats a search with this text: the body, or for a search by `GET` the query string. Whatever goes wrong, the search
    /// is to go on untouched.
    pub(super) async fn treat(&self, route: &Route, head: &Parts, key: &str, text: &str) -> Treated {
        let Some(read) = guarded(|| self.read(route, head, key, text)) else { return Treated::default() };
        let persons = read.persons();
        let contexts =
            match &self.lookups {
                Some(lookups) if self.adds_contexts() && !persons.is_empty() => {
                    if persons.len() > MAX_PERSONS { None } else { lookups.of(persons.clone()).await }
                }
                _ => Some(Vec::new()),
            };
        let asked = if self.observe { guarded(|| Some(self.asked(&read))) } else { None };
        let asked = asked.unwrap_or_default();
        let Some(contexts) = contexts else { return Treated { asked, ..Treated::default() } };
        let held_out = contexts.iter().any(|context| context.held_out);
        let known: Vec<(String, SearchContext)> = persons.into_iter().zip(contexts).collect();
        let added = guarded(|| self.add(&read, &known));
        let (text, counts) = added.map_or((None, Counts::default()), |(text, counts)| (Some(text), counts));
        Treated { text, counts, asked, held_out }
    }

    fn read<'a>(&self, route: &Route, head: &Parts, key: &str, text: &'a str) -> Option<Read<'a>> {
        let request = match route {
            Route::Query { index } => Request::one(index, text).ok()?,
            Route::Queries => Request::many(text).ok()?,
            Route::QueryByGet { index } => Request::address(index, text),
            _ => return None,
        };
        let said = searcher::said(&head.headers, head.uri.query().unwrap_or_default());
        let cookie = searcher::from_cookies(&head.headers, &self.cookies);
        Some(Read { request, carried: secured::carried(key), said, cookie })
    }

    fn add(&self, read: &Read<'_>, known: &[(String, SearchContext)]) -> Option<(String, Counts)> {
        let queries = 0..read.request.queries().len();
        let additions: Vec<Additions> = queries.map(|place| self.additions(read, place, known)).collect();
        read.request.add(&additions, self.caps, read.carried.as_ref())
    }

    fn additions(&self, read: &Read<'_>, place: usize, known: &[(String, SearchContext)]) -> Additions {
        let person = read.person(place);
        let context = known.iter().find(|(id, _)| Some(id) == person.as_ref()).map(|(_, context)| context);
        let context = context.cloned().unwrap_or_default();
        Additions {
            click_analytics: self.click_analytics,
            user_token: self.token_to_add(read),
            rule_contexts: context.rule_contexts,
            optional_filters: context.optional_filters,
            analytics_tags: context.analytics_tags,
            enable_personalization: context.enable_personalization,
        }
    }

    /// The token of a person that only a cookie tells of.
    fn token_to_add(&self, read: &Read<'_>) -> Option<String> {
        let cookie = read.cookie.as_ref().filter(|_| self.user_token && read.said.is_none())?;
        Some(self.token(cookie))
    }

    /// What is a token already may be one that we have made ourselves, and stays.
    fn token(&self, id: &str) -> String {
        if tokens::is_legal(id) {
            return id.to_owned();
        }
        tokens::legal(id, self.token_secret.expose().as_bytes()).into_owned()
    }

    fn asked(&self, read: &Read<'_>) -> Vec<Asked> {
        let cookie = read.cookie.as_deref().map(|id| self.token(id));
        read.request.asked(read.said.as_deref().or(cookie.as_deref()), read.carried.as_ref())
    }
}

impl Read<'_> {
    /// Everybody who searches in this request, once each.
    fn persons(&self) -> Vec<String> {
        let mut persons = Vec::new();
        for place in 0..self.request.queries().len() {
            let person = self.person(place).filter(|person| !persons.contains(person));
            persons.extend(person);
        }
        persons
    }

    /// Who searches: whom the key fixes, whom the query names, whom the request names, whom a cookie tells of.
    fn person(&self, place: usize) -> Option<String> {
        let fixed = self.carried.as_ref().and_then(|carried| carried.get("userToken"));
        let queries = self.request.queries();
        let own = || queries[place].user_token().map(std::borrow::Cow::into_owned);
        let person = fixed.or_else(own).or_else(|| self.said.clone()).or_else(|| self.cookie.clone());
        person.filter(|id| searcher::is_somebody(id))
    }
}

/// A fault of ours must not become the search's.
fn guarded<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok().flatten()
}
