//! Answers about the store, for the admin API and for commands alike.

use causeway_engine::ledger::{Balance, Books, hour_of};
use causeway_store::{Error, State};
use serde::Serialize;

/// The ledger, as it is shown and sent.
#[derive(Debug, Clone, Serialize)]
pub struct Ledger {
    /// One balance a flow.
    pub flows: Vec<Balance>,
}

impl Ledger {
    /// Reads the ledger from an instant on (to the hour). Counters and pending entries are of one moment.
    pub fn read(state: &dyn State, since: Option<i64>) -> Result<Self, Error> {
        let mut books = Books::default();
        let since = since.map_or(i64::MIN, hour_of);
        let rows = state.balance(since, &mut |block| {
            if block.hour >= since {
                books.add_pending(&block);
            }
        })?;
        for row in &rows {
            books.add_row(row);
        }
        Ok(Self { flows: books.balances() })
    }

    /// Whether nothing is left over.
    pub fn balances(&self) -> bool {
        self.flows.iter().all(|flow| flow.imbalance == 0)
    }

    /// Events that wait in the outbox.
    pub fn pending(&self) -> i64 {
        self.flows.iter().map(|flow| flow.pending).sum()
    }

    /// A table for people.
    pub fn table(&self) -> String {
        let heads = ["flow", "accepted", "delivered", "filtered", "dead-lettered", "pending", "imbalance"];
        let width = self.flows.iter().map(|flow| flow.flow.len()).chain([heads[0].len()]).max().unwrap_or(0);
        let mut lines = vec![line(width, heads[0], heads[1..].iter().map(ToString::to_string))];
        for flow in &self.flows {
            let figures = [
                flow.accepted,
                flow.delivered,
                flow.filtered,
                flow.dead_lettered,
                flow.pending,
                flow.imbalance,
            ];
            lines.push(line(width, &flow.flow, figures.iter().map(ToString::to_string)));
        }
        if self.flows.is_empty() {
            lines.push("nothing was accepted yet".to_owned());
        }
        lines.join("\n")
    }
}

fn line(width: usize, name: &str, figures: impl Iterator<Item = String>) -> String {
    figures.fold(format!("{name:width$}"), |line, figure| format!("{line} {figure:>13}"))
}
