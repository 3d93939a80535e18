//! `causeway whatif`: what another mapping would make of events that really came.

use super::outcome::{Failure, Outcome};
use super::streams::print;
use super::{arguments, flow};
use crate::api::flows::whatif::{calls, shown};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::{bridge, flows, moment};
use causeway_engine::flow::Definition;
use causeway_engine::whatif::{self, Example, Group, Question, Report, Side};
use causeway_store::sqlite;
use std::path::Path;

/// Values longer than this are cut where they are shown.
const SHOWN: usize = 160;

/// So many fields and reasons are shown; `--json` has all.
const LINES: usize = 20;

pub(super) fn run(path: &Path, arguments: &arguments::WhatIf, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let current = flow::document(&config, &arguments.flow)?.definition().clone();
    let candidate = candidate(&current, &arguments.mapping)?;
    let now = Clock::system().now();
    let (since, until) = arguments.stretch.read(now)?;
    let report = compare(&config, &Question { current: &current, candidate: &candidate, since, until, now })?;
    if json {
        print(&shown(&report, &current).to_string())?;
    } else {
        tell(&report, &current)?;
    }
    Ok(Outcome::fine_if(!report.regression))
}

fn compare(config: &Config, question: &Question<'_>) -> Result<Report, Failure> {
    let store = sqlite::open_read_only(&config.store)?;
    let settings = bridge::engine_settings(config);
    whatif::compare(question, (&store.journal, &store.state), &settings).map_err(|failure| match failure {
        whatif::Failure::Store(error) => error.into(),
        faults @ whatif::Failure::Faults(_) => Failure::usage(faults),
    })
}

fn candidate(current: &Definition, file: &Path) -> Result<Definition, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::unreachable(format!("failed to read {}: {error}", file.display())))?;
    let read = |_: &str| flows::read_file(file).map_err(|problem| problem.to_string());
    whatif::candidate(current, &text, read)
        .map_err(|refused| Failure::usage(format!("{}: {refused}", file.display())))
}

fn tell(report: &Report, flow: &Definition) -> Result<(), Failure> {
    let Report { since, until, records, events, before, after, .. } = report;
    print(&format!(
        "{}: {events} events in {records} requests, {} to {}",
        report.flow,
        moment::print(*since),
        moment::print(*until)
    ))?;
    print(&table(before, after, flow))?;
    group("newly accepted", &report.newly_accepted)?;
    group("newly refused", &report.newly_refused)?;
    group("no longer matched", &report.no_longer_matched)?;
    print(&format!(
        "no longer refused: {}\nunchanged: {}\nchanged: {}",
        report.no_longer_refused, report.unchanged, report.changed
    ))?;
    for field in report.fields.iter().take(LINES) {
        let [was, is] = [&field.before, &field.after]
            .map(|value| value.as_ref().map_or_else(|| "(nothing)".to_owned(), cut));
        print(&format!(
            "  {}: {} events, for example {}: {was} -> {is}",
            field.field, field.count, field.event
        ))?;
    }
    violations(before, after)?;
    print(if report.regression {
        "worse: it refuses what goes through now, or violates the plan more often"
    } else {
        "not worse"
    })
}

/// A figure that both sides have.
type Row = (&'static str, fn(&Side) -> u64);

fn table(before: &Side, after: &Side, flow: &Definition) -> String {
    let rows: [Row; 6] = [
        ("accepted", |side| side.accepted),
        ("refused", |side| side.refused),
        ("messages", |side| side.messages),
        ("bytes", |side| side.bytes),
        ("people", |side| side.people),
        ("violations", |side| side.violations),
    ];
    let line = |name: &str, was: String, is: String| format!("{name:12} {was:>12} {is:>12}");
    let rows = rows.map(|(name, of)| line(name, of(before).to_string(), of(after).to_string()));
    let calls = line("calls", calls(flow, before).to_string(), calls(flow, after).to_string());
    let head = line("", "now".to_owned(), "candidate".to_owned());
    [head, rows.join("\n"), calls].join("\n")
}

fn group(title: &str, group: &Group) -> Result<(), Failure> {
    print(&format!("{title}: {}", group.count))?;
    for (reason, count) in group.reasons.iter().take(LINES) {
        print(&format!("  {count} times: {reason}"))?;
    }
    group.examples.iter().try_for_each(example)
}

fn example(example: &Example) -> Result<(), Failure> {
    let output = example.output.as_ref().map(cut).unwrap_or_default();
    print(format!("  for example {}  {output}", example.event).trim_end())
}

fn violations(before: &Side, after: &Side) -> Result<(), Failure> {
    let only_after = after.violated.keys().filter(|key| !before.violated.contains_key(*key));
    for key in before.violated.keys().chain(only_after).take(LINES) {
        let count = |side: &Side| side.violated.get(key).copied().unwrap_or_default();
        print(&format!("  violation of the plan, {key}: {} -> {}", count(before), count(after)))?;
    }
    Ok(())
}

fn cut(value: &serde_json::Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
