//! The real program, killed without warning.

use crate::events::{but, now, view};
use crate::process::{Home, play};
use crate::stage::{sorted, texts, until};
use causeway_sandbox::{Effect, Fault, Target};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn an_event_that_was_answered_with_200_survives_a_kill_and_arrives_once() {
    play(async |sandbox, home| {
        sandbox.set_fault(Fault::status(Target::Segment, 503));
        sandbox.set_fault(Fault::status(Target::Insights, 503));
        let running = home.start().await;
        home.accept(&[view("somebody", "o-1")]).await;
        running.kill();
        sandbox.clear_faults();
        let running = home.start().await;
        home.settled().await;
        assert_eq!(sorted(&sandbox.messages(), "/properties/products/0/product_id"), ["o-1"]);
        assert_eq!(sandbox.events().len(), 1);
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn what_was_delivered_but_not_noted_before_a_kill_goes_out_again_under_the_same_message_id() {
    play(async |sandbox, home| {
        // Segment takes the message, and the answer gets lost.
        sandbox.set_fault(Fault::new(Target::Segment, Effect::Drop));
        let running = home.start().await;
        home.accept(&[but(view("somebody", "o-1"), json!({"timestamp": null}))]).await;
        until("it arrived", || sandbox.messages().len() == 1).await;
        running.kill();
        let again = sandbox.stats().segment.duplicates;
        sandbox.clear_faults();
        let running = home.start().await;
        home.settled().await;
        assert_eq!(sandbox.messages().len(), 1);
        assert!(sandbox.stats().segment.duplicates > again);
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn a_polite_end_under_load_loses_nothing_either_and_the_next_start_goes_on() {
    play(async |sandbox, home| {
        sandbox.set_fault(Fault::slow(Target::Segment, Duration::from_millis(20)));
        let stop = AtomicBool::new(false);
        let ending = async {
            for _ in 0..3 {
                let running = home.start().await;
                tokio::time::sleep(Duration::from_millis(200)).await;
                assert_eq!(running.terminate().await, 0, "{}", home.log());
            }
            let running = home.start().await;
            stop.store(true, Ordering::SeqCst);
            running
        };
        let (running, rounds) = tokio::join!(ending, shop(home, 0, &stop));
        home.settled().await;
        assert_eq!(running.terminate().await, 0);
        assert!(rounds > 0);
        assert_eq!(sandbox.messages().len(), rounds * PEOPLE);
        assert_eq!(sandbox.events().len(), rounds * PEOPLE, "a polite end sends nothing twice");
    });
}

/// How often the program is killed; more by `CAUSEWAY_TEST_KILLS`.
fn kills() -> u32 {
    std::env::var("CAUSEWAY_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// The people that one client sends events of.
const PEOPLE: usize = 5;
/// The clients that send side by side.
const CLIENTS: usize = 4;

/// Sends a person's events in order, each request until it is answered with 200, until told to stop; answers how many
/// events of each person were accepted.
async fn shop(home: &Home, client: usize, stop: &AtomicBool) -> usize {
    let mut round = 0;
    let began = now();
    while !stop.load(Ordering::SeqCst) {
        let event = |person: usize| {
            let event = view(&format!("client-{client}-{person}"), &format!("o-{client}-{person}-{round}"));
            but(event, json!({"timestamp": began + round as i64}))
        };
        let events: Vec<Value> = (0..PEOPLE).map(event).collect();
        while home.try_events(&events).await.is_none_or(|answer| answer.status != 200) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        round += 1;
    }
    round
}

fn number(object: &str) -> usize {
    object.rsplit('-').next().unwrap().parse().unwrap()
}

#[test]
fn killed_again_and_again_under_load_nothing_is_lost_and_everybodys_order_is_kept() {
    play(async |sandbox, home| {
        sandbox.set_fault(Fault::status(Target::Segment, 503).share(0.2));
        sandbox.set_fault(Fault::new(Target::Insights, Effect::Reset).share(0.2));
        let stop = AtomicBool::new(false);
        let [one, two, three, four] = [0, 1, 2, 3].map(|client| shop(home, client, &stop));
        let killing = async {
            let mut running = home.start().await;
            for kill in 0..kills() {
                // Different moments, so that every stage is hit over many runs.
                tokio::time::sleep(Duration::from_millis(200 + u64::from(kill) * 137 % 400)).await;
                running.kill();
                running = home.start().await;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            stop.store(true, Ordering::SeqCst);
            running
        };
        let (running, one, two, three, four) = tokio::join!(killing, one, two, three, four);
        sandbox.clear_faults();
        home.settled().await;
        assert_eq!(running.terminate().await, 0);

        let mut expected = Vec::new();
        for (client, rounds) in [one, two, three, four].into_iter().enumerate() {
            let objects = move |round| (0..PEOPLE).map(move |person| format!("o-{client}-{person}-{round}"));
            expected.extend((0..rounds).flat_map(objects));
        }
        expected.sort();
        assert!(expected.len() > CLIENTS * PEOPLE, "too little came through to prove anything");
        let messages = sandbox.messages();
        assert!(
            sorted(&messages, "/properties/products/0/product_id") == expected,
            "not each event once at Segment"
        );
        let mut at_algolia = sorted(&sandbox.events(), "/objectIDs/0");
        at_algolia.dedup();
        assert!(at_algolia == expected, "not each event at Algolia");

        let mut last: HashMap<String, usize> = HashMap::new();
        let people = texts(&messages, "/anonymousId");
        for (person, object) in people.into_iter().zip(texts(&messages, "/properties/products/0/product_id"))
        {
            let before = last.insert(person, number(&object));
            assert!(before.is_none_or(|before| before < number(&object)), "{object} after {before:?}");
        }
    });
}

#[test]
fn clients_that_take_every_connection_do_not_cut_the_way_to_the_vendors_or_to_the_admin_side() {
    play(async |sandbox, home| {
        let running = home.start_with_few_files(200).await;
        home.accept(&[view("somebody", "o-1")]).await;
        let mut crowd = Vec::new();
        for _ in 0..300 {
            let connecting = tokio::net::TcpStream::connect(("127.0.0.1", home.public));
            crowd.push(tokio::time::timeout(Duration::from_millis(20), connecting).await);
        }
        home.accept(&[view("somebody", "o-2")]).await;
        // Well before idle connections are closed.
        let settled = tokio::time::timeout(Duration::from_secs(20), home.settled()).await;
        assert_eq!(settled, Ok(()), "the admin side answers and the vendors are reached");
        assert_eq!(sorted(&sandbox.messages(), "/properties/products/0/product_id"), ["o-1", "o-2"]);
        drop(crowd);
        assert_eq!(running.terminate().await, 0);
    });
}
