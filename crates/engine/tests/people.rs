//! What the engine makes of Segment's calls: who is who, what is known, what Algolia is told.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![expect(clippy::needless_pass_by_value, reason = "values of json! are written where they are passed")]

use causeway_algolia::records::IndexName;
use causeway_engine::flow::{Categories, ConsentMissing, DESTINATION_PROFILES};
use causeway_engine::forget::Forgetting;
use causeway_engine::ledger::Books;
use causeway_engine::order::{Forget, Order};
use causeway_engine::profile::{Sync, What};
use causeway_engine::{Engine, Facts, Settings, Source, people};
use causeway_store::state::Block;
use causeway_store::{BlockId, Entry, Error, Position, Record};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const NOW: i64 = 1_795_000_000_000;

/// An engine with its committed facts, and what it made.
struct World {
    engine: Engine,
    facts: Stored,
    position: u64,
    blocks: Vec<Block>,
    books: Books,
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

fn settings() -> Settings {
    let traits = sync("trait-sync", What::Traits(vec!["plan".to_owned()]));
    let audiences = sync("audience-sync", What::Audiences(None));
    Settings {
        token_property: Some("algolia_token".to_owned()),
        syncs: Arc::from([traits, audiences]),
        ..Settings::default()
    }
}

impl World {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: Settings) -> Self {
        let engine = Engine::new(settings, Vec::new(), BlockId(0));
        Self { engine, facts: Stored::default(), position: 0, blocks: Vec::new(), books: Books::default() }
    }

    fn take(&mut self, source: Source, meta: &'static str, body: &Value) {
        self.take_text(source, meta, body.to_string());
    }

    fn take_text(&mut self, source: Source, meta: &'static str, body: String) {
        self.position += 1;
        let record = Record { source: source.into(), received_at: NOW, meta: meta.into(), body: body.into() };
        let entry = Entry { position: Position(self.position), record };
        let change = self.engine.process(&[entry], &self.facts).unwrap().change;
        for (key, value) in change.facts {
            match value {
                Some(value) => drop(self.facts.0.insert(key, value)),
                None => drop(self.facts.0.remove(&key)),
            }
        }
        change.outbox.iter().for_each(|block| self.books.add_pending(block));
        change.ledger.iter().for_each(|row| self.books.add_row(row));
        self.blocks.extend(change.outbox);
    }

    /// A body as text, for what no `Value` can hold.
    fn webhook_text(&mut self, body: &str) {
        self.take_text(Source::Webhook, "", body.to_owned());
    }

    fn webhook(&mut self, message: &Value) {
        self.take(Source::Webhook, "", message);
    }

    /// The operations for Algolia so far.
    fn operations(&self) -> Vec<Value> {
        let blocks = self.blocks.iter().filter(|block| block.destination == DESTINATION_PROFILES);
        let text = |block: &Block| String::from_utf8(block.payload.to_vec()).unwrap();
        let all: Vec<Value> = blocks
            .flat_map(|block| {
                let entries = causeway_engine::outbox::Heads::decode(&block.heads).unwrap().entries;
                let payload = text(block);
                let mut start = 0;
                entries
                    .iter()
                    .map(|head| {
                        let end = start + head.length as usize;
                        let entry = format!("[{}]", &payload[start..end]);
                        start = end;
                        serde_json::from_str::<Value>(&entry).unwrap()
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        all.into_iter().flat_map(|entry| entry.as_array().unwrap().clone()).collect()
    }

    fn check_ledger(self) {
        assert!(self.books.balances().iter().all(|balance| balance.imbalance == 0));
    }
}

fn identify(id: &str, ids: Value, at: i64, traits: Value) -> Value {
    let mut message = json!({"type": "identify", "messageId": id, "traits": traits});
    message["timestamp"] = json!(causeway_segment::time::to_string(NOW + at));
    message.as_object_mut().unwrap().extend(ids.as_object().unwrap().clone());
    message
}

fn update(token: &str, attributes: Value) -> Value {
    let mut body = json!({"objectID": token});
    body.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    json!({"action": "partialUpdateObject", "indexName": "people", "body": body})
}

#[test]
fn a_trait_that_changes_is_sent_once_and_one_that_does_not_is_not() {
    let mut world = World::new();
    for (number, plan) in ["gold", "gold", "free", "free"].iter().enumerate() {
        let at = number as i64 - 10;
        let traits = json!({"plan": plan, "email": "a@b.c"});
        world.webhook(&identify(&format!("m{number}"), json!({"userId": "u-1"}), at, traits));
    }
    assert_eq!(
        world.operations(),
        [update("u-1", json!({"plan": "gold"})), update("u-1", json!({"plan": "free"})),]
    );
    world.check_ledger();
}

#[test]
fn a_late_value_does_not_replace_a_newer_one() {
    let mut world = World::new();
    world.webhook(&identify("m1", json!({"userId": "u-1"}), -10, json!({"plan": "new"})));
    world.webhook(&identify("m2", json!({"userId": "u-1"}), -20, json!({"plan": "old"})));
    assert_eq!(world.operations(), [update("u-1", json!({"plan": "new"}))]);
}

#[test]
fn five_identifiers_that_enter_one_audience_cause_one_update() {
    let mut world = World::new();
    let personas = json!({"personas": {"computation_class": "audience", "computation_key": "vip"}});
    for number in 0..5 {
        let mut message = identify(
            &format!("m{number}"),
            json!({"userId": "u-1", "anonymousId": format!("a-{number}")}),
            -10 + number,
            json!({"vip": true}),
        );
        message["context"] = personas.clone();
        world.webhook(&message);
    }
    assert_eq!(world.operations(), [update("u-1", json!({"audiences": ["vip"]}))]);
    world.check_ledger();
}

#[test]
fn what_was_known_of_an_anonymous_visitor_moves_to_the_user_who_logs_in() {
    let mut world = World::new();
    world.webhook(&identify("m1", json!({"anonymousId": "a-1"}), -30, json!({"plan": "gold"})));
    let login = json!({"events": [{
        "eventType": "view", "eventName": "Viewed", "index": "products", "userToken": "a-1",
        "authenticatedUserToken": "u-1", "objectIDs": ["x"], "timestamp": NOW - 10,
    }]});
    world.take(Source::Insights, "", &login);
    let deleted = json!({"action": "deleteObject", "indexName": "people", "body": {"objectID": "a-1"}});
    assert_eq!(
        world.operations(),
        [update("a-1", json!({"plan": "gold"})), deleted, update("u-1", json!({"plan": "gold"})),]
    );
    let known = people::find(&world.facts, "a-1", NOW).unwrap();
    assert_eq!(known.person.user.as_deref(), Some("u-1"));
    assert_eq!(known.view.value("plan"), Some(&json!("gold")));
    world.check_ledger();
}

#[test]
fn an_id_that_is_no_token_is_encoded_and_found_again() {
    let mut world = World::new();
    world.webhook(&identify("m1", json!({"userId": "ann@example.com"}), -10, json!({"plan": "gold"})));
    let token = world.operations()[0]["body"]["objectID"].as_str().unwrap().to_owned();
    assert!(causeway_algolia::tokens::is_encoded(&token));
    let known = people::find(&world.facts, &token, NOW).unwrap();
    assert_eq!(known.person.user.as_deref(), Some("ann@example.com"));
}

#[test]
fn the_token_property_joins_a_device_to_its_algolia_token() {
    let mut world = World::new();
    let mut page = json!({"type": "page", "messageId": "m1", "anonymousId": "ajs-1", "properties": {}});
    page["properties"]["algolia_token"] = json!("anonymous-1");
    world.webhook(&page);
    world.webhook(&identify(
        "m2",
        json!({"anonymousId": "ajs-1", "userId": "u-1"}),
        -5,
        json!({"plan": "gold"}),
    ));
    let known = people::find(&world.facts, "anonymous-1", NOW).unwrap();
    assert_eq!(known.person.user.as_deref(), Some("u-1"));
    assert_eq!(known.view.value("plan"), Some(&json!("gold")));
}

#[test]
fn what_comes_back_with_our_mark_is_recorded_and_stopped() {
    let mut world = World::new();
    let mut ours = identify("m1", json!({"userId": "u-1"}), -10, json!({"plan": "gold"}));
    ours["context"] = json!({"integration": {"name": "causeway"}});
    world.webhook(&ours);
    assert!(world.operations().is_empty());
    let balances = world.books.balances();
    assert_eq!(balances.len(), 1);
    assert_eq!((balances[0].flow.as_str(), balances[0].accepted, balances[0].filtered), ("intake", 1, 1));
}

#[test]
fn a_personal_trait_is_kept_only_where_it_is_asked_for() {
    let mut world = World::new();
    let traits = json!({"email": "a@b.c", "loyalty": 3});
    world.webhook(&identify("m1", json!({"userId": "u-1"}), -10, traits));
    let known = people::find(&world.facts, "u-1", NOW).unwrap();
    assert_eq!(known.view.traits.keys().collect::<Vec<_>>(), ["loyalty"]);
}

#[test]
fn a_recipe_hears_only_calls_with_the_consent_it_needs() {
    let mut traits = sync("trait-sync", What::Traits(vec!["plan".to_owned()]));
    traits.consent = Categories(vec!["personalisation".to_owned()]);
    let mut world = World::with(Settings { syncs: Arc::from([traits]), ..settings() });
    for (number, agreed) in [(1, false), (2, true)] {
        let ids = json!({"userId": "u-1"});
        let mut message =
            identify(&format!("m{number}"), ids, -10 + number, json!({"plan": format!("plan-{number}")}));
        message["context"] = json!({"consent": {"categoryPreferences": {"personalisation": agreed}}});
        world.webhook(&message);
    }
    assert_eq!(world.operations(), [update("u-1", json!({"plan": "plan-2"}))]);
    world.check_ledger();
}

#[test]
fn a_call_that_no_flow_could_read_is_a_dead_letter_whether_or_not_anybody_looks_at_it() {
    let alone =
        r#"{"type":"track","event":"e","messageId":"m1","userId":"u-1","properties":{"total":1e999}}"#;
    let told = r#"{"type":"identify","messageId":"m1","userId":"u-1","traits":{"plan":1e999}}"#;
    let shared = r#"{"context":{"total":1e999},"batch":[{"type":"page","messageId":"m1","userId":"u-1"}]}"#;
    for settings in [settings(), Settings::default()] {
        for (source, meta, body) in
            [(Source::Webhook, "", alone), (Source::Webhook, "", told), (Source::Tracking, "batch", shared)]
        {
            let mut world = World::with(settings.clone());
            world.take_text(source, meta, body.to_owned());
            let rows = world.books.balances();
            let intake = rows.iter().find(|row| row.flow == "intake").unwrap();
            assert_eq!((intake.accepted, intake.dead_lettered, intake.imbalance), (1, 1, 0), "{body}");
        }
    }
}

#[test]
fn half_a_character_in_one_trait_does_not_hide_the_others() {
    let mut world = World::new();
    world.webhook_text(
        r#"{"type":"identify","messageId":"m1","userId":"u-1","traits":{"bio":"cut \ud83d","plan":"gold"}}"#,
    );
    let known = people::find(&world.facts, "u-1", NOW).unwrap();
    assert_eq!(known.view.value("plan"), Some(&json!("gold")));
    assert_eq!(known.view.value("bio"), Some(&json!("cut \u{fffd}")));
}

#[test]
fn the_same_value_written_otherwise_is_not_sent_again() {
    let mut world = World::new();
    let plans = [r#"{"a":1,"b":[2.0]}"#, r#"{ "b": [2], "a": 1.0 }"#, r#"{"b":[2e0],"a":1}"#];
    for (number, plan) in plans.iter().enumerate() {
        world.webhook_text(&format!(
            r#"{{"type":"identify","messageId":"m{number}","userId":"u-1","traits":{{"plan":{plan}}}}}"#
        ));
    }
    assert_eq!(world.operations(), [update("u-1", json!({"plan": {"a": 1, "b": [2]}}))]);
}

#[test]
fn a_personal_trait_is_one_however_it_is_written_and_whoever_computed_it() {
    let mut world = World::new();
    let traits =
        json!({"Email": "a@b.c", "E-Mail": "a@b.c", "FIRST_NAME": "Ann", "phoneNumber": "1", "loyalty": 3});
    world.webhook(&identify("m1", json!({"userId": "u-1"}), -10, traits));
    let mut computed = identify("m2", json!({"userId": "u-1"}), -5, json!({"email": "a@b.c"}));
    computed["context"] =
        json!({"personas": {"computation_class": "computed_trait", "computation_key": "email"}});
    world.webhook(&computed);
    let known = people::find(&world.facts, "u-1", NOW).unwrap();
    assert_eq!(known.view.traits.keys().collect::<Vec<_>>(), ["loyalty"]);
}

#[test]
fn who_is_forgotten_is_known_to_nobody_and_comes_back_as_somebody_new() {
    let mut world = World::new();
    logs_in(&mut world, "ann@example.com", "shared", "gold");
    logs_in(&mut world, "bob", "shared", "free");
    logs_in(&mut world, "bob", "bobs", "free");
    world.take(
        Source::Tracking,
        "alias",
        &json!({"type": "alias", "previousId": "older", "userId": "ann@example.com"}),
    );
    let order = Order::Forget(Forget::new("ann@example.com", NOW));
    let body = serde_json::to_value(order).unwrap();
    world.take(Source::Operator, "", &body);
    let left: Vec<String> =
        world.facts.0.iter().filter(|(key, _)| !key.starts_with(b"forgetting/")).map(said).collect();
    for name in ["ann", "shared", "older", "cw-"] {
        assert!(!left.iter().any(|fact| fact.contains(name)), "{name}: {left:?}");
    }
    assert!(left.iter().any(|fact| fact.contains("bobs")), "bob is still known: {left:?}");
    let job = world.facts.0.iter().find(|(key, _)| key.starts_with(b"forgetting/")).unwrap();
    let job = Forgetting::decode(job.1).unwrap();
    assert_eq!(job.identifiers, ["ann@example.com", "older", "shared"]);
    assert_eq!(job.records.len(), 3, "{job:?}");
    logs_in(&mut world, "ann@example.com", "shared", "new");
    let known = people::find(&world.facts, "ann@example.com", NOW).unwrap();
    assert_eq!((known.person.users.len(), known.person.anonymous), (1, vec!["shared".to_owned()]));
}

fn logs_in(world: &mut World, user: &str, anonymous: &str, plan: &str) {
    let call =
        json!({"type": "identify", "userId": user, "anonymousId": anonymous, "traits": {"plan": plan}});
    world.take(Source::Tracking, "identify", &call);
}

fn said((key, value): (&Vec<u8>, &Vec<u8>)) -> String {
    [key, value].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}
