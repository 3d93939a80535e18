//! A mapping as the rest of the program knows it: compiled once, run per event.

use crate::{Fault, compile, limits::MAX_WORK, meter::Meter, node::Node, tree::Tree, value::Value};

/// A compiled mapping. Made by [`Mapping::compile`], so one that exists has no faults.
#[derive(Debug)]
pub struct Mapping {
    node: Node,
}

/// Why a mapping gave no result for a payload. The same payload will fail again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The payload is not an object.
    #[error("the payload must be an object, this one is: {kind}")]
    Payload {
        /// What it is instead.
        kind: &'static str,
    },
    /// A directive that takes a string was given something else by the directive inside it.
    #[error("{place} takes a string, the directive inside it gave: {kind}")]
    NotText {
        /// Where in the mapping.
        place: String,
        /// What it was given.
        kind: &'static str,
    },
    /// A directive inside an item's shape needs the item to be an object.
    #[error("{place} takes an object, this item is: {kind}")]
    NotObject {
        /// Where in the mapping.
        place: String,
        /// What the item is.
        kind: &'static str,
    },
    /// A path or template that another directive gave cannot be used, or a Liquid template not with this payload.
    #[error("{place}: {message}")]
    Computed {
        /// Where in the mapping.
        place: String,
        /// What is wrong with it.
        message: String,
    },
    /// The result, or something on the way to it, grew beyond [`MAX_WORK`](crate::limits::MAX_WORK).
    #[error("the mapping builds more than {MAX_WORK} bytes from this payload")]
    TooLarge,
}

impl Mapping {
    /// Compiles a definition in the language of Segment's Mapping Kit. Finds every fault, not only the first.
    ///
    /// ```
    /// use causeway_mapping::{Mapping, Value};
    ///
    /// let definition = Value::parse(br#"{ "name": { "@path": "$.traits.name" } }"#)?;
    /// let mapping = Mapping::compile(&definition).map_err(|faults| format!("{faults:?}"))?;
    /// let payload = Value::parse(br#"{ "traits": { "name": "Ada" } }"#)?;
    /// let result = mapping.resolve(&payload)?.ok_or("nothing")?;
    /// assert_eq!(result.get("name"), Some(&Value::from("Ada")));
    ///
    /// let wrong = Value::parse(br#"{ "name": { "@pth": "$.traits.name" } }"#)?;
    /// let faults = Mapping::compile(&wrong).expect_err("no such directive");
    /// assert_eq!(faults[0].place, "name.@pth");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compile(definition: &Value<'_>) -> Result<Mapping, Vec<Fault>> {
        compile::compile(definition).map(|node| Mapping { node })
    }

    /// What the mapping makes of a payload; `None` where it resolves to nothing, as a lone `@path` to a missing
    /// property does. Strings in the result borrow from the mapping and the payload.
    pub fn resolve<'p>(&'p self, payload: &'p Value<'p>) -> Result<Option<Value<'p>>, ResolveError> {
        let mut meter = Meter::new();
        self.tree(payload, &mut meter)?.into_value(&mut meter)
    }

    /// Appends what the mapping makes of a payload as JSON; says whether it makes anything. The same as
    /// [`resolve`](Mapping::resolve) and [`Value::write_json`], only faster. After an error `out` is as it was.
    pub fn write_json(&self, payload: &Value<'_>, out: &mut Vec<u8>) -> Result<bool, ResolveError> {
        let start = out.len();
        let written = match payload {
            Value::Object(_) => self.node.write_json(Some(payload), out, start + MAX_WORK, &mut Meter::new()),
            other => Err(ResolveError::Payload { kind: other.kind() }),
        };
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    fn tree<'p>(&'p self, payload: &'p Value<'p>, meter: &mut Meter) -> Result<Tree<'p>, ResolveError> {
        match payload {
            Value::Object(_) => self.node.resolve(Some(payload), meter),
            other => Err(ResolveError::Payload { kind: other.kind() }),
        }
    }
}
