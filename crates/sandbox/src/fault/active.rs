//! The faults in force, and the draw that decides whom they strike.

use super::{Effect, Fault, Target};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;
use tokio::time::Instant;

/// How many faults may be in force at once; further ones replace the oldest.
const MOST_FAULTS: usize = 100;

/// What a request meets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Strike {
    /// Waiting first, summed over the faults that struck.
    pub(crate) latency: Duration,
    /// Then this, from the oldest fault that struck with an effect.
    pub(crate) effect: Option<Effect>,
}

/// The faults in force.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    random: StdRng,
    active: Vec<(Fault, Option<Instant>)>,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, random: StdRng::seed_from_u64(seed), active: Vec::new() }
    }

    /// Puts a fault in force from `now` on.
    pub(crate) fn add(&mut self, fault: Fault, now: Instant) {
        self.expire(now);
        if self.active.len() >= MOST_FAULTS {
            self.active.remove(0);
        }
        let until = fault.lasts.and_then(|lasts| now.checked_add(lasts));
        self.active.push((fault, until));
    }

    /// Ends every fault and starts the randomness anew, so that a test after another sees the same draws.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.seed);
    }

    /// The faults in force at `now`, oldest first.
    pub(crate) fn list(&mut self, now: Instant) -> Vec<Fault> {
        self.expire(now);
        self.active.iter().map(|(fault, _)| fault.clone()).collect()
    }

    /// Draws what one request to `target` meets. One draw per fault on that target, in order of their age.
    pub(crate) fn strike(&mut self, target: Target, now: Instant) -> Strike {
        self.expire(now);
        let mut strike = Strike::default();
        for (fault, _) in self.active.iter().filter(|(fault, _)| fault.target == target) {
            if self.random.random_bool(fault.share) {
                strike.latency = strike.latency.saturating_add(fault.latency);
                strike.effect = strike.effect.or(fault.effect);
            }
        }
        strike
    }

    fn expire(&mut self, now: Instant) {
        self.active.retain(|(_, until)| until.is_none_or(|until| now < until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(seed: u64) -> Vec<bool> {
        let mut faults = Faults::new(seed);
        let now = Instant::now();
        faults.add(Fault::status(Target::Segment, 503).share(0.3), now);
        (0..1000).map(|_| faults.strike(Target::Segment, now).effect.is_some()).collect()
    }

    #[test]
    fn a_share_is_about_that_share_and_the_same_for_the_same_seed() {
        let struck = draws(7).iter().filter(|&&struck| struck).count();
        assert!((250..350).contains(&struck), "{struck}");
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
    }

    #[test]
    fn a_fault_strikes_its_target_alone_and_ends_by_itself() {
        let (mut faults, now) = (Faults::new(0), Instant::now());
        faults.add(Fault::new(Target::Insights, Effect::Reset).lasting(Duration::from_secs(10)), now);
        assert_eq!(faults.strike(Target::Segment, now), Strike::default());
        assert_eq!(faults.strike(Target::Insights, now).effect, Some(Effect::Reset));
        assert_eq!(faults.strike(Target::Insights, now + Duration::from_secs(10)), Strike::default());
    }

    #[test]
    fn a_share_that_is_no_number_strikes_nobody() {
        let (mut faults, now) = (Faults::new(0), Instant::now());
        faults.add(Fault::new(Target::Segment, Effect::Reset).share(f64::NAN).lasting(Duration::MAX), now);
        assert_eq!(faults.strike(Target::Segment, now), Strike::default());
    }

    #[test]
    fn latencies_add_up_and_the_oldest_effect_wins() {
        let (mut faults, now) = (Faults::new(0), Instant::now());
        faults.add(Fault::slow(Target::Search, Duration::from_millis(5)), now);
        faults.add(Fault::status(Target::Search, 500).latency(Duration::from_millis(7)), now);
        faults.add(Fault::new(Target::Search, Effect::Drop), now);
        let strike = faults.strike(Target::Search, now);
        assert_eq!(strike.latency, Duration::from_millis(12));
        assert_eq!(strike.effect, Some(Effect::Status { status: 500, retry_after: None }));
    }
}
