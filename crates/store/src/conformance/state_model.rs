//! Outbox, settlements, ledger and facts beside plain maps, over any sequence of changes.

use super::samples::{block, noise};
use super::{Backend, State};
use crate::Position;
use crate::state::{Block, BlockId, Change, LedgerRow, Prune, Settlement, Tally};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;

const DESTINATIONS: [&str; 2] = ["segment", "algolia"];
const FLOWS: [&str; 2] = ["search-events", "own"];

#[derive(Debug, Clone)]
enum Action {
    Commit(Sketch),
    /// Whether finished blocks may go.
    Prune(bool),
    Scrub,
    Reopen,
    Crash,
}

/// A change whose blocks have no numbers yet.
#[derive(Debug, Clone)]
struct Sketch {
    cursor: Option<u64>,
    facts: Vec<(u8, Option<Vec<u8>>)>,
    blocks: Vec<(usize, u64, u64, usize)>,
    progress: Vec<(u64, u8)>,
    finished: Vec<u64>,
    rewrites: Vec<u64>,
    counts: Vec<(usize, i64, i8)>,
}

pub(crate) fn any_changes_do_what_maps_would<B: Backend>(_: &B) {
    let config = Config { failure_persistence: None, ..Config::with_cases(24) };
    TestRunner::new(config)
        .run(&prop::collection::vec(action(), 1..20), |actions| {
            let mut backend = B::default();
            let mut state = backend.state();
            let mut model = Model::default();
            for action in actions {
                match action {
                    Action::Commit(sketch) => model.commit(&state, sketch),
                    Action::Prune(finished) => model.prune(&state, finished),
                    Action::Scrub => state.scrub().unwrap(),
                    Action::Reopen => {
                        drop(state);
                        state = backend.state();
                    }
                    Action::Crash => {
                        let crashed = backend.after_a_crash();
                        drop(state);
                        backend = crashed;
                        state = backend.state();
                    }
                }
                model.check(&state);
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => sketch().prop_map(Action::Commit),
        1 => any::<bool>().prop_map(Action::Prune),
        1 => Just(Action::Scrub),
        1 => Just(Action::Reopen),
        1 => Just(Action::Crash),
    ]
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let few = 0..4_usize;
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..30));
    (
        prop::option::of(0..1000_u64),
        prop::collection::vec((0..12_u8, value), few.clone()),
        prop::collection::vec((0..2_usize, 0..50_u64, 0..20_u64, 0..9000_usize), few.clone()),
        prop::collection::vec((0..25_u64, any::<u8>()), few.clone()),
        prop::collection::vec(0..25_u64, few.clone()),
        prop::collection::vec(0..25_u64, few.clone()),
        prop::collection::vec((0..2_usize, 0..3_i64, any::<i8>()), few),
    )
        .prop_map(|(cursor, facts, blocks, progress, finished, rewrites, counts)| Sketch {
            cursor,
            facts,
            blocks,
            progress,
            finished,
            rewrites,
            counts,
        })
}

#[derive(Default)]
struct Model {
    cursor: u64,
    facts: BTreeMap<Vec<u8>, Vec<u8>>,
    last_block: u64,
    unfinished: BTreeMap<u64, Block>,
    finished: BTreeMap<u64, Block>,
    ledger: BTreeMap<(i64, String), Tally>,
}

impl Model {
    fn commit(&mut self, state: &impl State, sketch: Sketch) {
        let change = self.change(sketch);
        state.commit(&change).unwrap();
        self.cursor = change.cursor.map_or(self.cursor, |cursor| cursor.0);
        for (key, value) in change.facts {
            match value {
                Some(value) => self.facts.insert(key, value),
                None => self.facts.remove(&key),
            };
        }
        self.unfinished.extend(change.outbox.into_iter().map(|block| (block.id.0, block)));
        for settlement in change.settlements {
            self.settle(settlement);
        }
        for (id, payload) in change.rewrites {
            self.unfinished.entry(id.0).and_modify(|block| block.payload = payload);
        }
        for LedgerRow { flow, hour, tally } in change.ledger {
            let sum = self.ledger.entry((hour, flow)).or_default();
            sum.accepted += tally.accepted;
            sum.filtered += tally.filtered;
        }
    }

    fn change(&mut self, sketch: Sketch) -> Change {
        let progress = sketch.progress.into_iter();
        let progress = progress.map(|(id, bits)| Settlement::Progress(BlockId(id), vec![bits].into()));
        let finished = sketch.finished.into_iter().map(|id| Settlement::Finished(BlockId(id)));
        let row = |(flow, hour, count): (usize, i64, i8)| {
            let count = i64::from(count);
            let tally = Tally { accepted: count, filtered: -count, ..Tally::default() };
            LedgerRow { flow: FLOWS[flow].into(), hour, tally }
        };
        let outbox: Vec<Block> = sketch.blocks.into_iter().map(|block| self.next_block(block)).collect();
        let rewrites =
            sketch.rewrites.into_iter().map(|id| (BlockId(id), self.other_payload(id, &outbox))).collect();
        Change {
            cursor: sketch.cursor.map(Position),
            facts: sketch.facts.into_iter().map(|(key, value)| (vec![key], value)).collect(),
            outbox,
            settlements: progress.chain(finished).collect(),
            rewrites,
            ledger: sketch.counts.into_iter().map(row).collect(),
            ..Change::default()
        }
    }

    fn next_block(&mut self, (destination, first, width, payload): (usize, u64, u64, usize)) -> Block {
        self.last_block += 1;
        Block {
            from: (Position(first), Position(first + width)),
            payload: vec![7; payload].into(),
            ..block(self.last_block, DESTINATIONS[destination])
        }
    }

    /// As long as the block's, where there is one.
    fn other_payload(&self, id: u64, outbox: &[Block]) -> Bytes {
        let added = outbox.iter().find(|block| block.id.0 == id);
        let length = added.or(self.unfinished.get(&id)).map_or(1, |block| block.payload.len());
        noise(length, id).into()
    }

    fn settle(&mut self, settlement: Settlement) {
        match settlement {
            Settlement::Progress(id, bits) => {
                self.unfinished.entry(id.0).and_modify(|block| block.settled = bits);
            }
            Settlement::Finished(id) => {
                let done = self.unfinished.remove(&id.0);
                let kept = done.map(|block| Block { settled: Bytes::from_static(b"\xff"), ..block });
                self.finished.extend(kept.map(|block| (id.0, block)));
            }
        }
    }

    fn prune(&mut self, state: &impl State, finished: bool) {
        let before = if finished { i64::MAX } else { i64::MIN };
        state
            .prune(Prune {
                seen_before: before,
                traces_before: before,
                dead_letters_before: before,
                audit_before: before,
            })
            .unwrap();
        if finished {
            self.finished.clear();
        }
    }

    fn check(&self, state: &impl State) {
        assert_eq!(state.cursor().unwrap(), Position(self.cursor));
        assert_eq!(state.last_block().unwrap(), BlockId(self.last_block));
        let facts: Vec<_> = self.facts.clone().into_iter().collect();
        assert_eq!(state.facts_with_prefix(b"", None, u32::MAX).unwrap(), facts);
        let rows = self.ledger.iter();
        let rows =
            rows.map(|((hour, flow), tally)| LedgerRow { flow: flow.clone(), hour: *hour, tally: *tally });
        assert_eq!(state.ledger(i64::MIN).unwrap(), rows.collect::<Vec<_>>());
        let mut pending = Vec::new();
        state.pending(&mut |block| pending.push(block)).unwrap();
        assert_eq!(pending, self.unfinished.values().map(without_payload).collect::<Vec<_>>());
        for (destination, max_bytes) in DESTINATIONS.into_iter().zip([usize::MAX, 10_000]) {
            self.check_outbox(state, destination, BlockId(self.last_block / 3), max_bytes);
        }
        self.check_range(state, (Position(10), Position(20)));
    }

    /// As many blocks as fit, but at least one.
    fn check_outbox(&self, state: &impl State, destination: &str, after: BlockId, max_bytes: usize) {
        let wanted = self.unfinished.values();
        let wanted = wanted.filter(|block| block.destination == destination && block.id > after);
        let mut bytes = 0_usize;
        let fitting = wanted.enumerate().take_while(|(number, block)| {
            bytes += block.payload.len();
            *number == 0 || bytes <= max_bytes
        });
        let fitting: Vec<Block> = fitting.map(|(_, block)| block.clone()).collect();
        assert_eq!(state.outbox(destination, after, max_bytes).unwrap(), fitting);
    }

    fn check_range(&self, state: &impl State, (first, last): (Position, Position)) {
        let mut all = self.finished.clone();
        all.extend(self.unfinished.clone());
        let touching = all.values().filter(|block| block.from.0 <= last && block.from.1 >= first);
        let touching: Vec<Block> = touching.map(without_payload).collect();
        assert_eq!(state.blocks_from(first, last).unwrap(), touching);
    }
}

fn without_payload(block: &Block) -> Block {
    Block { payload: Bytes::new(), ..block.clone() }
}
