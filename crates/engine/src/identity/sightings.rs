//! Which users were seen with an anonymous id, and when.
//!
//! For each user there is a run for each second in which the two were seen together: the first and the last instant.
//! The id belongs, at any instant, to the user of the latest such point at or before it; of two users seen in the same
//! millisecond to the one whose id sorts later. Since a run is a minimum and a maximum, the order of arrival leaves no trace.

use super::latest::Latest;
use super::{Evidence, Origin, Reasons};

/// What was seen with one anonymous id, sorted by user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sightings(pub(super) Vec<Seen>);

/// One user's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) user: Box<str>,
    pub(super) undone: Latest,
    /// Oldest first; they don't overlap.
    pub(super) runs: Vec<Run>,
}

/// Seen together at both instants, and by nobody's word apart in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: i64,
    pub(super) last: i64,
    /// The earliest place in the journal that told of it.
    pub(super) origin: Origin,
    pub(super) reasons: Reasons,
}

impl Sightings {
    /// Whether noting this would change nothing.
    pub(super) fn holds(&self, user: &str, evidence: Evidence) -> bool {
        self.of(user).is_some_and(|seen| seen.holds(evidence))
    }

    /// Notes that the id was seen with this user.
    pub(super) fn note(&mut self, user: &str, evidence: Evidence) {
        self.of_mut(user).note(evidence);
        self.bound();
    }

    /// Hides what was seen of this user up to this instant, to the end of its second. Answers whether that is news.
    pub(super) fn undo(&mut self, user: &str, time: i64, origin: Origin) -> bool {
        let news = self.of_mut(user).undone.add(end_of_second(time), origin);
        self.bound();
        news
    }

    /// Whether anything that was seen of this user counts.
    pub(super) fn counts(&self, user: &str) -> bool {
        self.of(user).is_some_and(|seen| seen.point(i64::MAX, Origin::LATEST).is_some())
    }

    /// The latest point at or before this instant and its user, as far as was known at this place of the journal.
    pub(super) fn point(&self, time: i64, known: Origin) -> Option<(i64, &str)> {
        self.0.iter().filter_map(|seen| Some((seen.point(time, known)?, &*seen.user))).max()
    }

    /// The first point of all and its user.
    pub(super) fn first_point(&self) -> Option<(i64, &str)> {
        self.0.iter().filter_map(|seen| Some((seen.first_point()?, &*seen.user))).min()
    }

    pub(super) fn of(&self, user: &str) -> Option<&Seen> {
        self.find(user).ok().map(|place| &self.0[place])
    }

    fn of_mut(&mut self, user: &str) -> &mut Seen {
        let place = self.find(user).unwrap_or_else(|place| {
            self.0.insert(place, Seen { user: user.into(), ..Seen::default() });
            place
        });
        &mut self.0[place]
    }

    fn find(&self, user: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|seen| (*seen.user).cmp(user))
    }
}

impl Seen {
    fn holds(&self, evidence: Evidence) -> bool {
        self.run_for(evidence.time).is_some_and(|place| self.runs[place].holds(evidence))
    }

    fn note(&mut self, evidence: Evidence) {
        let run = Run::of(evidence);
        if let Some(place) = self.run_for(evidence.time) {
            self.runs[place].join(run);
        } else {
            let place = self.runs.partition_point(|run| run.first <= evidence.time);
            self.runs.insert(place, run);
        }
    }

    /// The run that the instant belongs to.
    fn run_for(&self, time: i64) -> Option<usize> {
        let after = self.runs.partition_point(|run| run.first <= time);
        let neighbours = after.saturating_sub(1)..(after + 1).min(self.runs.len());
        neighbours.into_iter().find(|place| self.runs[*place].takes(time))
    }

    fn point(&self, time: i64, known: Origin) -> Option<i64> {
        let before = &self.runs[..self.runs.partition_point(|run| run.first <= time)];
        let run = before.iter().rev().find(|run| run.origin <= known)?;
        let point = if run.last <= time { run.last } else { run.first };
        Some(point).filter(|point| Some(*point) > self.undone.at(known))
    }

    fn first_point(&self) -> Option<i64> {
        let undone = self.undone.at(Origin::LATEST);
        self.runs.iter().flat_map(|run| [run.first, run.last]).find(|point| Some(*point) > undone)
    }
}

impl Run {
    fn of(evidence: Evidence) -> Self {
        let Evidence { time, origin, reason } = evidence;
        Self { first: time, last: time, origin, reasons: reason.into() }
    }

    fn holds(&self, evidence: Evidence) -> bool {
        let inside = (self.first..=self.last).contains(&evidence.time);
        inside && self.origin <= evidence.origin && self.reasons.contains(evidence.reason)
    }

    fn takes(&self, time: i64) -> bool {
        let ends = [self.first, self.last];
        (self.first..=self.last).contains(&time) || ends.iter().any(|end| second(*end) == second(time))
    }

    pub(super) fn join(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.origin = self.origin.min(other.origin);
        self.reasons.join(other.reasons);
    }
}

fn second(time: i64) -> i64 {
    time.div_euclid(1_000)
}

fn end_of_second(time: i64) -> i64 {
    second(time).saturating_mul(1_000).saturating_add(999)
}
