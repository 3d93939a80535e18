//! Searches without results that Algolia counted, on their way to events.

use super::flows::{Came, of_source};
use super::step::{Place, Step};
use crate::aggregate::{Grown, Report, counted_key};
use crate::event::{self, EventId};
use crate::flow::{Flow, Source, Stamp};
use crate::payload;
use causeway_algolia::analytics::Searched;
use causeway_store::Entry;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// The ledger's name for lines of reports: delivered are those whose count has grown, filtered the others.
pub const AGGREGATES: &str = "aggregates";

impl Step<'_> {
    /// A report; one that enters again is for one flow only.
    pub(super) fn reported(&mut self, entry: &Entry, again_for: &str) {
        let report: Report = match serde_json::from_slice(&entry.record.body) {
            Ok(report) => report,
            Err(error) => return self.unreadable(entry, &format!("no report: {error}")),
        };
        let only = Some(again_for).filter(|flow| !flow.is_empty());
        for (item, search) in report.searches.iter().enumerate() {
            let by = report.grown_by.unwrap_or_else(|| self.noted_growth(&report, search));
            let grown = Grown { report: &report, search, by };
            if by > 0 {
                self.run_aggregate_flows(grown, place_of(grown, entry, item), only);
            }
        }
    }

    fn growth(&mut self, report: &Report, search: &Searched) -> u64 {
        let key = counted_key(&report.index);
        match self.engine.counted.get(&key, self.facts) {
            Ok(counted) => {
                let by = counted.note(&report.day, &search.search, search.count);
                if by > 0 {
                    self.engine.counted.changed(&key);
                }
                by
            }
            Err(error) => {
                self.failure = Some(error);
                0
            }
        }
    }

    fn noted_growth(&mut self, report: &Report, search: &Searched) -> u64 {
        let by = self.growth(report, search);
        let row = self.ledger.row(AGGREGATES, self.hour);
        row.accepted += 1;
        *(if by > 0 { &mut row.delivered } else { &mut row.filtered }) += 1;
        self.effects.events += u64::from(by > 0);
        by
    }

    fn run_aggregate_flows(&mut self, grown: Grown<'_>, place: Place, only: Option<&str>) {
        self.ids.add_event(place.id.short());
        let context = payload::aggregate_context(grown.report);
        let secret = self.engine.settings.token_secret.clone();
        let person = grown.report.anonymous_id.as_str();
        let stamp = Stamp {
            event: place.id,
            time: place.time,
            anonymous: Some(person),
            user: None,
            algolia: Some(&context),
            token_secret: secret.expose().as_bytes(),
        };
        let raw = alone(grown);
        let mut payload = payload::of_aggregate(grown, place.time);
        let flows = std::mem::take(&mut self.flows);
        let asked = |flow: &&Arc<Flow>| only.is_none_or(|only| only == flow.name());
        for flow in of_source(&flows, Source::Algolia).filter(asked) {
            self.run_flow(flow, &mut payload, stamp, Came { raw: &raw, person }, place);
        }
        self.flows = flows;
    }
}

/// The report on this line alone, as it would enter again.
fn alone(Grown { report, search, by }: Grown<'_>) -> String {
    let (index, day, anonymous_id) = (report.index.clone(), report.day.clone(), report.anonymous_id.clone());
    let report = Report { index, day, anonymous_id, searches: vec![search.clone()], grown_by: Some(by) };
    serde_json::to_string(&report).expect("a report is plain data")
}

/// The same growth of the same count is the same event.
fn place_of(Grown { report, search, by }: Grown<'_>, entry: &Entry, item: usize) -> Place {
    let said = [&report.index, &report.day, &search.search, &search.count.to_string(), &by.to_string()];
    let content = said.map(|text| format!("{}:{text}", text.len())).concat();
    Place {
        id: EventId::timed(xxh3_128(content.as_bytes())),
        position: entry.position,
        item: item as u32,
        time: entry.record.received_at,
        slot: event::slot(&report.anonymous_id),
    }
}
