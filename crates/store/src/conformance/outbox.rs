//! Blocks on their way out.

use super::samples::{block, blocks, noise, numbers};
use super::{Backend, State};
use crate::Position;
use crate::state::{Block, BlockId, Change, Settlement};
use bytes::Bytes;

pub(crate) fn blocks_come_oldest_first_and_by_destination(backend: &impl Backend) {
    let state = backend.state();
    let order = [("segment", 1), ("algolia", 2), ("segment", 3), ("segment", 5), ("algolia", 8)];
    for (destination, id) in order {
        state.commit(&blocks([id], destination)).unwrap();
    }
    let after = |destination, id| numbers(&state.outbox(destination, BlockId(id), usize::MAX).unwrap());
    assert_eq!(after("segment", 0), [1, 3, 5]);
    assert_eq!(after("segment", 1), [3, 5]);
    assert_eq!(after("segment", 4), [5]);
    assert!(after("segment", 5).is_empty());
    assert_eq!(after("algolia", 0), [2, 8]);
    assert!(after("nobody", 0).is_empty());
}

pub(crate) fn blocks_come_back_byte_for_byte(backend: &impl Backend) {
    let state = backend.state();
    let contents = [Vec::new(), vec![0; 2 << 20], noise(2 << 20, 1), (0..=u8::MAX).collect()];
    let blocks = (1..).zip(contents).map(|(id, content)| Block {
        heads: noise(content.len() / 10, id).into(),
        payload: content.into(),
        settled: Bytes::from(vec![0b101; id as usize - 1]),
        entries: u32::MAX,
        hour: i64::MIN,
        from: (Position(id), Position(id + 1000)),
        ..block(id, "segment \u{1f6d2} 'quoted'")
    });
    let outbox: Vec<Block> = blocks.collect();
    state.commit(&Change { outbox: outbox.clone(), ..Change::default() }).unwrap();
    let loaded = state.outbox(&outbox[0].destination, BlockId(0), usize::MAX).unwrap();
    assert!(loaded == outbox, "some block is not as it was");
}

pub(crate) fn loading_ends_at_about_its_bytes_and_gives_at_least_one_block(backend: &impl Backend) {
    let state = backend.state();
    let outbox =
        (1..=6).map(|id| Block { payload: vec![7; 10_000].into(), ..block(id, "segment") }).collect();
    state.commit(&Change { outbox, ..Change::default() }).unwrap();
    let load = |bytes| numbers(&state.outbox("segment", BlockId(1), bytes).unwrap()).len();
    assert_eq!([0, 1, 10_000].map(load), [1, 1, 1]);
    assert!((2..=3).contains(&load(25_000)), "{}", load(25_000));
    assert_eq!(load(1_000_000), 5);
}

pub(crate) fn blocks_are_found_by_every_range_that_they_touch(backend: &impl Backend) {
    let state = backend.state();
    let ranges = [(10, 19), (20, 20), (15, 1000), (21, 30)];
    let outbox = (1..)
        .zip(ranges)
        .map(|(id, (first, last))| Block { from: (Position(first), Position(last)), ..block(id, "segment") });
    let outbox: Vec<Block> = outbox.collect();
    state.commit(&Change { outbox: outbox.clone(), ..Change::default() }).unwrap();
    let from = |first, last| numbers(&state.blocks_from(Position(first), Position(last)).unwrap());
    assert!(from(1, 9).is_empty());
    assert_eq!(from(1, 10), [1]);
    assert_eq!(from(19, 20), [1, 2, 3]);
    assert_eq!(from(20, 20), [2, 3]);
    assert_eq!(from(22, 29), [3, 4]);
    assert_eq!(from(31, u64::MAX), [3]);
    assert!(from(1001, u64::MAX).is_empty());
    assert_eq!(from(0, u64::MAX), [1, 2, 3, 4]);
    let found = state.blocks_from(Position(20), Position(20)).unwrap();
    assert_eq!(found[0], Block { payload: Bytes::new(), ..outbox[1].clone() });
}

pub(crate) fn everything_pending_is_passed_once_without_payload(backend: &impl Backend) {
    let state = backend.state();
    let outbox: Vec<Block> =
        (1..=50).map(|id| block(id, if id % 3 == 0 { "algolia" } else { "segment" })).collect();
    let settlements = vec![Settlement::Finished(BlockId(20)), Settlement::Progress(BlockId(21), "!".into())];
    state.commit(&Change { outbox: outbox.clone(), settlements, ..Change::default() }).unwrap();
    let mut pending = Vec::new();
    state.pending(&mut |block| pending.push(block)).unwrap();
    let mut expected = outbox;
    expected[20].settled = "!".into();
    expected.remove(19);
    for block in &mut expected {
        block.payload = Bytes::new();
    }
    assert_eq!(pending, expected);
}

pub(crate) fn the_last_number_is_remembered(backend: &impl Backend) {
    {
        let state = backend.state();
        assert_eq!(state.last_block().unwrap(), BlockId(0));
        state.commit(&blocks([4, 9], "segment")).unwrap();
        let settlements = vec![Settlement::Finished(BlockId(4)), Settlement::Finished(BlockId(9))];
        state.commit(&Change { settlements, ..Change::default() }).unwrap();
    }
    assert_eq!(backend.state().last_block().unwrap(), BlockId(9));
}
