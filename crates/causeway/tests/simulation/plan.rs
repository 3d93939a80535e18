//! What befalls a run, drawn from its seed before it begins. Times are in milliseconds from the run's beginning.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::ops::Range;

/// All trouble ends after this time.
pub(crate) const CALM: u64 = 60_000;

const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vendor {
    Segment,
    Insights,
}

/// What becomes of a request, or of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Answered with this status, and perhaps `Retry-After` in seconds.
    Status(u16, Option<u64>),
    /// The connection breaks; with `true` after the request was taken.
    Reset(bool),
    /// No answer ever comes; with `true` although the request was taken.
    Silence(bool),
    /// Taken, and half of the answer is written.
    Half,
    /// Taken, and the answer comes byte by byte over this time.
    Drip(u64),
    /// Taken only after this time, whether or not anybody still waits.
    Late(u64),
    /// The name is not found.
    NoName,
    /// Nobody listens.
    NoConnection,
    /// Connecting takes this long.
    SlowConnection(u64),
}

/// A fault that a share of requests meets for a while.
#[derive(Debug, Clone)]
pub(crate) struct Storm {
    pub(crate) vendor: Vendor,
    pub(crate) fault: Fault,
    pub(crate) share: f64,
    pub(crate) during: Range<u64>,
}

/// What an operator, or fate, does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// The process dies and stays away for so long; with `true` the power fails, so that the state loses its last commits.
    Crash(u64, bool),
    /// The bridge's clock is set so much ahead, or back.
    Jump(i64),
    /// Algolia takes another key from now on; the bridge gets it with the next start, which comes after so long.
    NewKey(u64),
    /// This person is to be forgotten.
    Forget(usize),
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) storms: Vec<Storm>,
    pub(crate) deeds: Vec<(u64, Deed)>,
    /// When the journal's disk, and the state's, is full.
    pub(crate) journal_full: Range<u64>,
    pub(crate) state_full: Range<u64>,
    /// How likely the process dies in the middle of an append, or of a commit.
    pub(crate) death: f64,
    pub(crate) compress: bool,
    pub(crate) backlog: u64,
    /// Bytes of messages that a lane holds.
    pub(crate) window: u64,
    pub(crate) clients: usize,
    pub(crate) persons: usize,
    pub(crate) requests: usize,
    pub(crate) events: usize,
}

impl Plan {
    pub(crate) fn draw(seed: u64) -> Self {
        let dice = &mut StdRng::seed_from_u64(seed);
        let (clients, persons) = (dice.random_range(1..4), dice.random_range(1..4));
        let storms = dice.random_range(0..6);
        let storms = (0..storms).map(|_| storm(dice)).collect();
        let mut deeds = Vec::new();
        for _ in 0..dice.random_range(0..5) {
            deeds.push((moment(dice), deed(dice, clients * persons)));
        }
        deeds.sort_by_key(|(at, _)| *at);
        Self {
            storms,
            deeds,
            journal_full: if dice.random_bool(0.2) { stretch(dice) } else { 0..0 },
            state_full: if dice.random_bool(0.2) { stretch(dice) } else { 0..0 },
            death: if dice.random_bool(0.3) { 0.03 } else { 0.0 },
            compress: dice.random_bool(0.2),
            backlog: if dice.random_bool(0.2) { 2_000 } else { 1 << 30 },
            window: if dice.random_bool(0.3) { 16 << 10 } else { 48 << 20 },
            clients,
            persons,
            requests: dice.random_range(2..9),
            events: dice.random_range(1..6),
        }
    }

    /// Whether a clock was so wrong that events count as expired, or repeats as new.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Jump(by) if by.abs() >= DAY))
    }

    pub(crate) fn fault(&self, vendor: Vendor, at: u64, dice: &mut StdRng) -> Option<Fault> {
        let on = self.storms.iter().filter(|storm| storm.vendor == vendor && storm.during.contains(&at));
        on.filter(|storm| dice.random_bool(storm.share)).map(|storm| storm.fault).next()
    }
}

fn moment(dice: &mut StdRng) -> u64 {
    dice.random_range(500..CALM / 2)
}

fn stretch(dice: &mut StdRng) -> Range<u64> {
    let from = moment(dice);
    from..from + dice.random_range(100..20_000)
}

fn storm(dice: &mut StdRng) -> Storm {
    let vendor = if dice.random_bool(0.5) { Vendor::Segment } else { Vendor::Insights };
    let share = [0.1, 0.5, 1.0][dice.random_range(0..3)];
    Storm { vendor, fault: fault(dice), share, during: stretch(dice) }
}

fn fault(dice: &mut StdRng) -> Fault {
    let take = dice.random_bool(0.5);
    match dice.random_range(0..11) {
        0 => Fault::Status(429, take.then(|| dice.random_range(0..20))),
        1 => Fault::Status([500, 502, 408][dice.random_range(0..3)], None),
        2 => Fault::Status(503, take.then(|| dice.random_range(0..5))),
        3 => Fault::Status(if take { 401 } else { 403 }, None),
        4 => Fault::Reset(take),
        5 => Fault::Silence(take),
        6 => Fault::Half,
        7 => Fault::Drip(dice.random_range(500..30_000)),
        8 => Fault::Late(dice.random_range(500..30_000)),
        9 => {
            if take {
                Fault::NoName
            } else {
                Fault::NoConnection
            }
        }
        _ => Fault::SlowConnection(dice.random_range(100..20_000)),
    }
}

fn deed(dice: &mut StdRng, persons: usize) -> Deed {
    match dice.random_range(0..10) {
        0..4 => Deed::Crash(dice.random_range(0..3_000), false),
        4..6 => Deed::Crash(dice.random_range(0..3_000), true),
        6 => Deed::Jump(dice.random_range(-2 * HOUR..2 * HOUR)),
        7 => Deed::Jump(if dice.random_bool(0.5) { 5 * DAY } else { -5 * DAY }),
        8 => Deed::NewKey(dice.random_range(100..5_000)),
        _ => Deed::Forget(dice.random_range(0..persons)),
    }
}
