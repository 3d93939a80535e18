//! Disks that are full, fail, take no writes or change what they hold: real files under the real program.

use crate::events::{view, views};
use crate::process::{Home, play, shell};
use crate::stage::{Stage, play as play_inside, sorted};
use causeway_sandbox::{Options, Sandbox};
use std::fs;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Gives the program a disk of its own, where the system lets everybody do so.
const APART: [&str; 4] = ["unshare", "--user", "--map-root-user", "--mount"];

/// Whether the system lets us; if not, it is said.
fn disks_can_be_made() -> bool {
    let tried = shell(&APART, "mkdir -p data && mount -t tmpfs tmpfs data")
        .current_dir(tempfile::tempdir().unwrap().path())
        .stderr(Stdio::null())
        .status();
    let can = tried.is_ok_and(|status| status.success());
    if !can {
        eprintln!("passed over: the system lets nobody mount a disk in a namespace");
    }
    can
}

/// Sends events until they are refused; answers how many were accepted.
async fn fill(home: &Home) -> usize {
    let (mut accepted, began) = (0, Instant::now());
    loop {
        let answer = home.try_events(&views(accepted..accepted + 50)).await.expect("an answer");
        if answer.status != 200 {
            assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{}", answer.text());
            return accepted;
        }
        accepted += 50;
        assert!(began.elapsed() < PATIENCE, "the disk never had enough");
    }
}

async fn says(home: &Home, words: &str) {
    let answer = home.get(home.public, "/readyz").await.expect("an answer");
    assert!(answer.status == 503 && answer.text().contains(words), "{} {}", answer.status, answer.text());
}

/// Sends these until they are accepted.
async fn accept_in_the_end(home: &Home, number: usize) {
    let began = Instant::now();
    while home.try_events(&views(number..number + 1)).await.is_none_or(|answer| answer.status != 200) {
        assert!(began.elapsed() < PATIENCE, "never accepted again\n{}", home.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn names(count: usize) -> Vec<String> {
    let mut names: Vec<String> = (0..count).map(|number| format!("o-{number}")).collect();
    names.sort();
    names
}

fn arrived(sandbox: &Sandbox) -> [Vec<String>; 2] {
    let [segment, mut algolia] = [
        sorted(&sandbox.messages(), "/properties/products/0/product_id"),
        sorted(&sandbox.events(), "/objectIDs/0"),
    ];
    algolia.dedup();
    [segment, algolia]
}

#[test]
fn a_full_disk_refuses_what_it_can_not_keep_and_with_room_again_all_goes_on_by_itself() {
    if !disks_can_be_made() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let home = Home::new(&sandbox);
        fs::create_dir(home.directory.path().join("data")).unwrap();
        let commands = "mount -t tmpfs -o size=3m tmpfs data
            (while [ ! -e more-room ]; do sleep 0.05; done; mount -o remount,size=100m data) &";
        let running = home.start_after(&APART, &format!("{commands}\n:")).await;
        let accepted = fill(&home).await;
        says(&home, "the disk is full; make room").await;
        fs::write(home.directory.path().join("more-room"), "").unwrap();
        accept_in_the_end(&home, accepted).await;
        home.settled().await;
        assert_eq!(home.get(home.public, "/readyz").await.unwrap().status, 200);
        assert!(arrived(&sandbox) == [names(accepted + 1), names(accepted + 1)], "each event once");
        assert_eq!(running.terminate().await, 0, "{}", home.log());
        sandbox.stop().await;
    });
}

#[test]
fn a_disk_that_fails_is_trusted_no_more_and_a_start_on_a_sound_one_delivers_what_was_accepted() {
    play(async |sandbox, home| {
        // No file may grow beyond this, and the signal that says so is passed over: writes fail.
        let running = home.start_after(&[], "trap '' XFSZ; ulimit -f 700").await;
        let accepted = fill(home).await;
        assert!(accepted > 0);
        says(home, "restart").await;
        running.kill();
        let running = home.start().await;
        accept_in_the_end(home, accepted).await;
        home.settled().await;
        assert!(arrived(sandbox) == [names(accepted + 1), names(accepted + 1)], "each event once");
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn on_a_disk_that_takes_no_writes_the_program_says_so_and_does_not_start() {
    if !disks_can_be_made() {
        return;
    }
    play(async |_, home| {
        fs::create_dir(home.directory.path().join("data")).unwrap();
        let commands = "mount -t tmpfs -o ro tmpfs data; exec \"$0\" run";
        let ran = shell(&APART, commands).current_dir(home.directory.path()).output().unwrap();
        let words = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(3), "{words}");
        assert!(words.contains("data") && words.to_lowercase().contains("read-only"), "{words}");
        assert_eq!(home.start().await.terminate().await, 0, "with a disk that does, it starts");
    });
}

/// Changes one byte of a record in the journal's file, which nobody has open.
fn damage(stage: &Stage, object: &str) {
    let path = stage.home().join("data/journal.db");
    let mut bytes = fs::read(&path).unwrap();
    let place = bytes.windows(object.len()).position(|part| part == object.as_bytes()).expect("the record");
    bytes[place] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn of_a_damaged_journal_the_sound_records_are_delivered_and_the_others_are_told() {
    play_inside(async |stage| {
        stage.trouble.state_full.store(true, Ordering::SeqCst);
        for number in 0..10 {
            stage.accept(&[view("somebody", &format!("object-{number}"))]).await;
        }
        stage.crash().await;
        damage(stage, "object-5");
        stage.trouble.state_full.store(false, Ordering::SeqCst);
        stage.restart().await;
        stage.settled().await;
        let expected: Vec<String> =
            (0..10).filter(|number| *number != 5).map(|number| format!("object-{number}")).collect();
        assert_eq!(sorted(&stage.tracks(), "/properties/products/0/product_id"), expected);
        let metrics = stage.admin("GET", "/metrics").await.text();
        assert!(metrics.lines().any(|line| line == "causeway_journal_damaged_records 1"), "{metrics}");
        stage.accept(&[view("somebody", "object-10")]).await;
    });
}
