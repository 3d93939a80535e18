//! How many requests a second a destination gets: a rate that halves when the vendor says 429, and grows back.

use std::time::{Duration, Instant};

/// The rate never falls below this many requests a second, so that a lane always finds out when things are well again.
const SLOWEST: f64 = 0.5;

/// Each success wins back this share of the full rate.
const REGAIN: f64 = 0.02;

/// A refusal within this time of the last one is of the same storm and does not halve the rate again.
const STORM: Duration = Duration::from_secs(1);

/// Requests that may go at once after a pause, in seconds of the rate.
const BURST_SECONDS: f64 = 0.1;

/// What counts as leave for a whole request: shares of it add up to a little less, and to wait for the rest would be to wait for
/// less than a nanosecond, again and again.
const WHOLE: f64 = 1.0 - 1e-6;

/// The rate of one destination. Time is passed in.
#[derive(Debug, Clone)]
pub struct Pace {
    full: f64,
    rate: f64,
    tokens: f64,
    counted: Instant,
    blocked_until: Instant,
    last_refusal: Option<Instant>,
}

impl Pace {
    /// Full speed: so many requests a second.
    pub fn new(requests_per_second: u32, now: Instant) -> Self {
        let full = f64::from(requests_per_second.max(1));
        Self { full, rate: full, tokens: 1.0, counted: now, blocked_until: now, last_refusal: None }
    }

    /// Takes leave to send one request now, or answers how long to wait before asking again.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if now < self.blocked_until {
            return Err(self.blocked_until - now);
        }
        let passed = now.saturating_duration_since(self.counted).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min((self.rate * BURST_SECONDS).max(1.0));
        self.counted = now;
        if self.tokens < WHOLE {
            return Err(Duration::from_secs_f64((1.0 - self.tokens) / self.rate));
        }
        self.tokens = (self.tokens - 1.0).max(0.0);
        Ok(())
    }

    /// The vendor took a request.
    pub fn succeeded(&mut self) {
        self.rate = (self.rate + self.full * REGAIN).min(self.full);
    }

    /// The vendor said that it is too much, and perhaps for how long.
    pub fn refused(&mut self, now: Instant, retry_after: Option<Duration>) {
        if self.last_refusal.is_none_or(|last| now - last > STORM) {
            self.rate = (self.rate / 2.0).max(SLOWEST);
            self.last_refusal = Some(now);
        }
        self.tokens = 0.0;
        self.blocked_until = self.blocked_until.max(now + retry_after.unwrap_or_default());
    }

    /// Requests a second now.
    pub fn rate(&self) -> f64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_waited_as_long_as_told_may_go_or_is_told_to_wait_again() {
        let mut now = Instant::now();
        for rate in 1..2_000 {
            let mut pace = Pace::new(rate, now);
            for step in 0..50 {
                pace.rate = f64::from(rate) * (1.0 - f64::from(step) * 0.0137);
                while let Err(wait) = pace.take(now) {
                    assert!(!wait.is_zero(), "{pace:?} has nobody wait and lets nobody go");
                    now += wait;
                }
            }
        }
    }

    #[test]
    fn no_more_requests_go_than_the_rate_allows() {
        let start = Instant::now();
        let mut pace = Pace::new(100, start);
        let sent =
            (0..10_000).filter(|tick| pace.take(start + Duration::from_micros(tick * 200)).is_ok()).count();
        assert!((195..=212).contains(&sent), "{sent} in two seconds");
    }

    #[test]
    fn a_429_holds_everything_for_as_long_as_the_vendor_asked_and_halves_the_rate_once_a_storm() {
        let start = Instant::now();
        let mut pace = Pace::new(100, start);
        pace.refused(start, Some(Duration::from_secs(2)));
        pace.refused(start, None);
        assert_eq!(pace.take(start + Duration::from_secs(1)), Err(Duration::from_secs(1)));
        assert!(pace.take(start + Duration::from_secs(2)).is_ok());
        assert!((pace.rate() - 50.0).abs() < f64::EPSILON);
        (0..25).for_each(|_| pace.succeeded());
        assert!((pace.rate() - 100.0).abs() < f64::EPSILON);
    }
}
