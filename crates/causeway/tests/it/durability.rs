//! What a 200 promises, and what is answered when it can't be promised.

use crate::events::{view, views};
use crate::stage::{Scene, Stage, play, sorted};
use causeway::config::units::Size;
use causeway_sandbox::{Fault, Target};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[test]
fn what_is_pending_at_a_stop_is_resumed_at_the_next_start() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 503));
        stage.sandbox.set_fault(Fault::status(Target::Insights, 503));
        stage.accept(&views(0..300)).await;
        stage.until("the first attempts", || stage.sandbox.stats().segment.requests > 0).await;
        stage.restart().await;
        assert_eq!(stage.balance("search-events"), [300, 0, 0, 0, 300]);
        stage.sandbox.clear_faults();
        stage.settled().await;
        assert_eq!((stage.tracks().len(), stage.sandbox.events().len()), (300, 300));
        assert_eq!(stage.sandbox.stats().segment.duplicates, 0);
    });
}

#[test]
fn a_stop_delivers_what_is_under_way_before_it_ends() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::slow(Target::Segment, Duration::from_millis(300)));
        stage.accept(&views(0..50)).await;
        stage.stop().await;
        assert_eq!(stage.tracks().len(), 50);
        stage.restart().await;
        assert_eq!(stage.balance("search-events"), [50, 50, 0, 0, 0]);
    });
}

#[test]
fn a_client_that_never_ends_its_request_does_not_hold_up_a_stop() {
    play(async |stage| {
        let idle = tokio::net::TcpStream::connect(stage.bridge().public).await.unwrap();
        let mut slow = tokio::net::TcpStream::connect(stage.bridge().public).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut slow, b"POST /1/events HTTP/1.1\r\nHos").await.unwrap();
        stage.accept(&[view("a", "b")]).await;
        stage.settled().await;
        let began = Instant::now();
        stage.stop().await;
        assert!(began.elapsed() < Duration::from_secs(9), "it took {:?}", began.elapsed());
        drop((idle, slow));
        stage.restart().await;
    });
}

#[test]
fn a_full_disk_is_answered_with_503_and_when_there_is_room_again_events_are_taken_again() {
    play(async |stage| {
        stage.trouble.journal_full.store(true, Ordering::SeqCst);
        let answer = stage.events(&views(0..3)).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let ready = stage.send("GET", "/readyz", &[], "").await;
        assert_eq!(ready.status, 503);
        assert!(ready.text().contains("the disk is full; make room"), "{}", ready.text());
        stage.trouble.journal_full.store(false, Ordering::SeqCst);
        stage.accept(&views(0..3)).await;
        assert_eq!(stage.send("GET", "/readyz", &[], "").await.status, 200);
        stage.settled().await;
        assert_eq!(
            stage.tracks().len(),
            3,
            "what was refused is not kept, so sending it again is no repetition"
        );
    });
}

#[test]
fn a_full_backlog_is_answered_with_429_until_it_is_worked_off() {
    Scene::new().with(|settings| settings.limits.backlog = Size(20_000)).play(async |stage| {
        stage.trouble.state_stalls.store(true, Ordering::SeqCst);
        stage.accept(&views(0..200)).await;
        let answer = stage.events(&views(200..201)).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, "1"), "{}", answer.text());
        assert_eq!(stage.send("GET", "/readyz", &[], "").await.status, 503);
        stage.trouble.state_stalls.store(false, Ordering::SeqCst);
        stage.settled().await;
        stage.accept(&views(200..201)).await;
        stage.settled().await;
        assert_eq!(stage.tracks().len(), 201);
    });
}

#[test]
fn clients_that_hang_up_while_the_disk_is_slow_take_no_more_memory_than_others() {
    Scene::new().with(|settings| settings.limits.bodies_in_memory = Size(8 << 10)).play(async |stage| {
        stage.trouble.appends_wait.store(true, Ordering::SeqCst);
        let (first, next) = (views(0..40), views(40..80));
        let impatient = tokio::time::timeout(Duration::from_millis(500), stage.events(&first)).await;
        assert!(impatient.is_err());
        let refused = tokio::time::timeout(Duration::from_secs(5), stage.events(&next)).await;
        assert_eq!(refused.expect("an answer while the disk is slow").status, 503);
        stage.trouble.appends_wait.store(false, Ordering::SeqCst);
        stage.until("what was durable arrives", || stage.tracks().len() == 40).await;
        stage.settled().await;
        assert_eq!(stage.balance("search-events"), [40, 40, 0, 0, 0]);
    });
}

#[test]
fn a_backlog_that_a_restart_found_leaves_nothing_behind_when_it_is_worked_off() {
    Scene::new().with(|settings| settings.limits.backlog = Size(20_000)).play(async |stage| {
        stage.trouble.state_full.store(true, Ordering::SeqCst);
        for number in 0..50 {
            stage.accept(&views(number..number + 1)).await;
        }
        stage.crash().await;
        stage.trouble.state_full.store(false, Ordering::SeqCst);
        stage.restart().await;
        stage.settled().await;
        stage.accept(&views(50..51)).await;
        stage.settled().await;
        assert_eq!(stage.tracks().len(), 51);
    });
}

#[test]
fn a_state_without_room_holds_the_work_up_and_loses_nothing() {
    play(async |stage| {
        stage.trouble.state_full.store(true, Ordering::SeqCst);
        stage.accept(&views(0..20)).await;
        assert!(stage.ledger().flows.is_empty());
        stage.trouble.state_full.store(false, Ordering::SeqCst);
        stage.settled().await;
        assert_eq!(stage.tracks().len(), 20);
    });
}

#[test]
fn a_state_without_room_does_not_keep_the_bridge_from_stopping() {
    play(async |stage| {
        stage.trouble.state_full.store(true, Ordering::SeqCst);
        stage.accept(&views(0..20)).await;
        stage.crash().await;
        stage.trouble.state_full.store(false, Ordering::SeqCst);
        stage.restart().await;
        stage.settled().await;
        assert_eq!(stage.tracks().len(), 20);
    });
}

#[test]
fn a_record_that_the_engine_sees_before_its_sender_is_told_is_processed_once() {
    play(async |stage| {
        stage.trouble.state_full.store(true, Ordering::SeqCst);
        stage.accept(&views(0..5)).await;
        stage.crash().await;
        stage.trouble.state_full.store(false, Ordering::SeqCst);
        stage.trouble.readers_wait.store(true, Ordering::SeqCst);
        stage.trouble.appends_wait.store(true, Ordering::SeqCst);
        stage.restart().await;
        let told = async {
            stage.accept(&views(5..10)).await;
        };
        let seen = async {
            stage.until("it is durable", || stage.journal_length() == 2).await;
            stage.trouble.readers_wait.store(false, Ordering::SeqCst);
            stage.until("the engine is past it", || stage.bridge().state.cursor().unwrap().0 == 2).await;
            stage.trouble.appends_wait.store(false, Ordering::SeqCst);
        };
        tokio::join!(told, seen);
        stage.settled().await;
        stage.accept(&views(10..15)).await;
        stage.settled().await;
        assert_eq!(stage.tracks().len(), 15);
        assert_eq!(stage.balance("search-events"), [15, 15, 0, 0, 0]);
    });
}

/// Waits until the bridge says that it is not ready because something of it ended.
async fn says_that_a_part_stopped(stage: &Stage) {
    let began = Instant::now();
    loop {
        let ready = stage.send("GET", "/readyz", &[], "").await;
        if ready.status == 503 {
            return assert!(ready.text().contains("stopped"), "{}", ready.text());
        }
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn when_the_state_breaks_the_bridge_says_that_it_is_not_ready_and_a_restart_delivers_everything() {
    play(async |stage| {
        stage.accept(&views(0..10)).await;
        stage.settled().await;
        stage.trouble.state_broken.store(true, Ordering::SeqCst);
        stage.accept(&views(10..20)).await;
        says_that_a_part_stopped(stage).await;
        stage.crash().await;
        stage.trouble.state_broken.store(false, Ordering::SeqCst);
        stage.restart().await;
        stage.settled().await;
        assert_eq!(sorted(&stage.tracks(), "/messageId").len(), 20);
        assert_eq!(stage.sandbox.events().len(), 20);
    });
}

#[test]
fn a_bug_that_ends_the_engine_is_seen_at_once_and_costs_nothing_but_a_restart() {
    play(async |stage| {
        stage.trouble.state_panics.store(true, Ordering::SeqCst);
        stage.accept(&views(0..10)).await;
        says_that_a_part_stopped(stage).await;
        stage.crash().await;
        stage.trouble.state_panics.store(false, Ordering::SeqCst);
        stage.restart().await;
        stage.settled().await;
        assert_eq!(stage.tracks().len(), 10);
    });
}
