//! `causeway plan report`

use super::arguments::{self, Events};
use super::flow::{document, now_or, read_plan};
use super::outcome::{Failure, Outcome};
use super::streams::{print, take_lines, tell};
use crate::config;
use crate::flows;
use causeway_engine::flow::{Definition, Destination, Flow};
use causeway_engine::trial;
use causeway_segment::plan::{Plan, Report, Row};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(path: &Path, command: &arguments::Plan, json: bool) -> Result<Outcome, Failure> {
    let arguments::Plan::Report { plan, flow, events } = command;
    let own = plan.as_deref().map(read_plan).transpose()?;
    let report = match (flow, own) {
        (Some(flow), own) => of_flow(path, flow, own, events)?,
        (None, Some(plan)) => of_messages(&plan, events)?,
        (None, None) => {
            return Err(Failure::usage("name a plan with --plan, or a flow that has one with --flow"));
        }
    };
    let rows = report.rows();
    rows.iter().try_for_each(|row| print(&if json { json!(row).to_string() } else { table(row) }))?;
    Ok(Outcome::fine_if(rows.iter().all(|row| row.violating == 0)))
}

/// Checks messages as they come. `causeway flow test` prints them in `output`, which is read as well.
fn of_messages(plan: &Plan, events: &Events) -> Result<Report, Failure> {
    let (mut report, mut others) = (Report::default(), 0);
    let too_long = take_lines(events.from.as_deref(), |line| {
        let message: Value = serde_json::from_slice(line).unwrap_or_default();
        match message["output"].as_array() {
            Some(messages) => messages.iter().for_each(|message| add(&mut report, plan, message)),
            None if message.is_object() => add(&mut report, plan, &message),
            None => others += 1,
        }
    })?;
    left_out(others + too_long, "lines are no messages");
    Ok(report)
}

/// What is in no report is told, so that a clean one does not deceive.
fn left_out(count: u64, what: &str) {
    if count > 0 {
        tell(&format!("causeway: {count} {what}"));
    }
}

fn add(report: &mut Report, plan: &Plan, message: &Value) {
    report.add(message, &plan.check(message));
}

/// Checks what a flow makes of Insights events, before it does anything about violations.
fn of_flow(path: &Path, name: &str, plan: Option<Plan>, events: &Events) -> Result<Report, Failure> {
    let config = config::load(path)?;
    let document = document(&config, name)?;
    let inline = document.definition().inline_plan().map(|text| Plan::load(text.as_bytes()));
    let plan = match (plan, inline) {
        (Some(plan), _) => plan,
        (None, Some(own)) => own.map_err(Failure::usage)?,
        (None, None) => {
            return Err(Failure::usage(format!("flow {name:?} has no plan; name one with --plan")));
        }
    };
    let definition = Definition { plan: None, ..document.definition().clone() };
    let flow = Flow::compile(&definition, &|_| Err("it was not read".to_owned()));
    let flow = flow.map_err(flows::Problem::from)?;
    if flow.destination() != Destination::Segment {
        return Err(Failure::usage(format!(
            "flow {name:?} sends to Algolia Insights; a plan is for messages to Segment"
        )));
    }
    let conditions = config.conditions(now_or(events.now.as_deref())?);
    let (mut report, mut rejected) = (Report::default(), 0);
    let too_long = take_lines(events.from.as_deref(), |line| {
        let tried: Value = serde_json::from_slice(&trial::run(&flow, line, &conditions)).unwrap_or_default();
        rejected += u64::from(tried["outcome"] == "rejected");
        tried["output"].as_array().into_iter().flatten().for_each(|message| add(&mut report, &plan, message));
    })?;
    left_out(rejected + too_long, "events were rejected; `causeway flow test` says why");
    Ok(report)
}

fn table(row: &Row) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let mut lines = vec![format!(
        "{}  {} messages, {} with violations ({})",
        row.event,
        row.messages,
        row.violating,
        percent(row.share)
    )];
    for finding in &row.findings {
        let example = finding.example.as_ref().map(|example| format!("  such as {example}"));
        lines.push(format!(
            "  {}  {}  {} ({}){}",
            finding.kind,
            finding.field,
            finding.count,
            percent(finding.share),
            example.unwrap_or_default()
        ));
    }
    lines.join("\n")
}
