//! What a report is asked to be about.

use crate::query;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// "limit: default 10, maximum 1000"
const LIMIT: usize = 10;
const MOST: usize = 1000;
/// "the last eight days including the current day"
const DAYS_BEFORE: i64 = 7;
/// Longer periods are refused; the vendor keeps no data that old.
const LONGEST_DAYS: i64 = 400;

/// The parameters of a report.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) index: String,
    /// Both ends belong to the period; days are UTC's (the documents say neither).
    pub(super) from: Date,
    pub(super) until: Date,
    pub(super) limit: usize,
    pub(super) offset: usize,
    /// Whether the least comes first: "default: asc".
    pub(super) ascending: bool,
    pub(super) clicks: bool,
    /// Alternatives of tags that must all be there.
    pub(super) tags: Vec<Vec<String>>,
}

/// A parameter that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid parameter {0}: {1}")]
pub(super) struct BadParameter(&'static str, String);

impl Asked {
    pub(super) fn parse(text: &str, now_ms: i64) -> Result<Self, BadParameter> {
        let value = |name: &str| query::value(Some(text), name);
        let index = value("index").filter(|index| !index.is_empty());
        let index = index.ok_or_else(|| BadParameter("index", "it is required".into()))?;
        let until = date(value("endDate"), "endDate")?.unwrap_or_else(|| day(now_ms));
        let earlier = || until.checked_sub(DAYS_BEFORE.days()).unwrap_or(until);
        let from = date(value("startDate"), "startDate")?.unwrap_or_else(earlier);
        if from > until || i64::from((until - from).get_days()) > LONGEST_DAYS {
            return Err(BadParameter("startDate", format!("{from} to {until} is no period")));
        }
        Ok(Self {
            index,
            from,
            until,
            limit: number(value("limit"), "limit", MOST)?.unwrap_or(LIMIT),
            offset: number(value("offset"), "offset", usize::MAX)?.unwrap_or(0),
            ascending: direction(value("direction").as_deref())?,
            clicks: flag(value("clickAnalytics").as_deref(), "clickAnalytics")?,
            tags: tags(&value("tags").unwrap_or_default()),
        })
    }

    /// The days of the period.
    pub(super) fn days(&self) -> Vec<Date> {
        self.from.series(1.day()).take_while(|day| *day <= self.until).collect()
    }
}

/// The UTC day of a moment.
pub(super) fn day(at_ms: i64) -> Date {
    TimeZone::UTC.to_datetime(Timestamp::from_millisecond(at_ms).unwrap_or_default()).date()
}

fn date(text: Option<String>, name: &'static str) -> Result<Option<Date>, BadParameter> {
    let read = |text: String| {
        text.parse().map_err(|_| BadParameter(name, format!("{text} is no date as YYYY-MM-DD")))
    };
    text.map(read).transpose()
}

fn number(text: Option<String>, name: &'static str, most: usize) -> Result<Option<usize>, BadParameter> {
    let read = |text: String| {
        let number = text.parse().ok().filter(|number| *number <= most);
        number.ok_or_else(|| BadParameter(name, format!("{text} is no number from 0 to {most}")))
    };
    text.map(read).transpose()
}

fn direction(word: Option<&str>) -> Result<bool, BadParameter> {
    match word {
        None | Some("asc") => Ok(true),
        Some("desc") => Ok(false),
        Some(other) => Err(BadParameter("direction", format!("{other} is neither asc nor desc"))),
    }
}

fn flag(word: Option<&str>, name: &'static str) -> Result<bool, BadParameter> {
    match word {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(BadParameter(name, format!("{other} is neither true nor false"))),
    }
}

/// `a AND b OR c`
fn tags(text: &str) -> Vec<Vec<String>> {
    let all = |text: &str| text.split(" AND ").map(|tag| tag.trim().to_owned()).collect();
    if text.trim().is_empty() { Vec::new() } else { text.split(" OR ").map(all).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_about_the_last_eight_days_unless_asked_otherwise() {
        let asked = Asked::parse("index=products", 1_700_000_000_000).unwrap();
        let days = asked.days();
        assert_eq!(
            (days.len(), days[0].to_string(), days[7].to_string()),
            (8, "2023-11-07".into(), "2023-11-14".into())
        );
        assert_eq!((asked.limit, asked.offset, asked.ascending, asked.tags.len()), (10, 0, true, 0));
        let asked =
            Asked::parse("index=p&startDate=2024-02-28&endDate=2024-03-01&tags=a+AND+b%20OR%20c", 0).unwrap();
        assert_eq!(
            (asked.days().len(), asked.tags),
            (3, vec![vec!["a".into(), "b".into()], vec!["c".into()]])
        );
    }

    #[test]
    fn a_parameter_that_makes_no_sense_is_named() {
        for (text, name) in [
            ("", "index"),
            ("index=p&limit=1001", "limit"),
            ("index=p&offset=-1", "offset"),
            ("index=p&startDate=1.2.2024", "startDate"),
            ("index=p&startDate=2024-02-02&endDate=2024-02-01", "startDate"),
            ("index=p&direction=up", "direction"),
            ("index=p&clickAnalytics=1", "clickAnalytics"),
        ] {
            assert_eq!(Asked::parse(text, 0).unwrap_err().0, name, "{text}");
        }
    }
}
