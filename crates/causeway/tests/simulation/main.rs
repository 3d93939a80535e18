//! Runs of the real intake, journal, engine, store and delivery on a simulated time, with simulated vendors, networks, disks,
//! clients and operators. All that happens in a run follows from its seed.
//!
//! In a run the vendors fail in every way that they are known for, names are not found, keys expire, disks fill up, clocks
//! jump, and the process dies at any instant, also for lack of power. Then all of this ends, time passes, and what was promised
//! must hold: see [`verdict`].
//!
//! `CAUSEWAY_TEST_SEEDS` is how many seeds are run, `CAUSEWAY_TEST_SEED` runs one and tells what happens in it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed unwrap is a failed test")]

mod client;
mod network;
mod operator;
mod plan;
mod process;
mod run;
mod sim;
#[path = "../it/trouble.rs"]
mod trouble;
mod vendor;
mod verdict;
mod witness;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many seeds are run when nothing else is said.
const SEEDS: u64 = 1000;

/// So many failed seeds are enough.
const ENOUGH: usize = 5;

/// Runs that are made twice.
const TWICE: u64 = 5;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn whatever_happens_what_was_accepted_is_delivered_or_explained_in_order_and_the_ledger_balances() {
    if let Some(seed) = number("CAUSEWAY_TEST_SEED") {
        let told = run::run(seed, true);
        return assert!(told.complaints.is_empty(), "seed {seed}:\n{}", told.complaints.join("\n"));
    }
    let failed = run_all(number("CAUSEWAY_TEST_SEEDS").unwrap_or(SEEDS));
    assert!(failed.is_empty(), "{} seeds failed:\n{}", failed.len(), failed.join("\n"));
}

/// Runs the seeds on all processors; answers the reports of those that failed, and stops once there are a few.
fn run_all(seeds: u64) -> Vec<String> {
    let (next, failed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        while failed.lock().unwrap().len() < ENOUGH {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return;
            }
            let complaints = run::run(seed, false).complaints;
            if !complaints.is_empty() {
                failed.lock().unwrap().push(report(seed, &complaints));
            }
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    failed.into_inner().unwrap()
}

fn report(seed: u64, complaints: &[String]) -> String {
    format!(
        "seed {seed} fails; run it again with\n    CAUSEWAY_TEST_SEED={seed} cargo test -p causeway --test simulation -- \
         --nocapture whatever\n{}",
        complaints.join("\n")
    )
}

#[test]
fn the_same_seed_makes_the_same_run() {
    for seed in 0..TWICE {
        let (one, other) = (run::run(seed, false), run::run(seed, false));
        assert_eq!((one.steps, one.trace), (other.steps, other.trace), "seed {seed}");
    }
}
