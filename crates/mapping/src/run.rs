//! Running a compiled mapping on one payload.

use std::borrow::Cow;

use crate::{
    ResolveError,
    limits::MAX_WORK,
    meter::Meter,
    node::{Case, Computed, Condition, Each, Flatten, If, Json, Member, Node, Replace, Transform},
    path::Path,
    template::Template,
    text::{equals_empty, js_string},
    tree::{Members, Tree},
    value::{Object, Value, unique},
};

/// The payload that paths start from; `None` is JavaScript's `undefined`.
type Scope<'e> = Option<&'e Value<'e>>;
type Outcome<'e> = Result<Tree<'e>, ResolveError>;

impl Node {
    /// What this part of the mapping resolves to.
    pub(crate) fn resolve<'e>(&'e self, scope: Scope<'e>, meter: &mut Meter) -> Outcome<'e> {
        meter.spend(1)?;
        match self {
            Node::Absent => Ok(Tree::Absent),
            Node::Literal(literal) => Ok(Tree::Borrowed(&literal.value)),
            Node::Path(path) => Ok(path.find(scope)),
            Node::Query(query) => query.find(scope, meter),
            Node::ComputedPath(computed) => computed_path(computed, scope, meter),
            Node::Template(template) => Ok(text(template.render(scope, meter)?)),
            Node::ComputedTemplate(computed) => computed_template(computed, scope, meter),
            Node::Liquid(liquid) => Ok(text(liquid.render(scope, meter)?)),
            Node::Object(members) => {
                let member = |member: &'e Member| {
                    Ok((Cow::Borrowed(&*member.key), member.node.resolve(scope, meter)?))
                };
                members.iter().map(member).collect::<Result<_, _>>().map(Tree::Object)
            }
            Node::Array(items) => {
                items.iter().map(|item| item.resolve(scope, meter)).collect::<Result<_, _>>().map(Tree::Array)
            }
            Node::If(condition) => condition.branch(scope, meter)?.resolve(scope, meter),
            Node::Case(case, value) => change_case(*case, value.resolve(scope, meter)?, meter),
            Node::Replace(replace) => replace.resolve(scope, meter),
            Node::Each(each) => each.resolve(scope, meter),
            Node::Merge(objects) => merge(objects, scope, meter),
            Node::Transform(transform) => transform.resolve(scope, meter),
            Node::Flatten(flatten) => flatten.resolve(scope, meter),
            Node::Json(Json::Encode, value) => encode(&value.resolve(scope, meter)?, meter),
            Node::Json(Json::Decode, value) => decode(value.resolve(scope, meter)?, meter),
            Node::ExcludeWhenNull(value) => Ok(match value.resolve(scope, meter)? {
                null if null.is_nullish() => Tree::Absent,
                other => without_nulls(other),
            }),
        }
    }
}

fn text<'e>(text: impl Into<Cow<'e, str>>) -> Tree<'e> {
    Tree::Owned(Value::String(text.into()))
}

/// The string that a directive inside `@path` or `@template` gives.
fn computed<'e>(computed: &'e Computed, scope: Scope<'e>, meter: &mut Meter) -> Result<String, ResolveError> {
    let tree = computed.text.resolve(scope, meter)?;
    match tree.as_value() {
        Some(Value::String(text)) => Ok(text.clone().into_owned()),
        _ => Err(ResolveError::NotText { place: computed.place.to_string(), kind: tree.kind() }),
    }
}

fn computed_path<'e>(path: &'e Computed, scope: Scope<'e>, meter: &mut Meter) -> Outcome<'e> {
    let text = computed(path, scope, meter)?;
    meter.spend(text.len())?;
    let refused = |message: String| ResolveError::Computed { place: path.place.to_string(), message };
    let parsed = Path::of_mapping(&text).map_err(|error| refused(error.to_string()))?;
    Ok(parsed.find(scope))
}

fn computed_template<'e>(template: &'e Computed, scope: Scope<'e>, meter: &mut Meter) -> Outcome<'e> {
    let source = computed(template, scope, meter)?;
    meter.spend(source.len())?;
    let refused = |message: String| ResolveError::Computed { place: template.place.to_string(), message };
    Ok(text(Template::parse(&source).map_err(refused)?.render(scope, meter)?))
}

impl If {
    /// The branch that the payload takes.
    pub(crate) fn branch<'e>(
        &'e self,
        scope: Scope<'e>,
        meter: &mut Meter,
    ) -> Result<&'e Node, ResolveError> {
        let subject = self.subject.resolve(scope, meter)?;
        let holds = match self.condition {
            Condition::Exists => !subject.is_nullish(),
            Condition::Filled => !subject.is_nullish() && !is_blank(&subject),
        };
        Ok(if holds { &self.then } else { &self.otherwise })
    }
}

/// Whether JavaScript's `subject == ''` holds.
fn is_blank(subject: &Tree<'_>) -> bool {
    match subject {
        Tree::Array(items) => match items.as_slice() {
            [] | [Tree::Absent] => true,
            [only] => {
                only.is_nullish() || only.as_value().is_some_and(|value| *value == Value::from("")) || {
                    matches!(
                        only,
                        Tree::Array(_) | Tree::Borrowed(Value::Array(_)) | Tree::Owned(Value::Array(_))
                    ) && is_blank(only)
                }
            }
            _ => false,
        },
        other => other.as_value().is_some_and(equals_empty),
    }
}

fn change_case<'e>(case: Case, value: Tree<'e>, meter: &mut Meter) -> Outcome<'e> {
    let Some(Value::String(original)) = value.as_value() else { return Ok(value) };
    let changed = match case {
        Case::Lower => original.to_lowercase(),
        Case::Upper => original.to_uppercase(),
    };
    meter.spend(changed.len())?;
    Ok(text(changed))
}

impl Replace {
    /// As in the public implementation, what is no text, number or boolean becomes the empty string.
    fn resolve<'e>(&'e self, scope: Scope<'e>, meter: &mut Meter) -> Outcome<'e> {
        let original: Cow<'e, str> = match self.value.resolve(scope, meter)? {
            Tree::Borrowed(Value::String(original)) => Cow::Borrowed(original),
            Tree::Owned(Value::String(original)) => original,
            other => match other.as_value() {
                Some(scalar @ (Value::Bool(_) | Value::Number(_))) => js_string(scalar).into_owned().into(),
                _ => return Ok(text("")),
            },
        };
        let replaced = self.first.apply(original, meter)?;
        match &self.second {
            Some(second) => second.apply(replaced, meter).map(text),
            None => Ok(text(replaced)),
        }
    }
}

impl Each {
    fn resolve<'e>(&'e self, scope: Scope<'e>, meter: &mut Meter) -> Outcome<'e> {
        match self.list.resolve(scope, meter)? {
            Tree::Borrowed(Value::Array(items)) => {
                let shaped = items.iter().map(|item| self.shape.resolve(Some(item), meter));
                shaped.collect::<Result<_, _>>().map(Tree::Array)
            }
            Tree::Borrowed(item @ Value::Object(_)) => {
                Ok(Tree::Array(vec![self.shape.resolve(Some(item), meter)?]))
            }
            made => match made.into_items() {
                Ok(items) => {
                    let shaped = items.into_iter().map(|item| self.shape_made(item, meter));
                    shaped.collect::<Result<_, _>>().map(Tree::Array)
                }
                Err(Tree::Absent) => Ok(Tree::Absent),
                Err(item @ (Tree::Object(_) | Tree::Owned(Value::Object(_)))) => {
                    Ok(Tree::Array(vec![self.shape_made(item, meter)?]))
                }
                Err(scalar) => Ok(scalar),
            },
        }
    }

    /// Shapes an item that lives no longer than this run.
    fn shape_made(&self, item: Tree<'_>, meter: &mut Meter) -> Outcome<'static> {
        let item = item.into_value(meter)?;
        let shaped = self.shape.resolve(item.as_ref(), meter)?;
        shaped.into_owned(meter)
    }
}

/// JavaScript's `Object.assign({}, ...objects)`: later members win, null and absent sources add nothing, arrays and
/// strings add their items by index.
fn merge<'e>(objects: &'e [Node], scope: Scope<'e>, meter: &mut Meter) -> Outcome<'e> {
    let mut members = Members::new();
    for object in objects {
        let source = object.resolve(scope, meter)?;
        let more = source.into_members().unwrap_or_else(indexed);
        meter.spend(more.len())?;
        members.extend(more);
    }
    Ok(Tree::Object(unique(members)))
}

fn indexed(source: Tree<'_>) -> Members<'_> {
    let numbered = |(at, item)| (Cow::Owned(usize::to_string(&at)), item);
    match source.into_items() {
        Ok(items) => items.into_iter().enumerate().map(numbered).collect(),
        Err(other) => match other.as_value() {
            Some(Value::String(characters)) => {
                let unit = |unit| text(String::from_utf16_lossy(&[unit]));
                characters.encode_utf16().map(unit).enumerate().map(numbered).collect()
            }
            _ => Members::new(),
        },
    }
}

impl Transform {
    fn resolve<'e>(&'e self, scope: Scope<'e>, meter: &mut Meter) -> Outcome<'e> {
        let empty = Value::Object(Object::new());
        let payload = match scope {
            None => &empty,
            Some(payload @ Value::Object(_)) => payload,
            Some(other) => {
                return Err(ResolveError::NotObject { place: self.place.to_string(), kind: other.kind() });
            }
        };
        let between = self.apply.resolve(Some(payload), meter)?.into_value(meter)?;
        self.mapping.resolve(between.as_ref(), meter)?.into_owned(meter)
    }
}

impl Flatten {
    fn resolve<'e>(&'e self, scope: Scope<'e>, meter: &mut Meter) -> Outcome<'e> {
        let value = self.value.resolve(scope, meter)?;
        let mut members = Members::new();
        self.flatten(String::new(), value, &mut members, meter)?;
        Ok(Tree::Object(unique(members)))
    }

    fn flatten<'e>(
        &self,
        prefix: String,
        value: Tree<'e>,
        members: &mut Members<'e>,
        meter: &mut Meter,
    ) -> Result<(), ResolveError> {
        meter.spend(1 + prefix.len())?;
        let value = match value.into_members() {
            Ok(inner) => {
                return inner.into_iter().try_for_each(|(key, inner)| {
                    self.flatten(self.joined(&prefix, &key), inner, members, meter)
                });
            }
            Err(value) => value,
        };
        let leaf = if self.omit_arrays { Err(value) } else { value.into_items() };
        match leaf {
            Ok(items) => items.into_iter().enumerate().try_for_each(|(at, item)| {
                self.flatten(self.joined(&prefix, &at.to_string()), item, members, meter)
            }),
            Err(leaf) => {
                members.push((Cow::Owned(prefix), leaf));
                Ok(())
            }
        }
    }

    fn joined(&self, prefix: &str, key: &str) -> String {
        if prefix.is_empty() { key.to_owned() } else { [prefix, &self.separator, key].concat() }
    }
}

fn encode<'e>(value: &Tree<'e>, meter: &mut Meter) -> Outcome<'e> {
    let mut json = Vec::new();
    if !value.write_json(&mut json, MAX_WORK)? {
        return Ok(Tree::Absent);
    }
    meter.spend(json.len())?;
    Ok(text(String::from_utf8_lossy(&json).into_owned()))
}

/// Text that is no JSON stays as it is.
fn decode<'e>(value: Tree<'e>, meter: &mut Meter) -> Outcome<'e> {
    let Some(Value::String(json)) = value.as_value() else { return Ok(value) };
    meter.spend(json.len())?;
    let decoded = Value::parse(json.as_bytes()).ok().map(Value::into_owned);
    Ok(decoded.map_or(value, Tree::Owned))
}

/// Makes every null member of an object, and of the objects in it, absent; arrays stay as they are.
fn without_nulls(value: Tree<'_>) -> Tree<'_> {
    match value.into_members() {
        Ok(members) => {
            Tree::Object(members.into_iter().map(|(key, member)| (key, without_null(member))).collect())
        }
        Err(other) => other,
    }
}

fn without_null(member: Tree<'_>) -> Tree<'_> {
    if member.is_nullish() { Tree::Absent } else { without_nulls(member) }
}
