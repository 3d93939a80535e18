//! Bodies from anybody, Algolia's events and Segment's calls, through the recipes and into the outbox: the engine never
//! panics, every event is spoken for, and every message is one that Segment takes.

#![no_main]

use causeway_algolia::records::IndexName;
use causeway_engine::flow::{Categories, ConsentMissing, DESTINATION_SEGMENT, Definition, Flow};
use causeway_engine::ledger::Books;
use causeway_engine::outbox::Heads;
use causeway_engine::profile::{Sync, What};
use causeway_engine::recipes::{self, Naming};
use causeway_engine::{Engine, Facts, Settings, Source};
use causeway_store::{BlockId, Entry, Error, Position, Record};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

const NOW: i64 = 1_790_000_000_000;

static FLOWS: LazyLock<Vec<Arc<Flow>>> = LazyLock::new(|| {
    let all = [
        (recipes::SEARCH_EVENTS, Naming::Search),
        (recipes::SEARCH_EVENTS, Naming::Ecommerce),
        (recipes::COMMERCE_EVENTS, Naming::Search),
    ];
    let compiled = all.map(|(recipe, naming)| {
        let text = recipes::definition(recipe, naming).expect("the recipe exists");
        let mut definition = Definition::parse(text, "recipe").expect("the recipe can be read");
        definition.name = format!("{recipe}-{naming:?}");
        Arc::new(Flow::compile(&definition, &|_| Err(String::new())).expect("the recipe compiles"))
    });
    compiled.into()
});

struct Nothing;

impl Facts for Nothing {
    fn fact(&self, _: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }
}

/// The first byte says by which door the rest came.
fn door(number: u8) -> (Source, &'static str) {
    let doors = [
        (Source::Insights, ""),
        (Source::Webhook, ""),
        (Source::Tracking, "batch"),
        (Source::Tracking, "identify"),
        (Source::Tracking, "alias"),
        (Source::Operator, ""),
    ];
    doors[usize::from(number) % doors.len()]
}

/// Traits and audiences go to records, so that these are made too.
fn sync(flow: &'static str, what: What) -> Sync {
    Sync {
        flow,
        index: IndexName::parse("people").expect("a legal name"),
        what,
        consent: Categories::default(),
        consent_missing: ConsentMissing::default(),
        affinities: Vec::new(),
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&number, body)) = input.split_first() else { return };
    let (source, meta) = door(number);
    let syncs = [
        sync("trait-sync", What::Traits(vec!["plan".to_owned(), "a".to_owned()])),
        sync("audience-sync", What::Audiences(None)),
    ];
    let settings =
        Settings { forward: true, forward_calls: true, syncs: Arc::from(syncs), ..Settings::default() };
    let mut engine = Engine::new(settings, FLOWS.clone(), BlockId(0));
    let record = Record {
        source: source.into(),
        received_at: NOW,
        meta: meta.into(),
        body: body.to_vec().into(),
    };
    let entry = Entry { position: Position(1), record };
    let change = engine.process(&[entry], &Nothing).expect("nothing fails but the store").change;

    let mut books = Books::default();
    change.ledger.iter().for_each(|row| books.add_row(row));
    change.outbox.iter().for_each(|block| books.add_pending(block));
    assert!(books.balances().iter().all(|balance| balance.imbalance == 0));

    for block in change.outbox.iter().filter(|block| block.destination == DESTINATION_SEGMENT) {
        let heads = Heads::decode(&block.heads).expect("what was built can be read");
        let mut start = 0;
        for head in &heads.entries {
            let end = start + head.length as usize;
            let list = [b"[", &block.payload[start..end], b"]"].concat();
            let messages: Vec<&serde_json::value::RawValue> =
                serde_json::from_slice(&list).expect("messages are JSON");
            assert_eq!(messages.len(), usize::from(head.messages));
            for message in messages {
                causeway_segment::message::check(message.get().as_bytes()).expect("Segment takes the message");
            }
            start = end;
        }
        assert_eq!(start, block.payload.len());
    }
});
