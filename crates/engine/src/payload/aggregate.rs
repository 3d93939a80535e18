//! What a flow sees of a search without results that Algolia counted.

use super::{Fields, count, object, put, text};
use crate::aggregate::{Grown, Report};
use causeway_mapping::Value;
use causeway_segment::time;

/// The kind of event that it is. Not `search`: nobody in particular searched, and a flow must ask for it by name.
pub const SEARCH_REPORT: &str = "searchReport";

/// Builds what flows see.
pub fn of_aggregate(Grown { report, search, by }: Grown<'_>, time_ms: i64) -> Value<'_> {
    let mut properties = Fields::with_capacity(9);
    put(&mut properties, "eventType", text(SEARCH_REPORT));
    put(&mut properties, "aggregate", Value::Bool(true));
    put(&mut properties, "index", text(&report.index));
    put(&mut properties, "query", text(&search.search));
    put(&mut properties, "nbHits", count(0));
    put(&mut properties, "count", count(by));
    put(&mut properties, "day", text(&report.day));
    put(&mut properties, "dayCount", count(search.count));
    put(&mut properties, "dayCountWithFilters", count(search.with_filter_count));
    object(vec![
        ("type".into(), text("track")),
        ("event".into(), text(SEARCH_REPORT)),
        ("anonymousId".into(), text(&report.anonymous_id)),
        ("timestamp".into(), Value::from(time::to_string(time_ms))),
        ("properties".into(), object(properties)),
        ("context".into(), object(vec![("algolia".into(), aggregate_context(report))])),
    ])
}

/// What goes to `context.algolia` of every message about it.
pub fn aggregate_context(report: &Report) -> Value<'_> {
    object(vec![("eventType".into(), text(SEARCH_REPORT)), ("index".into(), text(&report.index))])
}
