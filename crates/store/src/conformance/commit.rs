//! Changes of the state as a whole.

use super::samples::{block, letter, numbers};
use super::{Backend, State};
use crate::state::{
    BlockId, Change, DeadLetterQuery, DeadLetterStatus, LedgerRow, List, Note, Resolution, Settlement, Tally,
};
use crate::{Error, Position};
use bytes::Bytes;

/// Another payload of the same length.
fn rewritten(id: u64) -> Bytes {
    block(id, "segment").payload.to_ascii_uppercase().into()
}

/// One of everything.
fn change(id: u64) -> Change {
    Change {
        cursor: Some(Position(id)),
        facts: vec![(b"known".to_vec(), Some(id.to_string().into_bytes()))],
        outbox: vec![block(id, "segment"), block(id + 1, "segment")],
        settlements: vec![Settlement::Finished(BlockId(id))],
        rewrites: vec![(BlockId(id + 1), rewritten(id + 1))],
        dead_letters: vec![letter("dead", 5), letter("erased", 6)],
        resolutions: vec![Resolution {
            id: "dead".into(),
            status: DeadLetterStatus::Discarded,
            note: format!("by {id}"),
        }],
        erased_letters: vec!["erased".into()],
        ledger: vec![LedgerRow {
            flow: "flow".into(),
            hour: 0,
            tally: Tally { accepted: 1, ..Tally::default() },
        }],
        notes: vec![Note { list: List::Audit, at: 9, data: Bytes::from_static(b"noted") }],
    }
}

/// All that the change shows in, in a form that can be compared.
fn traces(state: &impl State) -> String {
    let outbox = state.outbox("segment", BlockId(0), usize::MAX).unwrap();
    format!(
        "{:?}",
        (
            state.cursor().unwrap(),
            state.facts(&[b"known"]).unwrap(),
            (state.last_block().unwrap(), outbox),
            state.blocks_from(Position(0), Position(u64::MAX)).unwrap(),
            state.dead_letters(&DeadLetterQuery::default()).unwrap(),
            state.ledger(i64::MIN).unwrap(),
            state.notes(List::Audit, i64::MIN).unwrap(),
        )
    )
}

pub(crate) fn a_change_is_applied_whole(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&change(1)).unwrap();
    assert_eq!(state.cursor().unwrap(), Position(1));
    assert_eq!(state.facts(&[b"known"]).unwrap(), [Some(b"1".to_vec())]);
    assert_eq!(state.last_block().unwrap(), BlockId(2));
    let outbox = state.outbox("segment", BlockId(0), usize::MAX).unwrap();
    assert_eq!((numbers(&outbox), &outbox[0].payload), (vec![2], &rewritten(2)));
    let dead = state.dead_letter("dead").unwrap().unwrap();
    assert_eq!((dead.status, dead.note.as_str()), (DeadLetterStatus::Discarded, "by 1"));
    assert_eq!(state.dead_letter("erased").unwrap(), None);
    assert_eq!(state.ledger(0).unwrap(), change(1).ledger);
    assert_eq!(state.notes(List::Audit, 0).unwrap(), change(1).notes);
}

pub(crate) fn a_change_that_fails_leaves_nothing(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&change(1)).unwrap();
    let before = traces(&state);
    // Block 2 is in the outbox, so this cannot be applied.
    let taken = Change { outbox: vec![block(7, "segment"), block(2, "segment")], ..change(7) };
    assert!(matches!(state.commit(&taken), Err(Error::Backend { .. })));
    assert_eq!(traces(&state), before);
    state.commit(&change(3)).unwrap();
    assert_ne!(traces(&state), before);
}

pub(crate) fn the_cursor_moves_only_when_told(backend: &impl Backend) {
    let state = backend.state();
    assert_eq!(state.cursor().unwrap(), Position(0));
    state.commit(&Change { cursor: Some(Position(5)), ..Change::default() }).unwrap();
    state.commit(&Change::default()).unwrap();
    assert_eq!(state.cursor().unwrap(), Position(5));
}

pub(crate) fn committed_changes_are_there_after_reopening(backend: &impl Backend) {
    let before = {
        let state = backend.state();
        state.commit(&change(1)).unwrap();
        traces(&state)
    };
    assert_eq!(traces(&backend.state()), before);
}

pub(crate) fn committed_changes_are_there_after_a_crash(backend: &impl Backend) {
    let state = backend.state();
    for id in [1, 3, 5] {
        state.commit(&change(id)).unwrap();
    }
    let crashed = backend.after_a_crash();
    let after = crashed.state();
    assert_eq!(traces(&after), traces(&state));
    after.commit(&change(7)).unwrap();
    assert_eq!(after.last_block().unwrap(), BlockId(8));
}
