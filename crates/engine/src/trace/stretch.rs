//! Where in the journal an answer may be.

use super::Question;
use super::whose::Whose;
use crate::lookup;
use crate::span::Needle;
use causeway_store::{Entry, Error, Journal, Position, State};
use memchr::memmem::{self, Finder};

/// A stretch of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) first: Position,
    pub(super) last: Position,
    /// Whether the event that is asked for may be in it.
    event: bool,
}

/// What is looked for in stretches and in the text of records.
pub(super) struct Search {
    event: Option<Needle>,
    mentions: Vec<Mention>,
}

struct Mention {
    needle: Needle,
    text: Finder<'static>,
    /// Whether it stands in JSON as it is, unless that is written with escapes.
    is_ordinary: bool,
}

impl Search {
    pub(super) fn new(question: &Question, whose: &Whose) -> Self {
        let texts = question.mention.as_deref().into_iter().chain(whose.texts());
        let mentions = texts.map(Mention::new).collect();
        Self { event: question.event.map(|id| Needle::event(id.short())), mentions }
    }

    /// The stretches that may hold what is asked for, newest first: what no filter covers yet, then what the filters point at,
    /// at most so many.
    pub(super) fn stretches(
        &self,
        journal: &dyn Journal,
        state: &dyn State,
        most: usize,
    ) -> Result<Vec<Stretch>, Error> {
        let end = journal.extent()?.last;
        let uncovered = lookup::uncovered(state, end)?;
        let event = self.event.is_some();
        let uncovered = uncovered.map(|(first, last)| Stretch { first, last, event });
        let covered = lookup::hits(state, most, |data| self.hit(data))?;
        Ok(uncovered.into_iter().chain(covered).collect())
    }

    fn hit(&self, filter: &[u8]) -> Option<Stretch> {
        let event = self.event.and_then(|event| event.find(filter));
        let mention = || self.mentions.iter().find_map(|mention| mention.needle.find(filter));
        let (first, last) = event.or_else(mention)?;
        Some(Stretch { first, last, event: event.is_some() })
    }

    /// Whether a record of the stretch has to be parsed.
    pub(super) fn may_be_in(&self, stretch: &Stretch, entry: &Entry) -> bool {
        let body = &entry.record.body;
        stretch.event
            || self.mentions.iter().any(|mention| mention.may_be_in(body))
            || memmem::find(body, br"\u").is_some()
    }
}

impl Mention {
    fn new(text: &str) -> Self {
        let is_ordinary = is_ordinary(text);
        Self { needle: Needle::id(text), text: Finder::new(text).into_owned(), is_ordinary }
    }

    /// Whether JSON without escaped characters may hold this text as an id. Numbers may be written in several ways.
    fn may_be_in(&self, json: &[u8]) -> bool {
        !self.is_ordinary || self.text.find(json).is_some()
    }
}

fn is_ordinary(text: &str) -> bool {
    let ordinary = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:@|+=~".contains(&byte);
    text.bytes().all(ordinary) && text.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_store::Record;

    fn may_mention(body: &'static [u8], text: &str) -> bool {
        let record = Record {
            received_at: 0,
            source: crate::Source::Insights.into(),
            meta: bytes::Bytes::new(),
            body: body.into(),
        };
        let entry = Entry { position: Position(1), record };
        let stretch = Stretch { first: Position(1), last: Position(1), event: false };
        let question = Question { event: None, mention: Some(text.to_owned()) };
        Search::new(&question, &Whose::default()).may_be_in(&stretch, &entry)
    }

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
