//! Events seen lately, so that a repeated one goes on only once: Insights has no ids and no de-duplication of its own.
//!
//! What is remembered is 64 bits of the content hash: among a million remembered events a chance collision befalls one
//! new event in 18 million million.

use crate::recent::Recent;

/// What counts as a repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// An event with a time of its own repeats an equal one received at most this many milliseconds before.
    pub timed_ms: i64,
    /// The same for events without a time of their own. Kept short: two equal clicks may both be real.
    pub untimed_ms: i64,
    /// How many events are remembered at most. Two tables of half as many each; tables grow in powers of two, and one of
    /// 2^19 places takes 458,752.
    pub remember: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { timed_ms: 24 * 60 * 60 * 1000, untimed_ms: 1000, remember: 900_000 }
    }
}

/// The memory of events seen.
#[derive(Debug)]
pub struct Seen {
    window: Window,
    /// The keys are hashes in two halves, so that an entry takes twelve bytes and not sixteen.
    recent: Recent<[u32; 2], u32>,
}

impl Seen {
    /// An empty memory.
    pub fn new(window: Window) -> Self {
        Self { window, recent: Recent::new(window.remember) }
    }

    /// Notes the event; answers whether an equal one came within the window. A repetition does not prolong the window.
    pub fn repeats(&mut self, content: u64, timed: bool, received_at: i64) -> bool {
        let window = if timed { self.window.timed_ms } else { self.window.untimed_ms };
        let now = tick(received_at);
        let apart = self.recent.peek(&halves(content)).map(|&then| ticks_between(then, now) * TICK_MS);
        let repeats = apart.is_some_and(|apart| apart <= window);
        if !repeats {
            self.recent.insert(halves(content), now);
        }
        repeats
    }

    /// Puts back what was noted before a restart.
    pub fn restore(&mut self, content: u64, received_at: i64) {
        self.recent.insert(halves(content), tick(received_at));
    }
}

fn halves(content: u64) -> [u32; 2] {
    [(content >> 32) as u32, content as u32]
}

/// Times are kept in 32 bits of 100 ms each, counted from any common start: 13 years until they wrap.
const TICK_MS: i64 = 100;

fn tick(at: i64) -> u32 {
    at.div_euclid(TICK_MS) as u32
}

/// In either direction: what came first may be journaled second, and a clock may be set back.
fn ticks_between(one: u32, other: u32) -> i64 {
    i64::from(other.wrapping_sub(one).min(one.wrapping_sub(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000;

    #[test]
    fn an_equal_event_is_a_repetition_only_within_its_window() {
        let mut seen = Seen::new(Window { timed_ms: 10_000, untimed_ms: 1_000, remember: 10 });
        assert!(!seen.repeats(1, true, NOW));
        assert!(seen.repeats(1, true, NOW + 10_000));
        assert!(!seen.repeats(1, true, NOW + 20_001));
        assert!(!seen.repeats(2, false, NOW));
        assert!(!seen.repeats(2, false, NOW + 1_100));
    }

    #[test]
    fn what_was_received_a_little_earlier_and_journaled_later_is_a_repetition_too() {
        let mut seen = Seen::new(Window { timed_ms: 10_000, untimed_ms: 1_000, remember: 10 });
        assert!(!seen.repeats(1, true, NOW));
        assert!(seen.repeats(1, true, NOW - 200));
        assert!(!seen.repeats(2, false, NOW));
        assert!(!seen.repeats(2, false, NOW - 60_000));
    }
}
