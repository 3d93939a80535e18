//! The balance: for every flow and hour, `accepted = delivered + filtered + dead-lettered + pending`.
//!
//! The first four are counters, changed in the same commit as what they count. `pending` is not a counter: it is what
//! the outbox really holds, so the balance proves something.

use crate::outbox;
use causeway_store::state::{Block, LedgerRow, Tally};
use serde::Serialize;
use std::collections::BTreeMap;

/// One hour, in milliseconds.
pub const HOUR_MS: i64 = 60 * 60 * 1000;

/// The start of the hour that an instant lies in.
pub fn hour_of(at: i64) -> i64 {
    at.div_euclid(HOUR_MS) * HOUR_MS
}

/// Additions to the ledger, gathered before they are committed.
#[derive(Debug, Default)]
pub struct Additions(Vec<LedgerRow>);

impl Additions {
    /// The row of a flow and hour.
    pub fn row(&mut self, flow: &str, hour: i64) -> &mut Tally {
        let found = self.0.iter().position(|row| row.flow == flow && row.hour == hour);
        let place = found.unwrap_or_else(|| {
            self.0.push(LedgerRow { flow: flow.to_owned(), hour, tally: Tally::default() });
            self.0.len() - 1
        });
        &mut self.0[place].tally
    }

    /// The rows so far.
    pub fn rows(&self) -> &[LedgerRow] {
        &self.0
    }

    /// What was gathered.
    pub fn into_rows(self) -> Vec<LedgerRow> {
        self.0
    }
}

/// One flow's balance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The flow's name.
    pub flow: String,
    /// Events that the flow was given.
    pub accepted: i64,
    /// Events that the destination took.
    pub delivered: i64,
    /// Events that the flow had nothing to send for.
    pub filtered: i64,
    /// Events that ended as dead letters.
    pub dead_lettered: i64,
    /// Events that wait in the outbox.
    pub pending: i64,
    /// What is left over: 0, or something is wrong.
    pub imbalance: i64,
}

/// The same, hour by hour: each hour balances for itself.
#[derive(Debug, Default)]
pub struct HourlyBooks(BTreeMap<i64, Books>);

impl HourlyBooks {
    /// Adds a counter row.
    pub fn add_row(&mut self, row: &LedgerRow) {
        self.0.entry(row.hour).or_default().add_row(row);
    }

    /// Adds what an unfinished block still holds.
    pub fn add_pending(&mut self, block: &Block) {
        self.0.entry(block.hour).or_default().add_pending(block);
    }

    /// The balances of each hour (its start in milliseconds since the Unix epoch), oldest first.
    pub fn balances(self) -> impl Iterator<Item = (i64, Vec<Balance>)> {
        self.0.into_iter().map(|(hour, books)| (hour, books.balances()))
    }
}

/// Sums rows and what is pending into one balance a flow, in the flows' order.
#[derive(Debug, Default)]
pub struct Books(BTreeMap<String, Balance>);

impl Books {
    /// Adds a counter row.
    pub fn add_row(&mut self, row: &LedgerRow) {
        let balance = self.of(&row.flow);
        balance.accepted += row.tally.accepted;
        balance.delivered += row.tally.delivered;
        balance.filtered += row.tally.filtered;
        balance.dead_lettered += row.tally.dead_lettered;
    }

    /// Adds what an unfinished block still holds.
    pub fn add_pending(&mut self, block: &Block) {
        for (flow, count) in outbox::unsettled_by_flow(block) {
            self.of(&flow).pending += count;
        }
    }

    /// The balances.
    pub fn balances(self) -> Vec<Balance> {
        let close = |mut balance: Balance| {
            let spoken_for = balance.delivered + balance.filtered + balance.dead_lettered + balance.pending;
            balance.imbalance = balance.accepted - spoken_for;
            balance
        };
        self.0.into_values().map(close).collect()
    }

    fn of(&mut self, flow: &str) -> &mut Balance {
        self.0
            .entry(flow.to_owned())
            .or_insert_with(|| Balance { flow: flow.to_owned(), ..Balance::default() })
    }
}
