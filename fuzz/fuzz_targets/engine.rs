//! Insights bodies from anybody, through the recipe and into the outbox: the engine never panics, every event is spoken
//! for, and every message is one that Segment takes.

#![no_main]

use causeway_algolia::insights::Rules;
use causeway_engine::duplicates::Window;
use causeway_engine::flow::{DESTINATION_SEGMENT, Definition, Flow};
use causeway_engine::ledger::Books;
use causeway_engine::outbox::Heads;
use causeway_engine::recipes::{self, Naming};
use causeway_engine::{Engine, Facts, Settings, Source};
use causeway_store::{BlockId, Entry, Error, Position, Record};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

const NOW: i64 = 1_790_000_000_000;

static FLOWS: LazyLock<Vec<Arc<Flow>>> = LazyLock::new(|| {
    let compiled = [Naming::Search, Naming::Ecommerce].map(|naming| {
        let text = recipes::definition(recipes::SEARCH_EVENTS, naming).expect("the recipe exists");
        let mut definition = Definition::parse(text, "recipe").expect("the recipe can be read");
        definition.name = format!("{naming:?}");
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

fuzz_target!(|body: &[u8]| {
    let settings =
        Settings { forward: true, ..Settings::default() };
    let mut engine = Engine::new(settings, FLOWS.clone(), BlockId(0));
    let record = Record {
        source: Source::Insights.into(),
        received_at: NOW,
        meta: Vec::new().into(),
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
