//! `@liquid`: Liquid templates with the tags, filters and limits that Segment allows.
//!
//! Parsing and the simple tags come from the `liquid` crates. What decides how results look is ours, because there the
//! crates follow Ruby and Segment follows JavaScript: how values become text ([`view`]), conditions ([`operand`]) and
//! filters ([`filters`]). The bounds are ours as well: every value that is read and every text that is made is paid
//! for from the run's allowance ([`runtime`]), so a template cannot double a text again and again.

mod condition;
mod filter;
mod filters;
mod operand;
pub(crate) mod probe;
mod runtime;
mod tags;
mod view;

use std::io;

use liquid_core::{Language, Renderable, Template, parser};

use crate::{ResolveError, limits::MAX_LIQUID_LENGTH, meter::Meter, text::js_length, value::Value};
use runtime::{Allowance, Payload};

/// A parsed Liquid template.
#[derive(Debug)]
pub(crate) struct Liquid {
    template: Template,
    place: Box<str>,
}

impl Liquid {
    /// Parses a template, which stands at `place` in the mapping.
    pub(crate) fn parse(text: &str, place: &str) -> Result<Liquid, String> {
        let length = js_length(text);
        if length > MAX_LIQUID_LENGTH {
            return Err(format!(
                "a Liquid template may have at most {MAX_LIQUID_LENGTH} characters, this one has {length}"
            ));
        }
        check_numbers(text)?;
        Liquid::in_language(text, place, &language())
    }

    fn in_language(text: &str, place: &str, language: &Language) -> Result<Liquid, String> {
        let elements = parser::parse(text, language).map_err(|error| one_line(&error))?;
        Ok(Liquid { template: Template::new(elements), place: place.into() })
    }

    /// The text that the template makes of a payload.
    pub(crate) fn render(
        &self,
        scope: Option<&Value<'_>>,
        meter: &mut Meter,
    ) -> Result<String, ResolveError> {
        let payload = Payload::new(scope, Allowance::new(meter));
        let rendered = self.render_with(&payload, meter.left());
        *meter = payload.into_meter()?;
        let text = rendered?;
        meter.spend(text.len())?;
        Ok(text)
    }

    /// The text, of at most so many bytes.
    fn render_with(&self, payload: &Payload<'_>, room: usize) -> Result<String, ResolveError> {
        let mut out = Bounded { bytes: Vec::new(), room, full: false };
        let rendered = self.template.render_to(&mut out, payload);
        if out.full {
            return Err(ResolveError::TooLarge);
        }
        let place = || self.place.to_string();
        rendered.map_err(|error| ResolveError::Computed { place: place(), message: one_line(&error) })?;
        Ok(String::from_utf8_lossy(&out.bytes).into_owned())
    }
}

/// Every whole number of so many digits is within 64 bits; the crates panic at one that is not.
const MAX_DIGITS: usize = 18;

fn check_numbers(text: &str) -> Result<(), String> {
    let mut runs = text.split(|character: char| !character.is_ascii_digit());
    runs.find(|run| run.len() > MAX_DIGITS).map_or(Ok(()), |run| {
        Err(format!("a number in Liquid may have at most {MAX_DIGITS} digits, {run} has {}", run.len()))
    })
}

/// The language with Segment's tags and filters.
fn language() -> Language {
    let mut language = Language::empty();
    tags::register(&mut language);
    filters::register(&mut language);
    language
}

/// The crates' errors draw the template over several lines; this is what they say, in one.
fn one_line(error: &liquid_core::Error) -> String {
    let text = error.to_string();
    let after =
        |start: &'static str| text.lines().find_map(move |line| line.trim_start().strip_prefix(start));
    let first = text.lines().next().unwrap_or_default().trim_start_matches("liquid:").trim();
    let mut message = after("= ").unwrap_or(first).trim_end_matches('.').to_owned();
    if let Some(name) = after("requested filter=").or_else(|| after("requested=")) {
        message = format!("{}: {name:?}", message.to_lowercase());
    }
    match after("--> ") {
        Some(place) => format!("{message}, at line:column {place}"),
        None => message,
    }
}

/// A buffer that takes no more than it has room for.
struct Bounded {
    bytes: Vec<u8>,
    room: usize,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.room - self.bytes.len() {
            self.full = true;
            return Err(io::Error::other("the template makes too much text"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
