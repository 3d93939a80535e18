//! One rule's schema, compiled.

use super::field::{self, Field};
use super::{MAX_VIOLATIONS, Violation};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Keywords that can allow members without listing them under `properties`.
const OPENING: [&str; 7] = ["$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties", "propertyNames"];

#[derive(Debug)]
pub(super) struct Schema {
    validator: Validator,
    properties: Described,
    traits: Described,
    fields: Vec<Field>,
}

/// What a schema says about the members of `properties` or `traits`.
#[derive(Debug)]
pub(super) enum Described {
    /// Nothing.
    Not,
    /// It lists them.
    Names(HashSet<String>),
    /// It describes them in a way that can't be listed.
    Open,
}

impl Schema {
    /// Compiles with formats checked. References are resolved within the schema only, never over the network, and patterns
    /// are matched in linear time, so look-around (which Segment doesn't support either) is an error here.
    pub(super) fn compile(schema: &Value) -> Result<Self, ValidationError<'static>> {
        let validator = jsonschema::options()
            .with_draft(Draft::Draft7)
            .should_validate_formats(true)
            .with_pattern_options(PatternOptions::regex())
            .offline()
            .build(schema)?;
        let described = |content| Described::read(schema, content);
        let fields = field::under(schema, "properties");
        Ok(Schema { validator, properties: described("properties"), traits: described("traits"), fields })
    }

    /// Asking "valid?" first is the fast way, and nearly every message is.
    pub(super) fn check(&self, message: &Value) -> Vec<Violation> {
        if self.validator.is_valid(message) {
            return Vec::new();
        }
        let errors = self.validator.iter_errors(message).take(MAX_VIOLATIONS);
        errors.flat_map(|error| Violation::of_schema(&error)).collect()
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(super) fn described(&self, content: &str) -> &Described {
        if content == "traits" { &self.traits } else { &self.properties }
    }
}

impl Described {
    fn read(schema: &Value, content: &str) -> Self {
        if schema.as_object().is_some_and(is_open) {
            return Described::Open;
        }
        let Some(inner) = schema["properties"][content].as_object() else { return Described::Not };
        match inner.get("properties").and_then(Value::as_object) {
            _ if is_open(inner) => Described::Open,
            Some(names) => Described::Names(names.keys().cloned().collect()),
            None => Described::Not,
        }
    }
}

fn is_open(schema: &Map<String, Value>) -> bool {
    OPENING.iter().any(|keyword| schema.contains_key(*keyword))
}
