//! What a flow never does on real events: paths that lead nowhere, conditions that decide nothing, planned fields that stay
//! empty, values that are cut or change their type.

mod finding;
mod planned;
mod sentences;
mod watched;

pub use finding::{Finding, Kind, Level};

use super::run::BY_PLAN;
use super::{Definition, Fault, Flow, PlanSource, Source, Stamp};
use crate::flow::Outcome;
use causeway_mapping::Value;
use causeway_segment::plan::{Plan, Policy, Report};
use sentences::{Sentences, without_figures, without_values};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use watched::{Subscription, Watched};

/// A flow under watch.
#[derive(Debug)]
pub struct Lint {
    /// The flow as it would run.
    flow: Flow,
    /// The same without its plan, so that everything the plan would do is seen.
    unplanned: Flow,
    trigger: Option<Watched>,
    subscriptions: Vec<Subscription>,
    plan: Option<(Plan, Policy)>,
    report: Report,
    /// Why consent stopped events, and how many.
    objections: BTreeMap<&'static str, u64>,
    /// What was left out or changed so that the destination takes the rest.
    adjusted: Sentences,
    /// Why events became dead letters.
    rejected: Sentences,
    events: u64,
}

impl Lint {
    /// Compiles a flow for watching.
    pub fn new(definition: &Definition, plans: PlanSource<'_>) -> Result<Self, Vec<Fault>> {
        let flow = Flow::compile(definition, plans)?;
        let without_plan = Definition { plan: None, ..definition.clone() };
        let text = definition.inline_plan().map_or_else(
            || definition.plan.as_deref().and_then(|name| plans(name).ok()),
            |text| Some(text.to_owned()),
        );
        let plan = text.and_then(|text| Plan::load(text.as_bytes()).ok());
        let destination = flow.destination();
        let subscriptions = definition.all_subscriptions().into_iter();
        Ok(Self {
            flow,
            unplanned: Flow::compile(&without_plan, plans)?,
            trigger: Watched::of(definition.trigger.as_deref()),
            subscriptions: subscriptions.map(|one| Subscription::of(one, destination)).collect(),
            plan: plan.map(|plan| (plan, definition.on_violation.into())),
            report: Report::default(),
            objections: BTreeMap::new(),
            adjusted: Sentences::default(),
            rejected: Sentences::default(),
            events: 0,
        })
    }

    /// Whose events it is to see.
    pub fn source(&self) -> Source {
        self.flow.source()
    }

    /// Watches an event go through. The payload is as it was afterwards.
    pub fn add(&mut self, payload: &mut Value<'_>, stamp: Stamp<'_>) {
        self.events += 1;
        if let Some(objection) = self.flow.objection(payload) {
            *self.objections.entry(objection).or_default() += 1;
            return;
        }
        self.look(payload, &stamp);
        self.run(payload, stamp);
    }

    fn look(&mut self, payload: &mut Value<'_>, stamp: &Stamp<'_>) {
        let Self { flow, trigger, subscriptions, .. } = self;
        flow.with_settings(payload, |payload| {
            if trigger.as_mut().is_none_or(|trigger| trigger.passes(payload)) {
                for subscription in subscriptions {
                    subscription.look(payload, stamp);
                }
            }
        });
    }

    fn run(&mut self, payload: &mut Value<'_>, stamp: Stamp<'_>) {
        let (mut messages, mut notes) = (vec![b'['], Vec::new());
        let outcome = self.unplanned.run_with_notes(payload, stamp, &mut messages, &mut notes);
        for note in notes {
            self.adjusted.add(without_values(&note), note);
        }
        match outcome {
            Outcome::Mapped(_) => {
                self.check(messages);
                self.run_planned(payload, stamp);
            }
            Outcome::Rejected(_, reason) => self.reject(reason),
            Outcome::Unmapped(_) => {}
        }
    }

    fn check(&mut self, mut messages: Vec<u8>) {
        messages.push(b']');
        let Some((plan, _)) = &self.plan else { return };
        for message in serde_json::from_slice::<Vec<Json>>(&messages).unwrap_or_default() {
            self.report.add(&message, &plan.check(&message));
        }
    }

    /// What the plan notes in a message may make it too large. What the plan itself refuses is in the report.
    fn run_planned(&mut self, payload: &mut Value<'_>, stamp: Stamp<'_>) {
        if let Outcome::Rejected(cause, reason) = self.flow.run(payload, stamp, &mut Vec::new())
            && cause != BY_PLAN
        {
            self.reject(reason);
        }
    }

    fn reject(&mut self, reason: String) {
        self.rejected.add(without_figures(&reason), reason);
    }

    /// What was found, in the order of the flow's file.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = self.stopped();
        findings.extend(self.trigger.iter().flat_map(|trigger| trigger.findings("trigger")));
        findings.extend(self.subscriptions.iter().flat_map(Subscription::findings));
        findings.extend(self.planned());
        findings.extend(self.adjusted.all().map(|(note, count)| self.adjustment(note, count)));
        findings.extend(self.rejected.all().map(|(reason, count)| self.rejection(reason, count)));
        findings
    }

    /// What stopped every event, if consent did.
    fn stopped(&self) -> Vec<Finding> {
        let every = self.objections.values().sum::<u64>() == self.events;
        let fix = "name in consent the categories that the calls have at context.consent.categoryPreferences";
        let stopped = |(objection, count): (&&str, &u64)| {
            Finding::new(Kind::DeadCondition, "events".to_owned(), format!("were stopped: {objection}"), fix)
                .times(*count, self.events)
        };
        self.objections.iter().filter(|_| every).map(stopped).collect()
    }

    fn planned(&self) -> Vec<Finding> {
        let Some((_, policy)) = &self.plan else { return Vec::new() };
        let rows = self.report.rows();
        let all = rows.iter().flat_map(|row| row.findings.iter().map(move |violation| (row, violation)));
        all.map(|(row, violation)| planned::finding(row, violation, *policy)).collect()
    }

    fn adjustment(&self, note: &str, count: u64) -> Finding {
        let fix = "map what the destination takes, unless this is as it should be";
        Finding::new(Kind::Adjusted, "events".to_owned(), note.to_owned(), fix)
            .at(Level::Note)
            .times(count, self.events)
    }

    fn rejection(&self, reason: &str, count: u64) -> Finding {
        let message = format!("became dead letters: {reason}");
        let fix = "change the mapping, or let the trigger leave such events out";
        Finding::new(Kind::Rejected, "events".to_owned(), message, fix).times(count, self.events)
    }
}
