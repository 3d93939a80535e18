//! One function for each directive: what it takes, and what of it would be a fault.

use super::{
    Compiler, is_directive,
    options::{Text, article},
};
use crate::{
    limits::{MAX_PATTERN_LENGTH, MAX_REPLACEMENT_LENGTH},
    liquid::Liquid,
    node::{Case, Condition, Each, Flatten, If, Json, Node, Replace, Transform},
    path::Path,
    query::Query,
    replace::Substitution,
    template::{Template, without_slots},
    text::js_length,
    value::{Object, Value},
};

/// Every directive there is.
const NAMES: &str = "@arrayPath, @case, @excludeWhenNull, @flatten, @if, @json, @liquid, @literal, @merge, @path, \
                     @replace, @template, @transform";

const REPLACE_OPTIONS: &[&str] =
    &["value", "pattern", "replacement", "pattern2", "replacement2", "ignorecase", "global"];

impl Compiler {
    pub(super) fn named(&mut self, name: &str, operand: &Value<'_>) -> Node {
        match name {
            "@path" => self.path(operand),
            "@template" => self.template(operand),
            "@literal" => self.node(operand),
            "@excludeWhenNull" => Node::ExcludeWhenNull(Box::new(self.node(operand))),
            "@liquid" => self.liquid(operand),
            "@arrayPath" => self.array_path(operand),
            "@if" => self.with_options(operand, &["exists", "blank", "then", "else"], Self::condition),
            "@case" => self.with_options(operand, &["operator", "value"], Self::case),
            "@replace" => self.with_options(operand, REPLACE_OPTIONS, Self::replace),
            "@merge" => self.with_options(operand, &["objects", "direction"], Self::merge),
            "@transform" => self.with_options(operand, &["apply", "mapping"], Self::transform),
            "@flatten" => self.with_options(operand, &["value", "separator"], Self::flatten),
            "@json" => self.with_options(operand, &["mode", "value"], Self::json),
            _ => self.fault(format!("no such directive; there are {NAMES}")),
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

    fn liquid(&mut self, operand: &Value<'_>) -> Node {
        let Value::String(text) = operand else {
            return self.fault(format!("takes a string, not {}", article(operand)));
        };
        match Liquid::parse(text, &self.place) {
            Ok(liquid) => Node::Liquid(Box::new(liquid)),
            Err(message) => self.fault(message),
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
        let (exists, filled) = (self.option(options, "exists"), self.option(options, "blank"));
        let (condition, subject) = match options.get("exists") {
            Some(_) => (Condition::Exists, exists),
            None => (Condition::Filled, filled),
        };
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
        let pattern = self.string(options, "pattern").filter(|pattern| !pattern.is_empty());
        if pattern.is_none() {
            self.fault("needs a \"pattern\" of at least one character");
        }
        let replacement = self.string(options, "replacement").unwrap_or_default();
        let first = self.substitution(["pattern", "replacement"], pattern, replacement, ignore_case, all);
        let second = self.second_substitution(options, ignore_case, all);
        match (value, first) {
            (Some(value), Some(first)) => Node::Replace(Box::new(Replace { value, first, second })),
            _ => Node::Absent,
        }
    }

    /// As in the public implementation, a second pattern or replacement of another kind means no second replacing.
    fn second_substitution(
        &mut self,
        options: &Object<'_>,
        ignore_case: bool,
        all: bool,
    ) -> Option<Substitution> {
        let pattern = options.get("pattern2").and_then(Value::as_str).filter(|pattern| !pattern.is_empty());
        let replacement = match options.get("replacement2") {
            None | Some(Value::Null) => "",
            Some(replacement) => replacement.as_str()?,
        };
        self.substitution(["pattern2", "replacement2"], pattern, replacement, ignore_case, all)
    }

    fn substitution(
        &mut self,
        keys: [&str; 2],
        pattern: Option<&str>,
        replacement: &str,
        ignore_case: bool,
        all: bool,
    ) -> Option<Substitution> {
        let limits =
            [(pattern.unwrap_or_default(), MAX_PATTERN_LENGTH), (replacement, MAX_REPLACEMENT_LENGTH)];
        for (key, (text, most)) in keys.into_iter().zip(limits) {
            let length = js_length(text);
            if length > most {
                self.within(key, |inside| {
                    inside.fault(format!("may have at most {most} characters, {text:?} has {length}"))
                });
            }
        }
        pattern.map(|pattern| Substitution::new(pattern, replacement, ignore_case, all))
    }

    fn merge(&mut self, options: &Object<'_>) -> Node {
        let direction = self.word(options, "direction", ["left", "right"]);
        let Some(Value::Array(objects)) = options.get("objects") else {
            return self.fault("needs \"objects\", an array of objects");
        };
        let mut nodes = self.within("objects", |inside| {
            let object = |(at, object)| inside.within_item(at, |inside| inside.object_or_directive(object));
            objects.iter().enumerate().map(object).collect::<Vec<_>>()
        });
        if direction == Some("left") {
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
        if !options.get("value").is_some_and(Value::is_truthy) {
            self.fault("needs a \"value\" that is not empty, false or 0");
        }
        let value = Box::new(self.option(options, "value"));
        match self.word(options, "mode", ["encode", "decode"]) {
            Some("encode") => Node::Json(Json::Encode, value),
            Some("decode") => Node::Json(Json::Decode, value),
            _ => Node::Absent,
        }
    }
}
