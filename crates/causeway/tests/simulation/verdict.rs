//! What must hold at the end of a run.
//!
//! - Every accepted event was taken by each of its vendors, or is a dead letter there that says why.
//! - A message that was taken twice had the same messageId; none was sent twice by a process that had its answer.
//! - Each vendor took every person's events in the order in which they were accepted.
//! - The ledger balances, and nothing is pending.
//!
//! That forgotten persons are not sent, and that Segment throws nothing away, is looked at when it happens.

use crate::plan::Vendor;
use crate::sim::{Fate, Kind, Seen, Sent, Sim, Taken, parts};
use causeway::inspect::Ledger;
use causeway_store::State;
use causeway_store::state::{DeadLetter, DeadLetterQuery};
use std::collections::{HashMap, HashSet};

/// Judges the run by what was seen and what the state holds.
pub(crate) fn judge(sim: &Sim, state: &dyn State) {
    let ledger = Ledger::read(state, None).unwrap();
    if !ledger.balances() || ledger.pending() != 0 {
        sim.complain(format!("the ledger at the end:\n{}", ledger.table()));
    }
    let letters = state.dead_letters(&DeadLetterQuery::default()).unwrap();
    let seen = std::mem::take(&mut *sim.seen());
    let mut complaints = Vec::new();
    for vendor in [Vendor::Segment, Vendor::Insights] {
        let taken = if vendor == Vendor::Segment { &seen.segment } else { &seen.insights };
        let judgement = Judgement { sim, seen: &seen, vendor, taken, letters: &letters };
        judgement.fates(&mut complaints);
        judgement.repeats(&mut complaints);
        judgement.order(&mut complaints);
    }
    complaints.extend(seen.complaints);
    sim.seen().complaints = complaints;
}

struct Judgement<'r> {
    sim: &'r Sim,
    seen: &'r Seen,
    vendor: Vendor,
    taken: &'r [Taken],
    letters: &'r [DeadLetter],
}

/// What must become of a thing at a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// It arrives.
    Arrival,
    /// It dies for this cause.
    Death(&'static str),
    /// Either.
    Any,
    /// It is not for this vendor.
    Nothing,
}

impl Judgement<'_> {
    fn due(&self, sent: &Sent) -> Due {
        match (sent.kind, self.vendor) {
            (Kind::PoisonForSegment, Vendor::Segment) if part(&sent.object) < 100 => Due::Arrival,
            (Kind::Event, _)
            | (Kind::Webhook | Kind::PoisonForSegment, Vendor::Insights)
            | (Kind::Call | Kind::PoisonForAlgolia, Vendor::Segment) => Due::Arrival,
            (Kind::PoisonForSegment | Kind::PoisonForAlgolia, _) => Due::Death("refused"),
            (Kind::LargeCall, Vendor::Segment) => Due::Any,
            (Kind::Invalid | Kind::Call | Kind::LargeCall | Kind::Webhook, _) => Due::Nothing,
        }
    }

    fn fates(&self, complaints: &mut Vec<String>) {
        let mut arrived: HashMap<&str, usize> = HashMap::new();
        self.taken.iter().for_each(|taken| *arrived.entry(&taken.object).or_default() += 1);
        for sent in &self.seen.sent {
            let arrived = arrived.remove(sent.object.as_str()).is_some();
            let cause = self.letter(&sent.object).map(|letter| letter.cause.as_str());
            let fine = match (sent.fate, self.due(sent)) {
                // What nobody kept may still have arrived by an earlier attempt that had no answer.
                (Fate::Refused, _) => {
                    self.sim.plan.is_out_of_time() || matches!(sent.kind, Kind::LargeCall | Kind::Invalid)
                }
                (_, Due::Arrival) => arrived && cause.is_none(),
                (_, Due::Death(due)) => !arrived && cause == Some(due),
                (_, Due::Any) => arrived || cause.is_some(),
                (_, Due::Nothing) => !arrived,
            };
            if !fine && !self.is_excused(sent, cause) {
                complaints.push(format!(
                    "{:?}: {sent:?} {:?}, arrived: {arrived}, {cause:?}",
                    self.vendor,
                    self.due(sent)
                ));
            }
        }
        if let Some(stranger) = arrived.keys().next() {
            complaints.push(format!("{:?} got {stranger}, which nobody sent", self.vendor));
        }
    }

    /// What was sent before somebody was forgotten may arrive or not; with a clock that is days off, events expire, even
    /// some that had arrived without an answer.
    fn is_excused(&self, sent: &Sent, cause: Option<&str>) -> bool {
        let expired = matches!(cause, Some("expired" | "gave-up" | "invalid"));
        self.may_be_forgotten(&sent.object) || (expired && self.sim.plan.is_out_of_time())
    }

    /// Whether it may have been given up; a power cut may have undone that.
    fn is_given_up(&self, object: &str) -> bool {
        self.sim.plan.is_out_of_time() || self.letter(object).is_some() || self.may_be_forgotten(object)
    }

    fn may_be_forgotten(&self, object: &str) -> bool {
        let is_before = |(person, number, _)| {
            self.seen.forgetting.get(&person).is_some_and(|forgetting| number < forgetting.after)
        };
        parts(object).is_some_and(is_before)
    }

    fn letter(&self, object: &str) -> Option<&DeadLetter> {
        let name = if self.vendor == Vendor::Segment { "segment" } else { "insights" };
        let quoted = format!("\"{object}\"");
        let mentions = |letter: &&DeadLetter| {
            letter.destination == name && String::from_utf8_lossy(&letter.payload).contains(&quoted)
        };
        self.letters.iter().find(mentions)
    }

    fn repeats(&self, complaints: &mut Vec<String>) {
        let mut first: HashMap<&str, &Taken> = HashMap::new();
        for taken in self.taken {
            let Some(before) = first.insert(&taken.object, taken) else { continue };
            if before.message_id != taken.message_id {
                complaints.push(format!("{before:?} and {taken:?} have two ids"));
            }
            // A vendor may also take late what was begun before.
            let again = before.begun.number < taken.begun.number;
            let needless = again && before.told && before.begun.generation == taken.begun.generation;
            if needless && !self.sim.plan.is_out_of_time() {
                complaints.push(format!(
                    "{:?}: {before:?} had an answer and was sent again as {taken:?}",
                    self.vendor
                ));
            }
        }
    }

    fn order(&self, complaints: &mut Vec<String>) {
        let mut seen = HashSet::new();
        let mut last: HashMap<usize, (u32, u32)> = HashMap::new();
        for taken in self.taken.iter().filter(|taken| seen.insert(&taken.object)) {
            let Some((person, number, part)) = parts(&taken.object) else { continue };
            // What had been given up, or was a forgotten person's, may be taken late.
            if self.is_given_up(&taken.object) {
                continue;
            }
            let before = last.insert(person, (number, part));
            if before.is_some_and(|before| before > (number, part)) {
                complaints.push(format!("{:?} got {} after {before:?}", self.vendor, taken.object));
            }
        }
    }
}

fn part(object: &str) -> u32 {
    parts(object).map_or(0, |(_, _, part)| part)
}
