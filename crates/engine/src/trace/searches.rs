//! What became of a search: whether it is still open, and which one it was typed on the way to.

use super::Traced;
use crate::past::{Past, Told};
use crate::searches::{self, Open, Search, Searches};
use causeway_store::{Error, State};

/// Adds to what is answered of a search where it stands among the searches around it.
pub(super) fn follow(past: &Past<'_>, traced: &mut Traced, state: &dyn State) -> Result<(), Error> {
    let Told::Search(search, _) = &past.told else { return Ok(()) };
    if is_open(search, past, state)? {
        traced.stage = "open";
    } else {
        traced.part_of = part_of(search, state)?.filter(|event| *event != traced.event);
    }
    Ok(())
}

fn is_open(search: &Search<'_>, past: &Past<'_>, state: &dyn State) -> Result<bool, Error> {
    let stored = fact(&searches::open_key(search), state)?;
    let open = stored.map(|stored| Open::decode(&stored)).unwrap_or_default();
    Ok(open.sightings().iter().any(|one| one.id() == past.id))
}

/// The event that the search counts in, if it is still remembered.
fn part_of(search: &Search<'_>, state: &dyn State) -> Result<Option<String>, Error> {
    let (Some(token), Some(query_id)) = (search.user_token.as_deref(), search.query_id.as_deref()) else {
        return Ok(None);
    };
    let stored = fact(&searches::person_key(searches::person_hash(token)), state)?;
    let remembered = stored.map(|stored| Searches::decode(&stored)).unwrap_or_default();
    let mut newest = remembered.newest();
    Ok(newest.find(|search| search.query_ids().any(|id| id == query_id)).map(|search| search.event.clone()))
}

fn fact(key: &[u8], state: &dyn State) -> Result<Option<Vec<u8>>, Error> {
    Ok(state.facts(&[key])?.pop().flatten())
}
