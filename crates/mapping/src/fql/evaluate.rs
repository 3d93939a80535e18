//! Whether an event passes. What is missing or of another kind fails every test but `!=` and `= null`.

use super::{
    condition::{Condition, Joint, Operand, Order, Part, Test},
    field::Field,
};
use crate::{text::js_number, tree::Tree, value::Value};

impl Condition {
    pub(super) fn matches(&self, payload: &Value<'_>) -> bool {
        match self {
            Condition::Group(Joint::And, children) => children.iter().all(|child| child.matches(payload)),
            Condition::Group(Joint::Or, children) => children.iter().any(|child| child.matches(payload)),
            Condition::Test(field, test) => test.holds(field.find(payload).as_value()),
        }
    }
}

impl Field {
    fn find<'v>(&self, payload: &'v Value<'v>) -> Tree<'v> {
        let member = payload.get(self.kind.word());
        match (self.kind.is_named(), self.path.is_empty()) {
            (true, true) => Tree::Absent, // a name of dots alone names nothing
            (true, false) => self.path.find(member),
            (false, _) => member.map_or(Tree::Absent, Tree::Borrowed),
        }
    }
}

impl Test {
    fn holds(&self, actual: Option<&Value<'_>>) -> bool {
        match self {
            Test::Equals(text) => actual.and_then(Value::as_str) == Some(text),
            Test::NotEquals(operand) => {
                !actual.and_then(Value::as_str).is_some_and(|actual| operand.is_text(actual))
            }
            Test::NumberEquals(number) => same(actual, number.as_f64()) == Some(true),
            Test::NumberNotEquals(number) => same(actual, number.as_f64()) == Some(false),
            Test::Compare(order, operand) => {
                float(actual).is_some_and(|actual| order.holds(actual, operand.as_f64()))
            }
            Test::Text { part, negated, text } => {
                actual.and_then(Value::as_str).is_some_and(|actual| part.holds(actual, text) != *negated)
            }
            Test::Exists => actual.is_some_and(|actual| *actual != Value::Null),
            Test::NotExists => actual.is_none_or(|actual| *actual == Value::Null),
            Test::Is(flag) => actual.and_then(Value::as_bool) == Some(*flag),
        }
    }
}

fn float(actual: Option<&Value<'_>>) -> Option<f64> {
    if let Some(Value::Number(number)) = actual { Some(number.as_f64()) } else { None }
}

/// Whether a number is this very one; `None` for what is no number.
#[expect(clippy::float_cmp, reason = "JavaScript's === compares floats exactly")]
fn same(actual: Option<&Value<'_>>, number: f64) -> Option<bool> {
    float(actual).map(|actual| actual == number)
}

impl Order {
    fn holds(self, actual: f64, limit: f64) -> bool {
        match self {
            Order::Less => actual < limit,
            Order::LessOrEqual => actual <= limit,
            Order::Greater => actual > limit,
            Order::GreaterOrEqual => actual >= limit,
        }
    }
}

impl Part {
    fn holds(self, actual: &str, text: &str) -> bool {
        match self {
            Part::Any => actual.contains(text),
            Part::Start => actual.starts_with(text),
            Part::End => actual.ends_with(text),
        }
    }
}

impl Operand {
    /// What JavaScript's `Number()` makes of it.
    fn as_f64(&self) -> f64 {
        match self {
            Operand::Text(text) => js_number(text),
            Operand::Number(number) => number.as_f64(),
            Operand::Bool(flag) => f64::from(*flag),
        }
    }

    fn is_text(&self, actual: &str) -> bool {
        match self {
            Operand::Text(text) => text == actual,
            Operand::Bool(flag) => actual == if *flag { "true" } else { "false" },
            Operand::Number(number) => actual == number.to_string(),
        }
    }
}
