//! What is done about violations. Segment has the same choices per source: allow, block, omit.

use super::{Kind, Violation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What to do about a violation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Don't send the message.
    Block,
    /// Send it, with the violation listed in `context.protocols.violations`.
    #[default]
    Flag,
    /// Send it without the property or trait in question, which is listed in `context.protocols.omitted` if it isn't
    /// planned, otherwise in `omitted_on_violation`. What can't be left out (a missing field, the event's name) is only
    /// flagged.
    Strip,
    /// Send it as it is.
    Pass,
}

/// What to do about each kind of violation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// About events that the plan doesn't know.
    pub unplanned_events: Action,
    /// About properties and traits that the plan doesn't know.
    pub unplanned_properties: Action,
    /// About everything else.
    pub violations: Action,
}

impl Policy {
    /// The action about a kind of violation.
    pub fn about(self, kind: Kind) -> Action {
        match kind {
            Kind::UnplannedEvent => self.unplanned_events,
            Kind::UnplannedProperty => self.unplanned_properties,
            Kind::Required | Kind::InvalidType | Kind::InvalidValue => self.violations,
        }
    }
}

/// The same action about everything.
impl From<Action> for Policy {
    fn from(action: Action) -> Self {
        Policy { unplanned_events: action, unplanned_properties: action, violations: action }
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Send it, as it is now.
    Send,
    /// Don't; it is as it was.
    Blocked,
}

/// Applies the policy to a message with the violations that [`super::Plan::check`] found in it.
pub fn apply(policy: Policy, violations: &[Violation], message: &mut Value) -> Outcome {
    let about = |action| violations.iter().filter(move |violation| policy.about(violation.kind) == action);
    if about(Action::Block).next().is_some() {
        return Outcome::Blocked;
    }
    let omitted: Vec<_> =
        about(Action::Strip).filter_map(|violation| Omitted::strip(violation, message)).collect();
    let noted: Vec<_> =
        violations.iter().filter(|violation| policy.about(violation.kind) != Action::Pass).collect();
    if !noted.is_empty() {
        note(message, &noted, omitted);
    }
    Outcome::Send
}

/// A property or trait that was left out.
struct Omitted {
    /// The list in `context.protocols` that it goes to.
    list: &'static str,
    field: String,
}

impl Omitted {
    /// Removes what a violation is about; nothing if it isn't inside of `properties` or `traits`, is missing, or went with
    /// an earlier one.
    fn strip(violation: &Violation, message: &mut Value) -> Option<Self> {
        let path = &violation.path[..before_list(&violation.path, message)];
        let (name, holders) = path.split_last()?;
        holders.first().filter(|top| matches!(top.as_str(), "properties" | "traits"))?;
        let holder = holders.iter().try_fold(message, |holder, name| holder.get_mut(name))?;
        holder.as_object_mut()?.shift_remove(name)?;
        let unplanned = violation.kind == Kind::UnplannedProperty;
        Some(Omitted {
            list: if unplanned { "omitted" } else { "omitted_on_violation" },
            field: path.join("."),
        })
    }
}

/// How many parts of the path lie outside of any list: a list is removed as a whole, since removing one item would move the
/// others.
fn before_list(path: &[String], message: &Value) -> usize {
    let mut holder = Some(message);
    let inside = |name: &&String| {
        holder = holder.and_then(|holder| holder.as_object()?.get(name.as_str()));
        holder.is_some()
    };
    path.iter().take_while(inside).count()
}

/// At most so many violations are written into a message, so that they don't make it too large to be sent.
const MAX_NOTED: usize = 50;

/// Adds to `context.protocols`, and keeps what stands there.
fn note(message: &mut Value, noted: &[&Violation], omitted: Vec<Omitted>) {
    let Some(message) = message.as_object_mut() else { return };
    let protocols = object(object(message, "context"), "protocols");
    list(protocols, "violations").extend(noted.iter().take(MAX_NOTED).map(|violation| json!(violation)));
    for Omitted { list: key, field } in omitted {
        list(protocols, key).push(field.into());
    }
}

/// The object under a key, made if there is none.
fn object<'v>(holder: &'v mut Map<String, Value>, key: &str) -> &'v mut Map<String, Value> {
    let slot = holder.entry(key).or_insert(Value::Null);
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    slot.as_object_mut().expect("it was made an object above")
}

/// The list under a key, made if there is none.
fn list<'v>(holder: &'v mut Map<String, Value>, key: &str) -> &'v mut Vec<Value> {
    let slot = holder.entry(key).or_insert(Value::Null);
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    slot.as_array_mut().expect("it was made an array above")
}
