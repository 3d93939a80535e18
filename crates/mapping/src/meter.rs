//! The allowance that keeps one run of a mapping small, whatever the definition and the payload.

use crate::{ResolveError, limits::MAX_WORK, value::Value};

/// What is left of a run's allowance.
pub(crate) struct Meter {
    left: usize,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Meter { left: MAX_WORK }
    }

    /// Takes the cost of something that is about to be built.
    pub(crate) fn spend(&mut self, cost: usize) -> Result<(), ResolveError> {
        self.left = self.left.checked_sub(cost).ok_or(ResolveError::TooLarge)?;
        Ok(())
    }

    /// What is left of an allowance that something else counted meanwhile.
    pub(crate) fn with(left: usize) -> Self {
        Meter { left }
    }

    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Takes the cost of copying a value.
    pub(crate) fn spend_on(&mut self, value: &Value<'_>) -> Result<(), ResolveError> {
        self.spend(Meter::cost(value))
    }

    /// What copying a value costs: one for each value in it, and one for each byte of text in it.
    pub(crate) fn cost(value: &Value<'_>) -> usize {
        match value {
            Value::String(text) => 1 + text.len(),
            Value::Array(items) => 1 + items.iter().map(Meter::cost).sum::<usize>(),
            Value::Object(object) => {
                1 + object.iter().map(|(key, member)| key.len() + Meter::cost(member)).sum::<usize>()
            }
            _ => 1,
        }
    }
}
