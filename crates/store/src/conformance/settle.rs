//! How far the delivery of blocks has come.

use super::samples::{block, blocks, numbers};
use super::{Backend, State};
use crate::Position;
use crate::state::{Block, BlockId, Change, Settlement};
use bytes::Bytes;

fn settled(settlements: Vec<Settlement>) -> Change {
    Change { settlements, ..Change::default() }
}

fn progress(id: u64, bits: &'static [u8]) -> Settlement {
    Settlement::Progress(BlockId(id), bits.into())
}

fn unfinished(state: &impl State) -> Vec<Block> {
    state.outbox("segment", BlockId(0), usize::MAX).unwrap()
}

pub(crate) fn progress_replaces_the_former_bitmap(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&blocks([1, 2], "segment")).unwrap();
    for bits in [[0b0001_u8], [0b1010], [0b0000]] {
        let change = settled(vec![Settlement::Progress(BlockId(2), bits.to_vec().into())]);
        state.commit(&change).unwrap();
        let blocks = unfinished(&state);
        assert_eq!((&blocks[0].settled[..], &blocks[1].settled[..]), ([].as_slice(), bits.as_slice()));
        assert_eq!(blocks[1].payload, block(2, "segment").payload);
    }
}

pub(crate) fn a_finished_block_is_kept_for_traces_only(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&blocks([1, 2], "segment")).unwrap();
    state.commit(&settled(vec![Settlement::Finished(BlockId(1))])).unwrap();
    assert_eq!(numbers(&unfinished(&state)), [2]);
    let mut pending = Vec::new();
    state.pending(&mut |block| pending.push(block.id.0)).unwrap();
    assert_eq!(pending, [2]);
    let kept = &state.blocks_from(Position(1), Position(1)).unwrap()[0];
    assert_eq!(kept.heads, block(1, "segment").heads);
    assert!(kept.payload.is_empty());
    assert_eq!(kept.settled[..], [0xff], "all eight entries are settled");
}

pub(crate) fn a_block_may_be_added_and_finished_in_one_change(backend: &impl Backend) {
    let state = backend.state();
    let change = Change {
        settlements: vec![progress(1, b"\x01"), Settlement::Finished(BlockId(2))],
        ..blocks([1, 2], "segment")
    };
    state.commit(&change).unwrap();
    let blocks = unfinished(&state);
    assert_eq!((numbers(&blocks), &blocks[0].settled[..]), (vec![1], b"\x01".as_slice()));
}

pub(crate) fn late_news_of_a_finished_block_changes_nothing(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&blocks([1, 2], "segment")).unwrap();
    let news = vec![Settlement::Finished(BlockId(1)), progress(1, b"\0"), Settlement::Finished(BlockId(1))];
    state.commit(&settled(news)).unwrap();
    state
        .commit(&settled(vec![progress(1, b"\0"), progress(99, b"\0"), Settlement::Finished(BlockId(98))]))
        .unwrap();
    assert_eq!(numbers(&unfinished(&state)), [2]);
    let kept = state.blocks_from(Position(0), Position(u64::MAX)).unwrap();
    assert_eq!((numbers(&kept), &kept[0].settled[..]), (vec![1, 2], b"\xff".as_slice()));
}

fn rewritten(rewrites: Vec<(u64, Bytes)>) -> Change {
    let rewrites = rewrites.into_iter().map(|(id, payload)| (BlockId(id), payload)).collect();
    Change { rewrites, ..Change::default() }
}

pub(crate) fn a_payload_is_replaced_by_one_of_the_same_length(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&blocks([1, 2], "segment")).unwrap();
    let payload = Bytes::from_static(b"PAYLOAD OF 2");
    state.commit(&rewritten(vec![(2, payload.clone())])).unwrap();
    let expected = [block(1, "segment"), Block { payload, ..block(2, "segment") }];
    assert_eq!(unfinished(&state), expected);
    for length in [0, 11, 13] {
        let other = Change { cursor: Some(Position(9)), ..rewritten(vec![(1, vec![b'-'; length].into())]) };
        let refused = state.commit(&other).unwrap_err().to_string();
        assert!(refused.contains("block 1 has 12 bytes"), "{refused}");
    }
    assert_eq!((unfinished(&state), state.cursor().unwrap()), (expected.into(), Position(0)));
}

pub(crate) fn payloads_of_finished_and_unknown_blocks_are_passed_over(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&blocks([1, 2], "segment")).unwrap();
    state.commit(&settled(vec![Settlement::Finished(BlockId(1))])).unwrap();
    let other = vec![(1, Bytes::from_static(b"any length")), (99, Bytes::new())];
    state.commit(&rewritten(other)).unwrap();
    assert_eq!(unfinished(&state), [block(2, "segment")]);
}
