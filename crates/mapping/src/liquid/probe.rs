//! Watching a template: what its conditions say, which of its paths lead nowhere, what it writes as text that is none.
//!
//! A watched template is parsed in a language of its own ([`elements::language`]), whose elements note in the run's
//! [`Log`] what they see. The language that flows run in knows nothing of it, so watching costs them nothing.

mod elements;
mod filters;
mod variables;

use liquid_core::Runtime;

use super::{
    Liquid,
    runtime::{Allowance, Payload},
};
use crate::{ResolveError, meter::Meter, value::Value};

/// A Liquid template under watch. It makes the same text as the directive `@liquid`.
#[derive(Debug)]
pub struct LiquidProbe {
    liquid: Liquid,
    /// Names that the template itself gives a value: no paths of the payload.
    given: Vec<String>,
}

/// Something that a template did with a payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// What was looked at.
    pub saw: Saw,
    /// The tag or the output that it stands in, as it is written.
    pub place: String,
    /// What it is about: the path, the comparison or the filter.
    pub words: String,
    /// The answer to what [`Saw`] asks.
    pub hit: bool,
    /// The value that gave the answer, where there is one.
    pub example: Option<Value<'static>>,
}

/// What was looked at, as a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saw {
    /// Did the condition of an `if`, `elsif` or `unless` hold?
    Condition,
    /// Did one comparison of several in a condition hold?
    Comparison,
    /// Did a path lead to a value, null not counted?
    Path,
    /// Was an object or a list written as text, or given to a filter of texts?
    Text,
    /// Was something that is no number given to a filter of numbers, where it counts as 0?
    Number,
}

/// Ends a watched template, so that what it ends with is read as if nothing followed.
const END: char = '\0';

impl LiquidProbe {
    /// Parses a template to be watched; the message of the error says what is wrong with it.
    pub fn parse(template: &str) -> Result<LiquidProbe, String> {
        Liquid::parse(template, "@liquid")?;
        let whole = format!("{{% {0} %}}{template}{END}{{% end{0} %}}", elements::WHOLE);
        let liquid = Liquid::in_language(&whole, "@liquid", &elements::language())?;
        Ok(LiquidProbe { liquid, given: variables::given(template).map(str::to_owned).collect() })
    }

    /// What the template makes of a payload, and what was seen on the way. What is not reached is not seen.
    pub fn look(&self, payload: &Value<'_>) -> (Result<String, ResolveError>, Vec<Sighting>) {
        let meter = Meter::new();
        let runtime = Payload::new(Some(payload), Allowance::new(&meter));
        let text = self.liquid.render_with(&runtime, meter.left());
        let mut seen = std::mem::take(&mut runtime.registers().get_mut::<Log>().seen);
        seen.retain(|sighting| sighting.saw != Saw::Path || !self.is_given(&sighting.words));
        (text.map(|text| text.trim_end_matches(END).to_owned()), seen)
    }

    fn is_given(&self, path: &str) -> bool {
        self.given.iter().any(|name| name == variables::root(path))
    }
}

/// What was seen in a run.
#[derive(Debug, Default)]
struct Log {
    /// The tag or output that runs now.
    place: String,
    seen: Vec<Sighting>,
}

impl Log {
    /// What follows is seen in this tag or output.
    fn enter(runtime: &dyn Runtime, place: &str) {
        place.clone_into(&mut runtime.registers().get_mut::<Log>().place);
    }

    /// Notes a sighting. The same again in a run says nothing more.
    fn note(runtime: &dyn Runtime, saw: Saw, words: &str, hit: bool, example: Option<&Value<'_>>) {
        let mut log = runtime.registers().get_mut::<Log>();
        let same = |seen: &Sighting| {
            (seen.saw, seen.hit) == (saw, hit) && seen.place == log.place && seen.words == words
        };
        if !log.seen.iter().any(same) {
            let place = log.place.clone();
            let example = example.map(|example| example.borrowed().into_owned());
            log.seen.push(Sighting { saw, place, words: words.to_owned(), hit, example });
        }
    }
}
