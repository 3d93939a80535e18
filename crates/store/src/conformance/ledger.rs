//! What is counted.

use super::samples::blocks;
use super::{Backend, State};
use crate::state::{BlockId, Change, LedgerRow, Settlement, Tally};

const HOUR: i64 = 3_600_000;

fn row(flow: &str, hour: i64, accepted: i64, delivered: i64) -> LedgerRow {
    LedgerRow { flow: flow.into(), hour, tally: Tally { accepted, delivered, ..Tally::default() } }
}

fn count(rows: Vec<LedgerRow>) -> Change {
    Change { ledger: rows, ..Change::default() }
}

pub(crate) fn counts_are_added_up_by_flow_and_hour(backend: &impl Backend) {
    let state = backend.state();
    let all = Tally { accepted: 9, delivered: 4, filtered: 3, dead_lettered: 2 };
    let back = Tally { dead_lettered: -2, delivered: 2, ..Tally::default() };
    let tally = |tally| LedgerRow { tally, ..row("a", HOUR, 0, 0) };
    state.commit(&count(vec![tally(all), row("b", HOUR, 1, 0), row("a", 0, 1, 1)])).unwrap();
    state.commit(&count(vec![tally(back), tally(all)])).unwrap();
    let sum = Tally { accepted: 18, delivered: 10, filtered: 6, dead_lettered: 2 };
    assert_eq!(state.ledger(0).unwrap(), [row("a", 0, 1, 1), tally(sum), row("b", HOUR, 1, 0)]);
}

pub(crate) fn rows_begin_at_the_given_hour(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&count([3, 1, 2].map(|hour| row("a", hour * HOUR, 1, 0)).into())).unwrap();
    let hours = |since| state.ledger(since).unwrap().iter().map(|row| row.hour / HOUR).collect::<Vec<_>>();
    assert_eq!(hours(i64::MIN), [1, 2, 3]);
    assert_eq!(hours(2 * HOUR), [2, 3]);
    assert!(hours(3 * HOUR + 1).is_empty());
}

/// Everything is delivered while the balance is being read: it must be seen before or after, never in between.
pub(crate) fn a_balance_is_of_one_moment(backend: &impl Backend) {
    let state = backend.state();
    let accept = Change { ledger: vec![row("a", 0, 400, 0)], ..blocks(1..=50, "segment") };
    state.commit(&accept).unwrap();
    let deliver = Change {
        ledger: vec![row("a", 0, 0, 400)],
        settlements: (1..=50).map(|id| Settlement::Finished(BlockId(id))).collect(),
        ..Change::default()
    };
    let mut pending = 0;
    let mut once = Some(deliver);
    let rows = state.balance(0, &mut |block| {
        pending += i64::from(block.entries);
        once.take().into_iter().for_each(|deliver| state.commit(&deliver).unwrap());
    });
    let tally = rows.unwrap()[0].tally;
    assert_eq!(tally.accepted, tally.delivered + pending);
    let rows = state.balance(0, &mut |block| panic!("{} is finished", block.id.0)).unwrap();
    assert_eq!(rows, [row("a", 0, 400, 400)]);
}
