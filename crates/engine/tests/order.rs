//! The order of arrival does not matter: neither to what is known of people, nor to the records at Algolia in the end.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use causeway_algolia::records::IndexName;
use causeway_engine::flow::{Categories, ConsentMissing, DESTINATION_PROFILES};
use causeway_engine::ledger::Books;
use causeway_engine::outbox::Heads;
use causeway_engine::people::{self, Known};
use causeway_engine::profile::{Sync, What};
use causeway_engine::{Engine, Facts, Settings, Source};
use causeway_store::state::Block;
use causeway_store::{BlockId, Entry, Error, Position, Record};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const NOW: i64 = 1_795_000_000_000;
const USERS: [&str; 3] = ["u-1", "u-2", "u-3"];
const DEVICES: [&str; 3] = ["a-1", "a-2", "a-3"];

/// Something that a vendor tells of, at a second.
#[derive(Debug, Clone)]
enum Told {
    Identify { device: Option<usize>, user: Option<usize>, plan: Option<u8> },
    Audience { device: Option<usize>, user: Option<usize>, member: bool },
    Alias { previous: &'static str, user: usize },
    Token { device: usize, token: usize },
    Insights { device: usize, user: usize },
}

fn told() -> impl Strategy<Value = Told> {
    let who = || {
        prop_oneof![
            (0..3_usize).prop_map(|device| (Some(device), None)),
            (0..3_usize).prop_map(|user| (None, Some(user))),
            (0..3_usize, 0..3_usize).prop_map(|(device, user)| (Some(device), Some(user))),
        ]
    };
    let previous = prop::sample::select([USERS, DEVICES].concat());
    prop_oneof![
        (who(), prop::option::of(0..3_u8)).prop_map(|((device, user), plan)| Told::Identify {
            device,
            user,
            plan
        }),
        (who(), any::<bool>()).prop_map(|((device, user), member)| Told::Audience { device, user, member }),
        (previous, 0..3_usize).prop_map(|(previous, user)| Told::Alias { previous, user }),
        (0..3_usize, 0..3_usize).prop_map(|(device, token)| Told::Token { device, token }),
        (0..3_usize, 0..3_usize).prop_map(|(device, user)| Told::Insights { device, user }),
    ]
}

impl Told {
    /// The body of its own that it comes in.
    fn body(&self, number: usize, at: i64) -> (Source, Value) {
        let mut call =
            json!({"messageId": format!("m-{number}"), "timestamp": causeway_segment::time::to_string(at)});
        let more = match self {
            Told::Identify { plan, .. } => json!({"type": "identify", "traits": {"plan": plan}}),
            Told::Audience { member, .. } => json!({
                "type": "identify", "traits": {"vip": member},
                "context": {"personas": {"computation_class": "audience", "computation_key": "vip"}},
            }),
            Told::Alias { previous, user } => {
                json!({"type": "alias", "previousId": previous, "userId": USERS[*user]})
            }
            Told::Token { device, token } => json!({
                "type": "page", "anonymousId": DEVICES[*device], "properties": {"token": DEVICES[*token]},
            }),
            Told::Insights { device, user } => {
                let event = json!({
                    "eventType": "view", "eventName": "Viewed", "index": "products", "objectIDs": ["x"],
                    "userToken": DEVICES[*device], "authenticatedUserToken": USERS[*user], "timestamp": at,
                });
                return (Source::Insights, json!({"events": [event]}));
            }
        };
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        if let Told::Identify { device, user, .. } | Told::Audience { device, user, .. } = self {
            let ids = [("anonymousId", device.map(|at| DEVICES[at])), ("userId", user.map(|at| USERS[at]))];
            for (key, id) in ids.into_iter().filter_map(|(key, id)| Some((key, id?))) {
                call[key] = json!(id);
            }
        }
        (Source::Webhook, call)
    }
}

#[derive(Default)]
struct Stored(BTreeMap<Vec<u8>, Vec<u8>>);

impl Facts for Stored {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(key).cloned())
    }
}

fn sync(flow: &'static str, what: What) -> Sync {
    Sync {
        flow,
        index: IndexName::parse("people").unwrap(),
        what,
        consent: Categories::default(),
        consent_missing: ConsentMissing::default(),
        affinities: Vec::new(),
    }
}

fn engine(last_block: u64) -> Engine {
    let traits = sync("trait-sync", What::Traits(vec!["plan".to_owned()]));
    let settings = Settings {
        token_property: Some("token".to_owned()),
        syncs: Arc::from([traits, sync("audience-sync", What::Audiences(None))]),
        ..Settings::default()
    };
    Engine::new(settings, Vec::new(), BlockId(last_block))
}

/// An engine, what it committed, and an Algolia that does as it is told.
#[derive(Default)]
struct World {
    facts: Stored,
    books: Books,
    records: BTreeMap<String, Map<String, Value>>,
    operations: usize,
}

impl World {
    fn take(&mut self, engine: &mut Engine, position: usize, source: Source, body: &Value) -> Vec<Block> {
        let body = body.to_string().into();
        let record = Record { source: source.into(), received_at: NOW, meta: "".into(), body };
        let entry = Entry { position: Position(position as u64 + 1), record };
        let change = engine.process(&[entry], &self.facts).unwrap().change;
        for (key, value) in change.facts {
            match value {
                Some(value) => drop(self.facts.0.insert(key, value)),
                None => drop(self.facts.0.remove(&key)),
            }
        }
        change.outbox.iter().for_each(|block| self.books.add_pending(block));
        change.ledger.iter().for_each(|row| self.books.add_row(row));
        let records = change.outbox.iter().filter(|block| block.destination == DESTINATION_PROFILES);
        records.for_each(|block| self.apply(block));
        change.outbox
    }

    fn apply(&mut self, block: &Block) {
        let mut rest = &block.payload[..];
        for head in Heads::decode(&block.heads).unwrap().entries {
            let (operation, after) = rest.split_at(head.length as usize);
            rest = after;
            let operation: Value = serde_json::from_slice(operation).unwrap();
            let mut body = operation["body"].as_object().unwrap().clone();
            let Some(Value::String(id)) = body.remove("objectID") else { panic!("{operation}") };
            match operation["action"].as_str().unwrap() {
                "deleteObject" => drop(self.records.remove(&id)),
                "partialUpdateObject" => self.records.entry(id).or_default().extend(body),
                other => panic!("{other}"),
            }
            self.operations += 1;
        }
    }

    /// The records that say anything: null and no audience say as much as nothing does.
    fn said(&self) -> BTreeMap<String, Map<String, Value>> {
        let says = |(_, value): &(&String, &Value)| !value.is_null() && **value != json!([]);
        let said = |record: &Map<String, Value>| {
            record.iter().filter(says).map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let records = self.records.iter().map(|(id, record)| (id.clone(), said(record)));
        records.filter(|(_, record): &(String, Map<String, Value>)| !record.is_empty()).collect()
    }

    fn known(&self, id: &str) -> Known {
        people::find(&self.facts, id, NOW).unwrap()
    }

    /// The records that ought to be there: one under the id that stands for each person.
    fn due(&self) -> BTreeMap<String, Map<String, Value>> {
        let known = [DEVICES, USERS].concat().into_iter().map(|id| self.known(id));
        let due = known.filter_map(|known| {
            let mut record = Map::new();
            record.extend(known.view.value("plan").map(|plan| ("plan".to_owned(), plan.clone())));
            let audiences: Vec<&str> = known.view.members_of().collect();
            record.extend((!audiences.is_empty()).then(|| ("audiences".to_owned(), json!(audiences))));
            Some((people::standing_for(&known.person)?.id, record)).filter(|(_, record)| !record.is_empty())
        });
        due.collect()
    }
}

fn after(all: &[(usize, Told)]) -> World {
    let (mut world, mut engine) = (World::default(), engine(0));
    for (position, (number, told)) in all.iter().enumerate() {
        let (source, body) = told.body(*number, NOW - 1_000_000 + *number as i64 * 10_000);
        world.take(&mut engine, position, source, &body);
    }
    world
}

proptest! {
    #[test]
    fn people_and_their_records_are_the_same_in_every_order_of_arrival(
        (all, shuffled) in prop::collection::vec(told(), 1..9).prop_flat_map(|all| {
            let all: Vec<(usize, Told)> = all.into_iter().enumerate().collect();
            (Just(all.clone()), Just(all).prop_shuffle())
        }),
    ) {
        let (one, other) = (after(&all), after(&shuffled));
        for id in [USERS, DEVICES].concat() {
            prop_assert_eq!(one.known(id), other.known(id), "{}", id);
        }
        prop_assert_eq!(one.said(), one.due());
        prop_assert_eq!(one.said(), other.said());
        prop_assert!(one.books.balances().iter().all(|balance| balance.imbalance == 0));
    }

    #[test]
    fn a_restart_before_the_commit_makes_the_same_and_one_after_it_makes_nothing_more(
        all in prop::collection::vec(told(), 1..9),
    ) {
        let all: Vec<(usize, Told)> = all.into_iter().enumerate().collect();
        let (straight, mut world) = (after(&all), World::default());
        let mut blocks = 0;
        for (number, told) in &all {
            let (source, body) = told.body(*number, NOW - 1_000_000 + *number as i64 * 10_000);
            let mut lost = World { facts: Stored(world.facts.0.clone()), ..World::default() };
            let before = lost.take(&mut engine(blocks), *number, source, &body);
            let again = world.take(&mut engine(blocks), *number, source, &body);
            prop_assert_eq!(&before, &again);
            blocks += again.len() as u64;
        }
        prop_assert_eq!(world.operations, straight.operations);
        let (calls, facts) = (world.operations, world.facts.0.clone());
        for (number, told) in &all {
            let (source, body) = told.body(*number, NOW - 1_000_000 + *number as i64 * 10_000);
            world.take(&mut engine(blocks), *number, source, &body);
        }
        prop_assert_eq!(world.operations, calls);
        prop_assert!(facts == world.facts.0);
    }
}
