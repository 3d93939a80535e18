//! The stand-ins of Algolia Personalization, classic (`/1/…`) and Advanced (`/2/users/…`). Source, unless said otherwise:
//! the vendor's descriptions (`specs/bundled/personalization.yml` and `advanced-personalization.yml` in
//! algolia/api-clients-automation, August 2026).
//!
//! As at the vendor, nobody can write a profile: a token has one in both as soon as Insights took an event of it. Real
//! profiles take hours and weigh events by the strategy; here the scores of the classic one count the token's filter
//! events by facet and value, and the Advanced one, which ignores filter events, has no affinities.

mod advanced;
mod classic;
mod profiles;
mod strategy;

use crate::body;
use crate::options::Options;
use crate::quota::Quota;
use crate::reply::Reply;
use crate::world::World;
use hyper::Request;
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use profiles::Profiles;
use serde_json::Value;
use strategy::Strategy;

/// A strategy is all that is ever sent here.
const LARGEST_BODY: usize = 1 << 20;

/// Answers `/1/profiles/…`, `/1/strategies/…` and `/2/users/…`.
pub(crate) async fn answer(world: &World, request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    // A body that can't be read is no strategy and is refused as such.
    let body = body::read(&parts.headers, body, LARGEST_BODY).await.unwrap_or_default();
    match parts.uri.path().strip_prefix("/2/users/") {
        Some(user) => advanced::answer(world, &parts, &decoded(user)),
        None => classic::answer(world, &parts, &body),
    }
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// What both remember.
#[derive(Debug)]
pub(crate) struct Personalization {
    classic: Profiles,
    advanced: Profiles,
    strategy: Strategy,
    classic_calls: Quota,
    advanced_calls: Quota,
}

impl Personalization {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            classic: Profiles::new(options.keep),
            advanced: Profiles::new(options.keep),
            strategy: Strategy::default(),
            classic_calls: Quota::per_second(options.personalization_calls_per_second),
            advanced_calls: Quota::per_minute(options.advanced_calls_per_minute),
        }
    }

    /// Learns from an event that Insights accepted at `now`.
    pub(crate) fn observe(&mut self, event: &Value, now: i64) {
        for token in ["userToken", "authenticatedUserToken"].iter().filter_map(|key| event[*key].as_str()) {
            self.classic.observe(token, event, now);
            self.advanced.observe(token, event, now);
        }
    }
}
