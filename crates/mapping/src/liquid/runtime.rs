//! What a template sees while it runs: the payload, what it assigned itself, and what is left of the allowance.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};

use liquid_core::{
    Error, Result, Runtime,
    model::{KString, KStringCow, KStringRef, ScalarCow, Value as Liquid, ValueCow, ValueView},
    runtime::{PartialStore, Registers, RuntimeCore},
};

use super::view::{ours, theirs};
use crate::{ResolveError, meter::Meter, text::js_length, value::Value};

/// What a run may still build, shared by everything in the template.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allowance {
    left: usize,
    exhausted: bool,
}

impl Allowance {
    pub(super) fn new(meter: &Meter) -> Self {
        Allowance { left: meter.left(), exhausted: false }
    }

    /// Does something that counts for nothing: afterwards as much may be built as before.
    pub(super) fn aside<T>(runtime: &dyn Runtime, run: impl FnOnce() -> T) -> T {
        let before = *runtime.registers().get_mut::<Allowance>();
        let result = run();
        *runtime.registers().get_mut::<Allowance>() = before;
        result
    }

    /// How much may still be built.
    pub(super) fn room(runtime: &dyn Runtime) -> usize {
        runtime.registers().get_mut::<Allowance>().left
    }

    /// Takes the cost of something from the allowance.
    pub(super) fn spend(runtime: &dyn Runtime, cost: usize) -> Result<()> {
        let mut allowance = runtime.registers().get_mut::<Allowance>();
        let Some(left) = allowance.left.checked_sub(cost) else {
            allowance.exhausted = true;
            return Err(Error::with_msg("the template builds too much"));
        };
        allowance.left = left;
        Ok(())
    }
}

/// The template's view of a payload.
pub(super) struct Payload<'p> {
    root: Option<&'p Value<'p>>,
    assigned: RefCell<HashMap<KString, Value<'static>>>,
    counters: RefCell<HashMap<KString, Liquid>>,
    core: RuntimeCore<'static>,
}

impl<'p> Payload<'p> {
    pub(super) fn new(root: Option<&'p Value<'p>>, allowance: Allowance) -> Self {
        let core = RuntimeCore::new();
        *core.registers().get_mut::<Allowance>() = allowance;
        Payload { root, assigned: RefCell::default(), counters: RefCell::default(), core }
    }

    /// What is left after the run.
    pub(super) fn into_meter(self) -> Result<Meter, ResolveError> {
        let allowance = self.core.registers().get_mut::<Allowance>();
        if allowance.exhausted { Err(ResolveError::TooLarge) } else { Ok(Meter::with(allowance.left)) }
    }

    /// A value that the template made itself, as the crates have it.
    fn made(&self, path: &[ScalarCow<'_>]) -> Option<Result<Liquid>> {
        let (name, rest) = path.split_first()?;
        let name = name.to_kstr();
        if let Some(value) = self.assigned.borrow().get(name.as_str()) {
            return Some(self.copy(part(Some(value), rest).as_ref()));
        }
        let known = self.root.is_some_and(|root| root.get(&name).is_some());
        self.counters.borrow().get(name.as_str()).filter(|_| !known).cloned().map(Ok)
    }

    fn copy(&self, part: Option<&Part<'_>>) -> Result<Liquid> {
        Ok(match part {
            Some(Part::Found(value)) => {
                Allowance::spend(self, Meter::cost(value))?;
                theirs(value)
            }
            Some(Part::Length(length)) => Liquid::scalar(*length as i64),
            None => Liquid::Nil,
        })
    }
}

/// The part of a value at a path.
fn part<'p>(root: Option<&'p Value<'p>>, path: &[ScalarCow<'_>]) -> Option<Part<'p>> {
    path.iter().try_fold(Part::Found(root?), |part, step| match part {
        Part::Found(value) => property(value, step),
        Part::Length(_) => None,
    })
}

enum Part<'p> {
    Found(&'p Value<'p>),
    Length(usize),
}

/// A member, an item, or one of the words `first`, `last` and `size`.
fn property<'p>(value: &'p Value<'p>, step: &ScalarCow<'_>) -> Option<Part<'p>> {
    let name = step.to_kstr();
    let own = value.get(&name);
    let item = |items: &'p [Value<'p>], at: i64| {
        let at = if at < 0 { at + items.len() as i64 } else { at };
        usize::try_from(at).ok().and_then(|at| items.get(at))
    };
    match (value, name.as_str()) {
        (Value::Object(_), _) if own.is_some() => own.map(Part::Found),
        (Value::Object(object), "size") => Some(Part::Length(object.len())),
        (Value::Array(items), "size" | "length") => Some(Part::Length(items.len())),
        (Value::String(text), "size" | "length") => Some(Part::Length(js_length(text))),
        (Value::Array(items), "first") => item(items, 0).map(Part::Found),
        (Value::Array(items), "last") => item(items, -1).map(Part::Found),
        (Value::Array(items), index) => item(items, index.parse().ok()?).map(Part::Found),
        _ => None,
    }
}

impl Runtime for Payload<'_> {
    fn partials(&self) -> &dyn PartialStore {
        Runtime::partials(&self.core)
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        None
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        BTreeSet::new()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        self.get(path).ok()
    }

    /// As in Segment's Liquid, what is missing is nothing, and no error.
    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        if let Some(made) = self.made(path) {
            return made.map(ValueCow::Owned);
        }
        match part(self.root, path) {
            Some(Part::Found(value)) => {
                Allowance::spend(self, Meter::cost(value))?;
                Ok(ValueCow::Borrowed(value))
            }
            other => self.copy(other.as_ref()).map(ValueCow::Owned),
        }
    }

    fn set_global(&self, name: KString, value: Liquid) -> Option<Liquid> {
        self.assigned.borrow_mut().insert(name, ours(value));
        None // nobody asks what was there before
    }

    fn set_index(&self, name: KString, value: Liquid) -> Option<Liquid> {
        self.counters.borrow_mut().insert(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.counters.borrow().get(name).cloned().map(ValueCow::Owned)
    }

    fn registers(&self) -> &Registers {
        self.core.registers()
    }
}
