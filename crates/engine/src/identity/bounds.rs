//! What is let go when too much was seen with one anonymous id.
//!
//! Neighbouring runs of one user, with nobody else seen in between, become one: first within a quarter of an hour, then
//! from the oldest on. That changes no instant's owner. What it costs: another user's sighting that falls in between and
//! arrives only after that counts up to the end of the joined run. Where nothing can be joined the oldest runs go.

use super::Origin;
use super::sightings::{Seen, Sightings};

/// How many runs and undos are kept for one anonymous id.
pub const MAX_SIGHTINGS: usize = 256;

/// How many are left, so that this work is rare.
const LEFT: usize = MAX_SIGHTINGS / 4 * 3;

const QUARTER_MS: i64 = 15 * 60 * 1_000;

impl Sightings {
    /// Keeps the bound.
    pub(super) fn bound(&mut self) {
        if self.size() <= MAX_SIGHTINGS {
            return;
        }
        self.join_quarters();
        while self.size() > LEFT && self.join_oldest() {}
        while self.size() > LEFT {
            self.drop_oldest();
        }
    }

    pub(super) fn size(&self) -> usize {
        self.0.iter().map(Seen::size).sum()
    }

    fn join_quarters(&mut self) {
        for user in 0..self.0.len() {
            for place in (1..self.0[user].runs.len()).rev() {
                if self.0[user].within_a_quarter(place) && self.joinable(user, place) {
                    self.0[user].join(place);
                }
            }
        }
    }

    fn join_oldest(&mut self) -> bool {
        let users = self.0.iter().enumerate();
        let mut pairs: Vec<(i64, usize, usize)> = users
            .flat_map(|(user, seen)| (1..seen.runs.len()).map(move |at| (seen.runs[at].first, user, at)))
            .collect();
        pairs.sort_unstable();
        let oldest = pairs.into_iter().find(|&(_, user, place)| self.joinable(user, place));
        oldest.inspect(|&(_, user, place)| self.0[user].join(place)).is_some()
    }

    /// Whether nobody else was seen, and nothing undone, between this run and the one before.
    fn joinable(&self, user: usize, place: usize) -> bool {
        let seen = &self.0[user];
        let gap = seen.runs[place - 1].last..=seen.runs[place].first;
        let others = self.0.iter().enumerate().filter(|(other, _)| *other != user);
        let mut runs = others.flat_map(|(_, other)| &other.runs);
        let apart = runs.any(|run| gap.contains(&run.first) || gap.contains(&run.last));
        !apart && !seen.undone.0.iter().any(|undo| gap.contains(&undo.time))
    }

    fn drop_oldest(&mut self) {
        let oldest = self.0.iter().enumerate().min_by_key(|(_, seen)| seen.oldest()).map(|(place, _)| place);
        let Some(place) = oldest else { return };
        self.0[place].drop_oldest();
        if self.0[place].size() == 0 {
            self.0.remove(place);
        }
    }
}

impl Seen {
    fn size(&self) -> usize {
        self.runs.len() + self.undone.0.len()
    }

    fn within_a_quarter(&self, place: usize) -> bool {
        let quarter = |time: i64| time.div_euclid(QUARTER_MS);
        quarter(self.runs[place - 1].last) == quarter(self.runs[place].first)
    }

    fn join(&mut self, place: usize) {
        let later = self.runs.remove(place);
        self.runs[place - 1].join(later);
    }

    /// When the run or undo happened that goes first.
    fn oldest(&self) -> i64 {
        let run = self.runs.first().map(|run| run.last);
        run.or(self.undone.at(Origin::LATEST)).unwrap_or(i64::MIN)
    }

    fn drop_oldest(&mut self) {
        if self.runs.is_empty() {
            self.undone.0.clear();
        } else {
            self.runs.remove(0);
        }
    }
}
