//! Another configuration while the program runs.

use crate::events::view;
use crate::process::{Home, play};
use crate::stage::{sorted, until};
use causeway_sandbox::{Fault, Sandbox, Target};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The people that send at once.
const CLIENTS: usize = 4;

/// Sends one event after the other until `stop`, and answers how many. Each must be accepted.
async fn shop(home: &Home, client: usize, stop: &AtomicBool) -> usize {
    let mut sent = 0;
    while !stop.load(Ordering::SeqCst) {
        home.accept(&[view(&format!("client-{client}"), &format!("o-{client}-{sent}"))]).await;
        sent += 1;
    }
    sent
}

fn write_key(home: &Home, key: &str) {
    std::fs::write(home.directory.path().join("key"), key).unwrap();
}

/// The key for Algolia comes from a file; front ends have one of their own.
fn with_key_from_file(home: &Home, every: &str) {
    home.configure(|text| {
        let intake = "api_key = \"${file:key}\"\nintake_keys = [\"sandbox-search-key\"]";
        let text = text.replace("api_key = \"sandbox-search-key\"", intake);
        format!("{text}\n[reload]\nsecrets_every = \"{every}\"\n")
    });
}

fn objects(events: &[Value]) -> Vec<String> {
    sorted(events, "/objectIDs/0")
}

#[test]
fn a_reload_under_load_refuses_no_request_and_sends_nothing_twice() {
    play(async |sandbox, home| {
        // Algolia knows no repetition: an attempt that was broken off would be seen twice.
        sandbox.set_fault(Fault::slow(Target::Insights, Duration::from_millis(30)));
        let running = home.start().await;
        let stop = AtomicBool::new(false);
        let reloading = async {
            for number in 1..=3 {
                home.configure(|text| text.replace("linger = \"5ms\"", "linger = \"5ms\"\nconcurrency = 7"));
                running.hang_up();
                home.until_measured(&format!("causeway_config_reloads_total{{result=\"applied\"}} {number}"))
                    .await;
                home.configure(|text| text.replace("\nconcurrency = 7", ""));
            }
            stop.store(true, Ordering::SeqCst);
        };
        let clients: Vec<_> = (0..CLIENTS).map(|client| shop(home, client, &stop)).collect();
        let [zero, one, two, three] = clients.try_into().ok().unwrap();
        let ((), zero, one, two, three) = tokio::join!(reloading, zero, one, two, three);
        home.settled().await;
        let sent = zero + one + two + three;
        assert_eq!((sandbox.messages().len(), sandbox.stats().segment.duplicates), (sent, 0));
        let arrived = objects(&sandbox.events());
        let mut once = arrived.clone();
        once.dedup();
        assert_eq!((arrived.len(), once.len()), (sent, sent), "nothing is lost or sent twice");
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn flows_and_keys_are_taken_and_what_needs_a_restart_is_named() {
    play(async |sandbox, home| {
        home.configure(|text| text.replace("search-events = true", ""));
        let running = home.start().await;
        home.accept(&[view("somebody", "before")]).await;
        home.configure(|text| {
            let text = text.replace("[recipes]", "[recipes]\nsearch-events = true");
            let text = text.replace(&home.public.to_string(), "1");
            let listen = format!("listen = \"127.0.0.1:{}\"", home.admin);
            text.replace(&listen, &format!("{listen}\ntoken = \"t0ken\""))
        });
        running.hang_up();
        until("the admin side asks for its token", || home.log().contains("is in effect")).await;
        assert_eq!(home.ask("/api/ledger").await.status, 401);
        assert!(home.log().contains("key=\"listen\""), "{}", home.log());
        home.accept(&[view("somebody", "after")]).await;
        until("the new flow's message arrived", || !sandbox.messages().is_empty()).await;
        assert_eq!(sorted(&sandbox.messages(), "/properties/products/0/product_id"), ["after"]);
        until("Algolia has both", || sandbox.events().len() == 2).await;
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn a_configuration_that_can_not_be_changes_nothing_and_is_told() {
    play(async |sandbox, home| {
        home.configure(|text| {
            format!("{text}\n[alerts]\nevery = \"20ms\"\nhold = \"0s\"\nrecover = \"0s\"\n")
        });
        let running = home.start().await;
        home.configure(|text| text.replace("[recipes]", "[recipse]"));
        running.hang_up();
        home.until_measured("causeway_config_in_effect 0").await;
        home.until_measured("causeway_alerts_open{severity=\"warning\"} 1").await;
        let alerts = home.ask("/api/alerts").await.json();
        let alert = &alerts["open"][0];
        assert_eq!(alert["key"], "configuration");
        assert!(alert["text"].as_str().unwrap().contains("did you mean `recipes`?"), "{alert}");
        home.accept(&[view("somebody", "o-1")]).await;
        home.settled().await;
        assert_eq!(sandbox.messages().len(), 1);
        home.configure(|text| text.replace("[recipse]", "[recipes]"));
        running.hang_up();
        home.until_measured("causeway_config_in_effect 1").await;
        home.until_measured("causeway_alerts_open{severity=\"warning\"} 0").await;
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn a_denied_key_is_read_again_from_its_file_and_what_waited_is_delivered() {
    play(async |sandbox, home| {
        write_key(home, "revoked-key");
        with_key_from_file(home, "0s");
        let running = home.start().await;
        home.accept(&[view("somebody", "o-1")]).await;
        until("Algolia denies", || home.log().contains("the vendor denies access")).await;
        write_key(home, "sandbox-admin-key\n");
        home.settled().await;
        assert_eq!(sandbox.events().len(), 1);
        let letters = home.ask("/api/dead-letters").await.json();
        assert_eq!(letters["dead_letters"].as_array().unwrap().len(), 0);
        assert!(!home.log().contains("-key"), "no key is logged");
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn a_key_is_rotated_by_its_file_alone_and_requests_under_way_end_with_the_old_one() {
    play(async |sandbox: &Sandbox, home| {
        write_key(home, "sandbox-search-key");
        with_key_from_file(home, "20ms");
        sandbox.set_fault(Fault::slow(Target::Insights, Duration::from_millis(300)));
        let running = home.start().await;
        home.accept(&[view("somebody", "old")]).await;
        until("it is under way", || sandbox.stats().algolia.requests > 0 || !sandbox.events().is_empty())
            .await;
        write_key(home, "sandbox-admin-key");
        home.until_measured("causeway_config_reloads_total{result=\"applied\"} 1").await;
        assert_eq!(objects(&sandbox.events()), ["old"], "it was waited for");
        // From now on Algolia takes nothing that comes with the old key.
        home.accept(&[view("somebody", "new")]).await;
        home.settled().await;
        assert_eq!(objects(&sandbox.events()), ["new", "old"]);
        assert_eq!(running.terminate().await, 0);
    });
}
