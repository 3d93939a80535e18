//! What keeps a hostile or careless schema harmless: no reference leaves the schema, none leads back to where it stands,
//! and what validating runs through, references followed, has a size.
//!
//! JSON Schema itself knows no such bounds. Two schemas that refer to themselves side by side double the work with every
//! level of a message, a schema that refers to itself in place never ends, and an address in `$ref` makes a validator ask
//! the network. Segment's plans need none of this.

use serde_json::Value;

/// Schemas within one rule's schema, each counted as often as something refers to it.
const MAX_SCHEMAS: usize = 10_000;

/// How deep schemas may be nested, references followed.
const MAX_DEPTH: usize = 64;

/// Keywords whose value is a schema.
const ONE: [&str; 9] = [
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
];

/// Keywords whose value has schemas for members or items.
const MANY: [&str; 7] =
    ["allOf", "anyOf", "dependencies", "items", "oneOf", "patternProperties", "properties"];

/// What is wrong with a schema, and where in it.
#[derive(Debug, PartialEq)]
pub(super) struct Unbounded {
    pub(super) place: String,
    pub(super) problem: String,
}

/// Refuses a schema that is not within the bounds.
pub(super) fn check(schema: &Value) -> Result<(), Unbounded> {
    Walk { root: schema, following: Vec::new(), place: Vec::new(), seen: 0, depth: 0 }.schema(schema)
}

struct Walk<'s> {
    root: &'s Value,
    /// The references on the way to where the walk stands.
    following: Vec<&'s str>,
    place: Vec<&'s str>,
    seen: usize,
    depth: usize,
}

impl<'s> Walk<'s> {
    fn fault<T>(&self, problem: impl Into<String>) -> Result<T, Unbounded> {
        let place = [&[""], &*self.place].concat().join("/");
        Err(Unbounded { place, problem: problem.into() })
    }

    fn schema(&mut self, schema: &'s Value) -> Result<(), Unbounded> {
        self.seen += 1;
        if self.seen > MAX_SCHEMAS {
            return self.fault(format!("more than {MAX_SCHEMAS} schemas, those behind references included"));
        }
        if self.depth == MAX_DEPTH {
            return self.fault(format!("nested deeper than {MAX_DEPTH} schemas"));
        }
        self.depth += 1;
        let done = match schema.get("$ref") {
            // In draft-07 nothing beside a reference counts.
            Some(Value::String(reference)) => self.within("$ref", |walk| walk.reference(reference)),
            _ => self.applied(schema),
        };
        self.depth -= 1;
        done
    }

    fn applied(&mut self, schema: &'s Value) -> Result<(), Unbounded> {
        if schema.get("$id").is_some() && !self.place.is_empty() {
            return self.fault("$id below the top changes what references mean; leave it out");
        }
        for keyword in ONE {
            if let Some(inner @ Value::Object(_)) = schema.get(keyword) {
                self.within(keyword, |walk| walk.schema(inner))?;
            }
        }
        MANY.into_iter().try_for_each(|keyword| match schema.get(keyword) {
            Some(Value::Array(items)) => items.iter().try_for_each(|inner| {
                self.within(keyword, |walk| walk.within("-", |walk| walk.schema(inner)))
            }),
            Some(Value::Object(members)) if keyword != "items" => {
                members.iter().try_for_each(|(name, inner)| {
                    self.within(keyword, |walk| walk.within(name, |walk| walk.schema(inner)))
                })
            }
            _ => Ok(()),
        })
    }

    fn reference(&mut self, reference: &'s str) -> Result<(), Unbounded> {
        let Some(pointer) = reference.strip_prefix('#') else {
            return self
                .fault(format!("{reference:?} is outside of this schema; write what it says in here"));
        };
        if self.following.contains(&reference) || pointer.is_empty() {
            return self
                .fault(format!("{reference:?} leads back to itself; write the levels out that you need"));
        }
        let Some(target) = self.root.pointer(pointer) else {
            return self.fault(format!("{reference:?} leads nowhere"));
        };
        self.following.push(reference);
        let done = self.schema(target);
        self.following.pop();
        done
    }

    fn within(
        &mut self,
        step: &'s str,
        walk: impl FnOnce(&mut Self) -> Result<(), Unbounded>,
    ) -> Result<(), Unbounded> {
        self.place.push(step);
        let done = walk(self);
        self.place.pop();
        done
    }
}
