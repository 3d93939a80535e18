//! `GET /_sandbox/algolia/records?index=&objectID=`

use crate::query;
use crate::world::World;
use serde_json::Value;

/// The records of an index, or of all, or the one with an id: `[{"index", "writes", "record"}]`.
pub(super) fn list(world: &World, query: Option<&str>) -> Value {
    let (index, id) = (query::value(query, "index"), query::value(query, "objectID"));
    let records = world.memory().records(index.as_deref());
    let wanted = |record: &Value| id.as_deref().is_none_or(|id| record["record"]["objectID"] == id);
    records.into_iter().filter(wanted).collect()
}
