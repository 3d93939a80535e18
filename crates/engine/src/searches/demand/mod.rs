//! The demand ledger: what shoppers ask for and the catalogue does not have.
//!
//! A query that gives nothing is kept by index, text and filters, with who asked. When it begins to give results, because a
//! shopper searched again or because Causeway asked, whoever waits is told, once. Filters belong to the name since they may
//! be all that stands between a shopper and results; a search under filters that has results proves that there are some
//! without filters, and nothing of other filters.
//!
//! Kept are a list in shards (`demand-list/…`), each query (`demand/…`), what each token waits for
//! (`waits/…`, so that a person can be forgotten and a purchase be tied to what was asked before), and which queries have
//! results that not everybody was told of (`demand-telling`). A token is on a query's list exactly if the query is among
//! what the token waits for.

mod failed;
mod read;
mod rows;
mod waits;

#[cfg(test)]
mod tests;

pub use failed::{BadDemandId, Bought, Demand, DemandId, Found, MAX_BOUGHT, MAX_WAITING, Waiting};
pub use read::{demand, rows};
pub use rows::Row;
pub use waits::MAX_WAITS;

use super::shards::Shards;
use super::text::normal;
use crate::core::{Facts, Memory};
use causeway_store::Error;
use rows::Rows;
use std::collections::VecDeque;
use waits::Waits;
use xxhash_rust::xxh3::xxh3_64;

/// So many failed queries are known at most.
pub const MAX_DEMANDS: usize = SHARDS * rows::PER_SHARD;

const SHARDS: usize = 64;
const LIST: &str = "demand-list";

/// The fact that names the queries of which not everybody was told.
pub const TELLING: &str = "demand-telling";

const HOUR: i64 = 3_600_000;

/// What may be set. Times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// A query that nobody asks for so long is forgotten; who asked so long ago waits no more.
    pub expire_ms: i64,
    /// What is bought within this time after a query in vain is counted.
    pub bought_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { expire_ms: 30 * 24 * HOUR, bought_ms: 24 * HOUR }
    }
}

/// A longer query, in bytes, is nobody's: Algolia reads no more of one.
const MAX_QUERY: usize = 512;

/// A search as the ledger sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) index: &'a str,
    pub(crate) query: &'a str,
    pub(crate) filters: Option<&'a str>,
    /// Milliseconds since the Unix epoch.
    pub(crate) at: i64,
}

/// What somebody bought.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Purchase {
    pub(crate) at: i64,
    pub(crate) currency: Option<String>,
    /// Each object with what was paid for it, if that is known, in millionths.
    pub(crate) objects: Vec<(String, Option<i64>)>,
    /// What was paid in all, in millionths: counts where no object has a price.
    pub(crate) total: Option<i64>,
}

/// Somebody is to be told that there are results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) id: DemandId,
    pub(crate) waiting: Waiting,
    pub(crate) found: Found,
    /// The query, without who else waits for it.
    pub(crate) demand: Demand,
}

/// The ledger.
#[derive(Debug)]
pub(crate) struct Demands {
    settings: Settings,
    rows: Shards<Rows>,
    known: Memory<Demand>,
    waits: Memory<Waits>,
    telling: VecDeque<DemandId>,
    telling_changed: bool,
    swept: i64,
}

type Changes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

impl Demands {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            rows: Shards::new(LIST, SHARDS),
            known: Memory::new(),
            waits: Memory::new(),
            telling: VecDeque::new(),
            telling_changed: false,
            swept: i64::MIN,
        }
    }

    /// Puts back what was kept under a key.
    pub(crate) fn restore(&mut self, key: &[u8], stored: &[u8]) {
        if key == TELLING.as_bytes() {
            self.telling = serde_json::from_slice(stored).unwrap_or_default();
        }
    }

    /// Whether somebody is still to be told.
    pub(crate) fn has_news(&self) -> bool {
        !self.telling.is_empty()
    }

    /// Notes that somebody asked in vain.
    pub(crate) fn failed(&mut self, facts: &dyn Facts, asked: Asked<'_>, token: &str) -> Result<(), Error> {
        let id = asked.id();
        if asked.query.len() > MAX_QUERY {
            return Ok(());
        }
        self.sweep(facts, asked.at)?;
        self.drop_expired(facts, id, asked.at)?;
        let demand = self.known.get(&id.key(), facts)?;
        demand.name(asked);
        let waits = demand.ask(token, asked.at);
        let found = demand.found.is_some();
        self.known.changed(&id.key());
        if waits {
            self.add_wait(facts, token, id, asked.at)?;
        }
        // Asked before there were results, and heard of only now.
        if found {
            self.tell(id);
        }
        self.list(facts, id, asked.at)
    }

    /// Notes that a search gave results. Answers the queries that somebody waits for, so that the searcher, who sees them,
    /// can be [taken off](Self::take_off) their lists before anybody is told.
    pub(crate) fn found(
        &mut self,
        facts: &dyn Facts,
        asked: Asked<'_>,
        nb_hits: u64,
    ) -> Result<Vec<DemandId>, Error> {
        let mut ids = vec![asked.id(), Asked { filters: None, ..asked }.id()];
        ids.dedup();
        let mut waited_for = Vec::new();
        for id in ids {
            let known = self.rows.load(facts)?.of(id.0).has(id);
            if known && self.found_one(facts, id, Found { at: asked.at, nb_hits })? {
                waited_for.push(id);
            }
        }
        Ok(waited_for)
    }

    fn found_one(&mut self, facts: &dyn Facts, id: DemandId, found: Found) -> Result<bool, Error> {
        self.drop_expired(facts, id, found.at)?;
        let demand = self.known.get(&id.key(), facts)?;
        // Whoever asked in vain after that is right.
        if demand.times == 0 || demand.last_at > found.at {
            return Ok(false);
        }
        let (waited_for, known) = (!demand.waiting.is_empty(), demand.found.is_some());
        if !known {
            demand.found = Some(found);
            self.known.changed(&id.key());
            self.list(facts, id, found.at)?;
        }
        if waited_for {
            self.tell(id);
        }
        Ok(waited_for)
    }

    /// Notes that Causeway itself asked, whatever came of it.
    pub(crate) fn probed(&mut self, facts: &dyn Facts, asked: Asked<'_>) -> Result<(), Error> {
        let id = asked.id();
        if !self.rows.load(facts)?.of(id.0).has(id) {
            return Ok(());
        }
        let demand = self.known.get(&id.key(), facts)?;
        demand.probed_at = demand.probed_at.max(Some(asked.at));
        self.known.changed(&id.key());
        self.list(facts, id, asked.at)
    }

    /// The next to be told, taken off the list.
    pub(crate) fn next_news(&mut self, facts: &dyn Facts) -> Result<Option<News>, Error> {
        while let Some(&id) = self.telling.front() {
            let demand = self.known.get(&id.key(), facts)?;
            let first = demand.waiting.first().cloned();
            if let (Some(found), Some(waiting)) = (demand.found, first) {
                let demand = Demand { waiting: Vec::new(), ..demand.clone() };
                self.take_off(facts, id, std::slice::from_ref(&waiting.token))?;
                return Ok(Some(News { id, waiting, found, demand }));
            }
            self.telling.pop_front();
            self.telling_changed = true;
        }
        Ok(None)
    }

    /// Takes somebody's tokens off a query's list.
    pub(crate) fn take_off(
        &mut self,
        facts: &dyn Facts,
        id: DemandId,
        tokens: &[String],
    ) -> Result<(), Error> {
        let demand = self.known.get(&id.key(), facts)?;
        let gone = demand.take_waiting(|waiting| tokens.contains(&waiting.token));
        if gone.is_empty() {
            return Ok(());
        }
        self.known.changed(&id.key());
        self.relist(facts, id)?;
        self.drop_waits(facts, id, &gone)
    }

    /// Counts what a person bought for what was asked before in vain.
    pub(crate) fn bought(
        &mut self,
        facts: &dyn Facts,
        tokens: &[String],
        purchase: &Purchase,
    ) -> Result<(), Error> {
        let mut counted: Vec<DemandId> = Vec::new();
        for token in tokens {
            let since = purchase.at.saturating_sub(self.settings.bought_ms);
            let waits = self.waits.get(&waits::key(token), facts)?;
            let asked = waits.0.iter().filter(|wait| (since..purchase.at).contains(&wait.at));
            for id in asked.map(|wait| wait.id).collect::<Vec<_>>() {
                // One person under two tokens is one.
                if !counted.contains(&id) {
                    self.bought_after(facts, id, token, purchase)?;
                    counted.push(id);
                }
            }
        }
        Ok(())
    }

    fn bought_after(
        &mut self,
        facts: &dyn Facts,
        id: DemandId,
        token: &str,
        purchase: &Purchase,
    ) -> Result<(), Error> {
        let key = waits::key(token);
        let waits = self.waits.get(&key, facts)?;
        let Some(wait) = waits.0.iter_mut().find(|wait| wait.id == id) else { return Ok(()) };
        let mut new = Vec::new();
        for (object, paid) in &purchase.objects {
            let hash = xxh3_64(object.as_bytes());
            if !wait.bought.contains(&hash) {
                wait.note_bought(hash);
                new.push((object.as_str(), *paid));
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        self.waits.changed(&key);
        let demand = self.known.get(&id.key(), facts)?;
        for (object, _) in &new {
            demand.count_bought(object);
        }
        if let Some(currency) = &purchase.currency {
            demand.count_revenue(currency, purchase.paid_for(&new));
        }
        self.known.changed(&id.key());
        Ok(())
    }

    /// Takes a token off all lists; answers off how many.
    pub(crate) fn forget(&mut self, facts: &dyn Facts, token: &str) -> Result<usize, Error> {
        let waits = self.waits.get(&waits::key(token), facts)?.clone();
        for wait in &waits.0 {
            self.take_off(facts, wait.id, &[token.to_owned()])?;
        }
        Ok(waits.0.len())
    }

    /// What changed since the last call, for the store.
    pub(crate) fn take_changes(&mut self) -> Changes {
        let mut changes = self.rows.take_changes();
        changes.extend(self.known.take_changes());
        changes.extend(self.waits.take_changes());
        if std::mem::take(&mut self.telling_changed) {
            let stored = serde_json::to_vec(&self.telling).expect("numbers are JSON");
            changes.push((TELLING.into(), (!self.telling.is_empty()).then_some(stored)));
        }
        changes
    }

    fn tell(&mut self, id: DemandId) {
        if !self.telling.contains(&id) {
            self.telling.push_back(id);
            self.telling_changed = true;
        }
    }

    fn add_wait(&mut self, facts: &dyn Facts, token: &str, id: DemandId, at: i64) -> Result<(), Error> {
        let key = waits::key(token);
        let gone = self.waits.get(&key, facts)?.add(id, at);
        self.waits.changed(&key);
        gone.map_or(Ok(()), |gone| self.take_off(facts, gone, &[token.to_owned()]))
    }

    fn drop_waits(&mut self, facts: &dyn Facts, id: DemandId, waiting: &[Waiting]) -> Result<(), Error> {
        for waiting in waiting {
            let key = waits::key(&waiting.token);
            if self.waits.get(&key, facts)?.take(id).is_some() {
                self.waits.changed(&key);
            }
        }
        Ok(())
    }

    /// Writes a query into the list; the one that gives way is forgotten.
    fn list(&mut self, facts: &dyn Facts, id: DemandId, now: i64) -> Result<(), Error> {
        let row = Row::of(id, self.known.get(&id.key(), facts)?);
        let gone = self.rows.load(facts)?.of_mut(id.0).put(row, now);
        gone.map_or(Ok(()), |gone| self.drop_demand(facts, gone))
    }

    /// Brings a query's row up to date, if the query is in the list.
    fn relist(&mut self, facts: &dyn Facts, id: DemandId) -> Result<(), Error> {
        if self.rows.load(facts)?.of(id.0).has(id) {
            let row = Row::of(id, self.known.get(&id.key(), facts)?);
            let at = row.last_at;
            self.rows.of_mut(id.0).put(row, at);
        }
        Ok(())
    }

    fn drop_demand(&mut self, facts: &dyn Facts, id: DemandId) -> Result<(), Error> {
        let demand = std::mem::take(self.known.get(&id.key(), facts)?);
        self.known.changed(&id.key());
        self.drop_waits(facts, id, &demand.waiting)
    }

    /// Forgets the query if it has expired, else those who asked too long ago.
    fn drop_expired(&mut self, facts: &dyn Facts, id: DemandId, now: i64) -> Result<(), Error> {
        let expire_ms = self.settings.expire_ms;
        let demand = self.known.get(&id.key(), facts)?;
        if demand.times > 0 && demand.is_expired(now, expire_ms) {
            return self.drop_demand(facts, id);
        }
        let gone = demand.take_waiting(|waiting| waiting.last.saturating_add(expire_ms) < now);
        if gone.is_empty() {
            return Ok(());
        }
        self.known.changed(&id.key());
        self.relist(facts, id)?;
        self.drop_waits(facts, id, &gone)
    }

    /// Once an hour, forgets what has expired. When it is done makes no difference but for room.
    fn sweep(&mut self, facts: &dyn Facts, now: i64) -> Result<(), Error> {
        if now < self.swept.saturating_add(HOUR) {
            return Ok(());
        }
        self.swept = now;
        let (expire_ms, mut gone) = (self.settings.expire_ms, Vec::new());
        self.rows.load(facts)?.change_all(|rows| {
            let expired = rows.0.extract_if(.., |row| row.last_at.saturating_add(expire_ms) < now);
            let before = gone.len();
            gone.extend(expired.map(|row| row.id));
            gone.len() > before
        });
        gone.into_iter().try_for_each(|id| self.drop_demand(facts, id))
    }
}

impl Asked<'_> {
    fn id(&self) -> DemandId {
        DemandId::of(self.index, self.query, self.filters)
    }
}

impl Demand {
    fn name(&mut self, asked: Asked<'_>) {
        if self.times == 0 {
            asked.index.clone_into(&mut self.index);
            self.query = normal(asked.query);
            self.filters = asked.filters.map(str::to_owned);
        }
    }
}

impl Purchase {
    /// What was paid for some of the objects. A total is known to be theirs only if they are all.
    fn paid_for(&self, objects: &[(&str, Option<i64>)]) -> i64 {
        let priced: Vec<i64> = objects.iter().filter_map(|(_, paid)| *paid).collect();
        let unpriced = self.objects.iter().all(|(_, paid)| paid.is_none());
        if unpriced && objects.len() == self.objects.len() {
            return self.total.unwrap_or_default();
        }
        priced.into_iter().fold(0, i64::saturating_add)
    }
}
