//! Deleting what has outlived its use.

use super::samples::{blocks, letter, numbers};
use super::{Backend, State};
use crate::Position;
use crate::state::{
    BlockId, Change, DeadLetter, DeadLetterQuery, DeadLetterStatus, LedgerRow, List, Note, Prune, Settlement,
    Tally,
};
use bytes::Bytes;

const NOTHING: Prune = Prune {
    seen_before: i64::MIN,
    traces_before: i64::MIN,
    dead_letters_before: i64::MIN,
    audit_before: i64::MIN,
};
const EVERYTHING: Prune = Prune {
    seen_before: i64::MAX,
    traces_before: i64::MAX,
    dead_letters_before: i64::MAX,
    audit_before: i64::MAX,
};

pub(crate) fn notes_go_by_age_each_list_for_itself(backend: &impl Backend) {
    let state = backend.state();
    let lists = [List::Seen, List::Attempts, List::Spans, List::Audit];
    let at = |at| lists.map(|list| Note { list, at, data: Bytes::new() });
    let notes = (0..300).flat_map(at).collect();
    state.commit(&Change { notes, ..Change::default() }).unwrap();
    let oldest = || lists.map(|list| state.notes(list, i64::MIN).unwrap().first().map(|note| note.at));
    state.prune(Prune { seen_before: 200, ..NOTHING }).unwrap();
    assert_eq!(oldest(), [Some(200), Some(0), Some(0), Some(0)]);
    state.prune(Prune { traces_before: 100, ..NOTHING }).unwrap();
    assert_eq!(oldest(), [Some(200), Some(100), Some(100), Some(0)]);
    state.prune(Prune { audit_before: 50, ..NOTHING }).unwrap();
    assert_eq!(oldest(), [Some(200), Some(100), Some(100), Some(50)]);
    state.prune(EVERYTHING).unwrap();
    assert_eq!(oldest(), [None; 4]);
}

pub(crate) fn only_resolved_dead_letters_go(backend: &impl Backend) {
    let state = backend.state();
    let of = |status, at| DeadLetter { status, ..letter(&format!("{status:?} {at}"), at) };
    let statuses = [DeadLetterStatus::Dead, DeadLetterStatus::Retried, DeadLetterStatus::Discarded];
    let dead_letters = statuses.into_iter().flat_map(|status| [of(status, 1), of(status, 2)]).collect();
    state.commit(&Change { dead_letters, ..Change::default() }).unwrap();
    let left = || {
        let letters = state.dead_letters(&DeadLetterQuery::default()).unwrap();
        let mut ids: Vec<String> = letters.into_iter().map(|letter| letter.id).collect();
        ids.sort();
        ids
    };
    state.prune(Prune { dead_letters_before: 2, ..NOTHING }).unwrap();
    assert_eq!(left(), ["Dead 1", "Dead 2", "Discarded 2", "Retried 2"]);
    state.prune(EVERYTHING).unwrap();
    assert_eq!(left(), ["Dead 1", "Dead 2"]);
}

pub(crate) fn only_finished_blocks_go(backend: &impl Backend) {
    let state = backend.state();
    let settlements = (1..=150).map(|id| Settlement::Finished(BlockId(id))).collect();
    state.commit(&Change { settlements, ..blocks(1..=152, "segment") }).unwrap();
    let kept = || numbers(&state.blocks_from(Position(0), Position(u64::MAX)).unwrap());
    state.prune(NOTHING).unwrap();
    assert_eq!(kept().len(), 152);
    state.prune(EVERYTHING).unwrap();
    assert_eq!(kept(), [151, 152]);
    assert_eq!(numbers(&state.outbox("segment", BlockId(0), usize::MAX).unwrap()), [151, 152]);
    assert_eq!(state.last_block().unwrap(), BlockId(152));
}

pub(crate) fn what_is_counted_and_known_stays(backend: &impl Backend) {
    let state = backend.state();
    let tally = Tally { accepted: 1, ..Tally::default() };
    let change = Change {
        cursor: Some(Position(3)),
        facts: vec![(b"key".to_vec(), Some(b"value".to_vec()))],
        ledger: vec![LedgerRow { flow: "a".into(), hour: 0, tally }],
        ..Change::default()
    };
    state.commit(&change).unwrap();
    for definition in ["one", "two"] {
        state.save_flows(&[("a".into(), definition.into())], "somebody", 0).unwrap();
    }
    state.prune(EVERYTHING).unwrap();
    assert_eq!(state.cursor().unwrap(), Position(3));
    assert_eq!(state.facts(&[b"key"]).unwrap(), [Some(b"value".to_vec())]);
    assert_eq!(state.ledger(0).unwrap(), change.ledger);
    assert_eq!(state.flow_versions("a").unwrap().len(), 2);
}
