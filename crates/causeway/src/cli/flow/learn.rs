//! `causeway flow lint` and `causeway flow suggest`: what real events say about flows and plans.

use super::{document, now_or};
use crate::cli::arguments::Events;
use crate::cli::outcome::{Failure, Outcome};
use crate::cli::streams::{print, take_lines, tell};
use crate::config::Config;
use crate::flows;
use causeway_engine::flow::lint::{Level, Lint};
use causeway_engine::flow::suggest::Suggester;
use causeway_engine::flow::{Source, Stamp};
use causeway_engine::trial;
use causeway_mapping::Value;
use causeway_segment::plan::Plan;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Different refusals that are told apart.
const MAX_REFUSALS: usize = 20;

pub(super) fn lint(config: &Config, name: &str, events: &Events, json: bool) -> Result<Outcome, Failure> {
    let document = document(config, name)?;
    let lint = Lint::new(document.definition(), &|_| Err("it was not read".to_owned()));
    let mut lint = lint.map_err(flows::Problem::from)?;
    let source = lint.source();
    let taken = watch(config, source, events, |payload, stamp| lint.add(payload, stamp))?;
    let findings = lint.findings();
    findings.iter().try_for_each(|finding| {
        print(&if json { json!(finding).to_string() } else { finding.to_string() })
    })?;
    let problems = findings.iter().any(|finding| finding.level == Level::Problem);
    if findings.is_empty() && !json {
        print(&format!("{taken} events went through; nothing was found"))?;
    }
    Ok(Outcome::fine_if(!problems))
}

pub(super) fn suggest(
    config: &Config,
    plan: &Path,
    event: Option<&str>,
    events: &Events,
) -> Result<Outcome, Failure> {
    let loaded = read_plan(plan)?;
    let mut suggester = Suggester::default();
    watch(config, Source::Algolia, events, |payload, _| suggester.add(payload))?;
    let flow = suggester.suggest(&loaded, event, &plan.display().to_string()).map_err(Failure::usage)?;
    print(flow.trim_end())?;
    Ok(Outcome::Fine)
}

/// Reads and compiles a tracking plan.
pub(in crate::cli) fn read_plan(path: &Path) -> Result<Plan, Failure> {
    let text = std::fs::read(path)
        .map_err(|error| Failure::unreachable(format!("failed to read {}: {error}", path.display())))?;
    Plan::load(&text).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// Shows each event as flows see it; answers how many there were. Refused ones are told on standard error.
fn watch(
    config: &Config,
    source: Source,
    events: &Events,
    mut look: impl FnMut(&mut Value<'_>, Stamp<'_>),
) -> Result<u64, Failure> {
    let conditions = config.conditions(now_or(events.now.as_deref())?);
    let (mut taken, mut refusals) = (0, BTreeMap::<String, u64>::new());
    let too_long =
        take_lines(events.from.as_deref(), |line| match trial::show(source, line, &conditions, &mut look) {
            Ok(()) => taken += 1,
            Err(refusal) if refusals.len() < MAX_REFUSALS || refusals.contains_key(&refusal) => {
                *refusals.entry(refusal).or_default() += 1;
            }
            Err(_) => {}
        })?;
    for (refusal, count) in &refusals {
        tell(&format!("causeway: {count} events refused: {refusal}"));
    }
    if too_long > 0 {
        tell(&format!("causeway: {too_long} lines are too long to be events"));
    }
    if taken == 0 {
        let kind = match source {
            Source::Algolia => "Insights events",
            Source::Segment => "Segment messages",
        };
        return Err(Failure::usage(format!("no event could be read; give {kind} as NDJSON")));
    }
    Ok(taken)
}
