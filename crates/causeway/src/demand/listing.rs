//! What is shown of failed queries, by the admin API and by `causeway zero-results` alike.

use super::wanted;
use crate::moment;
use causeway_engine::lookup::StoredFacts;
use causeway_engine::searches::demand::{self, Bought, Demand, DemandId, Row, Waiting};
use causeway_engine::searches::nearest::Queries;
use causeway_store::{Error, State};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// So many are listed unless somebody says otherwise.
pub const LIMIT: usize = 50;

/// At most so many are listed at once.
pub const MOST: usize = 500;

/// Which failed queries are asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only this index's.
    pub index: Option<String>,
    /// Only those that have results by now, or only those that have none.
    pub has_results: Option<bool>,
    /// So many of the most wanted are passed over.
    pub offset: usize,
    /// So many are listed; [`MOST`] at most.
    pub limit: usize,
}

/// A page of failed queries, the most wanted first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// The page.
    pub zero_results: Vec<Failed>,
    /// How many there are in all that fit.
    pub total: usize,
}

/// A failed query. Times are in milliseconds since the Unix epoch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// Its id.
    pub id: String,
    /// The index.
    pub index: String,
    /// The text in lower case.
    pub query: String,
    /// The filters under which it was asked, if it was.
    pub filters: Option<String>,
    /// How often it was asked in vain.
    pub times: u32,
    /// How many persons asked.
    pub persons: u32,
    /// How many of them are still to be told when it has results.
    pub waiting: usize,
    /// When it was first asked in vain.
    pub first_at: i64,
    /// When it was last asked in vain.
    pub last_at: i64,
    /// Whether it has results by now.
    pub has_results: bool,
    /// Since when, as far as is known.
    pub found_at: Option<i64>,
    /// How many objects matched then.
    pub nb_hits: u64,
    /// When Causeway itself last asked.
    pub probed_at: Option<i64>,
    /// The nearest query of the index that has results, if one is near.
    pub nearest_query: Option<String>,
    /// What those who waited bought after they asked.
    pub bought: Vec<Bought>,
    /// What they paid, by currency.
    pub revenue: BTreeMap<String, f64>,
}

/// A failed query with who waits for it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// The query.
    #[serde(flatten)]
    pub failed: Failed,
    /// Who waits, who asked first before the others.
    pub waiting_persons: Vec<Waits>,
}

/// Somebody who waits.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waits {
    /// The user token that the person searched with.
    pub user_token: String,
    /// When the person first asked in vain.
    pub since: i64,
    /// When the person last asked in vain.
    pub last: i64,
}

impl Wanted {
    /// Takes a page's size within bounds; the error says what is wrong with it.
    pub fn page(limit: Option<usize>, offset: Option<usize>) -> Result<Self, String> {
        let limit = limit.unwrap_or(LIMIT);
        if !(1..=MOST).contains(&limit) {
            return Err(format!("limit: {limit} is out of bounds; give 1 to {MOST}, and offset to go on"));
        }
        Ok(Self { limit, offset: offset.unwrap_or_default(), ..Self::default() })
    }

    fn fits(&self, row: &Row) -> bool {
        self.index.as_ref().is_none_or(|index| *index == row.index)
            && self.has_results.is_none_or(|found| found == row.found)
    }
}

/// Reads a page. A query that nobody asked for since `oldest`, in milliseconds since the Unix epoch, has expired.
pub fn list(state: &dyn State, asked: &Wanted, oldest: i64) -> Result<Listing, Error> {
    let facts = StoredFacts(state);
    let mut rows = demand::rows(&facts)?;
    rows.retain(|row| row.last_at >= oldest && asked.fits(row));
    rows.sort_by_cached_key(|row| Reverse(wanted(row)));
    let (total, mut queries) = (rows.len(), Queries::default());
    let page = rows.into_iter().skip(asked.offset).take(asked.limit);
    let read = page.map(|row| {
        // One may have given way since the rows were read.
        let Some(demand) = demand::demand(&facts, row.id)? else { return Ok(None) };
        let nearest = queries.nearest(&facts, &demand.index, &demand.query)?;
        Ok(Some(Failed::of(row.id, demand, nearest).0))
    });
    let page: Vec<Option<Failed>> = read.collect::<Result<_, Error>>()?;
    Ok(Listing { zero_results: page.into_iter().flatten().collect(), total })
}

/// Reads one with who waits.
pub fn show(state: &dyn State, id: DemandId, oldest: i64) -> Result<Option<Detail>, Error> {
    let facts = StoredFacts(state);
    let Some(demand) = demand::demand(&facts, id)?.filter(|demand| demand.last_at >= oldest) else {
        return Ok(None);
    };
    let nearest = Queries::default().nearest(&facts, &demand.index, &demand.query)?;
    let (failed, waiting) = Failed::of(id, demand, nearest);
    let mut waiting_persons: Vec<Waits> = waiting.into_iter().map(Waits::from).collect();
    waiting_persons.sort_by(|one, other| (one.since, &one.user_token).cmp(&(other.since, &other.user_token)));
    Ok(Some(Detail { failed, waiting_persons }))
}

impl Failed {
    /// What is shown to everybody who may see figures, and who waits.
    fn of(id: DemandId, demand: Demand, nearest_query: Option<String>) -> (Self, Vec<Waiting>) {
        let units = |(currency, millionths): (String, i64)| (currency, millionths as f64 / 1e6);
        let failed = Self {
            id: id.to_string(),
            index: demand.index,
            query: demand.query,
            filters: demand.filters,
            times: demand.times,
            persons: demand.persons,
            waiting: demand.waiting.len(),
            first_at: demand.first_at,
            last_at: demand.last_at,
            has_results: demand.found.is_some(),
            found_at: demand.found.map(|found| found.at),
            nb_hits: demand.found.map_or(0, |found| found.nb_hits),
            probed_at: demand.probed_at,
            nearest_query,
            bought: demand.bought,
            revenue: demand.revenue.into_iter().map(units).collect(),
        };
        (failed, demand.waiting)
    }

    /// In a few words for people.
    fn line(&self) -> [String; 8] {
        let results = self.found_at.map_or_else(|| "none".to_owned(), |_| self.nb_hits.to_string());
        let under = self.filters.as_ref().map(|filters| format!(" [{filters}]")).unwrap_or_default();
        [
            self.id.clone(),
            self.waiting.to_string(),
            self.persons.to_string(),
            self.times.to_string(),
            moment::print(self.last_at),
            results,
            self.index.clone(),
            format!("{}{under}", self.query),
        ]
    }

    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> =
            self.nearest_query.iter().map(|query| format!("nearest: {query}")).collect();
        let bought: Vec<String> =
            self.bought.iter().map(|one| format!("{} ({})", one.object_id, one.persons)).collect();
        if !bought.is_empty() {
            notes.push(format!("bought: {}", bought.join(", ")));
        }
        notes.extend(self.revenue.iter().map(|(currency, paid)| format!("{paid:.2} {currency}")));
        notes
    }
}

impl Listing {
    /// A table for people.
    pub fn table(&self) -> String {
        table(self.zero_results.iter())
    }
}

impl Detail {
    /// The same of one, with who waits.
    pub fn table(&self) -> String {
        let mut lines = vec![table(std::iter::once(&self.failed))];
        let asked = |who: &Waits| {
            let (since, last) = (moment::print(who.since), moment::print(who.last));
            format!("waits: {}  since {since}, last {last}", who.user_token)
        };
        lines.extend(self.waiting_persons.iter().map(asked));
        lines.join("\n")
    }
}

fn table<'f>(all: impl Iterator<Item = &'f Failed>) -> String {
    const HEADS: [&str; 8] = ["id", "waiting", "persons", "times", "last asked", "results", "index", "query"];
    let mut rows = vec![(HEADS.map(str::to_owned), Vec::new())];
    rows.extend(all.map(|failed| (failed.line(), failed.notes())));
    let width = |column: usize| rows.iter().map(|(line, _)| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let shown = rows.iter().map(|(line, notes)| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ").trim_end().to_owned();
        if notes.is_empty() { line } else { format!("{line}\n  {}", notes.join("; ")) }
    });
    shown.collect::<Vec<_>>().join("\n")
}

impl From<Waiting> for Waits {
    fn from(waiting: Waiting) -> Self {
        Self { user_token: waiting.token, since: waiting.since, last: waiting.last }
    }
}
