//! Answers about the store, for the admin API and for commands alike.

use crate::moment;
use causeway_engine::ledger::{Balance, Books, HourlyBooks, hour_of};
use causeway_store::state::{DeadLetter, DeadLetterQuery};
use causeway_store::{BlockId, Error, Journal, State};
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

    /// How many events a flow accepted.
    pub fn accepted(&self, flow: &str) -> i64 {
        self.flows.iter().find(|balance| balance.flow == flow).map_or(0, |balance| balance.accepted)
    }

    /// Comma-separated values with a heading.
    pub fn csv(&self) -> String {
        let heading = "flow,accepted,delivered,filtered,dead_lettered,pending,imbalance".to_owned();
        let lines = self.flows.iter().map(csv);
        std::iter::once(heading).chain(lines).collect::<Vec<_>>().join("\n")
    }

    /// A table for people. With names of at most 20 characters and numbers of usual lengths it has 80 columns.
    pub fn table(&self) -> String {
        let rows: Vec<[String; COLUMNS]> =
            [HEADS.map(str::to_owned)].into_iter().chain(self.rows()).collect();
        let widths: [usize; COLUMNS] =
            std::array::from_fn(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0));
        let mut lines: Vec<String> = rows.iter().map(|row| line(row, &widths)).collect();
        if self.flows.is_empty() {
            lines.push("nothing was accepted".to_owned());
        }
        lines.join("\n")
    }

    fn rows(&self) -> impl Iterator<Item = [String; COLUMNS]> + '_ {
        self.flows.iter().map(|flow| {
            let counts = [flow.accepted, flow.delivered, flow.filtered, flow.dead_lettered];
            let [accepted, delivered, filtered, dead_lettered] = counts.map(|count| count.to_string());
            let (pending, imbalance) = (flow.pending.to_string(), flow.imbalance.to_string());
            [flow.flow.clone(), accepted, delivered, filtered, dead_lettered, pending, imbalance]
        })
    }
}

/// How many columns the table has.
const COLUMNS: usize = 7;

/// Their heads.
const HEADS: [&str; COLUMNS] =
    ["flow", "accepted", "delivered", "filtered", "dead-lettered", "pending", "imbalance"];

/// One flow in one hour.
#[derive(Debug, Clone, Serialize)]
pub struct Hour {
    /// When the hour begins, RFC 3339.
    pub hour: String,
    /// The flow's balance of the events that were accepted in it.
    #[serde(flatten)]
    pub balance: Balance,
}

/// The ledger hour by hour, oldest first.
#[derive(Debug, Clone, Serialize)]
pub struct HourlyLedger {
    /// One line a flow and hour.
    pub hours: Vec<Hour>,
}

impl HourlyLedger {
    /// Reads the ledger from an instant on (to the hour). Counters and pending entries are of one moment.
    pub fn read(state: &dyn State, since: Option<i64>) -> Result<Self, Error> {
        let lines = hourly(state, since.map_or(i64::MIN, hour_of))?.flat_map(|(hour, balances)| {
            balances.into_iter().map(move |balance| Hour { hour: moment::print(hour), balance })
        });
        Ok(Self { hours: lines.collect() })
    }

    /// Whether nothing is left over in any hour.
    pub fn balances(&self) -> bool {
        self.hours.iter().all(|hour| hour.balance.imbalance == 0)
    }

    /// Comma-separated values with a heading.
    pub fn csv(&self) -> String {
        let heading = "hour,flow,accepted,delivered,filtered,dead_lettered,pending,imbalance".to_owned();
        let lines = self.hours.iter().map(|hour| format!("{},{}", hour.hour, csv(&hour.balance)));
        std::iter::once(heading).chain(lines).collect::<Vec<_>>().join("\n")
    }
}

/// Names of flows have nothing in them that would need quotes.
fn csv(of: &Balance) -> String {
    let figures = [of.accepted, of.delivered, of.filtered, of.dead_lettered, of.pending, of.imbalance]
        .map(|n| n.to_string());
    format!("{},{}", of.flow, figures.join(","))
}

/// Balances by flow for each hour from this one on, all of one moment.
pub fn hourly(state: &dyn State, since: i64) -> Result<impl Iterator<Item = (i64, Vec<Balance>)>, Error> {
    let mut books = HourlyBooks::default();
    let rows = state.balance(since, &mut |block| {
        if block.hour >= since {
            books.add_pending(&block);
        }
    })?;
    for row in &rows {
        books.add_row(row);
    }
    Ok(books.balances())
}

/// When the oldest event that waits for a destination was accepted, in milliseconds since the Unix epoch; nothing if none
/// waits. Of a record that retention has removed meanwhile only the hour is known.
pub fn oldest_waiting(
    state: &dyn State,
    journal: &dyn Journal,
    destination: &str,
) -> Result<Option<i64>, Error> {
    let Some(block) = state.outbox(destination, BlockId(0), 1)?.pop() else { return Ok(None) };
    let record = journal.range(block.from.0, block.from.0)?.pop();
    Ok(Some(record.map_or(block.hour, |entry| entry.record.received_at)))
}

/// At most so many dead letters are looked at, to know what died lately.
const DIED_LATELY: u32 = 1_000;

/// What died since an instant, the latest last; of very many the latest.
pub fn died_since(state: &dyn State, since: i64) -> Result<Vec<DeadLetter>, Error> {
    let query = DeadLetterQuery { limit: DIED_LATELY, ..DeadLetterQuery::default() };
    let letters = state.dead_letters(&query)?.into_iter();
    Ok(letters.filter(|letter| letter.died_at >= since).rev().collect())
}

/// How many records the disk has lost, as far as was noticed since the start.
pub fn damaged_records(journal: &dyn Journal) -> u64 {
    journal.damaged().iter().map(|(first, last)| last.0 - first.0 + 1).sum()
}

fn line(row: &[String; COLUMNS], widths: &[usize; COLUMNS]) -> String {
    let name = format!("{:1$}", row[0], widths[0]);
    row.iter().zip(widths).skip(1).fold(name, |line, (figure, width)| format!("{line} {figure:>width$}"))
}
