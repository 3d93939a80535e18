//! A whole request body.

use super::draft::Draft;
use super::{Event, Refusal, Rules, Violation, limits};
use crate::json::{Malformed, Reader, Shape};

/// The events of one request, in the order that came, each valid or named with the rule it breaks.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// 1 to 1,000 events.
    pub events: Vec<Result<Event<'a>, Invalid<'a>>>,
}

/// An event that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid<'a> {
    /// Its place in `events`, from 0.
    pub index: usize,
    /// Its exact JSON text in the body.
    pub raw: &'a str,
    /// The first rule found broken; wrong types come before everything else, as with the vendor.
    pub violation: Violation,
}

impl Batch<'_> {
    /// The answer when the request can't be taken: no event is valid, or `strict` (the vendor's all-or-nothing) and
    /// one isn't. It carries the first broken rule.
    pub fn refusal(&self, strict: bool) -> Option<Refusal> {
        let first = self.events.iter().find_map(|event| event.as_ref().err())?;
        let refused = strict || self.events.iter().all(Result::is_err);
        refused.then(|| Refusal::Event { index: first.index, violation: first.violation.clone() })
    }
}

/// Reads a request body. `now_ms` is the time of receipt in milliseconds since the Unix epoch.
///
/// Takes time linear in the body, at most one allocation per event for its objects, and never panics.
pub fn parse<'a>(body: &'a [u8], rules: &Rules, now_ms: i64) -> Result<Batch<'a>, Refusal> {
    if body.len() > limits::MAX_BODY_READ {
        return Err(Refusal::TooLarge { size: body.len() });
    }
    let text = std::str::from_utf8(body).map_err(|error| Refusal::Malformed(error.to_string()))?;
    let mut reader = Reader::new(text);
    let events = match reader.shape()? {
        Shape::Object => envelope(&mut reader, rules, now_ms)?,
        other => Listing::Wrong(Refusal::wrong_body(other, &mut reader)?),
    };
    reader.end()?;
    events.into_batch()
}

/// Reads the JSON text of one event under the same rules as [`parse`], for events made from other data.
pub fn parse_event<'a>(text: &'a str, rules: &Rules, now_ms: i64) -> Result<Event<'a>, Refusal> {
    let mut reader = Reader::new(text);
    let event = event(&mut reader, 0, rules, now_ms)?;
    reader.end()?;
    event.map_err(|invalid| Refusal::Event { index: 0, violation: invalid.violation })
}

/// What stands under `events`.
enum Listing<'a> {
    Events { kept: Vec<Result<Event<'a>, Invalid<'a>>>, count: usize },
    Wrong(Refusal),
}

impl<'a> Listing<'a> {
    fn into_batch(self) -> Result<Batch<'a>, Refusal> {
        match self {
            Listing::Wrong(refusal) => Err(refusal),
            Listing::Events { count: 0, .. } => Err(Refusal::NoEvents),
            Listing::Events { count, .. } if count > limits::MAX_EVENTS => {
                Err(Refusal::TooManyEvents { count })
            }
            Listing::Events { kept, .. } => Ok(Batch { events: kept }),
        }
    }
}

/// Keys beside `events` are passed over: the vendor has allowed them since 2026-02.
fn envelope<'a>(reader: &mut Reader<'a>, rules: &Rules, now_ms: i64) -> Result<Listing<'a>, Malformed> {
    let mut listing = Listing::Wrong(Refusal::NoEvents);
    reader.object(|reader, key| {
        match key.as_ref() {
            "events" => listing = list(reader, rules, now_ms)?,
            _ => drop(reader.value()?),
        }
        Ok(())
    })?;
    Ok(listing)
}

fn list<'a>(reader: &mut Reader<'a>, rules: &Rules, now_ms: i64) -> Result<Listing<'a>, Malformed> {
    match reader.shape()? {
        Shape::Array => events(reader, rules, now_ms),
        Shape::Null => reader.value().map(|_| Listing::Wrong(Refusal::NoEvents)),
        other => reader.value().map(|_| Listing::Wrong(Refusal::NotAList { got: other.word() })),
    }
}

/// Events beyond the limit are only checked to be JSON and counted, so a huge list costs no memory.
fn events<'a>(reader: &mut Reader<'a>, rules: &Rules, now_ms: i64) -> Result<Listing<'a>, Malformed> {
    let (mut kept, mut count) = (Vec::new(), 0);
    reader.array(|reader| {
        match count {
            0..limits::MAX_EVENTS => kept.push(event(reader, count, rules, now_ms)?),
            _ => drop(reader.value()?),
        }
        count += 1;
        Ok(())
    })?;
    Ok(Listing::Events { kept, count })
}

fn event<'a>(
    reader: &mut Reader<'a>,
    index: usize,
    rules: &Rules,
    now_ms: i64,
) -> Result<Result<Event<'a>, Invalid<'a>>, Malformed> {
    let start = reader.here();
    let shape = reader.shape()?;
    if shape != Shape::Object {
        let raw = reader.value()?;
        return Ok(Err(Invalid { index, raw, violation: Violation::NotAnObject { got: shape.word() } }));
    }
    let draft = Draft::read(reader)?;
    let raw = reader.since(start);
    Ok(rules.admit(draft, raw, now_ms).map_err(|violation| Invalid { index, raw, violation }))
}

impl Refusal {
    /// A body that is no object: `null` is an empty batch to the vendor, anything else a wrong type.
    fn wrong_body(shape: Shape, reader: &mut Reader<'_>) -> Result<Refusal, Malformed> {
        reader.value()?;
        Ok(match shape {
            Shape::Null => Refusal::NoEvents,
            other => Refusal::NotABatch { got: other.word() },
        })
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Refusal::Malformed(malformed.to_string())
    }
}
