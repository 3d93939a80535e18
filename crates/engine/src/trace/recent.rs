//! The newest events, whatever they are.

use super::whose::Whose;
use super::{Traced, delivery, look};
use crate::core::Settings;
use crate::past::Past;
use crate::trace::Question;
use causeway_store::{Error, Journal, Position, State};

/// Records that are read at once.
const AT_ONCE: u64 = 100;

/// At most so many records are looked through for what is wanted.
const MAX_RECORDS: u64 = 10_000;

/// Which events are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only of this kind: `click`, `track`, …
    pub kind: Option<String>,
    /// Only of this name.
    pub name: Option<String>,
    /// Only those that came by this way: `insights`, `webhook`, …
    pub source: Option<String>,
    /// Only of records before this position; where the last answer ended.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl Wanted {
    fn fits(&self, traced: &Traced) -> bool {
        let is = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        is(&self.kind, &traced.kind)
            && is(&self.source, traced.source)
            && self.name.as_ref().is_none_or(|name| Some(name) == traced.name.as_ref())
    }
}

/// The newest events that are wanted, newest first, with what became of them.
pub fn recent(
    wanted: &Wanted,
    journal: &dyn Journal,
    state: &dyn State,
    settings: &Settings,
) -> Result<Vec<Traced>, Error> {
    let (extent, cursor) = (journal.extent()?, state.cursor()?);
    let newest = wanted.before.map_or(extent.last.0, |before| before.saturating_sub(1).min(extent.last.0));
    let oldest = extent.first.0.max(newest.saturating_sub(MAX_RECORDS)).max(1);
    let (mut last, mut found) = (newest, Vec::new());
    while last >= oldest && found.len() < wanted.limit {
        let first = last.saturating_sub(AT_ONCE - 1).max(oldest);
        for entry in journal.range(Position(first), Position(last))?.iter().rev() {
            look((&Question::any(), &Whose::default()), entry, (&settings.rules, cursor), state, &mut found)?;
            found.retain(|traced| wanted.fits(traced));
            if found.len() >= wanted.limit {
                break;
            }
        }
        last = first - 1;
    }
    found.truncate(wanted.limit);
    delivery::follow(&mut found, state)?;
    Ok(found)
}

impl Question {
    /// Asks for everything.
    pub(super) fn any() -> Self {
        Self { event: None, mention: None }
    }

    pub(super) fn fits(&self, past: &Past<'_>) -> bool {
        let mention = self.mention.as_ref().is_none_or(|mention| past.mentions(mention));
        self.event == Some(past.id) || mention
    }
}
