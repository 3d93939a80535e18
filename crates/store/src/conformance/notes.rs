//! Append-only lists.

use super::{Backend, State};
use crate::state::{Change, List, Note, Order};
use std::ops::ControlFlow;

fn note(list: List, at: i64, data: &'static [u8]) -> Note {
    Note { list, at, data: data.into() }
}

pub(crate) fn notes_come_by_time_whatever_the_order_of_adding(backend: &impl Backend) {
    let state = backend.state();
    let [late, early, same, odd] = [(30, b"late".as_slice()), (10, b""), (10, b"same"), (20, b"\0\xff")]
        .map(|(at, data)| note(List::Seen, at, data));
    for notes in [vec![late.clone()], vec![early.clone(), same.clone()], vec![odd.clone()]] {
        state.commit(&Change { notes, ..Change::default() }).unwrap();
    }
    let since = |at| state.notes(List::Seen, at).unwrap();
    assert_eq!(since(i64::MIN), [early, same, odd.clone(), late.clone()]);
    assert_eq!(since(20), [odd, late.clone()]);
    assert_eq!(since(21), [late]);
    assert!(since(31).is_empty());
    let until_20 = |order| {
        let mut passed = Vec::new();
        let mut each = |at, data: &[u8]| {
            passed.push((at, data.len()));
            if at == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        state.each_note(List::Seen, order, &mut each).unwrap();
        passed
    };
    assert_eq!(
        until_20(Order::Since(i64::MIN)),
        [(10, 0), (10, 4), (20, 2)],
        "one by one until it is enough"
    );
    assert_eq!(until_20(Order::Since(11)), [(20, 2)]);
    assert_eq!(until_20(Order::Back), [(30, 4), (20, 2)], "newest first");
}

pub(crate) fn lists_are_apart(backend: &impl Backend) {
    let state = backend.state();
    let notes = [List::Seen, List::Attempts, List::Spans, List::Audit].map(|list| note(list, 1, b"x"));
    state.commit(&Change { notes: notes.to_vec(), ..Change::default() }).unwrap();
    for note in notes {
        assert_eq!(state.notes(note.list, 0).unwrap(), [note]);
    }
}
