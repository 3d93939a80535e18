//! What evaluating gives before it becomes a value: JavaScript's `undefined` included, payload parts still borrowed.
//!
//! JSON has no `undefined`, yet it matters while a mapping runs: in a `@merge`, an absent member of a later object
//! takes away an earlier object's member. Only the finished result drops absent members.

use std::borrow::Cow;

use crate::{
    ResolveError,
    meter::Meter,
    value::{Value, write_str},
};

/// The members of an object on its way.
pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Tree<'a>)>;

/// A result on its way.
#[derive(Debug, Default)]
pub(crate) enum Tree<'a> {
    /// `undefined`
    #[default]
    Absent,
    /// A part of the payload or of the mapping.
    Borrowed(&'a Value<'a>),
    /// A value made on the way.
    Owned(Value<'a>),
    /// An object some of whose members may be absent.
    Object(Members<'a>),
    /// An array some of whose items may be absent.
    Array(Vec<Tree<'a>>),
}

impl<'a> Tree<'a> {
    /// The finished value, `None` where there is none. Absent members are dropped, absent items become `null`.
    pub(crate) fn into_value(self, meter: &mut Meter) -> Result<Option<Value<'a>>, ResolveError> {
        Ok(Some(match self {
            Tree::Absent => return Ok(None),
            Tree::Owned(value) => value,
            Tree::Borrowed(value) => {
                meter.spend_on(value)?;
                value.borrowed()
            }
            Tree::Array(items) => {
                let item = |item: Tree<'a>| Ok(item.into_value(meter)?.unwrap_or_default());
                Value::Array(items.into_iter().map(item).collect::<Result<_, _>>()?)
            }
            Tree::Object(members) => {
                let member = |(key, tree): (Cow<'a, str>, Tree<'a>)| {
                    Ok(tree.into_value(meter)?.map(|value| (key, value)))
                };
                Value::Object(
                    members
                        .into_iter()
                        .map(member)
                        .filter_map(Result::transpose)
                        .collect::<Result<_, _>>()?,
                )
            }
        }))
    }

    /// Appends the finished value as JSON; says whether there is one. Stops soon after `out` is longer than `limit`.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>, limit: usize) -> Result<bool, ResolveError> {
        match self {
            Tree::Absent => return Ok(false),
            Tree::Borrowed(value) => value.write_json(out),
            Tree::Owned(value) => value.write_json(out),
            Tree::Array(items) => write_items(items, out, limit)?,
            Tree::Object(members) => write_members(members, out, limit)?,
        }
        if out.len() > limit { Err(ResolveError::TooLarge) } else { Ok(true) }
    }

    /// Whether this is `undefined` or `null`.
    pub(crate) fn is_nullish(&self) -> bool {
        matches!(self, Tree::Absent) || self.as_value().is_some_and(|value| *value == Value::Null)
    }

    /// The value, unless it is a container on its way.
    pub(crate) fn as_value(&self) -> Option<&Value<'a>> {
        match self {
            Tree::Borrowed(value) => Some(value),
            Tree::Owned(value) => Some(value),
            Tree::Absent | Tree::Object(_) | Tree::Array(_) => None,
        }
    }

    /// What this is, as error messages say it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Tree::Absent => "nothing",
            Tree::Borrowed(value) => value.kind(),
            Tree::Owned(value) => value.kind(),
            Tree::Object(_) => "object",
            Tree::Array(_) => "array",
        }
    }

    /// The members, if this is an object; itself otherwise.
    pub(crate) fn into_members(self) -> Result<Members<'a>, Tree<'a>> {
        match self {
            Tree::Object(members) => Ok(members),
            Tree::Borrowed(Value::Object(object)) => {
                Ok(object.iter().map(|(key, member)| (Cow::Borrowed(key), Tree::Borrowed(member))).collect())
            }
            Tree::Owned(Value::Object(object)) => {
                Ok(object.into_iter().map(|(key, member)| (key, Tree::Owned(member))).collect())
            }
            other => Err(other),
        }
    }

    /// The items, if this is an array; itself otherwise.
    pub(crate) fn into_items(self) -> Result<Vec<Tree<'a>>, Tree<'a>> {
        match self {
            Tree::Array(items) => Ok(items),
            Tree::Borrowed(Value::Array(items)) => Ok(items.iter().map(Tree::Borrowed).collect()),
            Tree::Owned(Value::Array(items)) => Ok(items.into_iter().map(Tree::Owned).collect()),
            other => Err(other),
        }
    }

    /// The same with nothing borrowed, for what was made from a payload that is about to go.
    pub(crate) fn into_owned(self, meter: &mut Meter) -> Result<Tree<'static>, ResolveError> {
        Ok(match self {
            Tree::Absent => Tree::Absent,
            Tree::Borrowed(value) => {
                meter.spend_on(value)?;
                Tree::Owned(value.borrowed().into_owned())
            }
            Tree::Owned(value) => Tree::Owned(value.into_owned()),
            Tree::Array(items) => {
                Tree::Array(items.into_iter().map(|item| item.into_owned(meter)).collect::<Result<_, _>>()?)
            }
            Tree::Object(members) => {
                let member = |(key, tree): (Cow<'a, str>, Tree<'a>)| {
                    Ok((Cow::Owned(key.into_owned()), tree.into_owned(meter)?))
                };
                Tree::Object(members.into_iter().map(member).collect::<Result<_, _>>()?)
            }
        })
    }
}

fn write_items(items: &[Tree<'_>], out: &mut Vec<u8>, limit: usize) -> Result<(), ResolveError> {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if !item.write_json(out, limit)? {
            out.extend_from_slice(b"null");
        }
    }
    out.push(b']');
    Ok(())
}

fn write_members(members: &Members<'_>, out: &mut Vec<u8>, limit: usize) -> Result<(), ResolveError> {
    out.push(b'{');
    let start = out.len();
    for (key, member) in members {
        let before = out.len();
        if before > start {
            out.push(b',');
        }
        write_str(key, out);
        out.push(b':');
        if !member.write_json(out, limit)? {
            out.truncate(before);
        }
    }
    out.push(b'}');
    Ok(())
}
