//! What a plan expects in an event, field by field, for whoever wants to fill it.

use serde_json::Value;

/// Levels of fields that are read: a list of objects in `properties` has two.
const MAX_LEVELS: usize = 4;

/// A planned property.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The JSON types that it may have; empty for any.
    pub types: Vec<String>,
    /// Whether it must be there.
    pub required: bool,
    /// The only values that it may have; empty for any.
    pub choices: Vec<Value>,
    /// What is planned inside of it: an object's members, or those of a list's items.
    pub fields: Vec<Field>,
}

impl Field {
    /// Whether it may have this JSON type. Every integer is a number.
    pub fn allows(&self, kind: &str) -> bool {
        let number = kind == "integer" && self.allows("number");
        number || self.types.is_empty() || self.types.iter().any(|allowed| allowed == kind)
    }
}

/// The fields under `properties` (or `traits`) of a rule's schema.
pub(super) fn under(schema: &Value, content: &str) -> Vec<Field> {
    members(&schema["properties"][content], MAX_LEVELS)
}

fn members(schema: &Value, levels: usize) -> Vec<Field> {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let planned = schema["properties"].as_object().filter(|_| levels > 0);
    let field = |(name, inner): (&String, &Value)| Field {
        name: name.clone(),
        types: words(&inner["type"]),
        required: required(name),
        choices: inner["enum"].as_array().cloned().unwrap_or_default(),
        fields: members(inner.get("items").unwrap_or(inner), levels - 1),
    };
    planned.into_iter().flatten().map(field).collect()
}

/// `"string"`, or `["string", "null"]`.
fn words(types: &Value) -> Vec<String> {
    let all = types.as_array().map_or(std::slice::from_ref(types), Vec::as_slice);
    all.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}
