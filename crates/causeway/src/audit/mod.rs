//! Who changed what: an append-only list in the store.
//!
//! An entry says when, who, and what. Of content it has hashes only, so that it can be compared with a file; of persons a hash of
//! the id that was given, so that whoever is forgotten is not remembered here.

mod entry;

pub use entry::{Entry, Who, digest, person};

use crate::moment;
use causeway_store::state::{Change, List, Note};
use causeway_store::{Error, State};

/// An entry as the store keeps it.
pub fn note(entry: &Entry, at: i64) -> Note {
    // An entry is text throughout; it can't fail to be written.
    let data = serde_json::to_vec(entry).unwrap_or_default();
    Note { list: List::Audit, at, data: data.into() }
}

/// A change of the state that is nothing but an entry.
pub fn change(entry: &Entry, at: i64) -> Change {
    Change { notes: vec![note(entry, at)], ..Change::default() }
}

/// The latest entries since an instant, newest first.
pub fn read(state: &dyn State, since: i64, limit: usize) -> Result<Vec<Shown>, Error> {
    let notes = state.notes(List::Audit, since)?.into_iter().rev().take(limit);
    Ok(notes.filter_map(|note| Shown::of(&note)).collect())
}

/// An entry with its time.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Shown {
    /// When, RFC 3339.
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub entry: Entry,
}

impl Shown {
    fn of(note: &Note) -> Option<Self> {
        Some(Self { at: moment::print(note.at), entry: serde_json::from_slice(&note.data).ok()? })
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Entry { who, action, target, before, after, summary } = &self.entry;
        write!(out, "{}  {who}  {action}  {target}", self.at)?;
        if let (Some(before), Some(after)) = (before, after) {
            write!(out, "  {} -> {}", short(before), short(after))?;
        }
        summary.iter().try_for_each(|summary| write!(out, "  {summary}"))
    }
}

/// A hash's beginning is enough for people.
fn short(text: &str) -> &str {
    text.get(..12).filter(|_| text.len() == 64).unwrap_or(text)
}
