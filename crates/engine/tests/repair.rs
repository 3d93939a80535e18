//! Events that were told of as another person's, and tokens that stand for ids: the engine's own answers, entry by entry.

use causeway_algolia::credentials::Secret;
use causeway_algolia::insights::Rules;
use causeway_algolia::tokens;
use causeway_engine::identity::{
    Evidence, Identifier, Memory, Origin, Reader, Reason, alias, owner, person, seen_together, token_key,
    undo,
};
use causeway_engine::repair::{self, Misattributed};
use causeway_engine::{Engine, Facts, Settings, Source};
use causeway_store::{BlockId, Entry, Error, Position, Record};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NOW: i64 = 1_790_000_000_000;

/// An engine and what it has stored.
struct World {
    engine: Engine,
    facts: Stored,
    journal: Vec<Entry>,
}

#[derive(Default)]
struct Stored(BTreeMap<Vec<u8>, Vec<u8>>);

impl Facts for Stored {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(key).cloned())
    }
}

impl World {
    fn new() -> Self {
        let settings = Settings {
            forward: true,
            tell_links: false,
            token_secret: Secret::new("salt"),
            ..Settings::default()
        };
        let engine = Engine::new(settings, Vec::new(), BlockId(0));
        Self { engine, facts: Stored::default(), journal: Vec::new() }
    }

    /// Takes a request in; answers the user that each event was handed on with.
    fn take(&mut self, events: &[Value]) -> Vec<Value> {
        let body = json!({ "events": events }).to_string().into_bytes().into();
        let record =
            Record { source: Source::Insights.into(), received_at: NOW, meta: Vec::new().into(), body };
        let entry = Entry { position: Position(self.journal.len() as u64 + 1), record };
        self.journal.push(entry.clone());
        let change = self.engine.process(&[entry], &self.facts).expect("facts in memory can be read").change;
        self.facts.0.extend(change.facts.into_iter().filter_map(|(key, value)| Some((key, value?))));
        let sent = change.outbox.iter().flat_map(|block| {
            serde_json::Deserializer::from_slice(&block.payload).into_iter::<Value>().map(Result::unwrap)
        });
        sent.map(|event| event["authenticatedUserToken"].clone()).collect()
    }

    fn repair(&self, anonymous: &str) -> Vec<Misattributed> {
        let events = repair::unsigned(&self.journal, &[anonymous.to_owned()], &Rules::default(), b"salt");
        let mut nodes = Reader::new(&self.facts);
        let plan = repair::plan(&mut nodes, &events);
        nodes.finish().expect("facts in memory can be read");
        plan
    }

    fn owner(&self, anonymous: &str) -> Option<String> {
        owner(&mut Reader::new(&self.facts), anonymous, NOW)
    }
}

fn event(seconds_ago: i64, token: &str) -> Value {
    json!({
        "eventName": format!("{seconds_ago} ago"), "eventType": "view", "index": "i", "userToken": token,
        "objectIDs": ["o"], "timestamp": NOW - seconds_ago * 1_000
    })
}

fn login(seconds_ago: i64, token: &str, user: &str) -> Value {
    let mut event = event(seconds_ago, token);
    event["authenticatedUserToken"] = user.into();
    event
}

fn orders(length: usize) -> Vec<Vec<usize>> {
    if length == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(length - 1);
    let with_last = |order: &Vec<usize>, place| {
        let mut order = order.clone();
        order.insert(place, length - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..length).map(move |place| with_last(order, place))).collect()
}

fn listed(plan: &[Misattributed]) -> Vec<(&str, Option<&str>, Option<&str>)> {
    plan.iter().map(|event| (&*event.name, event.was.as_deref(), event.now.as_deref())).collect()
}

#[test]
fn whatever_order_events_come_in_the_plan_names_those_that_were_sent_as_anothers() {
    let story = [
        (event(60, "tablet"), None),
        (login(50, "tablet", "ann"), Some("ann")),
        (event(40, "tablet"), Some("ann")),
        (login(30, "tablet", "bob"), Some("bob")),
        (event(20, "tablet"), Some("bob")),
    ];
    for order in orders(story.len()) {
        let mut world = World::new();
        let mut expected = Vec::new();
        for place in &order {
            let (event, truth) = &story[*place];
            let sent = world.take(std::slice::from_ref(event));
            let was = sent[0].as_str().map(str::to_owned);
            if was.as_deref() != *truth {
                expected.push((event["eventName"].as_str().unwrap(), was, *truth));
            }
        }
        let plan = world.repair("tablet");
        let expected: Vec<_> =
            expected.iter().map(|(name, was, truth)| (*name, was.as_deref(), *truth)).collect();
        assert_eq!(listed(&plan), expected, "{order:?}");
    }
}

#[test]
fn a_link_later_in_the_same_request_counts_as_learnt_later() {
    let mut world = World::new();
    let sent = world.take(&[event(40, "phone"), login(50, "phone", "ann"), event(30, "phone")]);
    assert_eq!(sent, [Value::Null, json!("ann"), json!("ann")]);
    let plan = world.repair("phone");
    assert_eq!(listed(&plan), [("40 ago", None, Some("ann"))]);
    assert_eq!((plan[0].position, plan[0].item, plan[0].event.len()), (1, 0, 32));
}

#[test]
fn an_event_that_came_twice_is_listed_once_and_others_devices_not_at_all() {
    let mut world = World::new();
    for _ in 0..2 {
        world.take(&[event(40, "phone"), event(40, "other")]);
    }
    world.take(&[login(50, "phone", "ann"), login(50, "other", "bob")]);
    assert_eq!(listed(&world.repair("phone")), [("40 ago", None, Some("ann"))]);
}

#[test]
fn what_an_undo_takes_back_is_to_be_repaired_and_an_alias_is_not() {
    let mut nodes = Memory::default();
    let at = |position| Evidence {
        time: NOW,
        origin: Origin { position: Position(position), item: 0 },
        reason: Reason::Operator,
    };
    let seen = Evidence { time: NOW - 60_000, ..at(0) };
    seen_together(&mut nodes, "phone", "old", seen);
    let mut world = World::new();
    world.take(&[event(30, "phone")]);
    let events = repair::unsigned(&world.journal, &["phone".to_owned()], &Rules::default(), b"");
    seen_together(&mut nodes, "phone", "new", Evidence { time: NOW - 40_000, ..at(2) });
    assert_eq!(listed(&repair::plan(&mut nodes, &events)), [("30 ago", Some("old"), Some("new"))]);
    alias(&mut nodes, "old", "new", at(3));
    assert!(repair::plan(&mut nodes, &events).is_empty());
    for user in ["old", "new"] {
        undo(&mut nodes, &Identifier::anonymous("phone"), &Identifier::user(user), at(4));
    }
    assert_eq!(listed(&repair::plan(&mut nodes, &events)), [("30 ago", Some("old"), None)]);
}

#[test]
fn an_id_that_is_no_token_goes_to_algolia_encoded_and_is_found_again_when_it_comes_back() {
    let mut nodes = Memory::default();
    let seen = Evidence { time: NOW - 60_000, origin: Origin::default(), reason: Reason::BothIdsSegment };
    seen_together(&mut nodes, "phone", "ann@example.com", seen);
    let mut world = World::new();
    world.facts.0.extend(nodes.facts());
    let token = tokens::legal("ann@example.com", b"salt");
    assert_eq!(world.take(&[event(30, "phone")]), [json!(token)]);
    assert_eq!(world.facts.0[&token_key(&token)], b"ann@example.com");
    for mut later in [World::new(), world] {
        later.facts.0.insert(token_key(&token), b"ann@example.com".to_vec());
        later.take(&[login(20, "tablet", &token)]);
        assert_eq!(later.owner("tablet").as_deref(), Some("ann@example.com"));
        let found = person(&mut Reader::new(&later.facts), &Identifier::anonymous("tablet"), NOW);
        assert_eq!(found.users, ["ann@example.com"]);
    }
}
