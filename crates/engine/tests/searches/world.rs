//! An engine with its committed facts, and what it made.

use causeway_engine::flow::{Definition, Flow};
use causeway_engine::ledger::Books;
use causeway_engine::outbox::Heads;
use causeway_engine::{Engine, Facts, Settings, Source, searches};
use causeway_store::state::{Block, LedgerRow};
use causeway_store::{BlockId, Entry, Error, Position, Record};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// When all begins.
pub(crate) const START: i64 = 1_795_000_000_000;

/// A flow that sends everything it sees.
const EVERYTHING: &str = r#"
name = "everything"
source = "algolia"
[[subscriptions]]
name = "Everything"
[subscriptions.mapping]
event = "Seen"
properties = { "@path" = "$.properties" }
"#;

#[derive(Default)]
pub(crate) struct Stored(pub(crate) BTreeMap<Vec<u8>, Vec<u8>>);

impl Facts for Stored {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(key).cloned())
    }
}

pub(crate) struct World {
    settings: Settings,
    flows: Vec<Arc<Flow>>,
    engine: Engine,
    pub(crate) facts: Stored,
    position: u64,
    blocks: Vec<Block>,
    rows: Vec<LedgerRow>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let definition = Definition::parse(EVERYTHING, "everything").unwrap();
        Self::of_flow(settings, definition)
    }

    pub(crate) fn of_flow(settings: Settings, definition: Definition) -> Self {
        let flow = Flow::compile(&definition, &|_| Err("no plan".to_owned())).unwrap();
        let flows = vec![Arc::new(flow)];
        let engine = Engine::new(settings.clone(), flows.clone(), BlockId(0));
        let (facts, rows) = (Stored::default(), Vec::new());
        Self { settings, flows, engine, facts, position: 0, blocks: Vec::new(), rows }
    }

    /// The process is killed and started anew.
    pub(crate) fn restart(&mut self) {
        let last = self.blocks.iter().map(|block| block.id).max().unwrap_or_default();
        self.engine = Engine::new(self.settings.clone(), self.flows.clone(), last);
        for prefix in searches::PREFIXES {
            let of = self.facts.0.iter().filter(|(key, _)| key.starts_with(prefix.as_bytes()));
            let of: Vec<_> = of.map(|(key, value)| (key.clone(), value.clone())).collect();
            self.engine.restore_searches(&of);
        }
    }

    pub(crate) fn take(&mut self, records: Vec<Record>) {
        let mut entries = Vec::new();
        for record in records {
            self.position += 1;
            entries.push(Entry { position: Position(self.position), record });
        }
        let change = self.engine.process(&entries, &self.facts).unwrap().change;
        for (key, value) in change.facts {
            match value {
                Some(value) => drop(self.facts.0.insert(key, value)),
                None => drop(self.facts.0.remove(&key)),
            }
        }
        self.rows.extend(change.ledger);
        self.blocks.extend(change.outbox);
    }

    /// What the flow sent about searches and events: its properties, in order.
    pub(crate) fn told(&self) -> Vec<Value> {
        self.messages().into_iter().map(|mut message| message["properties"].take()).collect()
    }

    pub(crate) fn messages(&self) -> Vec<Value> {
        let of_segment = self.blocks.iter().filter(|block| block.destination == "segment");
        of_segment.flat_map(entries_of).filter(|message| message["type"] == "track").collect()
    }

    /// The events that are handed on to Algolia, in order.
    pub(crate) fn forwarded(&self) -> Vec<Value> {
        let of_insights = self.blocks.iter().filter(|block| block.destination == "insights");
        of_insights.flat_map(entries_of).collect()
    }

    /// The queries that were told, in order.
    pub(crate) fn queries(&self) -> Vec<String> {
        let searches = self.told().into_iter().filter(|told| told["eventType"] == "search");
        searches.map(|told| told["query"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn next_due(&self) -> Option<i64> {
        self.engine.next_due()
    }

    /// Searches: accepted, delivered, filtered. All else balances too.
    pub(crate) fn searches(&self) -> (i64, i64, i64) {
        let mut books = Books::default();
        self.blocks.iter().for_each(|block| books.add_pending(block));
        self.rows.iter().for_each(|row| books.add_row(row));
        let balances = books.balances();
        assert!(balances.iter().all(|balance| balance.imbalance == 0));
        let balance = balances.iter().find(|balance| balance.flow == "searches").unwrap();
        (balance.accepted, balance.delivered, balance.filtered)
    }

    /// Ticks as the ticker would until nothing is due.
    pub(crate) fn rest(&mut self) {
        while let Some(due) = self.engine.next_due() {
            self.take(vec![tick(due)]);
        }
    }
}

fn entries_of(block: &Block) -> Vec<Value> {
    let heads = Heads::decode(&block.heads).unwrap().entries;
    let payload = String::from_utf8(block.payload.to_vec()).unwrap();
    let mut start = 0;
    let entries = heads.iter().flat_map(|head| {
        let end = start + head.length as usize;
        let entry = format!("[{}]", &payload[start..end]);
        start = end;
        serde_json::from_str::<Vec<Value>>(&entry).unwrap()
    });
    entries.collect()
}

pub(crate) fn record(source: Source, received_at: i64, body: Value) -> Record {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    Record { source: source.into(), received_at, meta: bytes::Bytes::new(), body: body.into() }
}

pub(crate) fn tick(at: i64) -> Record {
    record(Source::Tick, at, Value::Null)
}

/// A record with these searches, received when the last was asked.
pub(crate) fn seen(searches: Vec<Value>) -> Record {
    let received_at = searches.iter().filter_map(|search| search["at"].as_i64()).max().unwrap_or(START);
    record(Source::Searches, received_at, json!({"searches": searches}))
}

/// Somebody asks something so many milliseconds after the start. The queryID is made of both.
pub(crate) fn search(token: &str, after: i64, query: &str) -> Value {
    json!({
        "at": START + after, "index": "products", "query": query, "queryID": query_id(after),
        "userToken": token, "nbHits": 3, "hitsPerPage": 20, "tookMs": 4, "objectIDs": ["a", "b"], "via": "gateway",
    })
}

pub(crate) fn query_id(after: i64) -> String {
    format!("{after:032x}")
}

/// A click so many milliseconds after the start on the answer to the query of `asked` milliseconds.
pub(crate) fn click(token: &str, after: i64, asked: i64) -> Record {
    let event = json!({
        "eventType": "click", "eventName": "Clicked", "index": "products", "userToken": token,
        "queryID": query_id(asked), "objectIDs": ["a"], "positions": [1], "timestamp": START + after,
    });
    record(Source::Insights, START + after, json!({"events": [event]}))
}
