//! The ledger as a property: whatever comes in and whatever goes wrong, it balances at every step.
//!
//! The engine and the store are the real ones; the lane is played, so that every fate and every crash can be chosen.

use crate::events::{QUERY, but, invalid, now, view};
use crate::stage::open_store;
use causeway::api::requeue::{self, Plan};
use causeway::delivery::fate::{Books, Death, Fate, Loaded};
use causeway::delivery::slots::Item;
use causeway::inspect::Ledger;
use causeway::pipeline::worker::requeued;
use causeway_engine::flow::{Definition, Flow};
use causeway_engine::outbox::Heads;
use causeway_engine::recipes::{self, Naming};
use causeway_engine::{Engine, Facts, INTAKE, Settings, Source};
use causeway_store::sqlite::Store;
use causeway_store::state::{Block, Change, DeadLetterQuery, DeadLetterStatus, List};
use causeway_store::{BlockId, Error, Journal, Record, State};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

/// What can happen.
#[derive(Debug, Clone)]
enum Happening {
    /// A request with events of these kinds is accepted.
    Accepted(Vec<Kind>),
    /// The engine takes a step; the process may die before it is committed.
    Step { dies: bool },
    /// A vendor answers for some entries; the process may die before it is noted.
    Answered { destination: bool, fates: Vec<Answer>, dies: bool },
    /// An operator decides on a dead letter.
    Decided { which: Index, discard: bool },
    /// The process dies and is started again.
    Died,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    New,
    /// Equal to an earlier one.
    Repeated(u8),
    /// Links a token and a user.
    Login(u8),
    /// Known to break Insights' rules.
    Invalid,
    /// Valid, and mapped by the picky flow.
    Picked,
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Delivered,
    Refused,
    Nothing,
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        3 => Just(Kind::New),
        2 => any::<u8>().prop_map(Kind::Repeated),
        1 => any::<u8>().prop_map(Kind::Login),
        1 => Just(Kind::Invalid),
        1 => Just(Kind::Picked),
    ]
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let answer =
        prop_oneof![3 => Just(Answer::Delivered), 1 => Just(Answer::Refused), 1 => Just(Answer::Nothing)];
    prop::collection::vec(answer, 1..12)
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let dies = || prop::bool::weighted(0.15);
    let happening = prop_oneof![
        4 => prop::collection::vec(kinds(), 1..8).prop_map(Happening::Accepted),
        4 => dies().prop_map(|dies| Happening::Step { dies }),
        5 => (any::<bool>(), answers(), dies())
            .prop_map(|(destination, fates, dies)| Happening::Answered { destination, fates, dies }),
        2 => (any::<Index>(), prop::bool::weighted(0.3))
            .prop_map(|(which, discard)| Happening::Decided { which, discard }),
        1 => Just(Happening::Died),
    ];
    prop::collection::vec(happening, 1..60)
}

/// A flow that rejects every event without a queryID: its message would have no name.
const PICKY: &str = "name = \"picky\"\n[mapping]\nevent = { \"@path\" = \"$.properties.queryID\" }\n";

fn flows() -> Vec<Arc<Flow>> {
    let recipe = recipes::definition(recipes::SEARCH_EVENTS, Naming::Search).unwrap();
    let compile = |text| {
        let definition = Definition::parse(text, "test").unwrap();
        Arc::new(Flow::compile(&definition, &|_| Err("no plans".to_owned())).unwrap())
    };
    vec![compile(recipe), compile(PICKY)]
}

struct Stored<'s>(&'s dyn State);

impl Facts for Stored<'_> {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.facts(&[key])?.pop().flatten())
    }
}

/// The process, as far as it matters here.
struct World {
    directory: TempDir,
    store: Option<Store>,
    engine: Engine,
    began: i64,
    made: i64,
    /// Events that entered, by a request or by a repair for one flow alone.
    entered: i64,
}

impl World {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let store = open_store(directory.path());
        let engine = engine(&store);
        Self { directory, store: Some(store), engine, began: now(), made: 0, entered: 0 }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn die(&mut self) {
        drop(self.store.take());
        let store = open_store(self.directory.path());
        self.engine = engine(&store);
        self.store = Some(store);
    }

    fn commit(&mut self, change: &Change, dies: bool) {
        if dies {
            return self.die();
        }
        self.store().state.commit(change).unwrap();
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Accepted(kinds) => self.accept(kinds),
            Happening::Step { dies } => self.step(*dies),
            Happening::Answered { destination, fates, dies } => {
                self.answer(if *destination { "segment" } else { "insights" }, fates, *dies);
            }
            Happening::Decided { which, discard } => self.decide(*which, *discard),
            Happening::Died => self.die(),
        }
    }

    fn accept(&mut self, kinds: &[Kind]) {
        let events: Vec<Value> = kinds.iter().map(|kind| self.event(*kind)).collect();
        let body = json!({ "events": events }).to_string().into();
        let record =
            Record { source: Source::Insights.into(), received_at: now(), meta: Vec::new().into(), body };
        self.store().journal.append(&[record]).unwrap();
        self.entered += kinds.len() as i64;
    }

    fn event(&mut self, kind: Kind) -> Value {
        let numbered = |number: i64| {
            let event = view(&format!("person-{}", number % 3), &format!("o-{number}"));
            but(event, json!({"timestamp": self.began + number}))
        };
        match kind {
            Kind::Repeated(number) if self.made > 0 => return numbered(i64::from(number) % self.made),
            Kind::Invalid => return invalid(),
            _ => self.made += 1,
        }
        let event = numbered(self.made - 1);
        match kind {
            Kind::Login(user) => but(event, json!({"authenticatedUserToken": format!("user-{}", user % 2)})),
            Kind::Picked => but(event, json!({"eventType": "conversion", "queryID": QUERY})),
            _ => event,
        }
    }

    fn step(&mut self, dies: bool) {
        let store = self.store.as_ref().unwrap();
        let entries = store.journal.read(store.state.cursor().unwrap(), 2_000).unwrap();
        let effects = self.engine.process(&entries, &Stored(&store.state)).unwrap();
        self.commit(&effects.change, dies);
    }

    fn answer(&mut self, destination: &str, answers: &[Answer], dies: bool) {
        let blocks = self.store().state.outbox(destination, BlockId(0), usize::MAX).unwrap();
        let (mut books, mut settlements) = (Books::default(), Vec::new());
        let mut answers = answers.iter();
        for block in blocks {
            let heads = Heads::decode(&block.heads).unwrap();
            let mut loaded = Loaded::new(&block, &heads);
            for (item, payload) in items(&block, &heads) {
                if !loaded.is_settled(item.entry)
                    && let Some(fate) = answers.next().and_then(|answer| fate(*answer, payload))
                {
                    assert!(loaded.settle(&item, fate, now(), &mut books));
                }
            }
            settlements.extend(loaded.settlement());
        }
        self.commit(&books.into_change(settlements), dies);
    }

    fn decide(&mut self, which: Index, discard: bool) {
        let waiting = DeadLetterQuery { status: Some(DeadLetterStatus::Dead), ..DeadLetterQuery::default() };
        let mut letters = self.store().state.dead_letters(&waiting).unwrap();
        if letters.is_empty() {
            return;
        }
        let letter = letters.swap_remove(which.index(letters.len()));
        let once_more = letter.cause == "mapping";
        let change = if discard {
            requeue::discard(&letter, "a test")
        } else {
            match requeue::plan(letter, "a test", now()) {
                Plan::Resend(letter) => requeued(*letter, "a test", self.engine.take_block_id(), 0),
                Plan::Reenter(record, change) => {
                    self.store().journal.append(&[record]).unwrap();
                    self.entered += i64::from(once_more);
                    *change
                }
            }
        };
        self.commit(&change, false);
    }

    /// Counters, outbox and dead letters tell the same story.
    fn balances(&self) -> Result<Ledger, TestCaseError> {
        let state = &self.store().state;
        let ledger = Ledger::read(state, None).unwrap();
        prop_assert!(ledger.balances(), "{}", ledger.table());
        for balance in &ledger.flows {
            let query = DeadLetterQuery { flow: Some(balance.flow.clone()), ..DeadLetterQuery::default() };
            let letters = state.dead_letters(&query).unwrap();
            let dead = letters.iter().filter(|letter| letter.status != DeadLetterStatus::Retried).count();
            prop_assert_eq!(dead as i64, balance.dead_lettered, "dead letters of {}", balance.flow);
            let counts = [balance.accepted, balance.delivered, balance.filtered, balance.dead_lettered];
            prop_assert!(counts.iter().all(|count| *count >= 0), "{}", ledger.table());
        }
        Ok(ledger)
    }

    /// Everything is processed and delivered.
    fn drain(&mut self) {
        while self.store().state.cursor().unwrap() < self.store().journal.extent().unwrap().last {
            self.step(false);
        }
        for destination in ["segment", "insights"] {
            self.answer(destination, &[Answer::Delivered; 10_000], false);
        }
    }
}

fn engine(store: &Store) -> Engine {
    let settings = Settings { forward: true, ..Settings::default() };
    let mut engine = Engine::new(settings, flows(), store.state.last_block().unwrap());
    engine.restore_seen(&store.state.notes(List::Seen, 0).unwrap());
    engine
}

fn items<'b>(block: &'b Block, heads: &'b Heads) -> impl Iterator<Item = (Item, &'b [u8])> {
    let mut start = 0;
    heads.entries.iter().enumerate().map(move |(entry, head)| {
        let item = Item {
            block: block.id,
            entry: entry as u32,
            slot: head.slot,
            flow: head.flow,
            messages: head.messages,
            start,
            length: head.length,
            time: head.time,
            event: head.event,
        };
        start += head.length;
        (item, &block.payload[item.start as usize..start as usize])
    })
}

fn fate(answer: Answer, payload: &[u8]) -> Option<Fate> {
    let death = || Death {
        cause: "refused",
        reason: "as told".to_owned(),
        payload: payload.to_vec().into(),
        attempts: Vec::new(),
    };
    match answer {
        Answer::Delivered => Some(Fate::Delivered),
        Answer::Refused => Some(Fate::Dead(death())),
        Answer::Nothing => None,
    }
}

/// More by `PROPTEST_CASES`.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(24);
    ProptestConfig { cases, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_comes_in_and_whatever_goes_wrong_the_ledger_balances_at_every_step(happenings in happenings()) {
        let mut world = World::new();
        for happening in &happenings {
            world.happen(happening);
            world.balances()?;
        }
        world.drain();
        let ledger = world.balances()?;
        prop_assert_eq!(ledger.pending(), 0);
        let intake = ledger.flows.iter().find(|balance| balance.flow == INTAKE);
        prop_assert_eq!(intake.map_or(0, |balance| balance.accepted), world.entered);
    }
}
