//! What a message does against a plan.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde::Serialize;
use std::fmt;

/// How many characters of a description are kept.
const MAX_DESCRIPTION: usize = 300;

/// One thing that a message does against its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What kind of thing; written as its [`Kind::name`].
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Where: `properties.price`, `properties.products.0.sku`, or `(root)` for the whole message.
    pub field: String,
    /// In words. The value itself is not shown, since it may be personal.
    pub description: String,
    /// The same place, by its parts: names may hold dots.
    #[serde(skip)]
    pub(super) path: Vec<String>,
}

/// Kinds of violations. The first two names are Segment's; Segment publishes no full list, the others are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Something required is missing.
    Required,
    /// A value has another JSON type.
    InvalidType,
    /// A value has the right type and is none that the plan allows: pattern, list of values, range, format.
    InvalidValue,
    /// A track event that the plan doesn't know.
    UnplannedEvent,
    /// A property or trait that the plan doesn't know.
    UnplannedProperty,
}

impl Kind {
    /// The name as it stands in `context.protocols.violations`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Required => "Required",
            Kind::InvalidType => "Invalid Type",
            Kind::InvalidValue => "Invalid Value",
            Kind::UnplannedEvent => "Unplanned Event",
            Kind::UnplannedProperty => "Unplanned Property",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Violation {
    fn new(kind: Kind, path: Vec<String>, description: &str) -> Self {
        let field = if path.is_empty() { "(root)".to_owned() } else { path.join(".") };
        let description = description.chars().take(MAX_DESCRIPTION).collect();
        Violation { kind, field, description, path }
    }

    pub(super) fn unplanned_event(event: &str) -> Self {
        let event: String = event.chars().take(MAX_DESCRIPTION / 2).collect();
        let description = format!("event \"{event}\" is not in the tracking plan");
        Self::new(Kind::UnplannedEvent, vec!["event".to_owned()], &description)
    }

    pub(super) fn unplanned_property(content: &str, name: &str) -> Self {
        let path = vec![content.to_owned(), name.to_owned()];
        Self::new(Kind::UnplannedProperty, path, "the property is not in the tracking plan")
    }

    /// One error of the schema is one violation, but for names that a closed object doesn't allow: each is its own.
    pub(super) fn of_schema(error: &ValidationError<'_>) -> Vec<Self> {
        let path = parts(error.instance_path().as_str());
        let below = |name: &str| path.iter().cloned().chain([name.to_owned()]).collect();
        let words = || error.masked_with("the value").to_string();
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                vec![Self::new(Kind::Required, below(property.as_str().unwrap_or_default()), &words())]
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let words = "the property is not in the tracking plan";
                unexpected.iter().map(|name| Self::new(Kind::UnplannedProperty, below(name), words)).collect()
            }
            ValidationErrorKind::Type { .. } => vec![Self::new(Kind::InvalidType, path, &words())],
            _ => vec![Self::new(Kind::InvalidValue, path, &words())],
        }
    }
}

/// The parts of a JSON pointer.
fn parts(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}
