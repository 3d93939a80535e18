//! What a candidate for a flow would make of events that really came, beside what the flow makes of them now. Nothing is
//! stored and nobody is told.

mod candidate;
mod changes;
mod report;

pub use candidate::{Refused, candidate, with_mapping};
pub use report::{Changed, Example, Group, Report, Side};

use crate::core::Settings;
use crate::event::EventId;
use crate::flow::{Definition, Fault, Flow};
use crate::rehearsal::{Made, Rehearsal, Walk, of_flows_alone};
use causeway_segment::plan::Plan;
use causeway_store::{Error, Journal, Position, State};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why it can't be told.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// One of the two can't run.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// The flow as it runs.
    pub current: &'q Definition,
    /// What would run instead.
    pub candidate: &'q Definition,
    /// Records that came from this instant on, in milliseconds since the Unix epoch,
    pub since: i64,
    /// until before this one.
    pub until: i64,
    /// The time now.
    pub now: i64,
}

/// Runs both over the stretch.
pub fn compare(
    question: &Question<'_>,
    (journal, state): (&dyn Journal, &dyn State),
    settings: &Settings,
) -> Result<Report, Failure> {
    let Question { current, candidate, since, until, now } = *question;
    let mut walk = Walk::new(journal, state, (since, until), now)?;
    let start = walk.start()?;
    let settings = of_flows_alone(settings);
    let mut before = Run::new(current, state, &settings, start)?;
    let mut after = Run::new(candidate, state, &settings, start)?;
    let mut report = Report::new(&current.name, (since, until));
    while let Some(chunk) = walk.next(Position(u64::MAX))? {
        let (was, is) = (before.step(&chunk.entries)?, after.step(&chunk.entries)?);
        if chunk.counted {
            let records = chunk.entries.iter().filter(|entry| !is_tick(entry)).count() as u64;
            report.saw(records, before.events);
            report.add(&was, &is);
        }
    }
    report.finish();
    Ok(report)
}

fn is_tick(entry: &causeway_store::Entry) -> bool {
    crate::core::Source::of(entry.record.source) == Some(crate::core::Source::Tick)
}

/// What became of an event in one of the two.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// What would be sent, and how many bytes it has.
    pub(crate) made: Option<(Vec<Value>, usize)>,
    /// Why nothing can be.
    pub(crate) refused: Option<String>,
    /// What the plan says of it, before the flow does anything about that: `field: kind`.
    pub(crate) violations: Vec<String>,
}

/// Outcomes by event.
pub(crate) type Outcomes = BTreeMap<EventId, Outcome>;

struct Run<'s> {
    rehearsal: Rehearsal<'s>,
    /// The same without its plan, so that every violation is seen whatever the flow does about it.
    unplanned: Option<(Rehearsal<'s>, Plan)>,
    events: u64,
}

impl<'s> Run<'s> {
    fn new(
        definition: &Definition,
        state: &'s dyn State,
        settings: &Settings,
        start: (Position, i64),
    ) -> Result<Self, Failure> {
        let rehearsal = |definition: &Definition| {
            let flow = Flow::compile(definition, &|_| Err("it was not read".to_owned()));
            let flow = Arc::new(flow.map_err(Failure::Faults)?);
            Ok::<_, Failure>(Rehearsal::new(state, settings.clone(), vec![flow], start)?)
        };
        let plan = definition.inline_plan().and_then(|plan| Plan::load(plan.as_bytes()).ok());
        let without = Definition { plan: None, ..definition.clone() };
        let unplanned = plan.map(|plan| Ok::<_, Failure>((rehearsal(&without)?, plan))).transpose()?;
        Ok(Self { rehearsal: rehearsal(definition)?, unplanned, events: 0 })
    }

    fn step(&mut self, entries: &[causeway_store::Entry]) -> Result<Outcomes, Failure> {
        let made = self.rehearsal.step(entries)?;
        self.events = made.events;
        let mut outcomes = outcomes(made);
        if let Some((unplanned, plan)) = &mut self.unplanned {
            for entry in unplanned.step(entries)?.entries {
                let found =
                    messages(&entry.payload).iter().flat_map(|message| violations(plan, message)).collect();
                outcomes.entry(entry.event).or_default().violations = found;
            }
        }
        Ok(outcomes)
    }
}

fn violations(plan: &Plan, message: &Value) -> Vec<String> {
    let found = plan.check(message);
    found.iter().map(|violation| format!("{}: {}", violation.field, violation.kind.name())).collect()
}

fn outcomes(made: Made) -> Outcomes {
    let mut outcomes = Outcomes::new();
    for entry in made.entries {
        outcomes.entry(entry.event).or_default().made = Some((messages(&entry.payload), entry.payload.len()));
    }
    for letter in made.refused {
        if let Ok(event) = letter.event.parse() {
            outcomes.entry(event).or_default().refused = Some(letter.reason);
        }
    }
    outcomes
}

fn messages(payload: &[u8]) -> Vec<Value> {
    serde_json::from_slice(&[b"[", payload, b"]"].concat()).unwrap_or_default()
}
