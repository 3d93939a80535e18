//! What a partial update does to one first-level attribute: a new value, or one of the built-in operations.

use super::refusal::Refusal;
use serde_json::{Number, Value};

/// What happens to an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// Replaces whatever was there, nested objects as a whole.
    Set(Value),
    /// Adds the number; what is missing counts as 0.
    Increment(Number),
    Decrement(Number),
    /// Appends to a list.
    Add(Value),
    /// Takes every equal element out of a list.
    Remove(Value),
    /// Appends to a list unless an equal element is there.
    AddUnique(Value),
    /// Adds 1 if the number is exactly this one.
    IncrementFrom(i64),
    /// Becomes this number if it is greater.
    IncrementSet(i64),
}

/// The operation doesn't apply to what is there: the whole update is ignored, as is documented for `IncrementFrom` and
/// `IncrementSet`; for an operation on a value of another type it is the harsher reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ignored;

impl Change {
    /// An object with `_operation` is an operation, and must be a proper one.
    pub(super) fn parse(attribute: &str, value: &Value) -> Result<Self, Refusal> {
        let Some(operation) = value.get("_operation") else { return Ok(Self::Set(value.clone())) };
        let closed = value.as_object().is_some_and(|fields| fields.len() == 2);
        let argument = value.get("value").filter(|_| closed);
        let parsed = argument.and_then(|argument| Self::operation(operation.as_str()?, argument));
        parsed.ok_or_else(|| {
            Refusal::bad_request(format!("Invalid operation on attribute {attribute}: {value}"))
        })
    }

    fn operation(word: &str, argument: &Value) -> Option<Self> {
        let number = || argument.as_number().cloned();
        let element = || Some(argument).filter(|value| value.is_string() || value.is_number()).cloned();
        match word {
            "Increment" => number().map(Self::Increment),
            "Decrement" => number().map(Self::Decrement),
            "Add" => element().map(Self::Add),
            "Remove" => element().map(Self::Remove),
            "AddUnique" => element().map(Self::AddUnique),
            "IncrementFrom" => argument.as_i64().map(Self::IncrementFrom),
            "IncrementSet" => argument.as_i64().map(Self::IncrementSet),
            _ => None,
        }
    }

    /// The attribute's new value; nothing when it stays absent.
    pub(super) fn apply(&self, current: Option<&Value>) -> Result<Option<Value>, Ignored> {
        match self {
            Self::Set(value) => Ok(Some(value.clone())),
            Self::Increment(step) => sum(&number(current)?, step, 1).map(Some),
            Self::Decrement(step) => sum(&number(current)?, step, -1).map(Some),
            Self::AddUnique(element) if list(current)?.contains(element) => Ok(current.cloned()),
            Self::Add(element) | Self::AddUnique(element) => Ok(Some(appended(list(current)?, element))),
            Self::Remove(_) if current.is_none() => Ok(None),
            Self::Remove(element) => Ok(Some(without(list(current)?, element))),
            Self::IncrementFrom(from) if integer(current)? == *from => {
                from.checked_add(1).map(Value::from).map(Some).ok_or(Ignored)
            }
            Self::IncrementSet(to) if *to > integer(current)? => Ok(Some((*to).into())),
            Self::IncrementFrom(_) | Self::IncrementSet(_) => Err(Ignored),
        }
    }
}

fn number(current: Option<&Value>) -> Result<Number, Ignored> {
    current.map_or(Ok(0.into()), |value| value.as_number().cloned().ok_or(Ignored))
}

fn integer(current: Option<&Value>) -> Result<i64, Ignored> {
    number(current)?.as_i64().ok_or(Ignored)
}

fn list(current: Option<&Value>) -> Result<&[Value], Ignored> {
    current.map_or(Ok(&[]), |value| value.as_array().map(Vec::as_slice).ok_or(Ignored))
}

/// Integers stay integers as long as they fit.
fn sum(current: &Number, step: &Number, sign: i64) -> Result<Value, Ignored> {
    let whole = || current.as_i64()?.checked_add(step.as_i64()?.checked_mul(sign)?);
    let real = || Number::from_f64(current.as_f64()? + step.as_f64()? * sign as f64);
    whole().map(Value::from).or_else(|| real().map(Value::from)).ok_or(Ignored)
}

fn appended(list: &[Value], element: &Value) -> Value {
    list.iter().chain([element]).cloned().collect()
}

fn without(list: &[Value], element: &Value) -> Value {
    list.iter().filter(|other| *other != element).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn outcome(current: &Value, operation: &str, value: &Value) -> Result<Option<Value>, Ignored> {
        let change = Change::parse("a", &json!({"_operation": operation, "value": value})).unwrap();
        change.apply(Some(current).filter(|current| !current.is_null()))
    }

    #[test]
    fn each_built_in_operation_does_what_is_documented() {
        #[rustfmt::skip]
        let table = [
            (json!(5), "Increment", json!(2), Ok(Some(json!(7)))),
            (json!(null), "Increment", json!(2), Ok(Some(json!(2)))),
            (json!(0.5), "Decrement", json!(1), Ok(Some(json!(-0.5)))),
            (json!("x"), "Increment", json!(1), Err(Ignored)),
            (json!(["a"]), "Add", json!("a"), Ok(Some(json!(["a", "a"])))),
            (json!(null), "Add", json!(1), Ok(Some(json!([1])))),
            (json!("a"), "Add", json!("a"), Err(Ignored)),
            (json!(["a"]), "AddUnique", json!("a"), Ok(Some(json!(["a"])))),
            (json!(["a"]), "AddUnique", json!("b"), Ok(Some(json!(["a", "b"])))),
            (json!(["a", "b", "a"]), "Remove", json!("a"), Ok(Some(json!(["b"])))),
            (json!(null), "Remove", json!("a"), Ok(None)),
            (json!(2), "IncrementFrom", json!(2), Ok(Some(json!(3)))),
            (json!(1), "IncrementFrom", json!(2), Err(Ignored)),
            (json!(null), "IncrementFrom", json!(0), Ok(Some(json!(1)))),
            (json!(null), "IncrementFrom", json!(1), Err(Ignored)),
            (json!(1), "IncrementSet", json!(2), Ok(Some(json!(2)))),
            (json!(2), "IncrementSet", json!(2), Err(Ignored)),
            (json!(null), "IncrementSet", json!(0), Err(Ignored)),
        ];
        for (current, operation, value, expected) in table {
            assert_eq!(outcome(&current, operation, &value), expected, "{current} {operation} {value}");
        }
    }

    #[test]
    fn an_improper_operation_is_refused_and_a_nested_one_is_a_value() {
        for value in [
            json!({"_operation": "Multiply", "value": 2}),
            json!({"_operation": "Increment", "value": "2"}),
            json!({"_operation": "Add", "value": ["a"]}),
            json!({"_operation": "Add"}),
            json!({"_operation": "Add", "value": "a", "more": 1}),
        ] {
            assert!(Change::parse("a", &value).is_err(), "{value}");
        }
        let nested = json!({"b": {"_operation": "Increment", "value": 1}});
        assert_eq!(Change::parse("a", &nested).unwrap(), Change::Set(nested));
    }
}
