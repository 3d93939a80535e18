//! When a host is passed over.

use std::time::{Duration, Instant};

/// When a host is given up, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// After so many failures in a row, at least 1.
    pub failures: u32,
    /// For so long. After that one request finds out whether the host is back.
    pub rest: Duration,
}

/// What is known of one host. Time is passed in.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// While the host is passed over: when somebody may ask it again.
    again: Option<Instant>,
}

impl Breaker {
    /// Whether to ask the host now. For a host that is passed over, yes means: as its probe. Nobody else is told so until
    /// another rest is over, unless the probe succeeds.
    pub(super) fn allows(&mut self, now: Instant, patience: Patience) -> bool {
        match self.again {
            None => true,
            Some(again) if now < again => false,
            Some(_) => {
                self.again = Some(now + patience.rest);
                true
            }
        }
    }

    /// The host answered.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The host did not answer, or with a fault of its own.
    pub(super) fn failed(&mut self, now: Instant, patience: Patience) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= patience.failures {
            self.again = Some(now + patience.rest);
        }
    }

    /// Whether the host is passed over.
    pub(super) fn is_open(&self) -> bool {
        self.again.is_some()
    }
}

/// The hosts to ask, by their places, in order: those that are not passed over, then those that are. The latter are for when no
/// other is left: a host that failed a while ago may answer by now, and an answer that is late is better than none.
pub(super) fn order(breakers: &mut [Breaker], now: Instant, patience: Patience) -> Vec<usize> {
    let all = 0..breakers.len();
    let (mut order, passed_over): (Vec<usize>, Vec<usize>) =
        all.partition(|place| breakers[*place].allows(now, patience));
    order.extend(passed_over);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { failures: 3, rest: Duration::from_secs(30) };

    fn failing(breaker: &mut Breaker, times: u32, now: Instant) {
        (0..times).for_each(|_| breaker.failed(now, PATIENCE));
    }

    #[test]
    fn some_failures_in_a_row_and_the_host_is_passed_over_for_a_while() {
        let (now, mut breaker) = (Instant::now(), Breaker::default());
        failing(&mut breaker, 2, now);
        breaker.succeeded();
        failing(&mut breaker, 2, now);
        assert!(breaker.allows(now, PATIENCE));
        failing(&mut breaker, 1, now);
        assert!(!breaker.allows(now + PATIENCE.rest.saturating_sub(Duration::from_millis(1)), PATIENCE));
    }

    #[test]
    fn after_the_rest_one_request_alone_finds_out() {
        let (now, mut breaker) = (Instant::now(), Breaker::default());
        failing(&mut breaker, 3, now);
        let later = now + PATIENCE.rest;
        assert!(breaker.allows(later, PATIENCE));
        assert!(!breaker.allows(later, PATIENCE), "the probe is under way");
        breaker.failed(later, PATIENCE);
        assert!(!breaker.allows(later + PATIENCE.rest / 2, PATIENCE));
        assert!(breaker.allows(later + PATIENCE.rest, PATIENCE));
        breaker.succeeded();
        assert!(breaker.allows(later, PATIENCE) && breaker.allows(later, PATIENCE));
    }

    #[test]
    fn hosts_that_are_passed_over_are_asked_last() {
        let now = Instant::now();
        let mut breakers = vec![Breaker::default(); 3];
        failing(&mut breakers[0], 3, now);
        assert_eq!(order(&mut breakers, now, PATIENCE), [1, 2, 0]);
        failing(&mut breakers[1], 3, now);
        failing(&mut breakers[2], 3, now);
        assert_eq!(order(&mut breakers, now, PATIENCE), [0, 1, 2]);
    }
}
