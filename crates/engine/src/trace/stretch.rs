//! Where in the journal an answer may be.

use super::Question;
use crate::lookup;
use crate::span::Needle;
use causeway_store::{Error, Journal, Position, State};
use memchr::memmem;

/// A stretch of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) first: Position,
    pub(super) last: Position,
    /// Whether the event that is asked for may be in it.
    event: bool,
}

/// The stretches that may hold what is asked for, newest first: what is not processed yet, then what the filters point at.
pub(super) fn stretches(
    question: &Question,
    journal: &dyn Journal,
    state: &dyn State,
    cursor: Position,
) -> Result<Vec<Stretch>, Error> {
    let last = journal.extent()?.last;
    let event = question.event.is_some();
    let unprocessed = (last > cursor).then_some(Stretch { first: Position(cursor.0 + 1), last, event });
    let event = question.event.map(|id| Needle::event(id.short()));
    let mention = Needle::id(&question.mention);
    let processed = lookup::hits(state, |data| {
        let found = event.and_then(|event| event.find(data));
        let (first, last) = found.or_else(|| mention.find(data))?;
        Some(Stretch { first, last, event: found.is_some() })
    })?;
    Ok(unprocessed.into_iter().chain(processed).collect())
}

impl Stretch {
    /// Whether a record of the stretch with this body has to be parsed.
    pub(super) fn may_be_in(&self, question: &Question, body: &[u8]) -> bool {
        self.event || may_mention(body, &question.mention)
    }
}

/// Whether JSON may hold this text as an id. Texts of ordinary characters stand in it as they are, unless it is written with
/// escapes; numbers may be written in several ways.
fn may_mention(json: &[u8], text: &str) -> bool {
    !is_ordinary(text)
        || memmem::find(json, text.as_bytes()).is_some()
        || memmem::find(json, br"\u").is_some()
}

fn is_ordinary(text: &str) -> bool {
    let ordinary = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:@|+=~".contains(&byte);
    text.bytes().all(ordinary) && text.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_passed_over_only_if_no_way_of_writing_json_could_hide_the_id() {
        assert!(!may_mention(br#"{"userToken":"someone-else"}"#, "some-one"));
        let hiding: [(&[u8], &str); 5] = [
            (br#"{"userToken":"some-one"}"#, "some-one"),
            (br#"{"userToken":"some\u002done"}"#, "some-one"),
            (br#"{"userToken":"some\/one"}"#, "some/one"),
            (br#"{"userId":1e3}"#, "1000"),
            (br#"{"userToken":"\"one\""}"#, "\"one\""),
        ];
        for (json, text) in hiding {
            assert!(may_mention(json, text), "{text}");
        }
    }
}
