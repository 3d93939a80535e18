//! Who an event belongs to, and what Segment is told about it.

use crate::events::{but, now, view};
use crate::stage::{Scene, Stage, play};
use serde_json::{Value, json};

fn known(token: &str, user: &str, object: &str) -> Value {
    but(view(token, object), json!({"authenticatedUserToken": user}))
}

fn at(event: Value, time: i64) -> Value {
    but(event, json!({"timestamp": time}))
}

/// The `anonymousId` and `userId` of the track call about an object.
fn person_of(stage: &Stage, object: &str) -> (Value, Value) {
    let about = |message: &&Value| message["properties"]["products"][0]["product_id"] == object;
    let tracks = stage.tracks();
    let message = tracks.iter().find(about).unwrap_or_else(|| panic!("nothing came about {object}"));
    (message["anonymousId"].clone(), message["userId"].clone())
}

fn identifies(stage: &Stage) -> Vec<(Value, Value)> {
    let calls = stage.sandbox.messages().into_iter().filter(|message| message["type"] == "identify");
    calls.map(|message| (message["anonymousId"].clone(), message["userId"].clone())).collect()
}

#[test]
fn an_event_with_both_tokens_links_them_and_later_anonymous_events_carry_the_user() {
    play(async |stage| {
        stage.accept(&[view("anon", "before")]).await;
        stage.accept(&[known("anon", "u-7", "login")]).await;
        stage.accept(&[view("anon", "after"), view("somebody-else", "other")]).await;
        stage.restart().await;
        stage.accept(&[view("anon", "restarted")]).await;
        stage.settled().await;
        assert_eq!(person_of(stage, "before"), (json!("anon"), Value::Null));
        for object in ["login", "after", "restarted"] {
            assert_eq!(person_of(stage, object), (json!("anon"), json!("u-7")), "{object}");
        }
        assert_eq!(person_of(stage, "other"), (json!("somebody-else"), Value::Null));
    });
}

#[test]
fn segment_is_told_of_a_link_once_however_often_it_is_seen() {
    play(async |stage| {
        for number in 0..5 {
            stage.accept(&[known("anon", "u-7", &format!("o-{number}"))]).await;
        }
        stage.restart().await;
        stage.accept(&[known("anon", "u-7", "o-9"), known("anon-2", "u-7", "o-10")]).await;
        stage.settled().await;
        let told = [(json!("anon"), json!("u-7")), (json!("anon-2"), json!("u-7"))];
        assert_eq!(identifies(stage), told);
        assert_eq!(stage.balance("identity-links"), [2, 2, 0, 0, 0]);
        assert_eq!(stage.sandbox.stats().segment.duplicates, 0);
    });
}

#[test]
fn the_link_reaches_segment_before_the_first_event_that_carries_it() {
    play(async |stage| {
        stage.accept(&[known("anon", "u-7", "login")]).await;
        stage.settled().await;
        let types: Vec<Value> =
            stage.sandbox.messages().into_iter().map(|mut message| message["type"].take()).collect();
        assert_eq!(types, ["identify", "track"]);
    });
}

#[test]
fn on_a_shared_device_events_belong_to_who_was_logged_in_at_their_own_time() {
    play(async |stage| {
        let start = now() - 100_000;
        stage.accept(&[at(known("tablet", "ann", "ann-1"), start)]).await;
        stage.accept(&[at(known("tablet", "bob", "bob-1"), start + 10_000)]).await;
        stage.accept(&[at(view("tablet", "bob-2"), start + 20_000)]).await;
        stage.accept(&[at(view("tablet", "ann-2"), start + 5_000)]).await;
        stage.settled().await;
        assert_eq!(person_of(stage, "bob-2").1, json!("bob"));
        assert_eq!(person_of(stage, "ann-2").1, json!("ann"), "it happened before the second login");
        assert_eq!(identifies(stage).len(), 2);
    });
}

#[test]
fn a_token_that_is_the_users_own_id_is_no_anonymous_id() {
    play(async |stage| {
        stage.accept(&[known("u-7", "u-7", "own")]).await;
        stage.settled().await;
        assert_eq!(person_of(stage, "own"), (Value::Null, json!("u-7")));
        assert!(identifies(stage).is_empty());
    });
}

#[test]
fn segment_is_told_of_no_link_where_that_is_switched_off() {
    Scene::new().with(|settings| settings.identity.tell_links = false).play(async |stage| {
        stage.accept(&[known("anon", "u-7", "login"), view("anon", "after")]).await;
        stage.settled().await;
        assert!(identifies(stage).is_empty());
        assert_eq!(person_of(stage, "after").1, json!("u-7"));
    });
}

#[test]
fn algolia_gets_both_tokens_of_later_events() {
    play(async |stage| {
        stage.accept(&[known("anon", "u-7", "login"), view("anon", "after"), view("other", "unknown")]).await;
        stage.settled().await;
        let user_of = |object: &str| {
            let events = stage.sandbox.events();
            let event = events.iter().find(|event| event["objectIDs"][0] == object);
            event.unwrap_or_else(|| panic!("nothing came about {object}"))["authenticatedUserToken"].clone()
        };
        assert_eq!(["login", "after", "unknown"].map(user_of), [json!("u-7"), json!("u-7"), Value::Null]);
    });
}
