//! One operation of a batch, read strictly: the specification closes these objects.

use super::change::Change;
use super::refusal::Refusal;
use crate::access::Acl;
use serde_json::{Map, Value};

/// What is to be done to an index.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) index: String,
    /// The vendor's word, as it came.
    pub(super) action: String,
    /// The record concerned; nothing for a whole index, or where the id is still to be given.
    pub(super) object_id: Option<String>,
    /// As it came.
    pub(super) body: Map<String, Value>,
    pub(super) deed: Deed,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Deed {
    /// `addObject`, `updateObject`: the body becomes the record.
    Replace,
    /// `partialUpdateObject`, and `…NoCreate`.
    Update { changes: Vec<(String, Change)>, create: bool },
    /// `deleteObject`.
    Delete,
    /// `delete`.
    DeleteIndex,
    /// `clear`.
    Clear,
}

impl Operation {
    /// Reads `{"action", "body", "indexName"?}`; `index` is the path's, if it names one.
    pub(super) fn parse(request: &Value, index: Option<&str>) -> Result<Self, Refusal> {
        let fields = request
            .as_object()
            .ok_or_else(|| Refusal::bad_request("Invalid batch: requests must be objects"))?;
        closed(fields, index.is_none())?;
        let action = text(fields, "action")?;
        let index = index.map_or_else(|| text(fields, "indexName"), Ok)?;
        let body = match fields.get("body") {
            Some(Value::Object(body)) => body.clone(),
            None if ["delete", "clear"].contains(&action) => Map::new(),
            _ => return Err(Refusal::bad_request("Invalid batch: body must be an object")),
        };
        Self::new(index, action, body)
    }

    pub(super) fn new(index: &str, action: &str, body: Map<String, Value>) -> Result<Self, Refusal> {
        let deed = Deed::parse(action, &body)?;
        let object_id = object_id(&body)?;
        let optional = matches!(deed, Deed::DeleteIndex | Deed::Clear) || action == "addObject";
        if object_id.is_none() && !optional {
            return Err(Refusal::no_object_id(action));
        }
        Ok(Self { index: index.to_owned(), action: action.to_owned(), object_id, body, deed })
    }

    /// The rights beyond `addObject` (documented for batches as a whole) that the operation asks for when it comes as a
    /// request of its own; that a batch asks for them too is the harsher reading.
    pub(super) const fn needs(&self) -> Acl {
        match self.deed {
            Deed::Replace | Deed::Update { .. } => Acl::AddObject,
            Deed::Delete => Acl::DeleteObject,
            Deed::DeleteIndex | Deed::Clear => Acl::DeleteIndex,
        }
    }

    /// Whether a record may be there afterwards that wasn't before.
    pub(super) const fn creates(&self) -> bool {
        matches!(self.deed, Deed::Replace | Deed::Update { create: true, .. })
    }
}

impl Deed {
    fn parse(action: &str, body: &Map<String, Value>) -> Result<Self, Refusal> {
        match action {
            "addObject" | "updateObject" => Ok(Self::Replace),
            "partialUpdateObject" => Ok(Self::Update { changes: changes(body)?, create: true }),
            "partialUpdateObjectNoCreate" => Ok(Self::Update { changes: changes(body)?, create: false }),
            "deleteObject" => Ok(Self::Delete),
            "delete" => Ok(Self::DeleteIndex),
            "clear" => Ok(Self::Clear),
            other => Err(Refusal::bad_request(format!("Invalid batch: unknown action {other}"))),
        }
    }
}

fn changes(body: &Map<String, Value>) -> Result<Vec<(String, Change)>, Refusal> {
    let attributes = body.iter().filter(|(key, _)| *key != "objectID");
    attributes.map(|(key, value)| Ok((key.clone(), Change::parse(key, value)?))).collect()
}

/// A string that isn't empty, or an integer, which becomes one.
fn object_id(body: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    match body.get("objectID") {
        None => Ok(None),
        Some(Value::String(id)) if !id.is_empty() => Ok(Some(id.clone())),
        Some(Value::Number(id)) if id.is_i64() || id.is_u64() => Ok(Some(id.to_string())),
        Some(other) => Err(Refusal::bad_request(format!("Invalid objectID: {other}"))),
    }
}

fn closed(fields: &Map<String, Value>, names_index: bool) -> Result<(), Refusal> {
    let known = |key: &str| ["action", "body"].contains(&key) || (names_index && key == "indexName");
    match fields.keys().find(|key| !known(key)) {
        Some(key) => Err(Refusal::bad_request(format!("Invalid object attributes:{key}"))),
        None => Ok(()),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, key: &str) -> Result<&'a str, Refusal> {
    let text = fields.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| Refusal::bad_request(format!("Invalid batch: {key} must be a string")))
}
