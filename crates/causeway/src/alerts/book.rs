//! What is wrong and has been told: decides what is told when.
//!
//! A finding that holds for a while becomes an open alert and is told. It is told again when it is worse in kind, has grown
//! manyfold, or is still there after the time for a reminder. When nothing was found for a while it has recovered, and that is
//! told. So what comes and goes within moments tells nobody anything.

use super::notice::{Finding, Kind, Notice, Severity};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// So many alerts that are over are remembered.
const RECENT: usize = 100;

/// When things are told, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// A finding must hold for so long.
    pub hold_ms: i64,
    /// Nothing must have been found for so long.
    pub recover_ms: i64,
    /// What is still wrong is told again after so long.
    pub remind_ms: i64,
    /// What has grown by this factor is told again.
    pub grown: f64,
}

/// What was told last.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub at: i64,
    /// How bad it was.
    pub severity: Severity,
    /// How much of it there was.
    pub measure: f64,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// What was found last, with the worst severity so far.
    pub finding: Finding,
    /// When it was found first.
    pub since: i64,
    /// What was told last; nothing before it has held for long enough.
    pub told: Option<Told>,
    /// Since when nothing is found any more.
    pub fine_since: Option<i64>,
    /// Who sees to it. There are no reminders then.
    pub acknowledged: Option<String>,
}

/// Something that was wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// What was found last.
    pub finding: Finding,
    /// When it was found first.
    pub since: i64,
    /// When it was told to be over.
    pub until: i64,
}

/// Everything that is wrong, and what was lately.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Book {
    /// By key.
    pub open: BTreeMap<String, Alert>,
    /// The latest last.
    pub recent: VecDeque<Past>,
}

impl Book {
    /// Takes in everything that is wrong now; answers what is to be told.
    pub fn step(&mut self, findings: Vec<Finding>, now: i64, timing: &Timing) -> Vec<Notice> {
        let missing = |key: &&String| !findings.iter().any(|finding| finding.key == **key);
        let missing: Vec<String> = self.open.keys().filter(missing).cloned().collect();
        let mut notices: Vec<Notice> =
            findings.into_iter().filter_map(|finding| self.found(finding, now, timing)).collect();
        notices.extend(missing.iter().filter_map(|key| self.not_found(key, now, timing)));
        notices
    }

    fn found(&mut self, finding: Finding, now: i64, timing: &Timing) -> Option<Notice> {
        let fresh = || Alert {
            finding: finding.clone(),
            since: now,
            told: None,
            fine_since: None,
            acknowledged: None,
        };
        let alert = self.open.entry(finding.key.clone()).or_insert_with(fresh);
        // It only gets worse until it is over: who was told of the worst is also told of the end.
        let severity = finding.severity.max(alert.finding.severity);
        alert.finding = Finding { severity, ..finding };
        alert.fine_since = None;
        let kind = alert.due(now, timing)?;
        alert.told = Some(Told { at: now, severity, measure: alert.finding.measure });
        Some(alert.notice(kind, now))
    }

    fn not_found(&mut self, key: &str, now: i64, timing: &Timing) -> Option<Notice> {
        let alert = self.open.get_mut(key)?;
        let fine_since = *alert.fine_since.get_or_insert(now);
        if alert.told.is_some() && now - fine_since < timing.recover_ms {
            return None;
        }
        let alert = self.open.remove(key)?;
        alert.told?;
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        let past = Past { finding: alert.finding.clone(), since: alert.since, until: now };
        self.recent.push_back(past);
        Some(alert.notice(Kind::Recovered, now))
    }

    /// Somebody sees to it; answers nothing if it was not told, or is over.
    pub fn acknowledge(&mut self, key: &str, by: &str, now: i64) -> Option<Notice> {
        let alert = self.open.get_mut(key).filter(|alert| alert.told.is_some())?;
        alert.acknowledged = Some(by.to_owned());
        let mut notice = alert.notice(Kind::Acknowledged, now);
        notice.finding.text = format!("{by} sees to it.");
        Some(notice)
    }
}

impl Alert {
    /// Whether it is to be told, and as what.
    fn due(&mut self, now: i64, timing: &Timing) -> Option<Kind> {
        let Some(told) = self.told else {
            return (now - self.since >= timing.hold_ms).then_some(Kind::Firing);
        };
        let grown = told.measure > 0.0 && self.finding.measure >= told.measure * timing.grown;
        if self.finding.severity > told.severity || grown {
            self.acknowledged = None;
            return Some(Kind::Firing);
        }
        let due = self.acknowledged.is_none() && now - told.at >= timing.remind_ms;
        due.then_some(Kind::Reminder)
    }

    fn notice(&self, kind: Kind, now: i64) -> Notice {
        Notice { kind, finding: self.finding.clone(), since: self.since, at: now, held: false }
    }
}

#[cfg(test)]
mod tests {
    use super::super::notice::examples::finding;
    use super::*;
    use Severity::{Critical, Warning};

    const TIMING: Timing = Timing { hold_ms: 30, recover_ms: 100, remind_ms: 1_000, grown: 10.0 };

    /// Steps through `(instant, found severity and measure)`; answers what was told when.
    fn told(book: &mut Book, steps: &[(i64, Option<(Severity, f64)>)]) -> Vec<(i64, Kind, Severity)> {
        let mut told = Vec::new();
        for (now, found) in steps {
            let found = found.map(|(severity, measure)| finding("disk", severity, measure));
            let notices = book.step(found.into_iter().collect(), *now, &TIMING);
            told.extend(notices.iter().map(|notice| (*now, notice.kind, notice.finding.severity)));
        }
        told
    }

    #[test]
    fn what_holds_is_told_once_and_its_end_when_it_was_fine_for_a_while() {
        let wrong = Some((Warning, 1.0));
        let steps = [(0, wrong), (29, wrong), (30, wrong), (60, wrong), (70, None), (80, wrong), (90, None)];
        let mut book = Book::default();
        assert_eq!(told(&mut book, &steps), [(30, Kind::Firing, Warning)]);
        assert_eq!(told(&mut book, &[(189, None)]), []);
        assert_eq!(told(&mut book, &[(190, None), (900, None)]), [(190, Kind::Recovered, Warning)]);
        assert_eq!((book.open.len(), book.recent.len()), (0, 1));
        assert_eq!((book.recent[0].since, book.recent[0].until), (0, 190));
    }

    #[test]
    fn what_comes_and_goes_is_not_told() {
        let wrong = Some((Warning, 1.0));
        let steps = [(0, wrong), (20, None), (21, wrong), (45, None), (46, wrong), (75, wrong)];
        assert_eq!(told(&mut Book::default(), &steps), []);
    }

    #[test]
    fn what_is_told_is_told_again_when_it_is_worse_has_grown_manyfold_or_after_a_time() {
        let found = |severity, measure| Some((severity, measure));
        let steps = [
            (0, found(Warning, 2.0)),
            (30, found(Warning, 3.0)),
            (40, found(Warning, 29.0)),
            (50, found(Warning, 30.0)),
            (60, found(Critical, 30.0)),
            (70, found(Warning, 30.0)),
            (1_059, found(Warning, 30.0)),
            (1_060, found(Warning, 30.0)),
            (1_100, None),
            (1_200, None),
        ];
        let expected = [
            (30, Kind::Firing, Warning),
            (50, Kind::Firing, Warning),
            (60, Kind::Firing, Critical),
            (1_060, Kind::Reminder, Critical),
            (1_200, Kind::Recovered, Critical),
        ];
        assert_eq!(told(&mut Book::default(), &steps), expected);
    }

    #[test]
    fn what_somebody_sees_to_is_not_reminded_of_until_it_gets_worse() {
        let mut book = Book::default();
        assert_eq!(book.acknowledge("disk", "me", 0), None);
        told(&mut book, &[(0, Some((Warning, 1.0)))]);
        assert_eq!(book.acknowledge("disk", "me", 1), None, "nobody was told of it yet");
        told(&mut book, &[(30, Some((Warning, 1.0)))]);
        assert_eq!(book.acknowledge("disk", "me", 31).map(|notice| notice.kind), Some(Kind::Acknowledged));
        assert_eq!(told(&mut book, &[(5_000, Some((Warning, 1.0)))]), []);
        assert_eq!(told(&mut book, &[(5_010, Some((Critical, 1.0)))]), [(5_010, Kind::Firing, Critical)]);
        assert_eq!(told(&mut book, &[(6_010, Some((Critical, 1.0)))]), [(6_010, Kind::Reminder, Critical)]);
    }

    #[test]
    fn a_book_that_was_closed_and_opened_again_goes_on_where_it_was() {
        let mut book = Book::default();
        told(&mut book, &[(0, Some((Warning, 1.0))), (30, Some((Warning, 1.0)))]);
        let mut book: Book = serde_json::from_slice(&serde_json::to_vec(&book).unwrap()).unwrap();
        assert_eq!(told(&mut book, &[(40, Some((Warning, 1.0))), (50, None)]), []);
        let mut book: Book = serde_json::from_slice(&serde_json::to_vec(&book).unwrap()).unwrap();
        assert_eq!(told(&mut book, &[(150, None)]), [(150, Kind::Recovered, Warning)]);
    }
}
