//! From a definition to a mapping: every fault is found here, all at once, and running looks nothing up any more.

mod directives;
mod options;

use std::fmt::{self, Write};

use crate::{
    limits::{MAX_DEFINITION_DEPTH, MAX_DEFINITION_VALUES},
    node::{Literal, Member, Node},
    value::{Object, Value, write_str},
};

/// Segment's name for a directive that wraps the whole mapping.
const ROOT_DIRECTIVE: &str = "__segment_internal_directive";
/// The key that may stand beside a directive: a note of Segment's editor.
const METADATA: &str = "_metadata";

/// Something wrong in a mapping's definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, like `properties.products.@arrayPath[0]`; empty for the whole definition.
    pub place: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() { "the mapping" } else { &self.place };
        write!(formatter, "{place}: {}", self.message)
    }
}

impl std::error::Error for Fault {}

pub(crate) fn compile(definition: &Value<'_>) -> Result<Node, Vec<Fault>> {
    let mut compiler = Compiler::default();
    let mut values = 0;
    if let Err(message) = measure(definition, 1, &mut values) {
        compiler.fault(message);
        return Err(compiler.faults);
    }
    let node = compiler.root(definition);
    if compiler.faults.is_empty() { Ok(node) } else { Err(compiler.faults) }
}

/// Refuses a definition that is too deep or too large, before anything walks it without a bound.
fn measure(value: &Value<'_>, depth: usize, values: &mut usize) -> Result<(), String> {
    *values += 1;
    if depth > MAX_DEFINITION_DEPTH {
        return Err(format!("nested deeper than {MAX_DEFINITION_DEPTH} levels"));
    }
    if *values > MAX_DEFINITION_VALUES {
        return Err(format!("has more than {MAX_DEFINITION_VALUES} values"));
    }
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| measure(item, depth + 1, values)),
        Value::Object(object) => object.iter().try_for_each(|(_, member)| measure(member, depth + 1, values)),
        _ => Ok(()),
    }
}

/// What is being compiled, where in it we are, and what was wrong so far.
#[derive(Default)]
struct Compiler {
    place: String,
    faults: Vec<Fault>,
}

impl Compiler {
    /// Notes a fault here. The node it gives never runs.
    fn fault(&mut self, message: impl Into<String>) -> Node {
        self.faults.push(Fault { place: self.place.clone(), message: message.into() });
        Node::Absent
    }

    /// Compiles something one step further in.
    fn within<T>(&mut self, key: &str, inside: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.place.len();
        if before > 0 {
            self.place.push('.');
        }
        self.place.push_str(key);
        let result = inside(self);
        self.place.truncate(before);
        result
    }

    fn within_item<T>(&mut self, index: usize, inside: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.place.len();
        let _ = write!(self.place, "[{index}]"); // writing to a string cannot fail
        let result = inside(self);
        self.place.truncate(before);
        result
    }

    /// A whole mapping: with Segment's root directive, the other members become that directive's `mapping`.
    fn root(&mut self, definition: &Value<'_>) -> Node {
        let Some(wrapper) = definition.get(ROOT_DIRECTIVE) else { return self.node(definition) };
        let single = wrapper
            .as_object()
            .filter(|wrapper| wrapper.len() == 1)
            .and_then(|wrapper| wrapper.iter().next());
        let Some((name, Value::Object(options))) = single else {
            let message =
                format!("{ROOT_DIRECTIVE} must be an object with one directive whose value is an object");
            return self.fault(message);
        };
        let members = definition.as_object().into_iter().flat_map(Object::iter);
        let others: Object<'_> = (members.filter(|(key, _)| *key != ROOT_DIRECTIVE))
            .map(|(key, member)| (key.into(), member.borrowed()))
            .collect();
        let mut options = options.clone();
        options.insert("mapping", Value::Object(others));
        let wrapped: Object<'_> = [(name.into(), Value::Object(options))].into_iter().collect();
        self.node(&Value::Object(wrapped))
    }

    /// A directive or a raw value.
    fn node(&mut self, definition: &Value<'_>) -> Node {
        match definition {
            Value::Array(items) => self.array(items),
            Value::Object(object) if is_directive(object) => self.directive(object),
            Value::Object(object) => self.object(object),
            raw => Node::Literal(raw.borrowed().into_owned().into()),
        }
    }

    fn array(&mut self, items: &[Value<'_>]) -> Node {
        let item = |(at, item)| self.within_item(at, |inside| inside.node(item));
        let nodes: Box<[Node]> = items.iter().enumerate().map(item).collect();
        let literals: Option<Vec<_>> = nodes.iter().map(literal).collect();
        literals.map_or(Node::Array(nodes), |items| Node::Literal(Value::Array(items).into()))
    }

    fn object(&mut self, object: &Object<'_>) -> Node {
        let member = |(key, member): (&str, &Value<'_>)| {
            let node = self.within(key, |inside| inside.node(member));
            let mut json = Vec::new();
            write_str(key, &mut json);
            json.push(b':');
            Member { key: key.into(), json: json.into(), node }
        };
        let members: Box<[Member]> = object.iter().map(member).collect();
        let literals: Option<Object<'_>> = members
            .iter()
            .map(|member| Some((member.key.to_string().into(), literal(&member.node)?)))
            .collect();
        literals.map_or(Node::Object(members), |object| Node::Literal(Value::Object(object).into()))
    }

    fn directive(&mut self, object: &Object<'_>) -> Node {
        let mut directives = object.iter().filter(|(key, _)| key.starts_with('@'));
        let Some((name, operand)) = directives.next() else { return Node::Absent };
        if directives.next().is_some() {
            return self.fault("has more than one directive; keep one, or give each a key of its own");
        }
        if let Some((key, _)) = object.iter().find(|(key, _)| *key != name && *key != METADATA) {
            return self
                .fault(format!("{name} may not stand beside {key:?}; give the directive a key of its own"));
        }
        self.within(name, |inside| inside.named(name, operand))
    }
}

fn is_directive(object: &Object<'_>) -> bool {
    object.iter().any(|(key, _)| key.starts_with('@'))
}

fn literal(node: &Node) -> Option<Value<'static>> {
    if let Node::Literal(Literal { value, .. }) = node { Some(value.clone()) } else { None }
}
