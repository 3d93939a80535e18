//! Whether reports are what was signed, all of them and in their order.

use super::report::{NONE_BEFORE, Report, Signed};
use super::shelf::{FILE_PREFIX, Kept};
use serde::Serialize;
use std::path::Path;

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// How many reports there are.
    pub reports: usize,
    /// The first day.
    pub first: Option<String>,
    /// The last day.
    pub last: Option<String>,
    /// The public key that they are signed with.
    pub key: Option<String>,
    /// What is wrong, each with the report's name.
    pub faults: Vec<String>,
}

/// Looks at reports, oldest first by their names. With a `key`, none may be signed with another.
pub fn chain(reports: &[Kept], key: Option<&str>) -> Verdict {
    let mut chain = Chain { key: key.map(str::to_owned), before: None, verdict: Verdict::default() };
    for kept in reports {
        chain.link(kept);
    }
    let days = |kept: &Kept| kept.day.clone();
    Verdict {
        reports: reports.len(),
        first: reports.first().map(days),
        last: reports.last().map(days),
        key: chain.key,
        ..chain.verdict
    }
}

/// Reads the reports of a directory, by their names.
pub fn read(directory: &Path) -> std::io::Result<Vec<Kept>> {
    let mut reports = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let day = name.strip_prefix(FILE_PREFIX).and_then(|rest| rest.strip_suffix(".json"));
        if let Some(day) = day {
            reports.push(Kept { day: day.to_owned(), text: std::fs::read_to_string(&path)? });
        }
    }
    reports.sort_by(|one, other| one.day.cmp(&other.day));
    Ok(reports)
}

struct Chain {
    key: Option<String>,
    before: Option<(Report, String)>,
    verdict: Verdict,
}

impl Chain {
    fn link(&mut self, kept: &Kept) {
        let signed: Signed = match serde_json::from_str(&kept.text) {
            Ok(signed) => signed,
            Err(error) => return self.fault(kept, &format!("it can't be read: {error}")),
        };
        if let Err(words) = self.check(kept, &signed) {
            self.fault(kept, &words);
        }
    }

    fn check(&mut self, kept: &Kept, signed: &Signed) -> Result<(), String> {
        let report = signed.open()?;
        if *self.key.get_or_insert_with(|| signed.key.clone()) != signed.key {
            return Err("it is signed with another key".to_owned());
        }
        let place = self.place(kept, &report);
        self.before = Some((report, signed.sha256.clone()));
        place
    }

    fn place(&self, kept: &Kept, report: &Report) -> Result<(), String> {
        if report.day.to_string() != kept.day {
            return Err(format!("it is the report of {}: it was put elsewhere", report.day));
        }
        let (number, hash) = match &self.before {
            Some((before, hash)) => (before.number + 1, hash.as_str()),
            None => (1, NONE_BEFORE),
        };
        match report.number {
            own if own > number => Err(missing(number, own - 1)),
            own if own < number => Err(format!("it has number {own} where {number} is due")),
            _ if report.previous != hash => {
                Err("the report before it is not the one that it was made after: one of them was replaced"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }

    fn fault(&mut self, kept: &Kept, words: &str) {
        self.verdict.faults.push(format!("{}: {words}", kept.day));
    }
}

fn missing(first: u64, last: u64) -> String {
    if first == last {
        return format!("report {first} before it is missing");
    }
    format!("reports {first} to {last} before it are missing")
}

#[cfg(test)]
mod tests {
    use super::super::Signer;
    use super::super::report::Figures;
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;

    fn signer(seed: &str) -> Signer {
        Signer::parse(&seed.repeat(32).as_str().into()).unwrap()
    }

    fn reports(count: u64, signer: &Signer) -> Vec<Kept> {
        let mut previous = NONE_BEFORE.to_owned();
        let mut made = Vec::new();
        for number in 1..=count {
            let day = date(2026, 11, 20).saturating_add((number as i64).days());
            let report = Report {
                number,
                day,
                time_zone: "UTC".to_owned(),
                made_at: String::new(),
                flows: Vec::new(),
                totals: Figures { accepted: 7, delivered: 7, ..Figures::default() },
                corrections: Vec::new(),
                previous,
            };
            let signed = Signed::new(&report, signer).unwrap();
            previous = signed.sha256.clone();
            made.push(Kept::new(day, &signed).unwrap());
        }
        made
    }

    fn faults(change: impl FnOnce(&mut Vec<Kept>)) -> Vec<String> {
        let mut reports = reports(4, &signer("0a"));
        change(&mut reports);
        chain(&reports, None).faults
    }

    #[test]
    fn an_edited_a_missing_and_a_reordered_report_is_named() {
        assert_eq!(faults(|_| ()), [""; 0]);
        let edited = |reports: &mut Vec<Kept>| reports[1].text = reports[1].text.replacen(":7,", ":8,", 1);
        let found = faults(edited);
        assert!(found[0].starts_with("2026-11-22: ") && found[0].contains("edited"), "{found:?}");
        let found = faults(|reports| _ = reports.remove(1));
        assert_eq!(found, ["2026-11-23: report 2 before it is missing"]);
        assert_eq!(faults(|reports| _ = reports.remove(0)), ["2026-11-22: report 1 before it is missing"]);
        let swapped = |reports: &mut Vec<Kept>| {
            let (one, other) = (reports[1].text.clone(), reports[2].text.clone());
            (reports[1].text, reports[2].text) = (other, one);
        };
        assert!(faults(swapped)[0].starts_with("2026-11-22: it is the report of 2026-11-23"));
    }

    #[test]
    fn whoever_signs_anew_needs_the_key() {
        let (own, other) = (signer("0a"), signer("0b"));
        let mut forged = reports(3, &own);
        forged[2] = reports(3, &other).remove(2);
        assert_eq!(chain(&forged, None).faults, ["2026-11-23: it is signed with another key"]);
        let all = reports(3, &other);
        assert_eq!(chain(&all, None).faults, [""; 0]);
        assert_eq!(chain(&all, Some(own.public_key())).faults.len(), 3);
    }
}
