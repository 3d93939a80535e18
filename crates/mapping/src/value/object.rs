//! Objects as short lists of members in the order they were written.

use std::borrow::Cow;

use super::Value;

/// One member: its name and its value.
type Member<'a> = (Cow<'a, str>, Value<'a>);

/// Up to this many members a repeated key is looked for by comparing; beyond, by sorting.
const FEW: usize = 32;

/// A JSON object that keeps its members' order. Made for a few dozen members: looking one up walks the list.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Object<'a> {
    members: Vec<Member<'a>>,
}

impl<'a> Object<'a> {
    /// An object without members.
    pub fn new() -> Self {
        Object::default()
    }

    /// An object from members; where a key repeats, the first place and the last value stay, as in JavaScript.
    pub fn from_members(members: Vec<Member<'a>>) -> Self {
        Object { members: unique(members) }
    }

    /// The value of the member `key`.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value of the member `key`, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value<'a>> {
        self.members.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Sets the member `key` and returns its former value. A new member goes to the end.
    pub fn insert(&mut self, key: impl Into<Cow<'a, str>>, value: Value<'a>) -> Option<Value<'a>> {
        let key = key.into();
        if let Some((_, old)) = self.members.iter_mut().find(|(name, _)| *name == key) {
            return Some(std::mem::replace(old, value));
        }
        self.members.push((key, value));
        None
    }

    /// Takes the member `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Value<'a>> {
        let at = self.members.iter().position(|(name, _)| name == key)?;
        Some(self.members.remove(at).1)
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> + Clone {
        self.members.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn into_owned(self) -> Object<'static> {
        let owned = |(name, value): Member<'a>| (Cow::Owned(name.into_owned()), value.into_owned());
        Object { members: self.members.into_iter().map(owned).collect() }
    }

    pub(super) fn borrowed(&self) -> Object<'_> {
        Object { members: self.iter().map(|(name, value)| (Cow::Borrowed(name), value.borrowed())).collect() }
    }
}

impl<'a> IntoIterator for Object<'a> {
    type Item = Member<'a>;
    type IntoIter = std::vec::IntoIter<Member<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl<'a> FromIterator<Member<'a>> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = Member<'a>>>(members: I) -> Self {
        Object::from_members(members.into_iter().collect())
    }
}

/// The members with each key once: where a key repeats, the first place and the last value stay.
pub(crate) fn unique<V: Default>(members: Vec<(Cow<'_, str>, V)>) -> Vec<(Cow<'_, str>, V)> {
    if may_repeat(&members) { without_repeats(members) } else { members }
}

/// Whether some key may repeat. For few members a 64-bit sieve tells most keys apart without comparing them.
fn may_repeat<V>(members: &[(Cow<'_, str>, V)]) -> bool {
    if members.len() > FEW {
        return true; // sorting will tell
    }
    let mut seen = 0_u64;
    members.iter().enumerate().any(|(at, (name, _))| {
        let bit = 1 << sieve(name);
        let repeated = seen & bit != 0 && members[..at].iter().any(|(earlier, _)| earlier == name);
        seen |= bit;
        repeated
    })
}

fn sieve(name: &str) -> u8 {
    let bytes = name.as_bytes();
    let edges = bytes
        .first()
        .zip(bytes.last())
        .map_or(0, |(first, last)| first.wrapping_mul(7) ^ last.wrapping_mul(3));
    (edges ^ (bytes.len() as u8).wrapping_mul(5)) & 63
}

/// Moves each repeated key's last value to its first place; by sorting, so a hostile object costs no more.
fn without_repeats<V: Default>(mut members: Vec<(Cow<'_, str>, V)>) -> Vec<(Cow<'_, str>, V)> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by(|a, b| members[*a].0.cmp(&members[*b].0)); // stable: equal keys stay in order
    let mut keep = vec![true; members.len()];
    let same_key = |a: &usize, b: &usize| members[*a].0 == members[*b].0;
    let runs: Vec<(usize, usize)> = order
        .chunk_by(same_key)
        .filter(|run| run.len() > 1)
        .map(|run| {
            run[1..].iter().for_each(|at| keep[*at] = false);
            (run[0], run[run.len() - 1])
        })
        .collect();
    for (first, last) in runs {
        members[first].1 = std::mem::take(&mut members[last].1);
    }
    let mut kept = keep.into_iter();
    members.retain(|_| kept.next().unwrap_or(true));
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(keys: &[&str]) -> Object<'static> {
        let member =
            |(at, key): (usize, &&str)| (Cow::Owned((*key).to_owned()), Value::Number((at as u64).into()));
        keys.iter().enumerate().map(member).collect()
    }

    #[test]
    fn a_repeated_key_keeps_its_first_place_and_its_last_value() {
        let few = object(&["a", "b", "a", "c", "b", "a"]);
        assert_eq!(few.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(few.get("a"), Some(&Value::Number(5_u64.into())));
        assert_eq!(few.get("b"), Some(&Value::Number(4_u64.into())));
    }

    #[test]
    fn many_members_behave_as_few_do() {
        let keys: Vec<String> = (0..1_000).map(|number| format!("key {}", number % 700)).collect();
        let many = object(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(many.len(), 700);
        assert_eq!(many.get("key 0"), Some(&Value::Number(700_u64.into())));
        assert_eq!(many.iter().next().map(|(key, _)| key), Some("key 0"));
    }

    #[test]
    fn insert_replaces_and_remove_takes_out() {
        let mut object = object(&["a", "b"]);
        assert_eq!(object.insert("a", Value::Null), Some(Value::Number(0_u64.into())));
        assert_eq!(object.remove("a"), Some(Value::Null));
        assert_eq!((object.len(), object.remove("a")), (1, None));
    }
}
