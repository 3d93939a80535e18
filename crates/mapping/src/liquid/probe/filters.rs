//! Filters that note what they are given.

use std::fmt;

use liquid_core::{
    Expression, Filter as Run, FilterReflection, ParseFilter, Result, Runtime,
    model::{Value as Liquid, ValueView},
    parser::{FilterArguments, ParameterReflection},
};

use super::{Log, Saw};
use crate::{
    liquid::{
        filter::Filter,
        filters::{Takes, strict, takes},
        runtime::Allowance,
        view::read,
    },
    value::Value,
};

/// A filter whose input is noted, and whose arguments are if it takes numbers.
#[derive(Clone)]
pub(super) struct Watched(pub(super) Filter);

impl ParseFilter for Watched {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Run>> {
        let FilterArguments { positional, keyword } = arguments;
        let operands: Vec<Expression> = positional.collect();
        let positional = Box::new(operands.clone().into_iter());
        let filter = self.0.parse(FilterArguments { positional, keyword })?;
        Ok(Box::new(Applied { name: self.0.name, filter, operands }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self.0.reflection()
    }
}

#[derive(Debug)]
struct Applied {
    name: &'static str,
    filter: Box<dyn Run>,
    operands: Vec<Expression>,
}

impl Run for Applied {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Liquid> {
        match takes(self.name) {
            Takes::Text => note_text(runtime, self.name, read(input).as_ref()),
            Takes::Number => self.note_numbers(input, runtime),
            Takes::Anything => {}
        }
        self.filter.evaluate(input, runtime)
    }
}

impl Applied {
    fn note_numbers(&self, input: &dyn ValueView, runtime: &dyn Runtime) {
        let read_operand = |operand: &Expression| {
            Allowance::aside(runtime, || operand.evaluate(runtime).ok().and_then(|it| read(it.as_view())))
        };
        let operands: Vec<_> = self.operands.iter().filter_map(read_operand).collect();
        let wrong = read(input).into_iter().chain(operands).find(|value| !is_number(value));
        Log::note(runtime, Saw::Number, self.name, wrong.is_some(), wrong.as_ref());
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.filter, formatter)
    }
}

/// Whether a number is what it says. Null stands for something missing, which paths are watched for.
fn is_number(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.trim().is_empty() && !strict(value).is_nan(),
        Value::Array(_) | Value::Object(_) => false,
    }
}

fn note_text(runtime: &dyn Runtime, words: &str, value: Option<&Value<'_>>) {
    let example = value.filter(|value| matches!(value, Value::Array(_) | Value::Object(_)));
    Log::note(runtime, Saw::Text, words, example.is_some(), example);
}

/// What an output ends with while it is watched: notes what it is about to write, and gives nothing.
#[derive(Clone, Debug)]
pub(super) struct Written;

impl Written {
    pub(super) const NAME: &str = "written";
}

impl ParseFilter for Written {
    fn parse(&self, _: FilterArguments<'_>) -> Result<Box<dyn Run>> {
        Ok(Box::new(Written))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

impl Run for Written {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Liquid> {
        note_text(runtime, "", read(input).as_ref());
        Ok(Liquid::Nil)
    }
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Written::NAME)
    }
}

impl FilterReflection for Written {
    fn name(&self) -> &str {
        Written::NAME
    }

    fn description(&self) -> &'static str {
        "notes what an output writes"
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}
