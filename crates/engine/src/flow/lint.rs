//! What a flow never does on real events: paths that lead nowhere, conditions that decide nothing, planned fields that stay
//! empty, values that are cut or change their type.

mod finding;
mod planned;
mod watched;

pub use finding::{Finding, Kind, Level};

use super::compiled::BY_PLAN;
use super::{Definition, Fault, Flow, PlanSource, Stamp};
use crate::flow::Outcome;
use causeway_mapping::Value;
use causeway_segment::plan::{Plan, Policy, Report};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use watched::{Subscription, Watched};

/// Different reasons that are told apart.
const MAX_REASONS: usize = 20;

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
    /// By the reason without its figures: the first reason, and how often it was.
    rejected: BTreeMap<String, (String, u64)>,
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
        Ok(Self {
            flow,
            unplanned: Flow::compile(&without_plan, plans)?,
            trigger: Watched::of(definition.trigger.as_deref()),
            subscriptions: definition.all_subscriptions().into_iter().map(Subscription::of).collect(),
            plan: plan.map(|plan| (plan, definition.on_violation.into())),
            report: Report::default(),
            rejected: BTreeMap::new(),
            events: 0,
        })
    }

    /// Watches an event go through. The payload is as it was afterwards.
    pub fn add(&mut self, payload: &mut Value<'_>, stamp: Stamp<'_>) {
        self.events += 1;
        let passes = self.trigger.as_mut().is_none_or(|trigger| trigger.passes(payload));
        if passes {
            self.subscriptions.iter_mut().for_each(|subscription| subscription.look(payload));
        }
        let mut messages = vec![b'['];
        match self.unplanned.run(payload, stamp, &mut messages) {
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
        let key = reason.split(|sign: char| sign.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
        if self.rejected.len() < MAX_REASONS || self.rejected.contains_key(&key) {
            self.rejected.entry(key).or_insert((reason, 0)).1 += 1;
        }
    }

    /// What was found, in the order of the flow's file.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        findings.extend(self.trigger.iter().flat_map(|trigger| trigger.findings("trigger")));
        findings.extend(self.subscriptions.iter().flat_map(Subscription::findings));
        findings.extend(self.planned());
        findings.extend(self.rejected.values().map(|(reason, count)| self.rejection(reason, *count)));
        findings
    }

    fn planned(&self) -> Vec<Finding> {
        let Some((_, policy)) = &self.plan else { return Vec::new() };
        let rows = self.report.rows();
        let all = rows.iter().flat_map(|row| row.findings.iter().map(move |violation| (row, violation)));
        all.map(|(row, violation)| planned::finding(row, violation, *policy)).collect()
    }

    fn rejection(&self, reason: &str, count: u64) -> Finding {
        let message = format!("became dead letters: {reason}");
        let fix = "change the mapping, or let the trigger leave such events out";
        Finding::new(Kind::Rejected, "events".to_owned(), message, fix).times(count, self.events)
    }
}
