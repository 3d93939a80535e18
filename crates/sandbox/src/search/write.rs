//! The requests that write: all or nothing is accepted, in order, and becomes readable when its task is published.

use super::operation::Operation;
use super::refusal::Refusal;
use super::{allow, indices};
use crate::access::Acl;
use crate::clock::{iso, now_ms};
use crate::query;
use crate::reply::{self, Reply};
use crate::world::{Memory, World};
use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// What became of an accepted request.
struct Accepted {
    /// A task for each index.
    tasks: BTreeMap<String, u64>,
    /// The records concerned, in the order of the operations.
    object_ids: Vec<String>,
    at: String,
}

impl Accepted {
    /// The task of a request on one index.
    fn task(&self) -> u64 {
        self.tasks.values().next().copied().unwrap_or_default()
    }
}

/// `POST /1/indexes/{index}/batch`
pub(super) fn batch(world: &World, parts: &Parts, index: &str, body: &Bytes) -> Result<Reply, Refusal> {
    let accepted = take_batch(world, parts, Some(index), body)?;
    Ok(reply::json(StatusCode::OK, &json!({"taskID": accepted.task(), "objectIDs": accepted.object_ids})))
}

/// `POST /1/indexes/*/batch`
pub(super) fn batch_of_several(world: &World, parts: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
    let accepted = take_batch(world, parts, None, body)?;
    Ok(reply::json(StatusCode::OK, &json!({"taskID": accepted.tasks, "objectIDs": accepted.object_ids})))
}

/// `POST /1/indexes/{index}/{objectID}/partial`. The id is the path's, whatever the body says.
pub(super) fn partial(
    world: &World,
    parts: &Parts,
    index: &str,
    id: &str,
    body: &Bytes,
) -> Result<Reply, Refusal> {
    allow(world, parts, &[Acl::AddObject])?;
    let create = query::value(parts.uri.query(), "createIfNotExists").is_none_or(|value| value != "false");
    let action = if create { "partialUpdateObject" } else { "partialUpdateObjectNoCreate" };
    let Value::Object(mut attributes) = json_of(body)? else { return Err(not_json("an object is expected")) };
    attributes.insert("objectID".into(), id.into());
    let accepted = accept(world, vec![Operation::new(index, action, attributes)?])?;
    let answer = json!({"updatedAt": accepted.at, "taskID": accepted.task(), "objectID": id});
    Ok(reply::json(StatusCode::OK, &answer))
}

/// `DELETE /1/indexes/{index}/{objectID}`. A record that isn't there is no error.
pub(super) fn delete(world: &World, parts: &Parts, index: &str, id: &str) -> Result<Reply, Refusal> {
    allow(world, parts, &[Acl::DeleteObject])?;
    let body = Map::from_iter([("objectID".to_owned(), Value::from(id))]);
    let accepted = accept(world, vec![Operation::new(index, "deleteObject", body)?])?;
    Ok(reply::json(StatusCode::OK, &json!({"deletedAt": accepted.at, "taskID": accepted.task()})))
}

fn take_batch(world: &World, parts: &Parts, index: Option<&str>, body: &Bytes) -> Result<Accepted, Refusal> {
    allow(world, parts, &[Acl::AddObject])?;
    let operations = operations(&json_of(body)?, index);
    if let Ok(operations) = &operations {
        allow(world, parts, &operations.iter().map(Operation::needs).collect::<Vec<_>>())?;
    }
    operations.and_then(|operations| accept(world, operations)).inspect_err(|_| count_refused(world, body))
}

fn json_of(body: &Bytes) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|error| not_json(&error.to_string()))
}

fn not_json(problem: &str) -> Refusal {
    Refusal::bad_request(format!("Invalid JSON: {problem}"))
}

fn operations(document: &Value, index: Option<&str>) -> Result<Vec<Operation>, Refusal> {
    let requests = document.get("requests").and_then(Value::as_array);
    let requests =
        requests.ok_or_else(|| Refusal::bad_request("Invalid batch: requests must be an array"))?;
    requests.iter().map(|request| Operation::parse(request, index)).collect()
}

/// The operations of a refused batch, as far as there is a list of them.
fn count_refused(world: &World, body: &Bytes) {
    let document = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let count = document["requests"].as_array().map_or(0, Vec::len) as u64;
    let tally = &mut world.memory().counts.search;
    tally.received += count;
    tally.dropped += count;
}

fn accept(world: &World, mut operations: Vec<Operation>) -> Result<Accepted, Refusal> {
    let now = Instant::now();
    let mut memory = world.memory();
    memory.indices.settle(now);
    check_sizes(&operations, world.options.largest_record)?;
    check_room(&memory, &operations, world.options.most_records)?;
    for operation in operations.iter_mut().filter(|operation| operation.creates()) {
        operation.object_id.get_or_insert_with(|| memory.indices.give_id());
    }
    let tally = &mut memory.counts.search;
    tally.received += operations.len() as u64;
    tally.kept += operations.len() as u64;
    let object_ids = operations.iter().filter_map(|operation| operation.object_id.clone()).collect();
    let at = iso(now_ms());
    note(&mut memory, &operations, &at);
    let tasks = enqueue(world, &mut memory, operations, now);
    Ok(Accepted { tasks, object_ids, at })
}

fn enqueue(
    world: &World,
    memory: &mut Memory,
    operations: Vec<Operation>,
    now: Instant,
) -> BTreeMap<String, u64> {
    let mut by_index = BTreeMap::<String, Vec<Operation>>::new();
    for operation in operations {
        by_index.entry(operation.index.clone()).or_default().push(operation);
    }
    let delay = world.options.publish_after;
    let task = |(index, operations): (String, Vec<Operation>)| {
        let number = memory.indices.enqueue(index.clone(), operations, now, delay);
        (index, number)
    };
    by_index.into_iter().map(task).collect()
}

fn check_sizes(operations: &[Operation], limit: usize) -> Result<(), Refusal> {
    let too_big = |(position, operation): (usize, &Operation)| {
        let size = indices::size(&operation.body);
        let id = operation.object_id.as_deref().unwrap_or_default();
        if size > limit { Err(Refusal::too_big(position, id, size, limit)) } else { Ok(()) }
    };
    operations.iter().enumerate().try_for_each(too_big)
}

fn check_room(memory: &Memory, operations: &[Operation], most_records: usize) -> Result<(), Refusal> {
    match () {
        () if memory.indices.is_busy() => Err(Refusal::TOO_MANY_JOBS),
        () if memory.indices.len() >= most_records && operations.iter().any(Operation::creates) => {
            Err(Refusal::QUOTA)
        }
        () => Ok(()),
    }
}

/// For `/_sandbox/algolia/writes` and `…/deletions`.
fn note(memory: &mut Memory, operations: &[Operation], at: &str) {
    for Operation { index, action, object_id, body, .. } in operations {
        let write = json!({"at": at, "index": index, "action": action, "objectID": object_id, "body": body});
        memory.writes.push(write.to_string().into());
        if ["deleteObject", "delete", "clear"].contains(&action.as_str()) {
            let deletion =
                json!({"at": at, "api": "search", "index": index, "action": action, "objectID": object_id});
            memory.deletions.push(deletion.to_string().into());
        }
    }
}
