//! What was sent, worked out again: a vendor that has a message has it for good, and it is not kept here.

use super::{Traced, delivery};
use crate::core::Settings;
use crate::flow::{Definition, Flow};
use crate::rehearsal::{MadeEntry, Rehearsal, SETTLE_MS, tick};
use causeway_store::{Entry, Error, Journal, Position, State};
use std::sync::Arc;

/// Adds to each delivery that has none what the text of the flow that made it makes of the event.
pub(super) fn add(
    traced: &mut Traced,
    journal: &dyn Journal,
    state: &dyn State,
    settings: &Settings,
) -> Result<(), Error> {
    if traced.deliveries.iter().all(|delivery| delivery.output.is_some()) {
        return Ok(());
    }
    let position = Position(traced.position);
    let Some(entry) = journal.range(position, position)?.pop() else { return Ok(()) };
    let definitions = traced.deliveries.iter().filter_map(|delivery| delivery.definition.as_ref());
    let made = remade(&entry, compiled(definitions), state, settings)?;
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

fn compiled<'d>(definitions: impl Iterator<Item = &'d Definition>) -> Vec<Arc<Flow>> {
    let mut flows: Vec<Arc<Flow>> = Vec::new();
    for definition in definitions {
        let Ok(flow) = Flow::compile(definition, &|_| Err("it was not read".to_owned())) else { continue };
        if flows.iter().all(|known| known.revision() != flow.revision()) {
            flows.push(Arc::new(flow));
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
