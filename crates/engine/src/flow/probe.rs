//! What inside of a mapping can be watched while events go through: paths, conditions, and values that become text.
//!
//! A mapping that runs says nothing of what it did not find. So each part of its definition that can disappoint is
//! compiled once more, alone, and resolved beside it, on the same value: the payload, an item of an `@arrayPath`, or what
//! an `@transform` applies. A branch that is not taken is not watched.

mod liquid;

use causeway_mapping::{Mapping, Value};
use serde_json::{Value as Json, json};

/// A part of a mapping under watch.
#[derive(Debug)]
pub(super) struct Probe {
    /// Where in the mapping.
    pub(super) place: String,
    /// The path, or the condition in words.
    pub(super) words: String,
    pub(super) what: What,
    /// How often it was looked at.
    pub(super) seen: u64,
    /// How often the path had a value, the condition was true, or the value was an object or a list.
    pub(super) hits: u64,
    mapping: Mapping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Does the path lead to anything?
    Path,
    /// Is the condition ever true, ever false?
    Condition,
    /// Does text get an object or a list, which JavaScript writes as `[object Object]`?
    Text,
}

/// Probes that look at the same value.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) probes: Vec<Probe>,
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
        scope.walk(definition, "");
        scope
    }

    /// Looks at a value.
    pub(super) fn look(&mut self, value: &Value<'_>) {
        self.probes.iter_mut().for_each(|probe| probe.look(value));
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
                    Ok(Some(single)) => inner.look(&single),
                    _ => {}
                },
            }
        }
    }

    /// Every probe, those of inner scopes included.
    pub(super) fn all(&self) -> Vec<&Probe> {
        let inner = self.inner.iter().flat_map(|(_, scope)| scope.all());
        self.probes.iter().chain(inner).collect()
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
            ("@template", Json::String(template)) => self.template(template, place),
            ("@liquid", Json::String(template)) => {
                for path in liquid::paths(template) {
                    self.watch_path(&format!("$.{path}"), place);
                }
            }
            ("@arrayPath", Json::Array(items)) => self.list(items, place),
            ("@if", Json::Object(_)) => self.branches(value, place),
            ("@transform", Json::Object(_)) => self.transform(value, place),
            _ => self.walk(value, place),
        }
    }

    fn watch_path(&mut self, path: &str, place: &str) {
        self.watch(What::Path, path, place, &json!({ "@path": path }));
    }

    /// Compiles a part alone. What doesn't compile is the whole mapping's fault to report.
    fn watch(&mut self, what: What, words: &str, place: &str, definition: &Json) {
        self.probes.extend(compiled(definition).map(|mapping| Probe {
            place: place.to_owned(),
            words: words.to_owned(),
            what,
            seen: 0,
            hits: 0,
            mapping,
        }));
    }

    fn template(&mut self, template: &str, place: &str) {
        for slot in slots(template) {
            let path = format!("$.{slot}");
            self.watch(What::Path, &path, place, &json!({ "@path": path }));
            self.watch(What::Text, &path, place, &json!({ "@path": path }));
        }
    }

    fn list(&mut self, items: &[Json], place: &str) {
        let Some(path) = items.first() else { return };
        match path {
            Json::String(path) => self.watch_path(path, place),
            directive => self.walk(directive, &format!("{place}[0]")),
        }
        if let Some(shape) = items.get(1) {
            let gate = compiled(&json!({ "@arrayPath": [path] })).map(Gate::Items);
            self.enter(gate, shape, &format!("{place}[1]"));
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
        self.watch(What::Condition, &format!("{subject} {words}"), place, &condition);
        for (key, taken) in [("then", true), ("else", false)] {
            if let Some(branch) = options.get(key) {
                let gate = compiled(&condition).map(|condition| Gate::If(condition, taken));
                self.enter(gate, branch, &below(place, key));
            }
        }
    }

    fn transform(&mut self, options: &Json, place: &str) {
        self.walk(&options["apply"], &below(place, "apply"));
        let gate = compiled(&options["apply"]).map(Gate::Made);
        self.enter(gate, &options["mapping"], &below(place, "mapping"));
    }

    fn enter(&mut self, gate: Option<Gate>, definition: &Json, place: &str) {
        let mut inner = Self::default();
        inner.walk(definition, place);
        self.inner.extend(gate.map(|gate| (gate, inner)));
    }
}

impl Probe {
    fn look(&mut self, value: &Value<'_>) {
        self.seen += 1;
        let found = self.mapping.resolve(value).ok().flatten();
        self.hits += u64::from(match (self.what, found) {
            (What::Path, found) => found.is_some_and(|found| found != Value::Null),
            (What::Condition, found) => found == Some(Value::Bool(true)),
            (What::Text, found) => matches!(found, Some(Value::Object(_) | Value::Array(_))),
        });
    }
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
