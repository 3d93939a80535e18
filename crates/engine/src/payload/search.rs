//! What a flow sees of a search that has settled.

use super::{Fields, count, object, put, put_some, text};
use crate::identity::Sender;
use crate::searches::{Recalled, Search};
use causeway_mapping::Value;
use causeway_segment::time;

/// What is known of a settled search beside the search itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// How many queries were typed on the way to it, itself among them.
    pub typed: usize,
    /// A similar query that has results, for one that has none.
    pub nearest_query: Option<&'a str>,
}

/// The kind of event that a search is, where Insights events have theirs.
pub const SEARCH: &str = "search";

/// Builds what flows see.
pub fn of_search<'a>(search: &'a Search<'_>, about: About<'a>, sender: &'a Sender<'_>) -> Value<'a> {
    let mut root = Fields::with_capacity(8);
    put(&mut root, "type", text("track"));
    put(&mut root, "event", text(SEARCH));
    put_some(&mut root, "anonymousId", sender.anonymous.as_deref().map(text));
    put_some(&mut root, "userId", sender.user.as_deref().map(text));
    put(&mut root, "timestamp", Value::from(time::to_string(search.at)));
    put(&mut root, "properties", object(properties(search, about)));
    put(&mut root, "context", object(vec![("algolia".into(), search_context(search))]));
    object(root)
}

/// What goes to `context.algolia` of every message about a search.
pub fn search_context<'a>(search: &'a Search<'_>) -> Value<'a> {
    let mut context = Fields::with_capacity(4);
    put_ids(&mut context, search);
    object(context)
}

fn put_ids<'a>(fields: &mut Fields<'a>, search: &'a Search<'_>) {
    put(fields, "eventType", text(SEARCH));
    put(fields, "index", text(&search.index));
    put_some(fields, "queryID", search.query_id.as_deref().map(text));
    put_some(fields, "userToken", search.user_token.as_deref().map(text));
}

fn properties<'a>(search: &'a Search<'_>, about: About<'a>) -> Fields<'a> {
    let mut properties = Fields::with_capacity(18);
    put_ids(&mut properties, search);
    put(&mut properties, "query", text(&search.query));
    put_some(&mut properties, "filters", search.filters.as_deref().map(text));
    put(&mut properties, "page", count(search.page.into()));
    put(&mut properties, "hitsPerPage", count(search.hits_per_page.into()));
    put(&mut properties, "nbHits", count(search.nb_hits));
    put(&mut properties, "latencyMs", count(search.took_ms.into()));
    put(&mut properties, "objectIDs", Value::Array(search.object_ids.iter().map(|id| text(id)).collect()));
    if !search.facets.is_empty() {
        let facets = search.facets.iter().map(|(facet, value)| ((&**facet).into(), text(value)));
        put(&mut properties, "facets", object(facets.collect()));
    }
    put(&mut properties, "typed", count(about.typed as u64));
    put(&mut properties, "heldOut", Value::Bool(search.held_out));
    put(&mut properties, "via", text(search.via.word()));
    put_some(&mut properties, "nearestQuery", about.nearest_query.map(text));
    properties
}

/// Tells an event of the searches that it follows from: the text of its query, the filters under which it was asked, and
/// of each product the query that it was found by. What the event itself says stays.
pub fn add_queries(payload: &mut Value<'_>, queries: &[(String, Recalled)]) {
    if queries.is_empty() {
        return;
    }
    let Value::Object(root) = payload else { return };
    let Some(Value::Object(properties)) = root.get_mut("properties") else { return };
    let of = |id: Option<&Value<'_>>| {
        let id = id.and_then(Value::as_str)?;
        queries.iter().find(|(query_id, _)| query_id == id).map(|(_, recalled)| recalled)
    };
    let own = of(properties.get("queryID"));
    if let Some(Value::Array(products)) = properties.get_mut("products") {
        for product in products {
            let found = of(product.get("query_id"));
            if let (Some(found), Value::Object(product)) = (found, product) {
                product.insert("query", Value::from(found.query.clone()));
            }
        }
    }
    let Some(search) = own.or_else(|| queries.first().map(|(_, recalled)| recalled)) else { return };
    if properties.get("query").is_none() {
        properties.insert("query", Value::from(search.query.clone()));
    }
    if let (None, Some(filters)) = (properties.get("searchFilters"), &search.filters) {
        properties.insert("searchFilters", Value::from(filters.clone()));
    }
}
