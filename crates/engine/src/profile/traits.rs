//! A person's traits.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// At most this many traits are remembered for an identifier, those that were said last: Segment refuses an identify of
/// 300 and more.
pub const MAX_TRAITS: usize = 500;

/// A value with more bytes of JSON than this is not kept: a record at Algolia may have 10 KB in all on the smallest plan.
pub const MAX_TRAIT_BYTES: usize = 4096;

/// A name or an audience's key with more bytes than this is not kept.
pub(super) const MAX_NAME: usize = 256;

/// A trait's value and when it was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trait {
    /// Any JSON value; null if it was taken away, which must be remembered against late values of before.
    pub value: Value,
    /// Event time, milliseconds since the Unix epoch.
    pub at: i64,
}

impl Trait {
    /// The value's type, in Segment's words.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }

    fn text(&self) -> String {
        self.value.to_string()
    }

    /// Whether this one stands against the other: the later, and of two at one instant the one whose text is greater,
    /// so that the order of arrival does not matter.
    pub(super) fn beats(&self, other: &Self) -> bool {
        match self.at.cmp(&other.at) {
            Ordering::Equal => self.text() > other.text(),
            order => order == Ordering::Greater,
        }
    }
}

/// What was said under one name: the latest last, as many as are worth remembering.
pub(super) type Versions = Vec<Trait>;

pub(super) fn learn(
    traits: &mut BTreeMap<String, Versions>,
    most: usize,
    name: &str,
    value: Value,
    at: i64,
) -> bool {
    let new = Trait { value: plain(value), at };
    if name.len() > MAX_NAME || new.value.to_string().len() > MAX_TRAIT_BYTES {
        return false;
    }
    let versions = traits.entry(name.to_owned()).or_default();
    match versions.iter_mut().find(|known| known.at == at) {
        Some(known) if new.beats(known) => {
            *known = new;
            true
        }
        Some(_) => false,
        None => add(versions, most, new),
    }
}

/// Adds a version in its place; one that is older than all that are remembered is not worth it.
fn add(versions: &mut Versions, most: usize, new: Trait) -> bool {
    let place = versions.partition_point(|known| known.at < new.at);
    if place == 0 && versions.len() >= most {
        return false;
    }
    versions.insert(place, new);
    versions.drain(..versions.len().saturating_sub(most));
    true
}

/// The one way to write a value: keys sorted, and whole numbers without a fraction. So the same value is the same text,
/// whoever wrote it.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => whole(&number).map_or(Value::Number(number), Value::from),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(members) => {
            let sorted: BTreeMap<String, Value> = members.into_iter().collect();
            sorted.into_iter().map(|(key, value)| (key, plain(value))).collect()
        }
        other => other,
    }
}

/// The whole number that a fraction of nothing stands for, where floats are exact.
fn whole(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = number.as_f64().filter(|float| number.is_f64() && float.abs() <= EXACT)?;
    (float.fract() == 0.0).then_some(float as i64)
}

/// Drops the trait that was said first if there are too many; always true, what was learned may be what goes.
pub(super) fn bound(traits: &mut BTreeMap<String, Versions>) -> bool {
    if traits.len() > MAX_TRAITS {
        let latest = |versions: &Versions| versions.last().map(|known| known.at);
        let oldest = traits.iter().min_by_key(|(name, versions)| (latest(versions), *name));
        let oldest = oldest.map(|(name, _)| name.clone());
        oldest.map(|name| traits.remove(&name));
    }
    true
}
