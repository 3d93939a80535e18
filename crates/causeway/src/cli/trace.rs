//! `causeway trace`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::print;
use crate::{bridge, config, moment};
use causeway_engine::trace::{Delivery, Identity, Question, Traced, trace};
use causeway_store::sqlite;
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(path: &Path, arguments: &arguments::Trace, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let store = sqlite::open_read_only(&config.store)?;
    let events = trace(
        &Question::parse(&arguments.id),
        &store.journal,
        &store.state,
        &bridge::engine_settings(&config),
    )?;
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
    identity(traced)?;
    traced.deliveries.iter().try_for_each(delivery)?;
    traced.twins.iter().try_for_each(|twin| {
        print(&format!("  twin at {}: {}  {}", twin.vendor, twin.ids.join(" "), twin.fate))
    })?;
    if let Some(event) = &traced.part_of {
        return print(&format!("  counts as part of the search {event}"));
    }
    if traced.deliveries.is_empty() && traced.stage == "processed" {
        print("  nothing was made of it: no flow had something to send, or it repeats another event")?;
    }
    Ok(())
}

fn identity(traced: &Traced) -> Result<(), Failure> {
    let Some(Identity { anonymous_id, user_id, user_id_now, by }) = &traced.identity else { return Ok(()) };
    let or_nobody = |id: &Option<String>| id.clone().unwrap_or_else(|| "nobody".to_owned());
    let anonymous = anonymous_id.as_ref().map(|id| format!("anonymous {id}, ")).unwrap_or_default();
    let now =
        if user_id == user_id_now { String::new() } else { format!(", now {}", or_nobody(user_id_now)) };
    print(&format!("  of       {anonymous}user {} (by {by}){now}", or_nobody(user_id)))
}

fn delivery(delivery: &Delivery) -> Result<(), Failure> {
    print(format!("  {}: {}  {}", way(delivery), delivery.fate, delivery.message_ids.join(" ")).trim_end())?;
    match (delivery.version, delivery.revision.as_str()) {
        (Some(version), revision) => print(&format!("    made by version {version} (revision {revision})"))?,
        (None, "") => {}
        (None, revision) => print(&format!("    made by the flow as configured (revision {revision})"))?,
    }
    if let Some(output) = &delivery.output {
        print(&format!("    sent     {}", output.get()))?;
    }
    for attempt in &delivery.attempts {
        let at = attempt["at"].as_i64().map(moment::print).unwrap_or_default();
        print(&format!(
            "    {at}  status {}  {} ms  {}{}",
            attempt["status"],
            attempt["latency_ms"],
            attempt["message"],
            shared(attempt)
        ))?;
    }
    if let (Some(reason), Some(id)) = (&delivery.reason, &delivery.dead_letter) {
        print(&format!("    dead letter {id}: {reason}"))?;
    }
    Ok(())
}

/// From where to where. What an intake found invalid was on no way yet.
fn way(delivery: &Delivery) -> String {
    let Delivery { flow, destination, .. } = delivery;
    if flow == destination { flow.clone() } else { format!("{flow} -> {destination}") }
}

/// With how many entries it shared the request, itself among them.
fn shared(attempt: &Value) -> String {
    let count = attempt["batch"].as_u64().filter(|count| *count > 1);
    count.map(|count| format!("  in a batch of {count}")).unwrap_or_default()
}
