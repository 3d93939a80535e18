//! Records by their ids, and records like others.

use super::asked::{Asked, Way};
use super::read::object;
use super::refusal::Refusal;
use super::{admit, hit};
use crate::access::Acl;
use crate::reply::{self, Reply};
use crate::world::World;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

/// What makes records related here.
const CATEGORY: &str = "category";
/// The vendor's default for `maxRecommendations` is "all"; here it has an end.
const MOST_RECOMMENDED: u64 = 30;

/// `POST /1/indexes/*/objects`
pub(super) fn several(world: &World, parts: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
    let restrictions = admit(world, parts, &[Acl::Search])?;
    let mut results = b"{\"results\":[".to_vec();
    for (place, request) in requests(&object(body)?)?.iter().enumerate() {
        if place > 0 {
            results.push(b',');
        }
        let (index, id) = (text(request, "indexName")?, text(request, "objectID")?);
        let asked = Asked { index, fields: Map::new(), restrictions: &restrictions, way: Way::AmongOthers };
        let prepared = asked.prepared(world)?;
        let wanted = request
            .get("attributesToRetrieve")
            .and_then(|list| serde_json::from_value::<Vec<String>>(list.clone()).ok());
        match prepared.searchable.number(id) {
            None => results.extend_from_slice(b"null"),
            Some(record) => {
                let entry = &prepared.searchable.entries[record as usize];
                results.push(b'{');
                hit::write_attributes(
                    entry,
                    wanted.as_deref(),
                    &prepared.searchable.settings.unretrievable,
                    &mut results,
                );
                results.push(b'}');
            }
        }
    }
    results.extend_from_slice(b"]}");
    Ok(reply::text(StatusCode::OK, "application/json; charset=UTF-8", results))
}

/// `POST /1/indexes/*/recommendations`: whatever the model, records of the same category, in the index's own order, with
/// a score that falls from 100. No model is behind it.
pub(super) fn recommendations(world: &World, parts: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
    let restrictions = admit(world, parts, &[Acl::Search])?;
    let body = object(body)?;
    let mut results = Vec::new();
    for request in requests(&body)? {
        let index = text(request, "indexName")?;
        let asked = Asked { index, fields: Map::new(), restrictions: &restrictions, way: Way::AmongOthers };
        let prepared = asked.prepared(world)?;
        let most = request.get("maxRecommendations").and_then(Value::as_u64).filter(|most| *most > 0);
        let most = most.unwrap_or(MOST_RECOMMENDED).min(MOST_RECOMMENDED) as usize;
        let id = request.get("objectID").and_then(Value::as_str).unwrap_or_default();
        let hits = prepared.related(id, most);
        results.push(json!({"hits": hits, "nbHits": hits.len(), "page": 0, "nbPages": 1, "hitsPerPage": most,
            "index": index, "query": "", "params": "", "processingTimeMS": 1, "exhaustiveNbHits": true, "renderingContent": {}}));
    }
    Ok(reply::json(StatusCode::OK, &json!({"results": results})))
}

impl super::index::Prepared {
    /// Other records of the same category.
    fn related(&self, id: &str, most: usize) -> Vec<Value> {
        let Some(record) = self.searchable.number(id) else { return Vec::new() };
        let Some(facet) = self.searchable.facets.get(CATEGORY) else { return Vec::new() };
        let same =
            facet.of_records[record as usize].iter().flat_map(|value| &facet.values[*value as usize].1);
        let others = same.filter(|other| **other != record).take(most);
        others.enumerate().map(|(place, other)| self.recommended(*other, place)).collect()
    }

    fn recommended(&self, record: u32, place: usize) -> Value {
        let entry = &self.searchable.entries[record as usize];
        let hidden = &self.searchable.settings.unretrievable;
        let mut json = b"{".to_vec();
        hit::write_attributes(entry, None, hidden, &mut json);
        json.push(b'}');
        let mut hit = serde_json::from_slice::<Value>(&json).unwrap_or_default();
        hit["_score"] = (100 - place).into();
        hit
    }
}

fn requests(document: &Map<String, Value>) -> Result<&Vec<Value>, Refusal> {
    let requests = document.get("requests").and_then(Value::as_array);
    requests.ok_or_else(|| Refusal::bad_request("Invalid request: requests must be an array"))
}

fn text<'a>(request: &'a Value, key: &str) -> Result<&'a str, Refusal> {
    let text = request.get(key).and_then(Value::as_str);
    text.ok_or_else(|| Refusal::bad_request(format!("Invalid request: {key} is required")))
}
