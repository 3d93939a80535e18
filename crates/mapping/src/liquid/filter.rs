//! How a filter of ours stands among the crates': with its name, the arguments it takes, and what it does.

use std::fmt;

use liquid_core::{
    Error, Expression, Filter as Run, FilterReflection, ParseFilter, Result, Runtime,
    model::{Value as Liquid, ValueView},
    parser::{FilterArguments, ParameterReflection},
};

use super::{
    runtime::Allowance,
    view::{read, text, theirs},
};
use crate::{meter::Meter, value::Value};

/// A filter: what it is called, how many arguments it takes, and what it does.
#[derive(Clone, Copy)]
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) apply: fn(&Call) -> Value<'static>,
}

/// What a filter is applied to.
pub(super) struct Call {
    pub(super) input: Option<Value<'static>>,
    arguments: Vec<Option<Value<'static>>>,
}

impl Call {
    /// The input as text.
    pub(super) fn text(&self) -> String {
        self.input.as_ref().map(text).unwrap_or_default()
    }

    /// An argument; `None` where it is missing.
    pub(super) fn argument(&self, at: usize) -> Option<&Value<'static>> {
        self.arguments.get(at)?.as_ref()
    }

    /// An argument as text.
    pub(super) fn argument_text(&self, at: usize) -> String {
        self.argument(at).map(text).unwrap_or_default()
    }
}

impl ParseFilter for Filter {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Run>> {
        let FilterArguments { positional, mut keyword } = arguments;
        if let Some((key, _)) = keyword.next() {
            return Err(Error::with_msg(format!("filter \"{}\" takes no {key:?} here", self.name)));
        }
        let arguments: Vec<Expression> = positional.collect();
        if !(self.least..=self.most).contains(&arguments.len()) {
            let (name, least, most, count) = (self.name, self.least, self.most, arguments.len());
            let message =
                format!("filter \"{name}\" takes {least} to {most} arguments, this one has {count}");
            return Err(Error::with_msg(message));
        }
        Ok(Box::new(Applied { filter: *self, arguments }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

impl FilterReflection for Filter {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        ""
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

/// A filter with its arguments.
struct Applied {
    filter: Filter,
    arguments: Vec<Expression>,
}

impl Run for Applied {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Liquid> {
        let argument = |argument: &Expression| match argument {
            Expression::Literal(Liquid::Nil) => Ok(Some(Value::Null)), // given, unlike a missing one
            other => Ok(read(other.evaluate(runtime)?.as_view())),
        };
        let arguments = self.arguments.iter().map(argument).collect::<Result<_>>()?;
        let call = Call { input: read(input), arguments };
        self.check_growth(&call, Allowance::room(runtime))?;
        let made = (self.filter.apply)(&call);
        Allowance::spend(runtime, Meter::cost(&made))?;
        Ok(theirs(&made))
    }
}

impl Applied {
    /// A text put between or in place of every part of another can be as long as the product of both. That is checked
    /// before it is built; all other filters give at most a few times what they are given.
    fn check_growth(&self, call: &Call, room: usize) -> Result<()> {
        let inserted = match self.filter.name {
            "join" => call.argument_text(0).len(),
            "replace" => call.argument_text(1).len(),
            _ => return Ok(()),
        };
        let parts = call.input.as_ref().map_or(0, Meter::cost);
        if inserted.saturating_mul(parts) > room {
            return Err(Error::with_msg(format!("filter \"{}\" makes too much text", self.filter.name)));
        }
        Ok(())
    }
}

impl fmt::Debug for Applied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.filter.name)
    }
}

/// A filter that may not be used.
#[derive(Clone, Copy)]
pub(super) struct Refused {
    pub(super) name: &'static str,
    pub(super) why: &'static str,
}

impl ParseFilter for Refused {
    fn parse(&self, _: FilterArguments<'_>) -> Result<Box<dyn Run>> {
        Err(Error::with_msg(format!("filter \"{}\" is {}", self.name, self.why)))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

impl FilterReflection for Refused {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.why
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}
