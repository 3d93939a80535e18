//! More than the program can do: it says so, keeps what it accepted, stays small, and is quick again after.

use crate::events::{but, now, view};
use crate::process::{Home, Running, play};
use crate::stage::sorted;
use causeway_sandbox::{Fault, Target};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// The clients that send side by side, as fast as they get answers.
const CLIENTS: usize = 24;

/// Events in a request.
const EVENTS: usize = 40;

/// What the process may have in memory at most, in KiB, in a build for tests too: caches and tables when they are full, and what
/// the settings below allow.
const LARGEST: u64 = 256 << 10;

/// Requests that show how quick the program is.
const SAMPLE: usize = 15;

/// How much slower a request may be after the rush, on a machine that others use too.
const TOLERANCE: Duration = Duration::from_millis(500);

/// How long the rush lasts; longer by `CAUSEWAY_TEST_OVERLOAD`, in seconds.
fn rush() -> Duration {
    let seconds = std::env::var("CAUSEWAY_TEST_OVERLOAD").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

#[derive(Default)]
struct Tally {
    accepted: Vec<String>,
    refused: Vec<String>,
    statuses: HashSet<u16>,
}

/// All clients send at once for so long.
async fn all_press(home: &Home, long: Duration) -> Vec<Tally> {
    let until = Instant::now() + long;
    futures_of((0..CLIENTS).map(|client| press(home, client, until))).await
}

/// Sends without regard to what is answered, until the time is over.
async fn press(home: &Home, client: usize, until: Instant) -> Tally {
    let (mut tally, began) = (Tally::default(), now());
    for round in 0.. {
        if Instant::now() >= until {
            break;
        }
        let name = |number: usize| format!("o-{client}-{round}-{number}");
        let event = |number| {
            but(view(&format!("client-{client}"), &name(number)), json!({"timestamp": began + round}))
        };
        let events: Vec<Value> = (0..EVENTS).map(event).collect();
        let Some(answer) = home.try_events(&events).await else { continue };
        tally.statuses.insert(answer.status);
        match answer.status {
            200 => tally.accepted.extend((0..EVENTS).map(name)),
            429 | 503 => {
                let wait = answer.header("retry-after").parse::<u64>();
                assert!(wait.is_ok_and(|wait| (1..=60).contains(&wait)), "{}", answer.text());
                tally.refused.extend((0..EVENTS).map(name));
            }
            status => panic!("{status}: {}", answer.text()),
        }
    }
    tally
}

/// What the process has in memory, in KiB: its largest so far.
fn memory(running: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The median time of a request while nothing else goes on.
async fn answers_within(home: &Home, name: &str) -> Duration {
    let mut times = Vec::new();
    for number in 0..SAMPLE {
        let began = Instant::now();
        home.accept(&[view("calm", &format!("o-{name}-{number}"))]).await;
        times.push(began.elapsed());
    }
    times.sort();
    times[SAMPLE / 2]
}

#[test]
fn more_than_it_can_do_is_refused_with_a_time_to_wait_in_bounded_memory_and_costs_no_accepted_event() {
    play(async |sandbox, home| {
        home.set("limits", "backlog = \"100 KiB\"\nbodies_in_memory = \"400 KiB\"");
        home.set("delivery", "window = \"2 MiB\"");
        sandbox.set_fault(Fault::slow(Target::Segment, Duration::from_millis(100)));
        sandbox.set_fault(Fault::slow(Target::Insights, Duration::from_millis(100)));
        let running = home.start().await;
        let before = answers_within(home, "before").await;
        let tallies = all_press(home, rush()).await;
        home.settled().await;
        let (after, large) = (answers_within(home, "after").await, memory(&running));
        sandbox.clear_faults();
        home.settled().await;

        let statuses: HashSet<u16> = tallies.iter().flat_map(|tally| tally.statuses.clone()).collect();
        let is_much = statuses.contains(&200) && statuses.len() > 1;
        assert!(is_much, "too little was sent to prove anything: {statuses:?}");
        assert!(large < LARGEST, "it took {large} KiB");
        assert!(after < before * 5 + TOLERANCE, "{after:?} after the rush, {before:?} before");
        check_arrived(&tallies, &sandbox.messages(), "/properties/products/0/product_id");
        check_arrived(&tallies, &sandbox.events(), "/objectIDs/0");
        assert_eq!(running.terminate().await, 0);
    });
}

/// What was accepted is at the vendor, and nothing that was refused.
fn check_arrived(tallies: &[Tally], at_vendor: &[Value], pointer: &str) {
    let arrived: HashSet<String> = sorted(at_vendor, pointer).into_iter().collect();
    let all = |names: fn(&Tally) -> &Vec<String>| tallies.iter().flat_map(names);
    let lost = all(|tally| &tally.accepted).filter(|name| !arrived.contains(*name)).count();
    let kept = all(|tally| &tally.refused).filter(|name| arrived.contains(*name)).count();
    assert_eq!((lost, kept), (0, 0), "accepted and lost; refused and yet kept");
}

/// All of them side by side.
async fn futures_of<T>(each: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = each.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}
