//! `causeway trace`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::print;
use crate::{config, moment};
use causeway_engine::trace::{Delivery, Question, Traced, trace};
use causeway_store::sqlite;
use serde_json::json;
use std::path::Path;

pub(super) fn run(path: &Path, arguments: &arguments::Trace, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let store = sqlite::open_read_only(&config.store)?;
    let events = trace(&Question::parse(&arguments.id), &store.journal, &store.state, &config.rules())?;
    if json {
        print(&json!({ "events": events }).to_string())?;
    } else {
        events.iter().try_for_each(show)?;
    }
    if events.is_empty() && !json {
        print(&format!("nothing is known of {:?}", arguments.id))?;
    }
    Ok(Outcome::fine_if(!events.is_empty()))
}

fn show(traced: &Traced) -> Result<(), Failure> {
    let name = traced.name.as_deref().unwrap_or_default();
    print(format!("event {}  {}  {} {name}", traced.event, traced.stage, traced.kind).trim_end())?;
    print(&format!(
        "  accepted {}  {}, journal record {}, item {}",
        moment::print(traced.received_at),
        traced.source,
        traced.position,
        traced.item
    ))?;
    print(&format!("  came as  {}", traced.payload.get()))?;
    traced.deliveries.iter().try_for_each(delivery)?;
    if let Some(event) = &traced.part_of {
        return print(&format!("  counts as part of the search {event}"));
    }
    if traced.deliveries.is_empty() && traced.stage == "processed" {
        print("  nothing was made of it: no flow had something to send, or it repeats another event")?;
    }
    Ok(())
}

fn delivery(delivery: &Delivery) -> Result<(), Failure> {
    print(&format!(
        "  {} -> {}: {}  {}",
        delivery.flow,
        delivery.destination,
        delivery.fate,
        delivery.message_ids.join(" ")
    ))?;
    for attempt in &delivery.attempts {
        let at = attempt["at"].as_i64().map(moment::print).unwrap_or_default();
        print(&format!(
            "    {at}  status {}  {} ms  {}",
            attempt["status"], attempt["latency_ms"], attempt["message"]
        ))?;
    }
    if let (Some(reason), Some(id)) = (&delivery.reason, &delivery.dead_letter) {
        print(&format!("    dead letter {id}: {reason}"))?;
    }
    Ok(())
}
