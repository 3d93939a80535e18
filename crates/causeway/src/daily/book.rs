//! What the next report says. Pure: the same ledger, reports and time, the same report.

use super::report::{Correction, Figures, Line, NONE_BEFORE, Report};
use crate::moment;
use causeway_engine::ledger::Balance;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;

/// A day's report is made so long after its end, in milliseconds, when what was under way at midnight has arrived.
pub const AFTER_MS: i64 = 5 * 60_000;

/// A day's figures, by flow.
type Day = BTreeMap<String, Figures>;

/// The ledger, by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Days(BTreeMap<Date, Day>);

impl Days {
    /// Sums hours. An hour belongs to the day in which it begins.
    pub fn of(hours: impl Iterator<Item = (i64, Vec<Balance>)>, zone: &TimeZone) -> Self {
        let mut days = Self::default();
        for (hour, balances) in hours {
            let day = days.0.entry(day_of(hour, zone)).or_default();
            for balance in &balances {
                day.entry(balance.flow.clone()).or_default().add(&balance.into());
            }
        }
        days
    }

    fn first(&self) -> Option<Date> {
        self.0.keys().next().copied()
    }

    fn figures(&self, day: Date, flow: &str) -> Figures {
        self.0.get(&day).and_then(|flows| flows.get(flow)).copied().unwrap_or_default()
    }
}

fn day_of(at: i64, zone: &TimeZone) -> Date {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.to_datetime(at).date()
}

/// The day of which there is no report yet.
pub fn today(now: i64, zone: &TimeZone) -> Date {
    day_of(now - AFTER_MS, zone)
}

/// What was reported until now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    last: Option<(u64, Date)>,
    hash: String,
    days: Days,
}

impl Default for Told {
    fn default() -> Self {
        Self { last: None, hash: NONE_BEFORE.to_owned(), days: Days::default() }
    }
}

impl Told {
    /// Takes the next report in, which has this hash.
    pub fn take(&mut self, report: &Report, sha256: &str) {
        self.last = Some((report.number, report.day));
        sha256.clone_into(&mut self.hash);
        let lines = report.flows.iter().map(|line| (line.flow.clone(), line.figures));
        self.days.0.insert(report.day, lines.collect());
        for correction in &report.corrections {
            let day = self.days.0.entry(correction.day).or_default();
            day.insert(correction.flow.clone(), correction.is);
        }
    }

    /// The one after the last, or the ledger's first; nothing while it has not ended.
    fn next_day(&self, ledger: Option<Date>, now: i64, zone: &TimeZone) -> Option<Date> {
        let after = |(_, day): (u64, Date)| day.saturating_add(1.day());
        let next = self.last.map(after).or(ledger)?;
        (next < today(now, zone)).then_some(next)
    }
}

/// The next report, if it is time for one.
pub fn next(told: &Told, ledger: &Days, now: i64, zone: &TimeZone) -> Option<Report> {
    let day = told.next_day(ledger.first(), now, zone)?;
    let lines = ledger.0.get(&day).into_iter().flatten();
    let flows: Vec<Line> =
        lines.map(|(flow, figures)| Line { flow: flow.clone(), figures: *figures }).collect();
    let mut totals = Figures::default();
    for line in &flows {
        totals.add(&line.figures);
    }
    Some(Report {
        number: told.last.map_or(1, |(number, _)| number + 1),
        day,
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        made_at: moment::print(now),
        flows,
        totals,
        corrections: corrections(told, ledger, day),
        previous: told.hash.clone(),
    })
}

/// What is otherwise than it was reported of days before this one.
fn corrections(told: &Told, ledger: &Days, before: Date) -> Vec<Correction> {
    let mut lines: Vec<(Date, &String)> = Vec::new();
    for days in [&told.days, ledger] {
        lines.extend(days.0.range(..before).flat_map(|(day, flows)| flows.keys().map(|flow| (*day, flow))));
    }
    lines.sort();
    lines.dedup();
    let correction = |(day, flow): (Date, &String)| {
        let (was, is) = (told.days.figures(day, flow), ledger.figures(day, flow));
        (was != is).then(|| Correction { day, flow: flow.clone(), was, is })
    };
    lines.into_iter().filter_map(correction).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;

    fn ledger(hours: &[(i64, &str, i64, i64)], zone: &TimeZone) -> Days {
        let balance = |(hour, flow, accepted, delivered): &(i64, &str, i64, i64)| {
            let (accepted, delivered) = (*accepted, *delivered);
            let flow = (*flow).to_owned();
            let pending = accepted - delivered;
            (*hour, vec![Balance { flow, accepted, delivered, pending, ..Balance::default() }])
        };
        Days::of(hours.iter().map(balance), zone)
    }

    #[test]
    fn each_day_is_reported_once_when_it_has_ended_and_later_changes_are_corrections() {
        let (zone, mut told) = (TimeZone::UTC, Told::default());
        let first = ledger(&[(0, "f", 3, 2), (HOUR, "f", 1, 1)], &zone);
        assert_eq!(next(&told, &first, DAY + AFTER_MS - 1, &zone), None);
        assert_eq!(next(&told, &Days::default(), 9 * DAY, &zone), None, "nothing ever came");
        let report = next(&told, &first, DAY + AFTER_MS, &zone).unwrap();
        assert_eq!(
            (report.number, report.day, report.totals.accepted, report.totals.pending),
            (1, date(1970, 1, 1), 4, 1)
        );
        assert_eq!((report.previous.as_str(), report.corrections.len()), (NONE_BEFORE, 0));
        told.take(&report, "one");
        assert_eq!(next(&told, &first, DAY + AFTER_MS, &zone), None);

        let later = ledger(&[(0, "f", 4, 4), (DAY, "g", 1, 1)], &zone);
        let report = next(&told, &later, 2 * DAY + AFTER_MS, &zone).unwrap();
        assert_eq!((report.number, report.day, report.previous.as_str()), (2, date(1970, 1, 2), "one"));
        let [correction] = &report.corrections[..] else { panic!("{report:?}") };
        assert_eq!((correction.day, correction.was.pending, correction.is.pending), (date(1970, 1, 1), 1, 0));
        told.take(&report, "two");
        let quiet = next(&told, &later, 9 * DAY, &zone).unwrap();
        assert_eq!((quiet.day, quiet.flows.len(), quiet.corrections.len()), (date(1970, 1, 3), 0, 0));
    }

    #[test]
    fn a_day_is_the_zones() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let days = ledger(&[(0, "f", 1, 1)], &zone);
        assert_eq!(days.first(), Some(date(1969, 12, 31)));
        assert!(next(&Told::default(), &days, 5 * HOUR + AFTER_MS, &zone).is_some());
        assert_eq!(next(&Told::default(), &days, 5 * HOUR + AFTER_MS - 1, &zone), None);
    }
}
