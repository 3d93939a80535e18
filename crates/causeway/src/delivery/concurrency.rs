//! How many requests go to a vendor side by side.

/// While the vendor fails, this many requests find out when it is well again; the rest waits.
const PROBES: usize = 2;

/// A vendor that answers sooner than this on average gains nothing from more than [`QUICK`] requests side by side: they
/// would only queue there, and take memory here.
const QUICK_MS: f64 = 50.0;

/// Requests at once to a vendor that answers quickly.
const QUICK: usize = 8;

/// The weight of the newest answer in the average time to answer.
const NEWEST: f64 = 0.125;

/// What is known of the vendor's speed, and the operator's bound.
#[derive(Debug, Clone, Copy)]
pub struct Concurrency {
    bound: usize,
    latency_ms: f64,
}

impl Concurrency {
    /// A vendor that is taken to be quick, with a bound of at least 1.
    pub fn new(bound: usize) -> Self {
        Self { bound: bound.max(1), latency_ms: 0.0 }
    }

    /// The vendor took so long to answer.
    pub fn learn(&mut self, latency_ms: u64) {
        self.latency_ms += (latency_ms as f64 - self.latency_ms) * NEWEST;
    }

    /// How many requests may be under way now.
    pub fn allowed(&self, failing: bool) -> usize {
        let useful = match failing {
            true => PROBES,
            false if self.latency_ms < QUICK_MS => QUICK,
            false => usize::MAX,
        };
        self.bound.min(useful)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_vendor_gets_all_a_quick_one_a_few_and_a_failing_one_is_probed() {
        let mut concurrency = Concurrency::new(128);
        assert_eq!(concurrency.allowed(false), QUICK);
        (0..10).for_each(|_| concurrency.learn(200));
        assert_eq!((concurrency.allowed(false), concurrency.allowed(true)), (128, PROBES));
        (0..20).for_each(|_| concurrency.learn(5));
        assert_eq!(concurrency.allowed(false), QUICK);
        assert_eq!(Concurrency::new(0).allowed(true), 1);
    }
}
