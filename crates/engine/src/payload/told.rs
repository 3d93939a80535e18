//! What a flow sees of what Causeway itself found out: that a query has results by now, that somebody searches for the first
//! time, how sure it is that an object came from a search.

use super::{Fields, object, put, put_some, text};
use crate::identity::Sender;
use crate::searches::recover::Recovered;
use causeway_mapping::{Number, Value};
use causeway_segment::time;
use serde_json::Value as Json;

/// A query that gave nothing gives results.
pub const HAS_RESULTS: &str = "search-has-results";

/// Somebody searches for the first time.
pub const NEW_SEARCHER: &str = "new-searcher";

/// Builds what flows see: an event of this kind, with what there is to tell of it.
pub fn of_finding<'a>(
    kind: &'static str,
    properties: Json,
    context: Value<'a>,
    sender: &'a Sender<'_>,
    time_ms: i64,
) -> Value<'a> {
    let mut root = Fields::with_capacity(8);
    put(&mut root, "type", text("track"));
    put(&mut root, "event", text(kind));
    put_some(&mut root, "anonymousId", sender.anonymous.as_deref().map(text));
    put_some(&mut root, "userId", sender.user.as_deref().map(text));
    put(&mut root, "timestamp", Value::from(time::to_string(time_ms)));
    put(&mut root, "properties", properties.into());
    put(&mut root, "context", object(vec![("algolia".into(), context)]));
    object(root)
}

/// What goes to `context.algolia`: the part of the properties that says where it comes from.
pub fn finding_context(properties: &Json) -> Value<'static> {
    const KEYS: [&str; 4] = ["eventType", "index", "queryID", "userToken"];
    let known = KEYS.into_iter().filter_map(|key| Some((key.to_owned(), properties.get(key)?.clone())));
    Json::Object(known.collect()).into()
}

/// Tells of each product the search that it was found to come from and how sure that is; of the event itself, if it is the
/// same for all.
pub(crate) fn add_recovered(payload: &mut Value<'_>, recovered: &[Option<Recovered>]) {
    if recovered.iter().all(Option::is_none) {
        return;
    }
    let Value::Object(root) = payload else { return };
    let Some(Value::Object(properties)) = root.get_mut("properties") else { return };
    let Some(Value::Array(products)) = properties.get_mut("products") else { return };
    for (product, recovered) in products.iter_mut().zip(recovered) {
        if let (Value::Object(product), Some(recovered)) = (product, recovered) {
            product.insert("query_id", Value::from(recovered.query_id.to_string()));
            product.insert("query_id_confidence", confidence(recovered.hundredths));
        }
    }
    let least_sure =
        recovered.iter().flatten().map(|recovered| recovered.hundredths).min().unwrap_or_default();
    if let Some(query_id) = common(recovered).filter(|_| properties.get("queryID").is_none()) {
        properties.insert("queryID", Value::from(query_id));
    }
    properties.insert("queryIDConfidence", confidence(least_sure));
}

/// The search that every product came from.
fn common(recovered: &[Option<Recovered>]) -> Option<String> {
    let first = (*recovered.first()?)?.query_id;
    let same = recovered.iter().all(|other| other.is_some_and(|other| other.query_id == first));
    same.then(|| first.to_string())
}

fn confidence(hundredths: u8) -> Value<'static> {
    Number::from_f64(f64::from(hundredths) / 100.0).map_or(Value::Null, Value::Number)
}
