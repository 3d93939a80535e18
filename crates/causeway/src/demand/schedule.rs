//! Which failed query is asked for next, and when: decisions, of which nothing waits and nothing is asked here.
//!
//! A search in vain, a shopper's or Causeway's own, tells that a query has no results at that time. The longer it has had none
//! since a shopper last asked, the longer it rests before it is asked for again: so long again, within [`SOONEST_MS`] and
//! [`LATEST_MS`]. That way queries beyond the budget get their turn too, and what was asked for just now is asked for first.

use super::wanted;
use causeway_engine::searches::demand::{DemandId, Row};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// No query is asked for again within an hour.
pub const SOONEST_MS: i64 = HOUR_MS;

/// Every query that somebody waits for may be asked for again after a day.
pub const LATEST_MS: i64 = 24 * HOUR_MS;

const HOUR_MS: i64 = 3_600_000;

/// With nothing to ask for, the ledger is looked at again after this time.
const LOOK_AGAIN_MS: i64 = 60_000;

/// What is to be done. Times are in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Ask for this query.
    Ask(DemandId),
    /// Look again at this time.
    Wait(i64),
}

/// The budget, and what was asked for lately. What the ledger's rows tell of that outlives a restart; what is in memory beside
/// it are questions without an answer, and those whose answer the engine has not seen yet.
#[derive(Debug)]
pub struct Schedule {
    apart_ms: i64,
    expire_ms: i64,
    asked: BTreeMap<DemandId, i64>,
    paused_until: i64,
}

impl Schedule {
    /// At most so many questions an hour, evenly. A query that nobody asked for `expire_ms` milliseconds is nobody's.
    pub fn new(per_hour: NonZeroU32, expire_ms: i64) -> Self {
        let apart_ms = (HOUR_MS as u64).div_ceil(u64::from(per_hour.get())) as i64;
        Self { apart_ms, expire_ms, asked: BTreeMap::new(), paused_until: i64::MIN }
    }

    /// What is to be done now.
    pub fn next(&self, rows: &[Row], now: i64) -> Next {
        let free_at = self.free_at(rows, now);
        if free_at > now {
            return Next::Wait(free_at);
        }
        let due = rows.iter().filter(|row| self.is_due(row, now));
        due.max_by_key(|row| wanted(row)).map_or(Next::Wait(now + LOOK_AGAIN_MS), |row| Next::Ask(row.id))
    }

    /// Notes that a query is asked for now.
    pub fn asked(&mut self, id: DemandId, now: i64) {
        self.asked.retain(|_, at| *at > now - LATEST_MS);
        self.asked.insert(id, now);
    }

    /// Asks nothing for so long.
    pub fn pause(&mut self, now: i64, for_ms: i64) {
        self.paused_until = now + for_ms;
    }

    /// When the budget allows the next question. What lies ahead was noted before the clock was set back.
    fn free_at(&self, rows: &[Row], now: i64) -> i64 {
        let asked = rows.iter().filter_map(|row| row.probed_at).chain(self.asked.values().copied());
        let last = asked.filter(|at| *at <= now).max();
        last.map_or(now, |last| last + self.apart_ms).max(self.paused_until)
    }

    fn is_due(&self, row: &Row, now: i64) -> bool {
        let expired = row.last_at.saturating_add(self.expire_ms) < now;
        row.waiting > 0 && !row.found && !expired && self.rests_until(row) <= now
    }

    fn rests_until(&self, row: &Row) -> i64 {
        let asked = row.probed_at.max(self.asked.get(&row.id).copied());
        let in_vain = asked.map_or(row.last_at, |asked| asked.max(row.last_at));
        in_vain + (in_vain - row.last_at).clamp(SOONEST_MS, LATEST_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn schedule() -> Schedule {
        Schedule::new(NonZeroU32::new(60).unwrap(), 30 * LATEST_MS)
    }

    fn row(id: u64, waiting: u32) -> Row {
        Row {
            id: DemandId(id),
            index: "products".to_owned(),
            times: 9,
            persons: 9,
            waiting,
            last_at: 0,
            probed_at: None,
            filtered: false,
            found: false,
        }
    }

    /// When each query is asked for until a time, if nothing is ever found.
    fn played(rows: &mut [Row], until: i64) -> Vec<(i64, u64)> {
        let (mut schedule, mut now, mut asked) = (schedule(), 0, Vec::new());
        while now <= until {
            match schedule.next(rows, now) {
                Next::Wait(at) => now = at,
                Next::Ask(id) => {
                    schedule.asked(id, now);
                    asked.push((now, id.0));
                    // The engine comes to know of it only later.
                    now += 10;
                    rows.iter_mut().filter(|row| row.id == id).for_each(|row| row.probed_at = Some(now - 10));
                }
            }
        }
        asked
    }

    #[test]
    fn the_most_wanted_comes_first_and_nothing_that_is_found_or_nobody_waits_for_or_has_expired() {
        let found = Row { found: true, ..row(4, 99) };
        let old = Row { last_at: -40 * LATEST_MS, ..row(5, 99) };
        let mut rows = [row(1, 1), row(2, 3), row(3, 0), found, old, row(6, 2)];
        let asked = played(&mut rows, SOONEST_MS + 30 * MINUTE);
        let hour = SOONEST_MS;
        assert_eq!(asked, [(hour, 2), (hour + MINUTE, 6), (hour + 2 * MINUTE, 1)]);
    }

    #[test]
    fn a_query_rests_for_as_long_again_as_it_has_been_in_vain_an_hour_at_least_and_a_day_at_most() {
        let hours: Vec<i64> =
            played(&mut [row(1, 1)], 100 * HOUR_MS).iter().map(|(at, _)| at / HOUR_MS).collect();
        assert_eq!(hours, [1, 2, 4, 8, 16, 32, 56, 80]);
    }

    #[test]
    fn the_budget_holds_in_every_hour_and_every_query_gets_its_turn() {
        let mut rows: Vec<Row> = (0..200).map(|id| row(id, 1 + id as u32)).collect();
        let asked = played(&mut rows, LATEST_MS);
        for window in asked.windows(61) {
            assert!(window[60].0 - window[0].0 >= HOUR_MS, "{window:?}");
        }
        let mut ids: Vec<u64> = asked.iter().map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 200);
    }

    #[test]
    fn the_budget_outlives_a_restart_and_a_clock_that_is_set_back() {
        let mut asked = row(1, 1);
        asked.probed_at = Some(5 * HOUR_MS);
        let rows = [asked, row(2, 1)];
        assert_eq!(schedule().next(&rows, 5 * HOUR_MS + 1), Next::Wait(5 * HOUR_MS + MINUTE));
        assert_eq!(schedule().next(&rows, 4 * HOUR_MS), Next::Ask(DemandId(2)));
    }

    #[test]
    fn a_pause_is_kept() {
        let mut schedule = schedule();
        schedule.pause(2 * HOUR_MS, HOUR_MS);
        assert_eq!(schedule.next(&[row(1, 1)], 2 * HOUR_MS), Next::Wait(3 * HOUR_MS));
        assert_eq!(schedule.next(&[row(1, 1)], 3 * HOUR_MS), Next::Ask(DemandId(1)));
    }
}
