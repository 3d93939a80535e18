//! One operation of a batch, as JSON. Source: Search spec, `multipleBatchRequest`.

use super::{IndexName, ObjectId};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Appends the operation that sets these attributes of a record and leaves its others as they are; without the record it is
/// made, without the index the index too (`partialUpdateObject`). Each attribute is a name and its value as JSON text; a
/// value replaces the whole attribute. An attribute named `objectID` is left out: the record has its own.
pub fn write_partial_update<'a>(
    index: &IndexName,
    object_id: &ObjectId,
    attributes: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    out: &mut Vec<u8>,
) {
    open("partialUpdateObject", index, object_id, out);
    for (name, value) in attributes.into_iter().filter(|(name, _)| *name != "objectID") {
        out.push(b',');
        string(name, out);
        out.push(b':');
        out.extend_from_slice(value);
    }
    out.extend_from_slice(b"}}");
}

/// Appends the operation that deletes a record; one that is not there is no error (`deleteObject`).
pub fn write_delete(index: &IndexName, object_id: &ObjectId, out: &mut Vec<u8>) {
    open("deleteObject", index, object_id, out);
    out.extend_from_slice(b"}}");
}

fn open(action: &str, index: &IndexName, object_id: &ObjectId, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"action\":");
    string(action, out);
    out.extend_from_slice(b",\"indexName\":");
    string(index.as_str(), out);
    out.extend_from_slice(b",\"body\":{\"objectID\":");
    string(object_id.as_str(), out);
}

fn string(text: &str, out: &mut Vec<u8>) {
    // Writing to memory can't fail.
    let _ = serde_json::to_writer(out, text);
}

/// Which record an operation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The index.
    pub index: String,
    /// The record.
    pub object_id: String,
}

#[derive(Deserialize)]
struct Operation<'a> {
    #[serde(borrow, rename = "indexName")]
    index: Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, rename = "objectID")]
    object_id: Cow<'a, str>,
}

/// Reads which record an operation is about; none if it is no operation on a record.
pub fn target(operation: &[u8]) -> Option<Target> {
    let Operation { index, body } = serde_json::from_slice(operation).ok()?;
    let Body { object_id } = serde_json::from_str(body.get()).ok()?;
    Some(Target { index: index.into_owned(), object_id: object_id.into_owned() })
}

/// Bytes of the operation's attributes, the least that its record takes; 0 if it is no operation.
pub fn record_bytes(operation: &[u8]) -> usize {
    let read: Option<Operation<'_>> = serde_json::from_slice(operation).ok();
    read.map_or(0, |operation| operation.body.get().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(index: &str, id: &str) -> (IndexName, ObjectId) {
        (IndexName::parse(index).unwrap(), ObjectId::parse(id).unwrap())
    }

    #[test]
    fn operations_have_the_documented_form_whatever_signs_the_names_hold() {
        let (index, id) = names("profiles", "a\"b\\");
        let mut out = Vec::new();
        let attributes = [("plan \"x\"", &b"\"gold\""[..]), ("objectID", b"1"), ("seen", b"[1,{}]")];
        write_partial_update(&index, &id, attributes, &mut out);
        assert_eq!(
            std::str::from_utf8(&out).unwrap(),
            r#"{"action":"partialUpdateObject","indexName":"profiles","body":{"objectID":"a\"b\\","plan \"x\"":"gold","seen":[1,{}]}}"#
        );
        assert_eq!(
            target(&out),
            Some(Target { index: "profiles".to_owned(), object_id: "a\"b\\".to_owned() })
        );
        assert_eq!(record_bytes(&out), r#"{"objectID":"a\"b\\","plan \"x\"":"gold","seen":[1,{}]}"#.len());
        out.clear();
        write_delete(&index, &id, &mut out);
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let expected = serde_json::json!({
            "action": "deleteObject", "indexName": "profiles", "body": {"objectID": "a\"b\\"}
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn what_is_no_operation_on_a_record_has_no_target() {
        for text in ["", "{}", r#"{"indexName":"a","body":{}}"#, r#"{"indexName":1,"body":{"objectID":"a"}}"#]
        {
            assert_eq!(target(text.as_bytes()), None, "{text}");
        }
    }
}
