//! From the outbox to vendors that fail in every way they know.

use crate::events::{DAY_MS, but, click, now, view, views};
use crate::stage::{Scene, Stage, play, sorted, texts};
use causeway::config::units::Span;
use causeway_sandbox::{Effect, Fault, Target};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Every one of the views `0..count` reached Segment once.
fn each_arrived_once(stage: &Stage, count: usize) {
    let arrived = sorted(&stage.tracks(), "/properties/products/0/product_id");
    let mut expected: Vec<String> = (0..count).map(|number| format!("o-{number}")).collect();
    expected.sort();
    assert_eq!(arrived, expected);
}

/// Each person's events arrived in the order in which they were sent.
fn each_person_in_order(messages: &[Value], person: &str, object: &str) {
    let mut last: HashMap<String, usize> = HashMap::new();
    for (person, object) in texts(messages, person).into_iter().zip(texts(messages, object)) {
        let number: usize = object.trim_start_matches("o-").parse().unwrap();
        let before = last.insert(person.clone(), number);
        assert!(before.is_none_or(|before| before < number), "{person}: {number} after {before:?}");
    }
}

#[test]
fn a_backlog_goes_out_in_few_requests_within_both_vendors_limits() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 503));
        stage.sandbox.set_fault(Fault::status(Target::Insights, 503));
        for thousand in 0..6 {
            stage.accept(&views(thousand * 1000..(thousand + 1) * 1000)).await;
        }
        stage.until("it is all waiting", || stage.balance("search-events")[4] == 6000).await;
        let before = stage.sandbox.stats();
        stage.sandbox.clear_faults();
        stage.settled().await;
        let after = stage.sandbox.stats();
        each_arrived_once(stage, 6000);
        assert_eq!((after.algolia.kept, after.algolia.dropped, after.algolia.refused), (6000, 0, 0));
        assert_eq!((after.segment.dropped, after.segment.refused), (0, 0));
        let requests = (
            after.segment.requests - before.segment.requests,
            after.algolia.requests - before.algolia.requests,
        );
        assert!(requests.0 <= 40 && requests.1 <= 30, "{requests:?} requests");
    });
}

#[test]
fn retry_after_is_honoured_to_the_second() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 429).retry_after(1));
        stage.accept(&views(0..10)).await;
        stage.until("a refusal", || stage.sandbox.stats().segment.faulted > 0).await;
        let refused = Instant::now();
        stage.sandbox.clear_faults();
        stage.until("the delivery", || stage.tracks().len() == 10).await;
        let waited = refused.elapsed();
        assert!(waited >= Duration::from_millis(900), "tried again after {waited:?}");
        assert!(waited < Duration::from_secs(4), "tried again only after {waited:?}");
    });
}

#[test]
fn a_storm_of_429_lowers_the_rate_of_requests() {
    let eager = |settings: &mut causeway::config::Settings| {
        settings.delivery.retry_first = Span::ms(1);
        settings.delivery.retry_longest = Span::ms(1);
        settings.segment.max_requests_per_second = 40;
    };
    Scene::new().with(eager).play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 429));
        stage.accept(&views(0..10)).await;
        stage.until("a few refusals", || stage.sandbox.stats().segment.requests > 2).await;
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        let before = stage.sandbox.stats().segment.requests;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let within_a_second = stage.sandbox.stats().segment.requests - before;
        assert!(within_a_second <= 12, "{within_a_second} requests a second, of 40 at full speed");
        stage.sandbox.clear_faults();
    });
}

/// Posts 400 events in small requests while every other request to the vendors fails in this way.
async fn through(stage: &mut Stage, effect: Effect) {
    for target in [Target::Segment, Target::Insights] {
        stage.sandbox.set_fault(Fault::new(target, effect).share(0.5));
    }
    for ten in 0..40 {
        stage.accept(&views(ten * 10..(ten + 1) * 10)).await;
    }
    stage.settled().await;
    assert!(stage.sandbox.stats().segment.faulted > 0);
    each_arrived_once(stage, 400);
    each_person_in_order(&stage.tracks(), "/anonymousId", "/properties/products/0/product_id");
    assert!(stage.dead_letters().await.is_empty());
}

#[test]
fn server_errors_are_retried_and_everything_arrives_once_and_in_order_for_each_person() {
    play(async |stage| {
        through(stage, Effect::Status { status: 502, retry_after: None }).await;
        assert_eq!(stage.sandbox.events().len(), 400);
        each_person_in_order(&stage.sandbox.events(), "/userToken", "/objectIDs/0");
    });
}

#[test]
fn connections_that_are_reset_are_retried() {
    play(async |stage| through(stage, Effect::Reset).await);
}

#[test]
fn answers_that_get_lost_lead_to_repetitions_that_segment_knows_by_their_message_id() {
    play(async |stage| {
        through(stage, Effect::Drop).await;
        assert!(stage.sandbox.stats().segment.duplicates > 0);
    });
}

#[test]
fn answers_that_break_off_are_as_good_as_lost() {
    play(async |stage| through(stage, Effect::Truncate).await);
}

#[test]
fn a_vendor_that_is_too_slow_is_given_up_for_the_moment_and_tried_again() {
    Scene::new().with(|settings| settings.delivery.timeout = Span::ms(100)).play(async |stage| {
        let slow = Fault::slow(Target::Segment, Duration::from_millis(400)).share(0.5);
        stage.sandbox.set_fault(slow);
        for ten in 0..10 {
            stage.accept(&views(ten * 10..(ten + 1) * 10)).await;
        }
        stage.settled().await;
        each_arrived_once(stage, 100);
    });
}

#[test]
fn one_poison_event_among_a_thousand_is_isolated_within_twenty_one_requests_and_the_rest_is_delivered() {
    let four_days = |vendors: &mut causeway_sandbox::Options| {
        vendors.max_event_age = Duration::from_secs(4 * 24 * 3600);
    };
    Scene::new().vendors(four_days).play(async |stage| {
        let mut events = views(0..1000);
        events[637]["timestamp"] = (now() - 5 * DAY_MS).into();
        stage.accept(&events).await;
        stage.settled().await;
        let stats = stage.sandbox.stats().algolia;
        assert_eq!(stats.kept, 999);
        assert!(stats.requests <= 21, "{} requests", stats.requests);
        let letters = stage.dead_letters().await;
        assert_eq!(letters.len(), 1);
        let letter = &letters[0];
        assert_eq!((&letter["destination"], &letter["cause"]), (&json!("insights"), &json!("refused")));
        assert!(letter["reason"].as_str().unwrap().contains("too far in the past"), "{letter}");
        assert_eq!(letter["payload"]["objectIDs"], json!(["o-637"]));
        assert_eq!(letter["attempts"].as_array().unwrap().last().unwrap()["status"], 422);
        each_arrived_once(stage, 1000);
    });
}

#[test]
fn a_dead_destination_does_not_delay_the_other() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::new(Target::Insights, Effect::Reset));
        for ten in 0..20 {
            stage.accept(&views(ten * 10..(ten + 1) * 10)).await;
        }
        let began = Instant::now();
        stage.until("Segment has everything", || stage.tracks().len() == 200).await;
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        assert_eq!(stage.balance("forward-events"), [200, 0, 0, 0, 200]);
        stage.sandbox.clear_faults();
        stage.settled().await;
        assert_eq!(stage.sandbox.events().len(), 200);
    });
}

#[test]
fn denied_credentials_hold_messages_until_they_are_accepted_again() {
    for status in [401, 403] {
        play(async |stage| {
            stage.sandbox.set_fault(Fault::status(Target::Segment, status));
            stage.sandbox.set_fault(Fault::status(Target::Insights, status));
            stage.accept(&views(0..30)).await;
            stage.until("several attempts", || stage.sandbox.stats().segment.requests > 3).await;
            stage.pass(4 * DAY_MS);
            let requests = stage.sandbox.stats().segment.requests;
            stage.until("more attempts", || stage.sandbox.stats().segment.requests > requests + 3).await;
            assert!(stage.dead_letters().await.is_empty(), "a denied key is not the events' fault");
            assert_eq!(stage.balance("search-events")[4], 30);
            stage.sandbox.clear_faults();
            stage.settled().await;
            each_arrived_once(stage, 30);
            assert_eq!(stage.sandbox.events().len(), 30);
        });
    }
}

#[test]
fn an_event_that_grew_too_old_for_algolia_while_it_waited_is_a_dead_letter_that_says_so() {
    Scene::new().with(|settings| settings.delivery.give_up_after = Span::ms(60 * DAY_MS as u64)).play(
        async |stage| {
            stage.sandbox.set_fault(Fault::status(Target::Insights, 503));
            stage.accept(&[but(view("a", "old"), json!({"timestamp": now() - 29 * DAY_MS}))]).await;
            stage.until("it reached Segment", || stage.tracks().len() == 1).await;
            stage.stop().await;
            stage.pass(2 * DAY_MS);
            stage.sandbox.clear_faults();
            stage.restart().await;
            stage.settled().await;
            let letters = stage.dead_letters().await;
            assert_eq!((letters.len(), &letters[0]["cause"]), (1, &json!("expired")));
            assert!(letters[0]["reason"].as_str().unwrap().contains("31 days old"), "{letters:?}");
            assert!(stage.sandbox.events().is_empty());
        },
    );
}

#[test]
fn a_message_over_segments_limit_is_a_dead_letter_and_the_event_still_reaches_algolia() {
    play(async |stage| {
        let huge = "x".repeat(40_000);
        stage.accept(&[view("a", &huge), view("a", "small")]).await;
        stage.settled().await;
        let letters = stage.dead_letters().await;
        assert_eq!((letters.len(), &letters[0]["flow"]), (1, &json!("search-events")));
        assert!(letters[0]["reason"].as_str().unwrap().contains("32768"), "{}", letters[0]["reason"]);
        assert_eq!((stage.tracks().len(), stage.sandbox.events().len()), (1, 2));
    });
}

#[test]
fn what_can_not_be_delivered_in_time_is_given_up_and_can_be_sent_again() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 500));
        stage.accept(&views(0..3)).await;
        stage.until("an attempt", || stage.sandbox.stats().segment.requests > 0).await;
        stage.pass(4 * DAY_MS);
        stage.until("given up", || stage.balance("search-events")[3] == 3).await;
        let letters = stage.dead_letters().await;
        assert_eq!((letters.len(), &letters[0]["cause"]), (3, &json!("gave-up")));
        assert!(letters[0]["reason"].as_str().unwrap().contains("give_up_after"));
        stage.sandbox.clear_faults();
        for letter in &letters {
            assert_eq!(stage.retry(letter, &json!({})).await.status, 200);
        }
        stage.settled().await;
        each_arrived_once(stage, 3);
        assert_eq!(stage.balance("search-events"), [3, 3, 0, 0, 0]);
        assert!(stage.dead_letters().await.is_empty());
    });
}

#[test]
fn an_event_is_retried_for_as_long_as_give_up_after_says_though_its_hour_is_nearly_over() {
    Scene::new().with(|settings| settings.delivery.give_up_after = Span::ms(60_000)).play(async |stage| {
        let into_the_hour = now() % (60 * 60 * 1000);
        stage.pass(60 * 60 * 1000 - into_the_hour - 10_000);
        stage.sandbox.set_fault(Fault::status(Target::Segment, 500));
        stage.accept(&[but(view("a", "late"), json!({"timestamp": null}))]).await;
        stage.until("several attempts", || stage.sandbox.stats().segment.requests > 3).await;
        stage.sandbox.clear_faults();
        stage.settled().await;
        assert_eq!(stage.balance("search-events"), [1, 1, 0, 0, 0]);
    });
}

#[test]
fn a_dead_letter_that_dies_again_is_one_dead_letter() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 400));
        stage.accept(&views(0..1)).await;
        stage.settled().await;
        let letter = stage.dead_letters().await.remove(0);
        assert_eq!(stage.retry(&letter, &json!({})).await.status, 200);
        stage.settled().await;
        let letters = stage.dead_letters().await;
        assert_eq!((letters.len(), &letters[0]["id"]), (1, &letter["id"]));
        assert_eq!(stage.balance("search-events"), [1, 0, 0, 1, 0]);
    });
}

#[test]
fn without_forward_events_algolia_gets_nothing_and_segment_everything() {
    Scene::new().with(|settings| settings.algolia.forward_events = false).play(async |stage| {
        stage.accept(&views(0..5)).await;
        stage.settled().await;
        each_arrived_once(stage, 5);
        assert_eq!(stage.sandbox.stats().algolia.requests, 0);
        assert!(stage.ledger().flows.iter().all(|flow| flow.flow != "forward-events"));
    });
}

#[test]
fn a_backlog_larger_than_the_lanes_memory_arrives_whole_and_in_order() {
    let narrow = |settings: &mut causeway::config::Settings| {
        settings.delivery.window = causeway::config::units::Size(40_000);
    };
    Scene::new().with(narrow).play(async |stage| {
        let down = [Target::Segment, Target::Insights].map(|target| Fault::status(target, 503));
        for fault in down.clone() {
            stage.sandbox.set_fault(fault);
        }
        for hundred in 0..30 {
            stage.accept(&views(hundred * 100..(hundred + 1) * 100)).await;
        }
        stage.until("it is all waiting", || stage.balance("search-events")[4] == 3000).await;
        stage.sandbox.clear_faults();
        // While the lanes catch up, more comes in, and the vendors fail now and then.
        for fault in down {
            stage.sandbox.set_fault(fault.share(0.1));
        }
        for hundred in 30..40 {
            stage.accept(&views(hundred * 100..(hundred + 1) * 100)).await;
        }
        stage.settled().await;
        each_arrived_once(stage, 4000);
        assert_eq!(stage.sandbox.events().len(), 4000);
        each_person_in_order(&stage.tracks(), "/anonymousId", "/properties/products/0/product_id");
        each_person_in_order(&stage.sandbox.events(), "/userToken", "/objectIDs/0");
    });
}

#[test]
fn messages_that_were_refused_can_be_edited_and_sent_again() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 400));
        let two = but(click("somebody", "a"), json!({"objectIDs": ["a", "b"], "positions": [1, 2]}));
        stage.accept(&[two]).await;
        stage.settled().await;
        stage.sandbox.clear_faults();
        let letter = stage.dead_letters().await.remove(0);
        let mut messages = letter["payload"].clone();
        assert_eq!(messages.as_array().map(Vec::len), Some(2), "{letter}");
        for lost in [json!([{"type": "track"}]), json!("text"), json!([])] {
            let answer = stage.retry(&letter, &json!({"payload": lost})).await;
            assert_eq!(answer.status, 422, "Segment would throw it away without a word: {lost}");
        }
        messages[1]["properties"]["position"] = 9.into();
        assert_eq!(stage.retry(&letter, &json!({"payload": messages})).await.status, 200);
        stage.settled().await;
        let positions: Vec<Value> =
            stage.tracks().iter().map(|track| track["properties"]["position"].clone()).collect();
        assert_eq!(positions, [1, 9]);
        assert_eq!(stage.balance("search-events"), [1, 1, 0, 0, 0]);
    });
}

#[test]
fn a_poison_event_can_be_mended_and_sent_to_algolia_again() {
    let four_days = |vendors: &mut causeway_sandbox::Options| {
        vendors.max_event_age = Duration::from_secs(4 * 24 * 3600);
    };
    Scene::new().vendors(four_days).play(async |stage| {
        stage.accept(&[but(view("a", "b"), json!({"timestamp": now() - 5 * DAY_MS}))]).await;
        stage.settled().await;
        let letter = stage.dead_letters().await.remove(0);
        let mended = but(letter["payload"].clone(), json!({"timestamp": now()}));
        assert_eq!(stage.retry(&letter, &json!({"payload": mended})).await.status, 200);
        stage.settled().await;
        assert_eq!((stage.sandbox.events().len(), stage.tracks().len()), (1, 1));
        assert!(stage.dead_letters().await.is_empty());
    });
}
