//! What directives take: options of a kind, and texts that may come from another directive.

use super::{Compiler, is_directive};
use crate::{
    node::{Computed, Node},
    value::{Object, Value},
};

/// A text given as it is, or by another directive.
pub(super) enum Text<'d> {
    Given(&'d str),
    Computed(Box<Computed>),
}

impl Compiler {
    pub(super) fn with_options(
        &mut self,
        operand: &Value<'_>,
        known: &[&str],
        build: impl FnOnce(&mut Self, &Object<'_>) -> Node,
    ) -> Node {
        match operand {
            Value::Object(options) if !is_directive(options) => {
                self.check_unknown(options, known);
                build(self, options)
            }
            Value::Object(_) => self.fault("takes an object of options, not a directive"),
            other => self.fault(format!("takes an object of options, not {}", article(other))),
        }
    }

    /// An option that the directive does not know means nothing, yet what is in it must be right.
    fn check_unknown(&mut self, options: &Object<'_>, known: &[&str]) {
        for (key, value) in options.iter().filter(|(key, _)| !known.contains(key)) {
            self.within(key, |inside| inside.node(value));
        }
    }

    pub(super) fn text<'d>(&mut self, operand: &'d Value<'_>) -> Option<Text<'d>> {
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

    /// An option that is one of two words. As in the public implementation capitals pass the check, and then stand for
    /// neither word.
    pub(super) fn word<'d>(
        &mut self,
        options: &'d Object<'_>,
        key: &str,
        allowed: [&str; 2],
    ) -> Option<&'d str> {
        let word = options.get(key).and_then(Value::as_str);
        let known = word.is_some_and(|word| allowed.iter().any(|allowed| word.eq_ignore_ascii_case(allowed)));
        if !known {
            let [one, other] = allowed;
            self.fault(format!("needs a {key:?} that is {one:?} or {other:?}"));
        }
        word
    }

    /// An option that may be anything.
    pub(super) fn option(&mut self, options: &Object<'_>, key: &str) -> Node {
        options.get(key).map_or(Node::Absent, |value| self.within(key, |inside| inside.node(value)))
    }

    /// An option that is a string or a directive; `None` where it is missing or an empty string.
    pub(super) fn text_option(&mut self, options: &Object<'_>, key: &str) -> Option<Node> {
        let value = options.get(key)?;
        self.within(key, |inside| match inside.text(value)? {
            Text::Given("") => None,
            Text::Given(text) => Some(Node::Literal(Value::from(text.to_owned()).into())),
            Text::Computed(computed) => Some(computed.text),
        })
    }

    pub(super) fn string<'d>(&mut self, options: &'d Object<'_>, key: &str) -> Option<&'d str> {
        match options.get(key)? {
            Value::String(text) => Some(text),
            other => {
                self.within(key, |inside| inside.fault(format!("takes a string, not {}", article(other))));
                None
            }
        }
    }

    pub(super) fn flag(&mut self, options: &Object<'_>, key: &str, otherwise: bool) -> bool {
        match options.get(key) {
            None => otherwise,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                self.within(key, |inside| {
                    inside.fault(format!("takes true or false, not {}", article(other)))
                });
                otherwise
            }
        }
    }

    pub(super) fn object_or_directive(&mut self, value: &Value<'_>) -> Node {
        match value {
            Value::Object(_) => self.node(value),
            other => self.fault(format!("takes an object or a directive, not {}", article(other))),
        }
    }
}

/// The kind of a value with its article, to finish "takes …, not …".
pub(super) fn article(value: &Value<'_>) -> String {
    let kind = value.kind();
    match kind {
        "null" => kind.to_owned(),
        "object" | "array" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}
