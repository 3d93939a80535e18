//! Finding what is to be repaired among all that came.

use super::again::{Resent, record, resent_key};
use super::{Misattributed, Unsigned, What, plan, unsigned};
use crate::core::{AFFINITIES, FORWARD_CALLS, LINKS};
use crate::flow::DESTINATION_PROFILES;
use crate::identity::Reader;
use crate::lookup::{self, StoredFacts};
use crate::outbox::Heads;
use crate::span::Needle;
use causeway_algolia::insights::Rules;
use causeway_algolia::tokens;
use causeway_store::{Error, Journal, Record, State};
use std::collections::HashSet;

/// A plan holds at most so many events, the oldest; when they are repaired the next plan holds the others.
pub const MAX_PLAN: usize = 10_000;

/// What to repair, and with what.
#[derive(Debug, Default)]
pub struct Plan {
    /// The events that would be attributed otherwise today, oldest first.
    pub events: Vec<Misattributed>,
    /// For each the record that has Segment told of it again.
    pub records: Vec<Record>,
}

/// Looks through the journal for events sent with one of these anonymous ids that would be attributed otherwise today and
/// have not been told of as such. `now` is when the records enter.
///
/// A call is among them only if a flow of the user's sent something of it: what is handed on as it came tells Segment no
/// user but the call's own. So is a search: most of them were typed on the way to another.
pub fn find(
    (journal, state): (&dyn Journal, &dyn State),
    anonymous: &[String],
    rules: &Rules,
    secret: &[u8],
    now: i64,
) -> Result<Plan, Error> {
    let facts = StoredFacts(state);
    let mut nodes = Reader::new(&facts);
    let (mut found, mut met) = (Plan::default(), HashSet::new());
    for (first, last) in lookup::stretches(state, &needles(anonymous, secret))?.into_iter().rev() {
        let mut events = unsigned(&journal.range(first, last)?, anonymous, rules, secret);
        events.retain(|event| met.insert(event.event));
        events.iter_mut().try_for_each(|event| resent(event, state))?;
        let planned = plan(&mut nodes, &events);
        for event in planned {
            let Some(unsigned) = events.iter().find(|unsigned| unsigned.event.to_string() == event.event)
            else {
                continue;
            };
            if unsigned.what == What::Event || was_sent(unsigned, state)? {
                found.records.push(record(unsigned, event.now.as_deref(), now));
                found.events.push(event);
            }
        }
        if found.events.len() >= MAX_PLAN {
            break;
        }
    }
    nodes.finish()?;
    found.events.truncate(MAX_PLAN);
    found.records.truncate(MAX_PLAN);
    Ok(found)
}

fn needles(anonymous: &[String], secret: &[u8]) -> Vec<Needle> {
    let ids = anonymous.iter().flat_map(|id| [Needle::id(id), Needle::id(&tokens::legal(id, secret))]);
    ids.collect()
}

fn resent(event: &mut Unsigned, state: &dyn State) -> Result<(), Error> {
    let stored = state.facts(&[&resent_key(event.event)])?.pop().flatten();
    event.resent = stored.and_then(|stored| Resent::decode(&stored).0);
    Ok(())
}

/// Whether a flow of the user's sent anything of it.
fn was_sent(event: &Unsigned, state: &dyn State) -> Result<bool, Error> {
    let position = event.origin.position;
    let blocks = state.blocks_from(position, position)?;
    let of_flows = blocks.iter().filter(|block| block.destination != DESTINATION_PROFILES);
    Ok(of_flows.filter_map(|block| Heads::decode(&block.heads).ok()).any(|heads| {
        let mut own = heads.entries.iter().filter(|head| head.event == event.event);
        own.any(|head| ![FORWARD_CALLS, AFFINITIES, LINKS].contains(&heads.flow(head)))
    }))
}
