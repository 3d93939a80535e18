//! The requests that search.

use super::asked::{Answer, Asked, Way};
use super::fields::{Fields, decoded, flattened};
use super::refusal::Refusal;
use super::seen;
use crate::access::{Acl, Restrictions};
use crate::reply::{self, Reply};
use crate::world::World;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value};

/// More queries in one request are refused; the vendor publishes no number.
const MOST_QUERIES: usize = 1000;

/// `POST /1/indexes/{index}/query`
pub(super) fn query(world: &World, parts: &Parts, index: &str, body: &Bytes) -> Result<Reply, Refusal> {
    let restrictions = super::admit(world, parts, &[Acl::Search])?;
    single(world, parts, index, &restrictions, flattened(object(body)?)?)
}

/// `GET /1/indexes/{index}?query=…`
pub(super) fn get(world: &World, parts: &Parts, index: &str) -> Result<Reply, Refusal> {
    let restrictions = super::admit(world, parts, &[Acl::Search])?;
    single(world, parts, index, &restrictions, of_address(parts)?)
}

fn single(
    world: &World,
    parts: &Parts,
    index: &str,
    restrictions: &Restrictions,
    fields: Map<String, Value>,
) -> Result<Reply, Refusal> {
    let asked = Asked { index, fields, restrictions, way: Way::Single };
    let answer = asked.answer(world)?;
    seen::note(world, parts, &asked, &answer);
    Ok(json(answer.json))
}

/// `POST /1/indexes/*/queries`
pub(super) fn several(world: &World, parts: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
    let restrictions = super::admit(world, parts, &[Acl::Search])?;
    let document = object(body)?;
    let requests = document.get("requests").and_then(Value::as_array);
    let requests =
        requests.ok_or_else(|| Refusal::bad_request("Invalid request: requests must be an array"))?;
    if requests.len() > MOST_QUERIES {
        return Err(Refusal::bad_request(format!("Too many queries: {}/{MOST_QUERIES}", requests.len())));
    }
    let stops = Fields::new(vec![&document]).text("strategy")?.as_deref() == Some("stopIfEnoughMatches");
    let mut all = b"{\"results\":[".to_vec();
    for (place, request) in requests.iter().enumerate() {
        let (answer, enough) = one_of_several(world, parts, &restrictions, request)?;
        if place > 0 {
            all.push(b',');
        }
        all.extend_from_slice(&answer);
        if stops && enough {
            break;
        }
    }
    all.extend_from_slice(b"]}");
    Ok(json(all))
}

/// The answer to one of several queries, and whether it filled its page.
fn one_of_several(
    world: &World,
    parts: &Parts,
    restrictions: &Restrictions,
    request: &Value,
) -> Result<(Vec<u8>, bool), Refusal> {
    let fields = request
        .as_object()
        .cloned()
        .ok_or_else(|| Refusal::bad_request("Invalid request: requests must be objects"))?;
    let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
    let index =
        text("indexName").ok_or_else(|| Refusal::bad_request("Invalid request: indexName is required"))?;
    let (kind, facet) = (text("type"), text("facet"));
    let asked = Asked { index: &index, fields: flattened(fields)?, restrictions, way: Way::AmongOthers };
    match kind.as_deref() {
        None | Some("default") => {
            let answer = asked.answer(world)?;
            seen::note(world, parts, &asked, &answer);
            let enough = answer.hits >= answer.parameters.hits_per_page;
            Ok((answer.json, enough))
        }
        Some("facet") => {
            let facet = facet.ok_or_else(|| Refusal::bad_request("Invalid request: facet is required"))?;
            Ok((asked.facet_hits(world, &facet)?.to_string().into(), false))
        }
        Some(other) => Err(Refusal::bad_request(format!("Invalid request: unknown type {other}"))),
    }
}

/// `POST /1/indexes/{index}/facets/{facet}/query`
pub(super) fn facet(
    world: &World,
    parts: &Parts,
    index: &str,
    facet: &str,
    body: &Bytes,
) -> Result<Reply, Refusal> {
    let restrictions = super::admit(world, parts, &[Acl::Search])?;
    let fields = flattened(object(body)?)?;
    let asked = Asked { index, fields, restrictions: &restrictions, way: Way::Single };
    Ok(reply::json(StatusCode::OK, &asked.facet_hits(world, facet)?))
}

/// What browsing ignores, as documented.
const IGNORED: [&str; 11] = [
    "advancedSyntax",
    "attributesToSnippet",
    "distinct",
    "enablePersonalization",
    "facets",
    "getRankingInfo",
    "ignorePlurals",
    "optionalFilters",
    "clickAnalytics",
    "attributesToHighlight",
    "enableRules",
];
/// "Retrieves records from an index, up to 1,000 per request."
const BROWSED: usize = 1000;

/// `POST` and `GET /1/indexes/{index}/browse`. Cursors are page numbers, wrapped so that nobody reads them.
pub(super) fn browse(world: &World, parts: &Parts, index: &str, body: &Bytes) -> Result<Reply, Refusal> {
    let restrictions = super::admit(world, parts, &[Acl::Browse])?;
    let mut fields =
        if parts.method == hyper::Method::GET { of_address(parts)? } else { flattened(object(body)?)? };
    if let Some(cursor) = fields.remove("cursor").filter(|cursor| !cursor.is_null()) {
        fields = cursor.as_str().and_then(unwrap).ok_or_else(|| Refusal::bad_request("Invalid cursor"))?;
    }
    fields.retain(|key, _| !IGNORED.contains(&key.as_str()));
    fields.entry("hitsPerPage").or_insert(BROWSED.into());
    let next = fields.clone();
    fields.extend([
        ("attributesToHighlight".to_owned(), Value::Array(Vec::new())),
        ("enableRules".into(), false.into()),
    ]);
    let asked = Asked { index, fields, restrictions: &restrictions, way: Way::Browse };
    Ok(json(with_cursor(asked.answer(world)?, next)))
}

fn with_cursor(answer: Answer, mut next: Map<String, Value>) -> Vec<u8> {
    let Answer { mut json, parameters, hits, .. } = answer;
    if (parameters.page + 1) * parameters.hits_per_page < hits {
        next.insert("page".into(), (parameters.page + 1).into());
        json.pop();
        json.extend_from_slice(
            format!(",\"cursor\":\"{}\"}}", hex::encode(Value::Object(next).to_string())).as_bytes(),
        );
    }
    json
}

fn unwrap(cursor: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&hex::decode(cursor).ok()?).ok()
}

/// The parameters of a request without a body; credentials and the like are none.
fn of_address(parts: &Parts) -> Result<Map<String, Value>, Refusal> {
    let mut fields = decoded(parts.uri.query().unwrap_or_default());
    fields.retain(|key, _| !key.to_ascii_lowercase().starts_with("x-algolia-"));
    flattened(fields)
}

/// A body that is an object; an empty one is one without parameters.
pub(super) fn object(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|error| Refusal::bad_request(format!("Invalid JSON: {error}")))
}

fn json(body: Vec<u8>) -> Reply {
    reply::text(StatusCode::OK, "application/json; charset=UTF-8", body)
}
