//! What Segment is told: the recipe in both namings, a user's own flows, tracking plans.

use crate::events::{QUERY, but, click, variants, view};
use crate::stage::{Scene, Stage, play, sorted};
use causeway::config::Settings;
use causeway::config::settings::Naming;
use serde_json::{Map, Value, json};

/// What reached Segment, by the variant that it was made of: the event's name and properties, in order.
fn by_variant(stage: &Stage) -> Value {
    let mut all = Map::new();
    for message in stage.tracks() {
        let variant = message["context"]["algolia"]["eventName"].as_str().unwrap();
        let told = json!({"event": message["event"], "properties": message["properties"]});
        all.entry(variant).or_insert_with(|| json!([])).as_array_mut().unwrap().push(told);
    }
    all.sort_keys();
    Value::Object(all)
}

fn is_as_agreed(naming: Naming, agreed: &str) {
    let set = move |settings: &mut Settings| {
        settings.segment.naming = naming;
        // The variants are one person's: a cart would be found to come from the click before it.
        settings.searches.recover_query_ids = false;
    };
    Scene::new().with(set).play(async |stage| {
        stage.accept(&variants()).await;
        stage.settled().await;
        let told = by_variant(stage);
        let agreed: Value = serde_json::from_str(agreed).unwrap();
        assert_eq!(told, agreed, "what is told now:\n{told:#}");
    });
}

#[test]
fn the_recipe_says_what_the_contract_says_under_names_of_its_own() {
    is_as_agreed(Naming::Search, include_str!("golden/search.json"));
}

#[test]
fn the_recipe_speaks_segments_ecommerce_spec_where_it_is_asked_to() {
    is_as_agreed(Naming::Ecommerce, include_str!("golden/ecommerce.json"));
}

#[test]
fn every_message_carries_the_events_own_time_its_person_and_our_marks() {
    play(async |stage| {
        let event = but(click("anonymous-1", "a"), json!({"authenticatedUserToken": "u-7"}));
        stage.accept(std::slice::from_ref(&event)).await;
        stage.settled().await;
        let message = stage.tracks().remove(0);
        let id = message["messageId"].as_str().unwrap();
        assert!(id.starts_with("causeway-") && id.len() <= 99, "{id}");
        let at: jiff::Timestamp = message["originalTimestamp"].as_str().unwrap().parse().unwrap();
        assert_eq!(Some(at.as_millisecond()), event["timestamp"].as_i64());
        assert_eq!((&message["anonymousId"], &message["userId"]), (&json!("anonymous-1"), &json!("u-7")));
        let context = &message["context"];
        assert_eq!(
            context["algolia"],
            json!({
                "eventType": "click", "eventName": "Product Clicked", "index": "products", "queryID": QUERY,
                "userToken": "anonymous-1", "authenticatedUserToken": "u-7",
            })
        );
        assert_eq!(context["integration"]["name"], "causeway");
        assert_eq!(message["integrations"]["Algolia Insights (Actions)"], false);
    });
}

#[test]
fn keys_of_the_senders_own_reach_flows_but_never_replace_what_the_event_says() {
    let own = "name = \"own\"\n[mapping]\nevent = \"Own\"\nproperties = { \"@path\" = \"$.properties\" }\n";
    Scene::new().with(with_flows).file("flows/own.toml", own).play(async |stage| {
        let extra = json!({"products": 5, "revenue": "lots", "objectCount": {}, "color": "red"});
        stage.accept(&[but(click("p", "a"), extra)]).await;
        stage.settled().await;
        let tracks = stage.tracks();
        assert_eq!(sorted(&tracks, "/event"), ["Own", "Search Result Clicked"]);
        let own = tracks.iter().find(|message| message["event"] == "Own").unwrap();
        assert_eq!(own["properties"]["products"], json!([{"product_id": "a", "position": 3}]));
        assert_eq!(
            (&own["properties"]["objectCount"], &own["properties"]["color"]),
            (&json!(1), &json!("red"))
        );
    });
}

fn with_flows(settings: &mut Settings) {
    settings.flows.directory = Some("flows".into());
}

const OWN: &str = r#"
name = "NAME"
trigger = 'properties.eventType = "click"'
[mapping]
event = { "@template" = "Clicked in {{properties.index}}" }
[mapping.properties]
sku = { "@arrayPath" = ["$.properties.products", { id = { "@path" = "$.product_id" } }] }
"#;

#[test]
fn a_flow_of_the_users_own_adds_to_the_recipe() {
    let own = OWN.replace("NAME", "clicks");
    Scene::new().with(with_flows).file("flows/clicks.toml", own).play(async |stage| {
        stage.accept(&[click("p", "a"), view("p", "b")]).await;
        stage.settled().await;
        let names = ["Clicked in products", "Search Result Clicked", "Search Results Viewed"];
        assert_eq!(sorted(&stage.tracks(), "/event"), names);
        let mut ids = sorted(&stage.tracks(), "/messageId");
        ids.dedup();
        assert_eq!(ids.len(), 3, "each message has an id of its own");
        let own = stage.tracks().into_iter().find(|message| message["event"] == names[0]).unwrap();
        assert_eq!(own["properties"], json!({"sku": [{"id": "a"}]}));
        assert_eq!(stage.balance("clicks"), [2, 1, 1, 0, 0]);
    });
}

#[test]
fn a_flow_of_the_recipes_name_replaces_it() {
    let own = OWN.replace("NAME", "search-events");
    Scene::new().with(with_flows).file("flows/own.toml", own).play(async |stage| {
        stage.accept(&[click("p", "a"), view("p", "b")]).await;
        stage.settled().await;
        assert_eq!(sorted(&stage.tracks(), "/event"), ["Clicked in products"]);
        assert_eq!(stage.balance("search-events"), [2, 1, 1, 0, 0]);
    });
}

/// Algolia's events, made into others for Algolia.
const TO_INSIGHTS: &str = r#"
name = "renamed"
destination = "insights"
trigger = 'properties.eventType = "click"'
settings = { index = "renamed" }
[mapping]
eventName = "Renamed"
eventType = "click"
objects = { "@path" = "$.properties.products" }
queryID = { "@path" = "$.properties.queryID" }
"#;

#[test]
fn a_flow_to_insights_sends_there_though_events_are_not_forwarded() {
    let only_flow = |settings: &mut Settings| {
        with_flows(settings);
        settings.algolia.forward_events = false;
    };
    Scene::new().with(only_flow).file("flows/renamed.toml", TO_INSIGHTS).play(async |stage| {
        let click = but(click("anonymous-1", "a"), json!({"authenticatedUserToken": "u-7"}));
        stage.accept(&[click.clone(), view("p", "b")]).await;
        stage.settled().await;
        let events = stage.sandbox.events();
        assert_eq!(events.len(), 1);
        let sent = &events[0];
        assert_eq!((&sent["index"], &sent["eventName"]), (&json!("renamed"), &json!("Renamed")));
        for key in ["positions", "queryID", "userToken", "authenticatedUserToken", "timestamp"] {
            assert_eq!(sent[key], click[key], "{key}");
        }
        assert_eq!(stage.balance("renamed"), [2, 1, 1, 0, 0]);
        assert!(stage.ledger().flows.iter().all(|flow| flow.flow != "forward-events"));
    });
}

#[test]
fn a_flow_that_sees_segments_calls_sees_none_of_algolias() {
    let own = format!("source = \"segment\"\n{}", OWN.replace("NAME", "calls"));
    Scene::new().with(with_flows).file("flows/calls.toml", own).play(async |stage| {
        stage.accept(&[click("p", "a"), click("p", "a")]).await;
        stage.settled().await;
        assert_eq!(sorted(&stage.tracks(), "/event"), ["Search Result Clicked"]);
        assert!(stage.ledger().flows.iter().all(|flow| flow.flow != "calls"));
    });
}

/// A plan that knows `Search Result Clicked` with a numeric `position`, a `product_id` and nothing more.
fn plan() -> String {
    let properties = json!({
        "type": "object", "required": ["product_id", "position"],
        "properties": {"product_id": {"type": "string", "pattern": "^sku-"}, "position": {"type": "number"}},
    });
    let schema = json!({"type": "object", "properties": {"properties": properties}});
    let rule = json!({"type": "TRACK", "key": "Search Result Clicked", "version": 1, "jsonSchema": schema});
    json!({"data": {"rules": [rule]}}).to_string()
}

const PLANNED: &str = r#"
name = "planned"
trigger = 'properties.eventType = "click"'
plan = "plan.json"
on_violation = "ACTION"
[mapping]
event = "Search Result Clicked"
[mapping.properties]
product_id = { "@path" = "$.properties.products[0].product_id" }
position = { "@path" = "$.properties.products[0].position" }
extra = "unplanned"
"#;

/// One click that breaks the plan twice: its product id is no `sku-…`, and `extra` is not planned.
fn with_plan(action: &'static str, story: impl AsyncFnOnce(&mut Stage)) {
    let only_own = |settings: &mut Settings| {
        settings.recipes.clear();
        settings.flows.directory = Some("flows".into());
    };
    let scene = Scene::new().with(only_own).file("flows/plan.json", plan());
    scene.file("flows/planned.toml", PLANNED.replace("ACTION", action)).play(async |stage| {
        stage.accept(&[click("p", "a")]).await;
        stage.settled().await;
        story(stage).await;
    });
}

#[test]
fn a_plan_that_blocks_makes_a_dead_letter_that_names_the_violations() {
    with_plan("block", async |stage| {
        assert!(stage.tracks().is_empty());
        let letters = stage.dead_letters().await;
        let reason = letters[0]["reason"].as_str().unwrap();
        assert_eq!((letters.len(), &letters[0]["cause"]), (1, &json!("plan")));
        assert!(reason.contains("product_id") && reason.contains("extra"), "{reason}");
        let mended = but(letters[0]["payload"].clone(), json!({"objectIDs": ["sku-1"]}));
        assert_eq!(stage.retry(&letters[0], &json!({"payload": mended})).await.status, 200);
        stage.settled().await;
        let again = stage.dead_letters().await;
        assert_eq!(again.len(), 1, "the unplanned property is still at fault");
        assert!(!again[0]["reason"].as_str().unwrap().contains("product_id"), "{again:?}");
        assert_eq!(
            stage.sandbox.events().len(),
            1,
            "a repair for one flow is not forwarded to Algolia again"
        );
    });
}

#[test]
fn an_event_that_is_repaired_for_a_flow_that_is_gone_is_a_dead_letter_again() {
    with_plan("block", async |stage| {
        let letter = stage.dead_letters().await.remove(0);
        stage.settings.flows.directory = None;
        stage.restart().await;
        assert_eq!(stage.retry(&letter, &json!({})).await.status, 200);
        stage.settled().await;
        let letters = stage.dead_letters().await;
        assert_eq!((letters.len(), &letters[0]["flow"]), (1, &json!("planned")));
        assert!(letters[0]["reason"].as_str().unwrap().contains("planned"), "{letters:?}");
        assert_eq!(stage.balance("planned"), [1, 0, 0, 1, 0]);
    });
}

#[test]
fn a_plan_that_flags_sends_the_message_with_its_violations_listed() {
    with_plan("flag", async |stage| {
        let message = stage.tracks().remove(0);
        assert_eq!(message["properties"], json!({"product_id": "a", "position": 3, "extra": "unplanned"}));
        let listed = message["context"]["protocols"]["violations"].to_string();
        assert!(listed.contains("product_id") && listed.contains("extra"), "{listed}");
    });
}

#[test]
fn a_plan_that_strips_sends_the_message_without_what_is_at_fault() {
    with_plan("strip", async |stage| {
        let message = stage.tracks().remove(0);
        assert_eq!(message["properties"], json!({"position": 3}));
        assert_eq!(message["context"]["protocols"]["omitted"], json!(["properties.extra"]));
    });
}

#[test]
fn a_plan_that_passes_sends_the_message_as_it_is() {
    with_plan("pass", async |stage| {
        let message = stage.tracks().remove(0);
        assert_eq!(message["properties"], json!({"product_id": "a", "position": 3, "extra": "unplanned"}));
        assert_eq!(message["context"].get("protocols"), None);
    });
}
