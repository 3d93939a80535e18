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

    /// Takes the cost of copying a value: one for each value in it, and for each byte of text in it.
    pub(crate) fn spend_on(&mut self, value: &Value<'_>) -> Result<(), ResolveError> {
        match value {
            Value::String(text) => self.spend(1 + text.len()),
            Value::Array(items) => {
                self.spend(1)?;
                items.iter().try_for_each(|item| self.spend_on(item))
            }
            Value::Object(object) => {
                self.spend(1)?;
                object.iter().try_for_each(|(key, member)| {
                    self.spend(key.len())?;
                    self.spend_on(member)
                })
            }
            _ => self.spend(1),
        }
    }
}
