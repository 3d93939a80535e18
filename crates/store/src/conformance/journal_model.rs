//! The journal beside a plain list, over any sequence of actions.

use super::samples::{everything, noise};
use super::{Backend, Journal};
use crate::{Entry, Extent, Position, Record, Retention, Source};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

#[derive(Debug, Clone)]
enum Action {
    Append(Vec<Record>),
    Read {
        after: u64,
        max_bytes: usize,
    },
    Range {
        first: u64,
        last: u64,
    },
    PositionAt(i64),
    Retain {
        keep_since: i64,
        max_bytes: u64,
        unprocessed: u64,
    },
    /// Positions and the lengths of their new bodies.
    Rewrite(Vec<(u64, usize)>),
    Scrub,
    Reopen,
    Crash,
}

pub(crate) fn any_actions_do_what_a_list_would<B: Backend>(_: &B) {
    let config = Config { failure_persistence: None, ..Config::with_cases(24) };
    TestRunner::new(config)
        .run(&prop::collection::vec(action(), 1..25), |actions| {
            let mut backend = B::default();
            let mut journal = backend.journal();
            let mut model = Model::default();
            for action in actions {
                match action {
                    Action::Reopen => {
                        drop(journal);
                        journal = backend.journal();
                    }
                    Action::Crash => {
                        let crashed = backend.after_a_crash();
                        drop(journal);
                        backend = crashed;
                        journal = backend.journal();
                    }
                    action => model.check(&journal, action),
                }
                model.check_whole(&journal);
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

fn action() -> impl Strategy<Value = Action> {
    let time = -5..60_i64;
    let bytes = prop_oneof![Just(usize::MAX), 0..4000_usize];
    prop_oneof![
        4 => prop::collection::vec(record(), 0..12).prop_map(Action::Append),
        2 => (0..80_u64, bytes).prop_map(|(after, max_bytes)| Action::Read { after, max_bytes }),
        1 => (0..80_u64, 0..80_u64).prop_map(|(first, last)| Action::Range { first, last }),
        1 => time.clone().prop_map(Action::PositionAt),
        2 => (time, prop_oneof![Just(0), Just(u64::MAX)], 0..9_u64).prop_map(
            |(keep_since, max_bytes, unprocessed)| Action::Retain { keep_since, max_bytes, unprocessed }
        ),
        2 => prop::collection::vec((0..90_u64, 0..900_usize), 0..6).prop_map(Action::Rewrite),
        1 => Just(Action::Scrub),
        1 => Just(Action::Reopen),
        1 => Just(Action::Crash),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let bytes = |limit| prop::collection::vec(any::<u8>(), 0..limit);
    (any::<u8>(), 0..50_i64, bytes(20), bytes(600)).prop_map(|(source, received_at, meta, body)| Record {
        source: Source(source),
        received_at,
        meta: meta.into(),
        body: body.into(),
    })
}

/// Everything ever appended; what retention removed is only no longer expected.
#[derive(Default)]
struct Model {
    entries: Vec<Entry>,
    removed: usize,
}

impl Model {
    fn check(&mut self, journal: &impl Journal, action: Action) {
        match action {
            Action::Append(records) => self.append(journal, &records),
            Action::Read { after, max_bytes } => self.read(journal, after, max_bytes),
            Action::Range { first, last } => {
                let wanted: Vec<Entry> = self.after(first.saturating_sub(1)).cloned().collect();
                let wanted = wanted.into_iter().filter(|entry| entry.position.0 <= last).collect::<Vec<_>>();
                assert_eq!(journal.range(Position(first), Position(last)).unwrap(), wanted);
            }
            Action::PositionAt(time) => {
                let found = self.after(0).find(|entry| entry.record.received_at >= time);
                let wanted = found.map_or(self.end(), |entry| entry.position);
                assert_eq!(journal.position_at(time).unwrap(), wanted);
            }
            Action::Retain { keep_since, max_bytes, unprocessed } => {
                let processed = Position(self.entries.len().saturating_sub(unprocessed as usize) as u64);
                self.retain(journal, Retention { keep_since, max_bytes, processed });
            }
            Action::Rewrite(bodies) => self.rewrite(journal, &bodies),
            Action::Scrub => journal.scrub().unwrap(),
            Action::Reopen | Action::Crash => {}
        }
    }

    fn append(&mut self, journal: &impl Journal, records: &[Record]) {
        assert_eq!(journal.append(records).unwrap(), self.end());
        for record in records {
            self.entries.push(Entry { position: self.end(), record: record.clone() });
        }
    }

    /// A read is a beginning of what is there, not empty if anything is; all but its last entry are within the bytes.
    fn read(&self, journal: &impl Journal, after: u64, max_bytes: usize) {
        let read = journal.read(Position(after), max_bytes).unwrap();
        assert_eq!(read, self.after(after).take(read.len()).cloned().collect::<Vec<_>>());
        assert_eq!(read.is_empty(), self.after(after).next().is_none());
        let but_last = read.iter().rev().skip(1).map(|entry| entry.record.body.len()).sum::<usize>();
        assert!(but_last <= max_bytes);
    }

    /// Some of what may go is gone, from the oldest on; all of it, if everything may go.
    fn retain(&mut self, journal: &impl Journal, retention: Retention) {
        let removed = journal.retain(retention).unwrap() as usize;
        let may_go = |entry: &Entry| {
            let unwanted = entry.record.received_at < retention.keep_since || retention.max_bytes == 0;
            unwanted && entry.position <= retention.processed
        };
        assert!(self.after(0).take(removed).all(may_go));
        if self.after(0).all(may_go) {
            assert_eq!(removed, self.after(0).count());
        }
        self.removed += removed;
    }

    fn rewrite(&mut self, journal: &impl Journal, bodies: &[(u64, usize)]) {
        let body =
            |(position, length): &(u64, usize)| (Position(*position), noise(*length, *position).into());
        let bodies: Vec<(Position, Bytes)> = bodies.iter().map(body).collect();
        journal.rewrite(&bodies).unwrap();
        for (position, body) in bodies {
            let mut entries = self.entries.iter_mut();
            entries
                .find(|entry| entry.position == position)
                .into_iter()
                .for_each(|entry| entry.record.body = body.clone());
        }
    }

    fn check_whole(&self, journal: &impl Journal) {
        let Extent { first, last, .. } = journal.extent().unwrap();
        assert_eq!((first.0, last.0 + 1), (self.removed as u64 + 1, self.end().0));
        assert_eq!(everything(journal), self.after(0).cloned().collect::<Vec<_>>());
        assert!(journal.damaged().is_empty());
    }

    fn after(&self, position: u64) -> impl Iterator<Item = &Entry> {
        self.entries[self.removed..].iter().filter(move |entry| entry.position.0 > position)
    }

    fn end(&self) -> Position {
        Position(self.entries.len() as u64 + 1)
    }
}
