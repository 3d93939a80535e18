//! What was sent, worked out again: a vendor that has a message has it for good, and it is not kept here.

use super::alone::alone;
use super::{Traced, delivery};
use crate::core::Settings;
use crate::flow::Flow;
use crate::rehearsal::{MadeEntry, Rehearsal, SETTLE_MS, tick};
use causeway_store::{Entry, Error, Journal, Position, State};
use std::sync::Arc;

/// Adds to each delivery that has none what the text of the flow that made it makes of the event.
pub(super) fn add(
    found: &mut [Traced],
    journal: &dyn Journal,
    state: &dyn State,
    settings: &Settings,
) -> Result<(), Error> {
    let mut known = Vec::new();
    found.iter_mut().try_for_each(|traced| add_to(traced, &mut known, (journal, state), settings))
}

fn add_to(
    traced: &mut Traced,
    known: &mut Vec<Compiled>,
    (journal, state): (&dyn Journal, &dyn State),
    settings: &Settings,
) -> Result<(), Error> {
    if traced.deliveries.iter().all(|delivery| delivery.output.is_some()) {
        return Ok(());
    }
    let position = Position(traced.position);
    let Some(entry) = journal.range(position, position)?.pop() else { return Ok(()) };
    let entry = alone(entry, traced.item, &settings.rules);
    let made = remade(&entry, compiled(traced, known), state, settings)?;
    for delivery in traced.deliveries.iter_mut().filter(|delivery| delivery.output.is_none()) {
        let own = made.iter().find(|entry| {
            entry.event.to_string() == traced.event
                && (&entry.destination, &entry.flow) == (&delivery.destination, &delivery.flow)
                && entry.revision.to_string() == delivery.revision
        });
        delivery.output = own.and_then(|entry| delivery::shown(&entry.payload));
    }
    Ok(())
}

/// A text of a flow by its revision; nothing if it can't be compiled here.
type Compiled = (String, Option<Arc<Flow>>);

/// The texts that made the deliveries, each once. Those of an earlier event are `known`.
fn compiled(traced: &Traced, known: &mut Vec<Compiled>) -> Vec<Arc<Flow>> {
    let mut flows: Vec<Arc<Flow>> = Vec::new();
    for delivery in &traced.deliveries {
        let Some(definition) = &delivery.definition else { continue };
        let place = known.iter().position(|(revision, _)| *revision == delivery.revision);
        let place = place.unwrap_or_else(|| {
            let flow = Flow::compile(definition, &|_| Err("it was not read".to_owned()));
            known.push((delivery.revision.clone(), flow.ok().map(Arc::new)));
            known.len() - 1
        });
        let Some(flow) = &known[place].1 else { continue };
        if flows.iter().all(|other| other.revision() != flow.revision()) {
            flows.push(Arc::clone(flow));
        }
    }
    flows
}

/// What these flows make of the record, as things were known when it came.
fn remade(
    entry: &Entry,
    flows: Vec<Arc<Flow>>,
    state: &dyn State,
    settings: &Settings,
) -> Result<Vec<MadeEntry>, Error> {
    let mut settings = settings.clone();
    settings.syncs = Arc::from([]);
    settings.searches.newcomers = false;
    // What waits for its search would not come out here.
    settings.searches.wait_ms = 0;
    let mut rehearsal = Rehearsal::alone(state, settings, flows, entry.position);
    let mut made = rehearsal.step(std::slice::from_ref(entry))?.entries;
    let later = tick(entry.position, entry.record.received_at + SETTLE_MS);
    made.extend(rehearsal.step(&[later])?.entries);
    Ok(made)
}
