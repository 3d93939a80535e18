//! What inside of a mapping can be watched while events go through: paths, conditions, and values that become text.
//!
//! A mapping that runs says nothing of what it did not find. So each part of its definition that can disappoint is
//! compiled once more, alone, and resolved beside it, on the same value: the payload, an item of an `@arrayPath`, or what
//! an `@transform` applies. A branch that is not taken is not watched.

mod liquid;
mod part;
mod rules;

use causeway_mapping::{Mapping, Value};
use liquid::Template;
use part::Part;
pub(super) use part::{Probe, Watch};
pub(super) use rules::Rule;
use serde_json::{Value as Json, json};

/// Probes that look at the same value.
#[derive(Debug, Default)]
pub(super) struct Scope {
    parts: Vec<Part>,
    inner: Vec<(Gate, Scope)>,
}

/// What leads from a value to what an inner scope looks at.
#[derive(Debug)]
enum Gate {
    /// Every item of this list.
    Items(Mapping),
    /// What this mapping makes.
    Made(Mapping),
    /// The same value, if the condition is this.
    If(Mapping, bool),
}

impl Scope {
    /// The probes of a mapping's definition.
    pub(super) fn of(definition: &Json) -> Self {
        let mut scope = Self::default();
        scope.root(definition, "");
        scope
    }

    /// A whole mapping, which Segment's root directive may wrap: what stands beside it is that directive's `mapping`.
    fn root(&mut self, definition: &Json, place: &str) {
        let mut others = definition.clone();
        let wrapper = others.as_object_mut().and_then(|members| members.shift_remove(ROOT_DIRECTIVE));
        match wrapper.as_ref().and_then(|wrapper| wrapper.get("@transform")) {
            Some(options) => self.transform(&options["apply"], &others, &below(place, "@transform")),
            None => self.walk(definition, place),
        }
    }

    /// Looks at a value.
    pub(super) fn look(&mut self, value: &Value<'_>) {
        self.parts.iter_mut().for_each(|part| part.look(value));
        for (gate, inner) in &mut self.inner {
            match gate {
                Gate::If(condition, wanted) if holds(condition, value) == *wanted => inner.look(value),
                Gate::If(..) => {}
                Gate::Made(mapping) => {
                    if let Ok(Some(made)) = mapping.resolve(value) {
                        inner.look(&made);
                    }
                }
                Gate::Items(list) => match list.resolve(value) {
                    Ok(Some(Value::Array(items))) => items.iter().for_each(|item| inner.look(item)),
                    Ok(Some(single @ Value::Object(_))) => inner.look(&single),
                    _ => {}
                },
            }
        }
    }

    /// Every probe, those of inner scopes included.
    pub(super) fn all(&self) -> Vec<&Probe> {
        let inner = self.inner.iter().flat_map(|(_, scope)| scope.all());
        self.parts.iter().flat_map(Part::probes).chain(inner).collect()
    }

    fn walk(&mut self, definition: &Json, place: &str) {
        match definition {
            Json::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| self.walk(item, &format!("{place}[{at}]")));
            }
            Json::Object(members) => {
                members.iter().for_each(|(key, member)| self.member(key, member, &below(place, key)));
            }
            _ => {}
        }
    }

    fn member(&mut self, key: &str, value: &Json, place: &str) {
        match (key, value) {
            ("@path", Json::String(path)) => self.watch_path(path, place),
            ("@path", Json::Object(_)) => {
                self.watch(&[Watch::Path], place, &json!({ "@path": value }));
                self.walk(value, place);
            }
            ("@template", Json::String(template)) => self.template(template, place),
            ("@liquid", Json::String(template)) => {
                self.parts.extend(Template::of(template, place).map(Part::Liquid));
            }
            ("@arrayPath", Json::Array(items)) => self.list(items, place),
            ("@if", Json::Object(_)) => self.branches(value, place),
            ("@transform", Json::Object(_)) => self.transform(&value["apply"], &value["mapping"], place),
            (_, Json::Object(_)) => {
                self.operands(key, value, place);
                self.walk(value, place);
            }
            _ => self.walk(value, place),
        }
    }

    /// What directives do to the values that they are given.
    fn operands(&mut self, key: &str, options: &Json, place: &str) {
        let (option, rules) = match (key, options["mode"].as_str()) {
            ("@case", _) => ("value", rules::CASE),
            ("@replace", _) => ("value", rules::REPLACE),
            ("@json", Some("decode")) => ("value", rules::DECODE),
            ("@flatten", _) if options["omitArrays"] == true => ("value", rules::FLATTEN_WITHOUT_LISTS),
            ("@flatten", _) => ("value", rules::FLATTEN),
            ("@merge", _) => ("objects", rules::MERGE),
            _ => return,
        };
        let place = below(place, option);
        match &options[option] {
            Json::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(at, item)| self.watch_values(rules, &format!("{place}[{at}]"), item)),
            operand => self.watch_values(rules, &place, operand),
        }
    }

    /// Watches what another directive gives; a value that stands there itself is as its author wants it.
    fn watch_values(&mut self, rules: &'static [Rule], place: &str, operand: &Json) {
        if is_directive(operand) {
            self.watch(&rules.iter().map(Watch::Value).collect::<Vec<_>>(), place, operand);
        }
    }

    fn watch_path(&mut self, path: &str, place: &str) {
        self.watch(&[Watch::Path], place, &json!({ "@path": path }));
    }

    fn watch(&mut self, watches: &[Watch], place: &str, definition: &Json) {
        self.watch_as(&words(definition), watches, place, definition);
    }

    /// Compiles a part alone. What doesn't compile is the whole mapping's fault to report.
    fn watch_as(&mut self, words: &str, watches: &[Watch], place: &str, definition: &Json) {
        let Some(mapping) = compiled(definition) else { return };
        let probe = |watch: &Watch| Probe::new(place.to_owned(), words.to_owned(), *watch);
        self.parts.push(Part::Directive(mapping, watches.iter().map(probe).collect()));
    }

    fn template(&mut self, template: &str, place: &str) {
        for slot in slots(template) {
            let path = json!({ "@path": format!("$.{slot}") });
            self.watch(&[Watch::Path, Watch::Value(&rules::TEMPLATE[0])], place, &path);
        }
    }

    fn list(&mut self, items: &[Json], place: &str) {
        let Some(path) = items.first() else { return };
        let (list, shape) = (json!({ "@arrayPath": [path] }), items.get(1).filter(|shape| is_shape(shape)));
        match path {
            Json::String(path) => self.watch_path(path, place),
            directive => self.walk(directive, &format!("{place}[0]")),
        }
        let rules = if shape.is_some() { rules::SHAPED_LIST } else { rules::LIST };
        self.watch_as(&words(path), &rules.iter().map(Watch::Value).collect::<Vec<_>>(), place, &list);
        if let Some(shape) = shape {
            self.enter(compiled(&list).map(Gate::Items), shape, &format!("{place}[1]"));
        }
    }

    fn branches(&mut self, options: &Json, place: &str) {
        let Some((question, subject)) =
            ["exists", "blank"].into_iter().find_map(|key| Some((key, options.get(key)?)))
        else {
            return;
        };
        let condition = json!({"@if": {question: subject, "then": true, "else": false}});
        let words = if question == "exists" { "exists" } else { "is filled" };
        self.watch_as(&format!("{subject} {words}"), &[Watch::Condition], place, &condition);
        if question == "blank" {
            self.watch_values(rules::BLANK, &below(place, question), subject);
        }
        for (key, taken) in [("then", true), ("else", false)] {
            if let Some(branch) = options.get(key) {
                let gate = compiled(&condition).map(|condition| Gate::If(condition, taken));
                self.enter(gate, branch, &below(place, key));
            }
        }
    }

    fn transform(&mut self, apply: &Json, mapping: &Json, place: &str) {
        self.root(apply, &below(place, "apply"));
        self.enter(compiled(apply).map(Gate::Made), mapping, &below(place, "mapping"));
    }

    fn enter(&mut self, gate: Option<Gate>, definition: &Json, place: &str) {
        let mut inner = Self::default();
        inner.walk(definition, place);
        self.inner.extend(gate.map(|gate| (gate, inner)));
    }
}

/// Segment's name for a directive that wraps a whole mapping.
const ROOT_DIRECTIVE: &str = "__segment_internal_directive";

/// A path as it is; another directive as JSON.
fn words(definition: &Json) -> String {
    let path = definition.get("@path").unwrap_or(definition);
    path.as_str().map_or_else(|| path.to_string(), str::to_owned)
}

fn is_directive(definition: &Json) -> bool {
    definition.as_object().is_some_and(|members| members.keys().any(|key| key.starts_with('@')))
}

/// Whether it asks for something of each item, as the mapping language has it.
fn is_shape(shape: &Json) -> bool {
    shape.as_object().is_some_and(|members| !members.is_empty())
}

fn holds(condition: &Mapping, value: &Value<'_>) -> bool {
    matches!(condition.resolve(value), Ok(Some(Value::Bool(true))))
}

fn compiled(definition: &Json) -> Option<Mapping> {
    Mapping::compile(&Value::from(definition)).ok()
}

fn below(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

/// The paths between the braces of a template.
fn slots(template: &str) -> impl Iterator<Item = &str> {
    let after = template.split("{{").skip(1);
    let inside = after.filter_map(|rest| rest.split_once("}}").map(|(slot, _)| slot));
    inside.map(|slot| slot.trim_matches(['{', '}', ' '])).filter(|slot| !slot.is_empty())
}
