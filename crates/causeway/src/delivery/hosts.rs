//! Which of a vendor's hosts is asked.

use causeway_algolia::hosts::DOWN_FOR;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A vendor's hosts in the order to try them. After a failure the next one is asked; when the failure is a while ago, the
/// first again. Time is passed in.
#[derive(Debug)]
pub struct Hosts {
    origins: Vec<Arc<str>>,
    turn: Mutex<Turn>,
}

#[derive(Debug)]
struct Turn {
    place: usize,
    /// When the first host failed, while it is passed over.
    since: Option<Instant>,
}

impl Hosts {
    /// The first host and those that stand in for it, as origins without a slash at the end.
    pub fn new(first: &str, others: &[String]) -> Self {
        let origin = |text: &str| Arc::from(text.trim_end_matches('/'));
        let others = others.iter().map(|other| origin(other));
        let origins = std::iter::once(origin(first)).chain(others).collect();
        Self { origins, turn: Mutex::new(Turn { place: 0, since: None }) }
    }

    /// The host to ask now.
    pub fn current(&self, now: Instant) -> Arc<str> {
        let mut turn = self.turn();
        if turn.since.is_some_and(|since| now.saturating_duration_since(since) >= DOWN_FOR) {
            *turn = Turn { place: 0, since: None };
        }
        Arc::clone(&self.origins[turn.place])
    }

    /// This host failed. Others may have found out at the same time: only the first of them moves on.
    pub fn failed(&self, origin: &str, now: Instant) {
        let mut turn = self.turn();
        if *self.origins[turn.place] == *origin {
            turn.place = (turn.place + 1) % self.origins.len();
            turn.since.get_or_insert(now);
        }
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_fails_is_passed_over_for_a_while_however_many_find_out() {
        let (start, hosts) = (Instant::now(), Hosts::new("https://a/", &["https://b".to_owned()]));
        let ask = |now| hosts.current(now).to_string();
        assert_eq!(ask(start), "https://a");
        hosts.failed("https://a", start);
        hosts.failed("https://a", start);
        assert_eq!(ask(start), "https://b");
        assert_eq!(ask(start + DOWN_FOR), "https://a");
        hosts.failed("https://a", start + DOWN_FOR);
        hosts.failed("https://b", start + DOWN_FOR);
        assert_eq!(ask(start + DOWN_FOR), "https://a");
    }

    #[test]
    fn a_single_host_stays_the_one_that_is_asked() {
        let (start, hosts) = (Instant::now(), Hosts::new("https://a", &[]));
        hosts.failed("https://a", start);
        assert_eq!(&*hosts.current(start), "https://a");
    }
}
