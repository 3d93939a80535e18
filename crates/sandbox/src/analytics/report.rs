//! The reports.

use super::asked::{Asked, day};
use super::clicks::Outcomes;
use super::searches::{Search, Searches};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

/// "Retrieves the 1,000 most frequent searches"
const MOST_LISTED: usize = 1000;
/// The ranges of `clickPositions`: ten single ones, then two; -1 is open.
const RANGES: [(i64, i64); 12] =
    [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (9, 9), (10, 10), (11, 20), (21, -1)];

/// The searches that a report is about.
pub(super) struct Report<'a> {
    asked: &'a Asked,
    searches: Vec<&'a Search>,
}

impl<'a> Report<'a> {
    pub(super) fn new(searches: &'a Searches, asked: &'a Asked) -> Self {
        let fits = |search: &&Search| {
            let day = day(search.at_ms);
            let has = |tags: &Vec<String>| tags.iter().all(|tag| search.tags.contains(tag));
            (asked.from..=asked.until).contains(&day) && (asked.tags.is_empty() || asked.tags.iter().any(has))
        };
        Self { asked, searches: searches.folded(&asked.index).into_iter().filter(fits).collect() }
    }

    pub(super) fn top(&self) -> Value {
        let entry = |(query, searches): &(&str, Vec<&Search>)| json!({"search": query, "count": searches.len(), "nbHits": mean_hits(searches)});
        json!({"searches": self.listed(|_| true, self.asked.ascending).iter().map(entry).collect::<Vec<_>>()})
    }

    pub(super) fn top_with_clicks(&self, outcomes: &Outcomes) -> Value {
        let entry = |(query, searches): &(&str, Vec<&Search>)| {
            let mut entry = json!({"search": query, "count": searches.len(), "nbHits": mean_hits(searches)});
            let figures = click_figures(searches, outcomes);
            entry.as_object_mut().into_iter().for_each(|entry| {
                entry.extend(figures.as_object().cloned().unwrap_or_default());
            });
            entry
        };
        json!({"searches": self.listed(|_| true, self.asked.ascending).iter().map(entry).collect::<Vec<_>>()})
    }

    pub(super) fn no_results(&self) -> Value {
        let entry = |(query, searches): &(&str, Vec<&Search>)| {
            let filtered = searches.iter().filter(|search| search.filtered).count();
            json!({"search": query, "count": searches.len(), "withFilterCount": filtered})
        };
        json!({"searches": self.listed(is_fruitless, false).iter().map(entry).collect::<Vec<_>>()})
    }

    pub(super) fn no_clicks(&self, outcomes: &Outcomes) -> Value {
        let entry = |(query, searches): &(&str, Vec<&Search>)| json!({"search": query, "count": searches.len(), "nbHits": mean_hits(searches)});
        let unclicked = |search: &Search| is_unclicked(search, outcomes);
        json!({"searches": self.listed(unclicked, false).iter().map(entry).collect::<Vec<_>>()})
    }

    pub(super) fn count(&self) -> Value {
        let daily = self.daily(|searches| json!({"count": searches.len()}));
        json!({"count": self.searches.len(), "dates": daily})
    }

    pub(super) fn no_result_rate(&self) -> Value {
        self.rates("noResultCount", |_| true, is_fruitless)
    }

    /// Of the searches that asked for a queryID.
    pub(super) fn no_click_rate(&self, outcomes: &Outcomes) -> Value {
        self.rates(
            "noClickCount",
            |search| search.query_id.is_some(),
            |search| is_unclicked(search, outcomes),
        )
    }

    pub(super) fn users(&self) -> Value {
        let users = |searches: &[&Search]| {
            searches.iter().map(|search| search.user.as_str()).collect::<HashSet<_>>().len()
        };
        let daily = self.daily(|searches| json!({"count": users(searches)}));
        json!({"count": users(&self.searches), "dates": daily})
    }

    fn rates(&self, name: &str, counts: impl Fn(&Search) -> bool, chosen: impl Fn(&Search) -> bool) -> Value {
        let figures = |searches: &[&Search]| {
            let all = searches.iter().filter(|search| counts(search)).count();
            let found = searches.iter().filter(|search| counts(search) && chosen(search)).count();
            let rate = if all == 0 { 0.0 } else { found as f64 / all as f64 };
            json!({"rate": rate, "count": all, name: found})
        };
        let mut report = figures(&self.searches);
        report["dates"] = self.daily(figures);
        report
    }

    /// One entry for each day of the period.
    fn daily(&self, figures: impl Fn(&[&Search]) -> Value) -> Value {
        let entry = |date: Date| {
            let searches = self.searches.iter().filter(|search| day(search.at_ms) == date).copied();
            let mut entry = json!({"date": date.to_string()});
            let figures = figures(&searches.collect::<Vec<_>>());
            entry.as_object_mut().into_iter().for_each(|entry| {
                entry.extend(figures.as_object().cloned().unwrap_or_default());
            });
            entry
        };
        self.asked.days().into_iter().map(entry).collect()
    }

    /// The page asked for of the most frequent queries, each with its searches.
    fn listed(&self, chosen: impl Fn(&Search) -> bool, ascending: bool) -> Vec<(&'a str, Vec<&'a Search>)> {
        let mut queries = BTreeMap::<&str, Vec<&Search>>::new();
        for search in self.searches.iter().filter(|search| chosen(search)) {
            queries.entry(search.query.trim()).or_default().push(search);
        }
        let mut queries = queries.into_iter().collect::<Vec<_>>();
        queries.sort_by_key(|(_, searches)| Reverse(searches.len()));
        queries.truncate(MOST_LISTED);
        if ascending {
            queries.reverse();
        }
        queries.into_iter().skip(self.asked.offset).take(self.asked.limit).collect()
    }
}

const fn is_fruitless(search: &Search) -> bool {
    search.hits == 0
}

fn is_unclicked(search: &Search, outcomes: &Outcomes) -> bool {
    let outcome = search.query_id.as_ref().map(|id| outcomes.get(id));
    search.hits > 0
        && outcome.is_some_and(|outcome| outcome.is_none_or(|outcome| outcome.positions.is_empty()))
}

fn mean_hits(searches: &[&Search]) -> u64 {
    let sum = searches.iter().map(|search| search.hits).sum::<u64>();
    sum / (searches.len() as u64).max(1)
}

/// The figures of `clickAnalytics`; rates are null where no search asked for a queryID.
fn click_figures(searches: &[&Search], outcomes: &Outcomes) -> Value {
    let tracked = searches.iter().filter_map(|search| search.query_id.as_ref()).collect::<Vec<_>>();
    let known = tracked.iter().filter_map(|id| outcomes.get(*id)).collect::<Vec<_>>();
    let positions = known.iter().flat_map(|outcome| &outcome.positions).copied().collect::<Vec<_>>();
    let rate = |count: usize| (!tracked.is_empty()).then(|| count as f64 / tracked.len() as f64);
    let clicked = known.iter().filter(|outcome| !outcome.positions.is_empty()).count();
    let converted = known.iter().filter(|outcome| outcome.conversions > 0).count();
    let mean = (!positions.is_empty()).then(|| positions.iter().sum::<u64>() as f64 / positions.len() as f64);
    let range = |(start, end): (i64, i64)| {
        let inside = |position: &&u64| **position as i64 >= start && (end < 0 || **position as i64 <= end);
        json!({"position": [start, end], "clickCount": positions.iter().filter(inside).count()})
    };
    json!({
        "clickThroughRate": rate(clicked), "averageClickPosition": mean,
        "clickPositions": RANGES.map(range), "conversionRate": rate(converted),
        "trackedSearchCount": tracked.len(), "clickCount": positions.len(),
        "conversionCount": known.iter().map(|outcome| outcome.conversions).sum::<u64>(),
    })
}
