//! One function for each directive: what it takes, and what of it would be a fault.

use super::{Compiler, is_directive};
use crate::{
    node::{Case, Computed, Condition, Each, Flatten, If, Json, Node, Replace, Transform},
    path::Path,
    query::Query,
    replace::Substitution,
    template::{Template, without_slots},
    value::{Object, Value},
};

/// Every directive there is.
const NAMES: &str = "@arrayPath, @case, @excludeWhenNull, @flatten, @if, @json, @liquid, @literal, @merge, @path, \
                     @replace, @template, @transform";

/// Why `@liquid` is refused.
const NO_LIQUID: &str = "is not supported; say the same with @template, @if, @case and @replace";

/// A text given as it is, or by another directive.
enum Text<'d> {
    Given(&'d str),
    Computed(Box<Computed>),
}

impl Compiler {
    pub(super) fn named(&mut self, name: &str, operand: &Value<'_>) -> Node {
        match name {
            "@path" => self.path(operand),
            "@template" => self.template(operand),
            "@literal" => self.node(operand),
            "@excludeWhenNull" => Node::ExcludeWhenNull(Box::new(self.node(operand))),
            "@liquid" => self.fault(NO_LIQUID),
            "@arrayPath" => self.array_path(operand),
            "@if" => self.with_options(operand, Self::condition),
            "@case" => self.with_options(operand, Self::case),
            "@replace" => self.with_options(operand, Self::replace),
            "@merge" => self.with_options(operand, Self::merge),
            "@transform" => self.with_options(operand, Self::transform),
            "@flatten" => self.with_options(operand, Self::flatten),
            "@json" => self.with_options(operand, Self::json),
            _ => self.fault(format!("no such directive; there are {NAMES}")),
        }
    }

    fn with_options(
        &mut self,
        operand: &Value<'_>,
        build: impl FnOnce(&mut Self, &Object<'_>) -> Node,
    ) -> Node {
        match operand {
            Value::Object(options) if !is_directive(options) => build(self, options),
            Value::Object(_) => self.fault("takes an object of options, not a directive"),
            other => self.fault(format!("takes an object of options, not {}", article(other))),
        }
    }

    fn text<'d>(&mut self, operand: &'d Value<'_>) -> Option<Text<'d>> {
        match operand {
            Value::String(text) => Some(Text::Given(text)),
            Value::Object(object) if is_directive(object) => {
                let place = self.place.as_str().into();
                Some(Text::Computed(Box::new(Computed { text: self.directive(object), place })))
            }
            other => {
                self.fault(format!("takes a string or a directive, not {}", article(other)));
                None
            }
        }
    }

    fn path(&mut self, operand: &Value<'_>) -> Node {
        match self.text(operand) {
            Some(Text::Given(path)) => self.given_path(path),
            Some(Text::Computed(path)) => Node::ComputedPath(path),
            None => Node::Absent,
        }
    }

    fn given_path(&mut self, path: &str) -> Node {
        let node = match Query::parse(path) {
            Some(query) => query.map(Node::Query),
            None => Path::of_mapping(path).map(Node::Path).map_err(|error| error.to_string()),
        };
        node.unwrap_or_else(|message| self.fault(message))
    }

    fn template(&mut self, operand: &Value<'_>) -> Node {
        match self.text(operand) {
            Some(Text::Computed(text)) => Node::ComputedTemplate(text),
            None => Node::Absent,
            Some(Text::Given(text)) => match Template::parse(text) {
                Err(message) => self.fault(message),
                Ok(template) => match without_slots(&template) {
                    Some(text) => Node::Literal(Value::from(text.into_owned()).into()),
                    None => Node::Template(template),
                },
            },
        }
    }

    fn array_path(&mut self, operand: &Value<'_>) -> Node {
        let Value::Array(items) = operand else {
            return self.fault(format!("takes an array of a path and a shape, not {}", article(operand)));
        };
        let list = self.within_item(0, |inside| match items.first() {
            Some(Value::Object(object)) if is_directive(object) => inside.directive(object),
            Some(path) => inside.path(path),
            None => inside.fault("takes a path first; add one"),
        });
        // as in the public implementation, a shape that is no object with something in it asks for nothing
        let shape = items.get(1).map(|shape| (shape, self.within_item(1, |inside| inside.node(shape))));
        match shape {
            Some((Value::Object(shape), node)) if !shape.is_empty() => {
                Node::Each(Box::new(Each { list, shape: node }))
            }
            _ => list,
        }
    }

    fn condition(&mut self, options: &Object<'_>) -> Node {
        let truthy = |key: &str| options.get(key).is_some_and(Value::is_truthy);
        if !truthy("exists") && !truthy("blank") {
            return self.fault("needs an \"exists\" or a \"blank\" to ask for");
        }
        let (condition, key) = match options.get("exists") {
            Some(_) => (Condition::Exists, "exists"),
            None => (Condition::Filled, "blank"),
        };
        let subject = self.option(options, key);
        let then = self.option(options, "then");
        let otherwise = self.option(options, "else");
        // as in the public implementation, a false `else` (false, 0, "", null) counts as none
        let otherwise = if truthy("else") { otherwise } else { Node::Absent };
        Node::If(Box::new(If { condition, subject, then, otherwise }))
    }

    fn case(&mut self, options: &Object<'_>) -> Node {
        let case = match options.get("operator").and_then(Value::as_str) {
            Some("lower") => Case::Lower,
            Some("upper") => Case::Upper,
            _ => return self.fault("needs an \"operator\" that is \"lower\" or \"upper\""),
        };
        let value = self.text_option(options, "value");
        value.map_or(Node::Absent, |value| Node::Case(case, Box::new(value)))
    }

    fn replace(&mut self, options: &Object<'_>) -> Node {
        if options.get("value").is_none() {
            self.fault("needs a \"value\" to replace in");
        }
        let value = self.text_option(options, "value");
        let ignore_case = self.flag(options, "ignorecase", false);
        let all = self.flag(options, "global", true);
        let first = self.substitution(options, ["pattern", "replacement"], ignore_case, all);
        let second = self.substitution(options, ["pattern2", "replacement2"], ignore_case, all);
        if options.get("pattern").is_none_or(|pattern| !pattern.is_truthy()) {
            self.fault("needs a \"pattern\" of at least one character");
        }
        match (value, first) {
            (Some(value), Some(first)) => Node::Replace(Box::new(Replace { value, first, second })),
            _ => Node::Absent,
        }
    }

    /// A pattern and its replacement; `None` where the pattern is missing or empty.
    fn substitution(
        &mut self,
        options: &Object<'_>,
        [pattern, replacement]: [&str; 2],
        ignore_case: bool,
        all: bool,
    ) -> Option<Substitution> {
        let wanted = self.string(options, pattern)?;
        let with = self.string(options, replacement).unwrap_or_default();
        if wanted.is_empty() {
            return None;
        }
        match Substitution::new(wanted, with, ignore_case, all) {
            Ok(substitution) => Some(substitution),
            Err(message) => {
                self.fault(message);
                None
            }
        }
    }

    fn merge(&mut self, options: &Object<'_>) -> Node {
        let leftwards = match options.get("direction").and_then(Value::as_str) {
            Some("left") => true,
            Some("right") => false,
            _ => {
                self.fault("needs a \"direction\" that is \"left\" or \"right\"");
                false
            }
        };
        let Some(Value::Array(objects)) = options.get("objects") else {
            return self.fault("needs \"objects\", an array of objects");
        };
        let mut nodes = self.within("objects", |inside| {
            let object = |(at, object)| inside.within_item(at, |inside| inside.object_or_directive(object));
            objects.iter().enumerate().map(object).collect::<Vec<_>>()
        });
        if leftwards {
            nodes.reverse();
        }
        Node::Merge(nodes.into())
    }

    fn transform(&mut self, options: &Object<'_>) -> Node {
        let place = self.place.as_str().into();
        let apply = match options.get("apply") {
            Some(apply @ Value::Object(_)) => self.within("apply", |inside| inside.root(apply)),
            _ => self.fault("needs an \"apply\", a mapping for the payload"),
        };
        let mapping = match options.get("mapping") {
            Some(mapping) => self.within("mapping", |inside| inside.object_or_directive(mapping)),
            None => self.fault("needs a \"mapping\" for what \"apply\" gives"),
        };
        Node::Transform(Box::new(Transform { apply, mapping, place }))
    }

    fn flatten(&mut self, options: &Object<'_>) -> Node {
        let separator = self.string(options, "separator").unwrap_or_default();
        if separator.is_empty() {
            self.fault("needs a \"separator\" of at least one character");
        }
        if options.get("value").is_none() {
            self.fault("needs a \"value\" to flatten");
        }
        let value = self.option(options, "value");
        let omit_arrays = options.get("omitArrays").is_some_and(Value::is_truthy);
        Node::Flatten(Box::new(Flatten { value, separator: separator.into(), omit_arrays }))
    }

    fn json(&mut self, options: &Object<'_>) -> Node {
        let mode = match options.get("mode").and_then(Value::as_str) {
            Some("encode") => Json::Encode,
            Some("decode") => Json::Decode,
            _ => {
                self.fault("needs a \"mode\" that is \"encode\" or \"decode\"");
                Json::Encode
            }
        };
        if !options.get("value").is_some_and(Value::is_truthy) {
            self.fault("needs a \"value\" that is not empty, false or 0");
        }
        Node::Json(mode, Box::new(self.option(options, "value")))
    }

    /// An option that may be anything.
    fn option(&mut self, options: &Object<'_>, key: &str) -> Node {
        options.get(key).map_or(Node::Absent, |value| self.within(key, |inside| inside.node(value)))
    }

    /// An option that is a string or a directive; `None` where it is missing or an empty string.
    fn text_option(&mut self, options: &Object<'_>, key: &str) -> Option<Node> {
        let value = options.get(key)?;
        self.within(key, |inside| match inside.text(value)? {
            Text::Given("") => None,
            Text::Given(text) => Some(Node::Literal(Value::from(text.to_owned()).into())),
            Text::Computed(computed) => Some(computed.text),
        })
    }

    fn string<'d>(&mut self, options: &'d Object<'_>, key: &str) -> Option<&'d str> {
        match options.get(key)? {
            Value::String(text) => Some(text),
            Value::Null => None,
            other => {
                self.within(key, |inside| inside.fault(format!("takes a string, not {}", article(other))));
                None
            }
        }
    }

    fn flag(&mut self, options: &Object<'_>, key: &str, otherwise: bool) -> bool {
        match options.get(key) {
            None | Some(Value::Null) => otherwise,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                self.within(key, |inside| {
                    inside.fault(format!("takes true or false, not {}", article(other)))
                });
                otherwise
            }
        }
    }

    fn object_or_directive(&mut self, value: &Value<'_>) -> Node {
        match value {
            Value::Object(_) => self.node(value),
            other => self.fault(format!("takes an object or a directive, not {}", article(other))),
        }
    }
}

/// The kind of a value with its article, to finish "takes …, not …".
fn article(value: &Value<'_>) -> String {
    let kind = value.kind();
    match kind {
        "null" => kind.to_owned(),
        "object" | "array" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}
