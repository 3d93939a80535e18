//! A mapping after compiling: what it says, in types that run without looking anything up.

use crate::{
    liquid::Liquid, path::Path, query::Query, replace::Substitution, template::Template, value::Value,
};

/// One part of a mapping.
#[derive(Debug)]
pub(crate) enum Node {
    /// Resolves to nothing, always.
    Absent,
    /// A raw value without directives inside.
    Literal(Literal),
    /// A raw object with directives inside.
    Object(Box<[Member]>),
    /// A raw array with directives inside.
    Array(Box<[Node]>),
    /// `@path` of names.
    Path(Path),
    /// `@path` that is a JSONPath.
    Query(Query),
    /// `@path` of a path that another directive gives.
    ComputedPath(Box<Computed>),
    /// `@template`
    Template(Template),
    /// `@template` of a text that another directive gives.
    ComputedTemplate(Box<Computed>),
    /// `@liquid`
    Liquid(Box<Liquid>),
    /// `@if`
    If(Box<If>),
    /// `@case`
    Case(Case, Box<Node>),
    /// `@replace`
    Replace(Box<Replace>),
    /// `@arrayPath` with a shape for each item.
    Each(Box<Each>),
    /// `@merge`, with later objects winning.
    Merge(Box<[Node]>),
    /// `@transform`
    Transform(Box<Transform>),
    /// `@flatten`
    Flatten(Box<Flatten>),
    /// `@json`
    Json(Json, Box<Node>),
    /// `@excludeWhenNull`
    ExcludeWhenNull(Box<Node>),
}

/// A value that is there before any payload is, also as the JSON it will be written as.
#[derive(Debug)]
pub(crate) struct Literal {
    pub(crate) value: Value<'static>,
    pub(crate) json: Box<[u8]>,
}

impl From<Value<'static>> for Literal {
    fn from(value: Value<'static>) -> Self {
        let mut json = Vec::new();
        value.write_json(&mut json);
        Literal { value, json: json.into() }
    }
}

/// A member of a raw object.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) key: Box<str>,
    /// The key as JSON, with its colon.
    pub(crate) json: Box<[u8]>,
    pub(crate) node: Node,
}

/// A text that is only known per event.
#[derive(Debug)]
pub(crate) struct Computed {
    pub(crate) text: Node,
    pub(crate) place: Box<str>,
}

#[derive(Debug)]
pub(crate) struct If {
    pub(crate) condition: Condition,
    pub(crate) subject: Node,
    pub(crate) then: Node,
    pub(crate) otherwise: Node,
}

/// What `@if` asks of its subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Condition {
    /// Neither absent nor null.
    Exists,
    /// `blank`, which despite its name asks for something: neither absent, null, nor loosely equal to `''`.
    Filled,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Case {
    Lower,
    Upper,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Json {
    Encode,
    Decode,
}

#[derive(Debug)]
pub(crate) struct Replace {
    pub(crate) value: Node,
    pub(crate) first: Substitution,
    pub(crate) second: Option<Substitution>,
}

#[derive(Debug)]
pub(crate) struct Each {
    pub(crate) list: Node,
    pub(crate) shape: Node,
}

#[derive(Debug)]
pub(crate) struct Transform {
    pub(crate) apply: Node,
    pub(crate) mapping: Node,
    pub(crate) place: Box<str>,
}

#[derive(Debug)]
pub(crate) struct Flatten {
    pub(crate) value: Node,
    pub(crate) separator: Box<str>,
    pub(crate) omit_arrays: bool,
}
