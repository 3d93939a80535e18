//! What is known.

use super::{Backend, State};
use crate::state::Change;

fn know(facts: &[(&[u8], Option<&[u8]>)]) -> Change {
    let facts = facts.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec))).collect();
    Change { facts, ..Change::default() }
}

fn know_keys(state: &impl State, keys: &[&[u8]]) {
    let facts: Vec<_> = keys.iter().map(|key| (*key, Some(*key))).collect();
    state.commit(&know(&facts)).unwrap();
}

fn keys(state: &impl State, prefix: &[u8], after: Option<&[u8]>, limit: u32) -> Vec<Vec<u8>> {
    let facts = state.facts_with_prefix(prefix, after, limit).unwrap();
    facts.into_iter().map(|(key, _)| key).collect()
}

pub(crate) fn facts_come_in_the_order_of_the_keys(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&know(&[(b"a", Some(b"1")), (b"b", Some(b"")), (b"\0\xff", Some(b"\xff\0"))])).unwrap();
    let known = state.facts(&[b"\0\xff", b"none", b"b", b"a", b"b"]).unwrap();
    let expected: [Option<&[u8]>; 5] = [Some(b"\xff\0"), None, Some(b""), Some(b"1"), Some(b"")];
    assert_eq!(known, expected.map(|value| value.map(<[u8]>::to_vec)));
    assert!(state.facts(&[]).unwrap().is_empty());
}

pub(crate) fn a_fact_is_replaced_and_forgotten(backend: &impl Backend) {
    let state = backend.state();
    let steps: [Option<&[u8]>; 5] = [Some(b"old"), Some(b"new"), None, None, Some(b"again")];
    for value in steps {
        state.commit(&know(&[(b"key", value)])).unwrap();
        assert_eq!(state.facts(&[b"key"]).unwrap(), [value.map(<[u8]>::to_vec)]);
    }
}

pub(crate) fn the_last_word_on_a_key_in_a_change_counts(backend: &impl Backend) {
    let state = backend.state();
    state
        .commit(&know(&[
            (b"known", None),
            (b"known", Some(b"1")),
            (b"known", Some(b"2")),
            (b"gone", Some(b"1")),
            (b"gone", None),
        ]))
        .unwrap();
    assert_eq!(state.facts(&[b"known", b"gone"]).unwrap(), [Some(b"2".to_vec()), None]);
}

pub(crate) fn pages_of_a_prefix_are_in_order_and_complete(backend: &impl Backend) {
    let state = backend.state();
    know_keys(&state, &[b"p/c", b"p", b"q/a", b"p/", b"p/a", b"o/z", b"p/b", b"p/\xff\xff", b"p0"]);
    assert_eq!(keys(&state, b"p/", None, 2), [b"p/".as_slice(), b"p/a"]);
    assert_eq!(keys(&state, b"p/", Some(b"p/a"), 2), [b"p/b", b"p/c"]);
    assert_eq!(keys(&state, b"p/", Some(b"p/c"), 2), [b"p/\xff\xff"]);
    assert!(keys(&state, b"p/", Some(b"p/\xff\xff"), 2).is_empty());
    assert_eq!(keys(&state, b"p/", Some(b"a"), 1), [b"p/"], "a start before the prefix changes nothing");
    assert!(keys(&state, b"p/", Some(b"q"), 9).is_empty(), "nor does one behind it go beyond");
    assert_eq!(state.facts_with_prefix(b"q", None, 9).unwrap(), [(b"q/a".to_vec(), b"q/a".to_vec())]);
}

pub(crate) fn a_prefix_may_be_any_bytes(backend: &impl Backend) {
    let state = backend.state();
    know_keys(&state, &[b"\0", b"\0\0", b"a%_b", b"axyb", b"\xff", b"\xff\xff", b"\xff\xff\x01"]);
    assert_eq!(keys(&state, b"", None, 99).len(), 7);
    assert_eq!(keys(&state, b"\0", None, 99), [b"\0".as_slice(), b"\0\0"]);
    assert_eq!(keys(&state, b"a%", None, 99), [b"a%_b"]);
    assert_eq!(keys(&state, b"\xff\xff", None, 99), [b"\xff\xff".as_slice(), b"\xff\xff\x01"]);
    assert_eq!(keys(&state, b"\xff\xff", Some(b"\xff\xff"), 99), [b"\xff\xff\x01"]);
}
