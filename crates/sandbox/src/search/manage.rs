//! What belongs to an index besides its records: settings and rules; and the list of all indices.

use super::read::object;
use super::refusal::Refusal;
use super::rule::Rule;
use super::{admit, query};
use crate::access::Acl;
use crate::clock::{iso, now_ms};
use crate::reply::{self, Reply};
use crate::world::World;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Value, json};
use tokio::time::Instant;

/// How many indices or rules a page of a list has.
const PAGE: u64 = 100;

/// `GET /1/indexes`: those that the key may see.
pub(super) fn list(world: &World, parts: &Parts) -> Result<Reply, Refusal> {
    let restrictions = admit(world, parts, &[Acl::ListIndexes])?;
    let mut memory = world.memory();
    memory.indices.settle(Instant::now());
    let seen = memory.indices.all().filter(|(name, _)| restrictions.allow(name));
    let described = |(name, index): (&String, &super::index::Index)| {
        let size = index.records.values().map(|record| super::indices::size(&record.fields)).sum::<usize>();
        json!({"name": name, "createdAt": iso(index.created_ms), "updatedAt": iso(index.updated_ms),
            "entries": index.records.len(), "dataSize": size, "fileSize": size, "lastBuildTimeS": 0,
            "numberOfPendingTasks": 0, "pendingTask": false})
    };
    let items = seen.map(described).collect::<Vec<_>>();
    Ok(reply::json(StatusCode::OK, &json!({"items": items, "nbPages": 1})))
}

/// `GET /1/indexes/{index}/settings`
pub(super) fn settings(world: &World, parts: &Parts, index: &str) -> Result<Reply, Refusal> {
    seeing(world, parts, index, &[Acl::Settings])?;
    let memory = world.memory();
    let settings = memory.indices.index(index).ok_or_else(|| Refusal::no_index(index))?.settings();
    Ok(reply::json(StatusCode::OK, &Value::Object(settings.clone())))
}

/// `PUT /1/indexes/{index}/settings`: what isn't named stays, null takes a setting away.
pub(super) fn set_settings(
    world: &World,
    parts: &Parts,
    index: &str,
    body: &Bytes,
) -> Result<Reply, Refusal> {
    seeing(world, parts, index, &[Acl::EditSettings])?;
    let changes = object(body)?;
    changed(world, index, |of_index| of_index.change_settings(changes))
}

/// `PUT /1/indexes/{index}/rules/{objectID}`
pub(super) fn put_rule(
    world: &World,
    parts: &Parts,
    index: &str,
    id: &str,
    body: &Bytes,
) -> Result<Reply, Refusal> {
    seeing(world, parts, index, &[Acl::EditSettings])?;
    let rule = Rule::parse(id, Value::Object(object(body)?))?;
    changed(world, index, |of_index| of_index.rules_mut().put(rule))
}

/// `POST /1/indexes/{index}/rules/batch?clearExistingRules=`
pub(super) fn put_rules(world: &World, parts: &Parts, index: &str, body: &Bytes) -> Result<Reply, Refusal> {
    seeing(world, parts, index, &[Acl::EditSettings])?;
    let documents = serde_json::from_slice::<Vec<Value>>(body);
    let documents = documents.map_err(|error| Refusal::bad_request(format!("Invalid JSON: {error}")))?;
    let rule = |document: Value| {
        let id = document["objectID"].as_str().map(str::to_owned);
        Rule::parse(&id.ok_or_else(|| Refusal::bad_request("Invalid rule: objectID is required"))?, document)
    };
    let rules = documents.into_iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    let clears = query::value(parts.uri.query(), "clearExistingRules").as_deref() == Some("true");
    changed(world, index, |of_index| {
        if clears {
            of_index.rules_mut().0.clear();
        }
        rules.into_iter().try_for_each(|rule| of_index.rules_mut().put(rule))
    })
}

/// `GET /1/indexes/{index}/rules/{objectID}`
pub(super) fn rule(world: &World, parts: &Parts, index: &str, id: &str) -> Result<Reply, Refusal> {
    seeing(world, parts, index, &[Acl::Settings])?;
    let memory = world.memory();
    let rules = memory.indices.index(index).ok_or_else(|| Refusal::no_index(index))?.rules();
    let rule = rules.0.get(id).ok_or(Refusal::NO_RECORD)?;
    Ok(reply::json(StatusCode::OK, &Value::Object(rule.document.clone())))
}

/// `DELETE /1/indexes/{index}/rules/{objectID}`: one that isn't there is no error.
pub(super) fn delete_rule(world: &World, parts: &Parts, index: &str, id: &str) -> Result<Reply, Refusal> {
    seeing(world, parts, index, &[Acl::EditSettings])?;
    changed(world, index, |of_index| {
        of_index.rules_mut().0.remove(id);
        Ok(())
    })
}

/// `POST /1/indexes/{index}/rules/clear`
pub(super) fn clear_rules(world: &World, parts: &Parts, index: &str) -> Result<Reply, Refusal> {
    seeing(world, parts, index, &[Acl::EditSettings])?;
    changed(world, index, |of_index| {
        of_index.rules_mut().0.clear();
        Ok(())
    })
}

/// `POST /1/indexes/{index}/rules/search`: by `query` (in ids and descriptions), `context` and `enabled`.
pub(super) fn search_rules(
    world: &World,
    parts: &Parts,
    index: &str,
    body: &Bytes,
) -> Result<Reply, Refusal> {
    seeing(world, parts, index, &[Acl::Settings])?;
    let asked = object(body)?;
    let fields = super::fields::Fields::new(vec![&asked]);
    let (text, context) = (fields.text("query")?.unwrap_or_default().to_lowercase(), fields.text("context")?);
    let enabled = fields.flag("enabled")?;
    let page = fields.integer("page", 0..=1000)?.unwrap_or(0) as usize;
    let length = fields.integer("hitsPerPage", 1..=1000)?.unwrap_or(PAGE) as usize;
    let memory = world.memory();
    let rules = memory.indices.index(index).ok_or_else(|| Refusal::no_index(index))?.rules();
    let found = rules.0.values().filter(|rule| {
        context.as_ref().is_none_or(|context| rule.has_context(context))
            && enabled.is_none_or(|enabled| rule.is_enabled() == enabled)
            && Value::Object(rule.document.clone()).to_string().to_lowercase().contains(&text)
    });
    let found = found.map(|rule| Value::Object(rule.document.clone())).collect::<Vec<_>>();
    let (count, pages) = (found.len(), found.len().div_ceil(length));
    let hits = found.into_iter().skip(page.saturating_mul(length)).take(length).collect::<Vec<_>>();
    Ok(reply::json(StatusCode::OK, &json!({"hits": hits, "nbHits": count, "page": page, "nbPages": pages})))
}

fn seeing(world: &World, parts: &Parts, index: &str, needs: &[Acl]) -> Result<(), Refusal> {
    let restrictions = admit(world, parts, needs)?;
    if restrictions.allow(index) { Ok(()) } else { Err(Refusal::FOREIGN_INDEX) }
}

/// Changes an index, which is made if there is none, as a task of its own that is published at once.
fn changed(
    world: &World,
    index: &str,
    change: impl FnOnce(&mut super::index::Index) -> Result<(), Refusal>,
) -> Result<Reply, Refusal> {
    let now = now_ms();
    let task = world.memory().indices.change(index, now, change)?;
    Ok(reply::json(StatusCode::OK, &json!({"updatedAt": iso(now), "taskID": task})))
}
