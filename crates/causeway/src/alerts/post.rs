//! What each receiver has not taken yet, and what is held back while it is quiet.

use super::notice::{Notice, Severity};
use super::quiet::QuietHours;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many alerts may wait for a receiver, or for the end of quiet hours; the oldest go first. Of each only the latest waits.
const WAITING: usize = 200;

/// Who gets what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The receiver's name.
    pub receiver: String,
    /// It gets nothing that is less severe.
    pub at_least: Severity,
}

/// Notices that wait: one for each alert, what holds by now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pile(BTreeMap<String, Notice>);

/// What waits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Post {
    held: Pile,
    due: BTreeMap<String, Pile>,
}

impl Pile {
    fn add(&mut self, notice: Notice) {
        let key = notice.finding.key.clone();
        let notice = match self.0.get(&key) {
            Some(before) => notice.after(before),
            None => notice,
        };
        self.0.insert(key, notice);
        if self.0.len() > WAITING {
            let oldest = self.0.iter().min_by_key(|(_, notice)| notice.at).map(|(key, _)| key.clone());
            oldest.and_then(|key| self.0.remove(&key));
        }
    }

    /// The worst first, then by key.
    fn notices(&self) -> Vec<Notice> {
        let mut notices: Vec<Notice> = self.0.values().cloned().collect();
        notices.sort_by_key(|notice| std::cmp::Reverse(notice.finding.severity));
        notices
    }
}

impl Post {
    /// Puts notices where they belong: to each receiver that wants them, or aside while it is quiet.
    pub fn put(&mut self, notices: Vec<Notice>, now: i64, quiet: Option<&QuietHours>, to: &[Address]) {
        let quiet = quiet.filter(|quiet| quiet.at(now));
        for notice in notices {
            let critical = notice.finding.severity >= Severity::Critical;
            if quiet.is_none_or(|quiet| critical && quiet.critical_passes) {
                self.held.0.remove(&notice.finding.key);
                self.hand_out(&notice, to);
            } else {
                self.held.add(Notice { held: true, ..notice });
            }
        }
        if quiet.is_none() {
            let held = std::mem::take(&mut self.held);
            held.0.values().for_each(|notice| self.hand_out(notice, to));
        }
    }

    fn hand_out(&mut self, notice: &Notice, to: &[Address]) {
        for address in to.iter().filter(|address| address.at_least <= notice.finding.severity) {
            self.due.entry(address.receiver.clone()).or_default().add(notice.clone());
        }
    }

    /// What waits for a receiver, the worst first.
    pub fn due(&self, receiver: &str) -> Vec<Notice> {
        self.due.get(receiver).map(Pile::notices).unwrap_or_default()
    }

    /// A receiver has these, or never will. What came meanwhile still waits.
    pub fn done(&mut self, receiver: &str, notices: &[Notice]) {
        let Some(pile) = self.due.get_mut(receiver) else { return };
        pile.0.retain(|_, waiting| !notices.contains(waiting));
        if pile.0.is_empty() {
            self.due.remove(receiver);
        }
    }

    /// Takes out what was decided before an instant and never came through; answers how many.
    pub fn expire(&mut self, receiver: &str, before: i64) -> usize {
        let old: Vec<Notice> = self.due(receiver).into_iter().filter(|notice| notice.at < before).collect();
        self.done(receiver, &old);
        old.len()
    }

    /// Nothing waits for receivers that are no more.
    pub fn keep_only(&mut self, to: &[Address]) {
        self.due.retain(|receiver, _| to.iter().any(|address| address.receiver == *receiver));
    }
}

#[cfg(test)]
mod tests {
    use super::super::notice::Kind::{Firing, Recovered, Reminder};
    use super::super::notice::examples::notice;
    use super::*;
    use Severity::{Critical, Warning};
    use jiff::tz::TimeZone;

    const HOUR: i64 = 3_600_000;

    fn to(addresses: &[(&str, Severity)]) -> Vec<Address> {
        let address = |(name, at_least): &(&str, Severity)| Address {
            receiver: (*name).to_owned(),
            at_least: *at_least,
        };
        addresses.iter().map(address).collect()
    }

    /// From one to three at night.
    fn quiet(critical_passes: bool) -> QuietHours {
        let at = |hour| jiff::civil::time(hour, 0, 0, 0);
        QuietHours { from: at(1), to: at(3), zone: TimeZone::UTC, critical_passes }
    }

    fn told(post: &Post, receiver: &str) -> Vec<(super::super::Kind, String, bool)> {
        let shown = |notice: Notice| (notice.kind, notice.finding.key, notice.held);
        post.due(receiver).into_iter().map(shown).collect()
    }

    #[test]
    fn each_receiver_gets_what_is_severe_enough_for_it_the_worst_first() {
        let (mut post, to) = (Post::default(), to(&[("slack.a", Warning), ("pagerduty.b", Critical)]));
        post.put(vec![notice(Firing, "a", Warning, 0), notice(Firing, "z", Critical, 0)], 0, None, &to);
        let [a, z] = ["a", "z"].map(|key| (Firing, key.to_owned(), false));
        assert_eq!(told(&post, "slack.a"), [z.clone(), a]);
        assert_eq!(told(&post, "pagerduty.b"), [z]);
    }

    #[test]
    fn while_it_is_quiet_only_critical_notices_pass_and_the_rest_is_one_summary_at_the_end() {
        let (mut post, to, quiet) = (Post::default(), to(&[("slack.a", Warning)]), quiet(true));
        let put = |post: &mut Post, at: i64, notices| post.put(notices, at, Some(&quiet), &to);
        put(&mut post, HOUR, vec![notice(Firing, "a", Warning, HOUR), notice(Firing, "b", Warning, HOUR)]);
        put(&mut post, 2 * HOUR, vec![notice(Recovered, "a", Warning, 0), notice(Firing, "c", Critical, 0)]);
        assert_eq!(told(&post, "slack.a"), [(Firing, "c".to_owned(), false)]);
        post.done("slack.a", &post.due("slack.a"));
        put(&mut post, 3 * HOUR - 1, vec![notice(Reminder, "b", Warning, 0)]);
        assert_eq!(told(&post, "slack.a"), []);
        put(&mut post, 3 * HOUR, vec![]);
        let summary = [(Recovered, "a".to_owned(), true), (Firing, "b".to_owned(), true)];
        assert_eq!(told(&post, "slack.a"), summary);
    }

    #[test]
    fn critical_notices_wait_as_well_if_the_operator_says_so() {
        let (mut post, to) = (Post::default(), to(&[("slack.a", Warning)]));
        post.put(vec![notice(Firing, "c", Critical, 0)], HOUR, Some(&quiet(false)), &to);
        assert_eq!(told(&post, "slack.a"), []);
        post.put(vec![], 3 * HOUR, Some(&quiet(false)), &to);
        assert_eq!(told(&post, "slack.a"), [(Firing, "c".to_owned(), true)]);
    }

    #[test]
    fn what_comes_while_a_notice_is_under_way_still_waits_afterwards() {
        let (mut post, to) = (Post::default(), to(&[("slack.a", Warning)]));
        post.put(vec![notice(Firing, "a", Warning, 1)], 1, None, &to);
        let under_way = post.due("slack.a");
        post.put(vec![notice(Recovered, "a", Warning, 2)], 2, None, &to);
        post.done("slack.a", &under_way);
        assert_eq!(told(&post, "slack.a"), [(Recovered, "a".to_owned(), false)]);
    }

    #[test]
    fn a_receiver_that_is_down_has_a_bounded_number_waiting_and_old_ones_expire() {
        let (mut post, to) = (Post::default(), to(&[("slack.a", Warning)]));
        for at in 0..2 * WAITING as i64 {
            post.put(vec![notice(Firing, &format!("alert {at}"), Warning, at)], at, None, &to);
        }
        assert_eq!(post.due("slack.a").len(), WAITING);
        assert_eq!(post.due("slack.a").iter().map(|notice| notice.at).min(), Some(WAITING as i64));
        assert_eq!(post.expire("slack.a", 2 * WAITING as i64 - 10), WAITING - 10);
        assert_eq!(post.due("slack.a").len(), 10);
    }
}
