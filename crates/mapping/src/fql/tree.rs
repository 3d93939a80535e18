//! To and from the public implementation's tree.

use serde_json::{Value as Json, json};

use super::{
    condition::{Condition, Joint, ORDERS, Operand, PARTS, Test},
    field::{Field, Kind},
};
use crate::{limits::MAX_TRIGGER_DEPTH, text::js_number, value::Number};

/// Why a tree is no trigger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct TreeError {
    /// Where in the tree, like `children[0].operator`; `tree` for the whole.
    pub place: String,
    /// What is wrong there, and what would be right.
    pub message: String,
}

type Outcome<T> = Result<T, TreeError>;

fn fail<T>(place: &str, message: impl Into<String>) -> Outcome<T> {
    let place = if place.is_empty() { "tree" } else { place };
    Err(TreeError { place: place.to_owned(), message: message.into() })
}

impl Condition {
    pub(super) fn to_tree(&self) -> Json {
        match self {
            Condition::Group(joint, children) => {
                let children: Vec<Json> = children.iter().map(Condition::to_tree).collect();
                json!({ "type": "group", "operator": joint.word(), "children": children })
            }
            Condition::Test(field, test) => {
                let (operator, value) = test.to_tree();
                let mut tree = json!({ "type": field.kind.tree_type() });
                if field.kind.is_named() {
                    tree["name"] = field.name.as_str().into();
                }
                tree["operator"] = operator.into();
                if let Some(value) = value {
                    tree["value"] = value;
                }
                tree
            }
        }
    }
}

impl Test {
    fn to_tree(&self) -> (String, Option<Json>) {
        let (operator, value) = match self {
            Test::Equals(text) => ("=", Some(text.as_str().into())),
            Test::NotEquals(operand) => ("!=", Some(operand.to_tree())),
            Test::NumberEquals(number) => ("number_equals", Some((*number).into())),
            Test::NumberNotEquals(number) => ("number_not_equals", Some((*number).into())),
            Test::Compare(order, operand) => (order.sign(), Some(operand.to_tree())),
            Test::Exists => ("exists", None),
            Test::NotExists => ("not_exists", None),
            Test::Is(true) => ("is_true", None),
            Test::Is(false) => ("is_false", None),
            Test::Text { part, negated, text } => {
                let word = PARTS.iter().find(|(known, _)| known == part).map_or("", |(_, word)| word);
                let not = if *negated { "not_" } else { "" };
                return (format!("{not}{word}"), Some(text.as_str().into()));
            }
        };
        (operator.to_owned(), value)
    }
}

impl Operand {
    fn to_tree(&self) -> Json {
        match self {
            Operand::Text(text) => text.as_str().into(),
            Operand::Number(number) => (*number).into(),
            Operand::Bool(flag) => (*flag).into(),
        }
    }
}

pub(super) fn from_tree(tree: &Json) -> Outcome<Condition> {
    if tree["type"] != "group" {
        return fail("", "the outermost condition must be a group");
    }
    Ok(match condition(tree, "", 1)? {
        group @ Condition::Group(..) => group,
        test @ Condition::Test(..) => Condition::Group(Joint::And, vec![test]),
    })
}

fn condition(tree: &Json, place: &str, depth: usize) -> Outcome<Condition> {
    match tree["type"].as_str() {
        Some("group") => group(tree, place, depth),
        Some(name) => match Kind::of_tree_type(name) {
            Some(kind) => single(tree, kind, place),
            None => fail(&step(place, "type"), format!("no such type: {name:?}")),
        },
        None => fail(place, "a condition needs a \"type\""),
    }
}

fn group(tree: &Json, place: &str, depth: usize) -> Outcome<Condition> {
    if depth > MAX_TRIGGER_DEPTH {
        return fail(place, format!("nested deeper than {MAX_TRIGGER_DEPTH} groups"));
    }
    let joint = match tree["operator"].as_str() {
        Some("and") => Joint::And,
        Some("or") => Joint::Or,
        _ => return fail(&step(place, "operator"), "a group's operator must be \"and\" or \"or\""),
    };
    let children = tree["children"].as_array().map(Vec::as_slice).unwrap_or_default();
    let child = |(at, child)| condition(child, &step(place, &format!("children[{at}]")), depth + 1);
    let mut conditions = children.iter().enumerate().map(child).collect::<Outcome<Vec<_>>>()?;
    match conditions.len() {
        0 => fail(&step(place, "children"), "a group needs at least one condition"),
        1 => Ok(conditions.remove(0)),
        _ => Ok(Condition::Group(joint, conditions)),
    }
}

fn single(tree: &Json, kind: Kind, place: &str) -> Outcome<Condition> {
    let name = match (kind.is_named(), tree["name"].as_str()) {
        (false, _) => "",
        (true, Some(name)) if !name.is_empty() => name,
        (true, _) => return fail(&step(place, "name"), "needs the name of a property"),
    };
    let field = Field::new(kind, name).or_else(|message| fail(&step(place, "name"), message))?;
    let Some(operator) = tree["operator"].as_str() else {
        return fail(&step(place, "operator"), "needs an operator");
    };
    match test(operator, &tree["value"]) {
        Ok(test) => Ok(Condition::Test(field, test)),
        Err((key, message)) => fail(&step(place, key), message),
    }
}

/// What an operator of the tree asks for, with values turned into what it compares with.
fn test(operator: &str, value: &Json) -> Result<Test, (&'static str, String)> {
    let operand = || operand(value).ok_or(("value", "must be a string, a number or a boolean".to_owned()));
    let number = || {
        let float = match operand()? {
            Operand::Text(text) => js_number(&text),
            Operand::Number(number) => number.as_f64(),
            Operand::Bool(flag) => f64::from(flag),
        };
        Number::from_f64(float).ok_or(("value", format!("must be a number, not {value}")))
    };
    let order = ORDERS.iter().find(|(_, sign)| *sign == operator);
    let bare = operator.strip_prefix("not_").unwrap_or(operator);
    let part = PARTS.iter().find(|(_, word)| *word == bare);
    Ok(match (operator, order, part) {
        ("=", ..) => Test::Equals(operand()?.into_text()),
        ("!=", ..) => Test::NotEquals(match operand()? {
            Operand::Number(number) => Operand::Text(number.to_string()),
            other => other,
        }),
        ("number_equals", ..) => Test::NumberEquals(number()?),
        ("number_not_equals", ..) => Test::NumberNotEquals(number()?),
        ("exists", ..) => Test::Exists,
        ("not_exists", ..) => Test::NotExists,
        ("is_true", ..) => Test::Is(true),
        ("is_false", ..) => Test::Is(false),
        (_, Some((order, _)), _) => Test::Compare(*order, operand()?),
        (_, _, Some((part, _))) => {
            Test::Text { part: *part, negated: bare != operator, text: operand()?.into_text() }
        }
        _ => return Err(("operator", format!("no such operator: {operator:?}"))),
    })
}

fn operand(value: &Json) -> Option<Operand> {
    match value {
        Json::String(text) => Some(Operand::Text(text.clone())),
        Json::Number(number) => Some(Operand::Number(number.into())),
        Json::Bool(flag) => Some(Operand::Bool(*flag)),
        _ => None,
    }
}

fn step(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}
