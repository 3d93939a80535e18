//! How long to wait before the next attempt.

use std::time::Duration;

/// The bounds of the waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The bound of the first wait.
    pub first: Duration,
    /// The bound that later waits double up to.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after so many failed attempts (1 for the first): a random share of a bound that doubles each time
    /// ("full jitter", so that many waiting batches don't come back at once). `random` is in `0..=1`.
    pub fn wait(&self, failures: u32, random: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(30);
        let bound = self.first.saturating_mul(1 << doublings).min(self.longest);
        bound.mul_f64(random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread_by_chance() {
        let backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(60) };
        let bounds: Vec<u128> = [1, 2, 3, 7, 8, 9, u32::MAX].map(|n| backoff.wait(n, 1.0).as_millis()).into();
        assert_eq!(bounds, [500, 1_000, 2_000, 32_000, 60_000, 60_000, 60_000]);
        assert_eq!(backoff.wait(3, 0.25), Duration::from_millis(500));
        assert_eq!(backoff.wait(3, 0.0), Duration::ZERO);
    }
}
