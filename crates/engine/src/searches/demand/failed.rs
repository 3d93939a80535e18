//! A query that gave nothing, and who waits for it to give something.

use crate::core::Kept;
use crate::searches::text::normal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use xxhash_rust::xxh3::xxh3_64;

/// At most so many persons are known to wait for one query.
pub const MAX_WAITING: usize = 500;

/// At most so many objects are counted of what was bought after one query.
pub const MAX_BOUGHT: usize = 20;

/// At most so many currencies are summed up.
const MAX_CURRENCIES: usize = 5;

/// The text is no query's name.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no failed query's id; it has 16 hexadecimal digits, as in the list")]
pub struct BadDemandId(String);

/// A failed query's name: a hash of its index, its normal text and its filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DemandId(pub u64);

impl DemandId {
    /// The name of a query.
    pub fn of(index: &str, query: &str, filters: Option<&str>) -> Self {
        let filters = filters.unwrap_or_default();
        Self(xxh3_64(format!("{index}\n{}\n{filters}", normal(query)).as_bytes()))
    }

    /// The key under which the query is kept.
    pub fn key(self) -> Vec<u8> {
        format!("demand/{self}").into_bytes()
    }
}

impl FromStr for DemandId {
    type Err = BadDemandId;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, BadDemandId> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        number.map(Self).ok_or_else(|| BadDemandId(text.chars().take(64).collect()))
    }
}

impl fmt::Display for DemandId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

/// What is known of a query that gave nothing. Times are in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// The index.
    pub index: String,
    /// The query in lower case.
    pub query: String,
    /// The filters under which it was asked; none if it was asked without.
    pub filters: Option<String>,
    /// How often it was asked in vain.
    pub times: u32,
    /// How many persons asked. Who asks again after being told counts again, and so does everybody beyond
    /// [`MAX_WAITING`].
    pub persons: u32,
    /// When it was first asked.
    pub first_at: i64,
    /// When it was last asked in vain.
    pub last_at: i64,
    /// Who waits for it.
    pub waiting: Vec<Waiting>,
    /// Since when it gives results, if it does by now.
    pub found: Option<Found>,
    /// When Causeway itself last asked.
    #[serde(default)]
    pub probed_at: Option<i64>,
    /// What those who waited bought within the set time after asking, most often first.
    pub bought: Vec<Bought>,
    /// What they paid, by currency, in millionths.
    pub revenue: BTreeMap<String, i64>,
}

/// Somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The user token as it came.
    pub token: String,
    /// When the person first asked in vain.
    pub since: i64,
    /// When the person last asked in vain.
    pub last: i64,
}

/// The first search that gave results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// When.
    pub at: i64,
    /// How many objects matched.
    pub nb_hits: u64,
}

/// What was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bought {
    /// The object.
    #[serde(rename = "objectID")]
    pub object_id: String,
    /// How many of those who waited bought it.
    pub persons: u32,
}

impl Demand {
    /// Whether nobody asked for so long that it is as if nobody ever had.
    pub(super) fn is_expired(&self, now: i64, expire_ms: i64) -> bool {
        self.last_at.saturating_add(expire_ms) < now
    }

    /// Notes that somebody asked in vain; answers whether the person waits now.
    pub(super) fn ask(&mut self, token: &str, at: i64) -> bool {
        self.first_at = if self.times == 0 { at } else { self.first_at.min(at) };
        self.last_at = self.last_at.max(at);
        self.times = self.times.saturating_add(1);
        self.found = self.found.filter(|found| found.at >= at);
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.token == token) {
            waiting.since = waiting.since.min(at);
            waiting.last = waiting.last.max(at);
            return true;
        }
        self.persons = self.persons.saturating_add(1);
        let room = self.waiting.len() < MAX_WAITING;
        if room {
            self.waiting.push(Waiting { token: token.to_owned(), since: at, last: at });
        }
        room
    }

    /// Takes out those for whom this is so.
    pub(super) fn take_waiting(&mut self, mut is: impl FnMut(&Waiting) -> bool) -> Vec<Waiting> {
        let (out, stay) = std::mem::take(&mut self.waiting).into_iter().partition(|one| is(one));
        self.waiting = stay;
        out
    }

    /// Counts one more person who bought an object. With room for no more the least bought gives way.
    pub(super) fn count_bought(&mut self, object_id: &str) {
        if let Some(bought) = self.bought.iter_mut().find(|bought| bought.object_id == object_id) {
            bought.persons = bought.persons.saturating_add(1);
        } else {
            self.bought.truncate(MAX_BOUGHT - 1);
            self.bought.push(Bought { object_id: object_id.to_owned(), persons: 1 });
        }
        self.bought.sort_by(|one, other| {
            other.persons.cmp(&one.persons).then_with(|| one.object_id.cmp(&other.object_id))
        });
    }

    /// Adds to what was paid, in millionths.
    pub(super) fn count_revenue(&mut self, currency: &str, millionths: i64) {
        if self.revenue.len() < MAX_CURRENCIES || self.revenue.contains_key(currency) {
            let sum = self.revenue.entry(currency.to_owned()).or_default();
            *sum = sum.saturating_add(millionths);
        }
    }
}

impl Kept for Demand {
    fn decode(stored: &[u8]) -> Self {
        serde_json::from_slice(stored).unwrap_or_default()
    }

    fn encode(&self) -> Option<Vec<u8>> {
        (self.times > 0).then(|| serde_json::to_vec(self).expect("texts and numbers are JSON"))
    }
}
