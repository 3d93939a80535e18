//! What a flow never does on real events: paths that lead nowhere, conditions that decide nothing, planned fields that stay
//! empty, values that are cut or turned into text.

mod finding;

pub use finding::{Finding, Kind};

use super::probe::{Probe, Scope, What};
use super::{Definition, Fault, Flow, PlanSource, Source, Stamp, SubscriptionDefinition};
use crate::flow::Outcome;
use causeway_mapping::{Trigger, Value};
use causeway_segment::plan::{Plan, Policy, Report};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// "Always" says something only after so many events.
const ALWAYS_FROM: u64 = 10;

/// Different reasons that are told apart.
const MAX_REASONS: usize = 20;

/// A flow under watch.
#[derive(Debug)]
pub struct Lint {
    flow: Flow,
    trigger: Option<Watched>,
    subscriptions: Vec<Subscription>,
    plan: Option<(Plan, Policy)>,
    report: Report,
    rejected: BTreeMap<String, u64>,
    events: u64,
}

#[derive(Debug)]
struct Watched {
    trigger: Trigger,
    text: String,
    seen: u64,
    hits: u64,
    /// Its single tests, and how often each was true.
    tests: Vec<(Trigger, u64)>,
}

#[derive(Debug)]
struct Subscription {
    name: String,
    trigger: Option<Watched>,
    each: Option<(String, Vec<String>)>,
    /// Events that had a list to go through.
    lists: u64,
    seen: u64,
    scope: Scope,
}

impl Lint {
    /// Compiles a flow for watching. Its plan is checked but does nothing, so that everything it would do is seen.
    pub fn new(definition: &Definition, plans: PlanSource<'_>) -> Result<Self, Vec<Fault>> {
        Flow::compile(definition, plans)?;
        let without_plan = Definition { plan: None, ..definition.clone() };
        let text = definition.inline_plan().map_or_else(
            || definition.plan.as_deref().and_then(|name| plans(name).ok()),
            |text| Some(text.to_owned()),
        );
        let plan = text.and_then(|text| Plan::load(text.as_bytes()).ok());
        Ok(Self {
            flow: Flow::compile(&without_plan, plans)?,
            trigger: Watched::of(definition.trigger.as_deref()),
            subscriptions: definition.all_subscriptions().into_iter().map(Subscription::of).collect(),
            plan: plan.map(|plan| (plan, definition.on_violation.into())),
            report: Report::default(),
            rejected: BTreeMap::new(),
            events: 0,
        })
    }

    /// Whose events it is to see.
    pub fn source(&self) -> Source {
        self.flow.source()
    }

    /// Watches an event go through.
    pub fn add(&mut self, payload: &mut Value<'_>, stamp: Stamp<'_>) {
        self.events += 1;
        let Self { flow, trigger, subscriptions, .. } = self;
        flow.with_settings(payload, |payload| {
            if trigger.as_mut().is_none_or(|trigger| trigger.passes(payload)) {
                for subscription in subscriptions {
                    subscription.look(payload);
                }
            }
        });
        let mut messages = vec![b'['];
        match self.flow.run(payload, stamp, &mut messages) {
            Outcome::Mapped(_) => self.check(messages),
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

    fn reject(&mut self, reason: String) {
        if self.rejected.len() < MAX_REASONS || self.rejected.contains_key(&reason) {
            *self.rejected.entry(reason).or_default() += 1;
        }
    }

    /// What was found, in the order of the flow's file.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        findings.extend(self.trigger.iter().flat_map(|trigger| trigger.findings("trigger")));
        findings.extend(self.subscriptions.iter().flat_map(Subscription::findings));
        findings.extend(self.planned());
        findings.extend(self.rejected.iter().map(|(reason, count)| Finding {
            kind: Kind::Rejected,
            place: "events".to_owned(),
            message: format!("became dead letters: {reason}"),
            count: *count,
            of: self.events,
        }));
        findings
    }

    fn planned(&self) -> Vec<Finding> {
        let Some((_, policy)) = &self.plan else { return Vec::new() };
        let rows = self.report.rows();
        let all = rows.iter().flat_map(|row| row.findings.iter().map(move |finding| (row, finding)));
        all.filter_map(|(row, violation)| finding::of_plan(row, violation, *policy)).collect()
    }
}

impl Watched {
    fn of(text: Option<&str>) -> Option<Self> {
        let trigger = Trigger::parse(text?).ok()?;
        let tests = trigger.tests().into_iter().map(|test| (test, 0)).collect();
        Some(Self { trigger, text: text?.to_owned(), seen: 0, hits: 0, tests })
    }

    fn passes(&mut self, payload: &Value<'_>) -> bool {
        let passes = self.trigger.matches(payload);
        self.seen += 1;
        self.hits += u64::from(passes);
        self.tests.iter_mut().for_each(|(test, hits)| *hits += u64::from(test.matches(payload)));
        passes
    }

    fn findings(&self, place: &str) -> Vec<Finding> {
        let surprise = |notice: &causeway_mapping::Notice| Finding {
            kind: Kind::Surprising,
            place: place.to_owned(),
            message: format!("column {}: {}", notice.column, notice.message),
            count: self.hits,
            of: self.seen,
        };
        let surprises = self.trigger.notices().iter().map(surprise);
        let whole = dead(place, &self.text, self.hits, self.seen);
        surprises.chain(whole).chain(self.idle_tests(place)).collect()
    }

    /// Tests that were never true in a trigger that was: they stand beside an `or` and add nothing. One that is always
    /// true is no finding, since it may be there for other events.
    fn idle_tests(&self, place: &str) -> impl Iterator<Item = Finding> {
        let idle = self.tests.iter().filter(|(_, hits)| self.hits > 0 && *hits == 0);
        idle.filter_map(move |(test, hits)| dead(place, &test.to_string(), *hits, self.seen))
    }
}

/// A condition that was never true, or never false.
fn dead(place: &str, words: &str, hits: u64, seen: u64) -> Option<Finding> {
    let always = hits == seen && seen >= ALWAYS_FROM;
    let word = if always { "always" } else { "never" };
    (seen > 0 && (hits == 0 || always)).then(|| Finding {
        kind: Kind::DeadCondition,
        place: place.to_owned(),
        message: format!("is {word} true: {words}"),
        count: hits,
        of: seen,
    })
}

impl Subscription {
    fn of(definition: SubscriptionDefinition) -> Self {
        let steps = |path: &str| path.trim_start_matches("$.").split('.').map(str::to_owned).collect();
        Self {
            trigger: Watched::of(definition.trigger.as_deref()),
            each: definition.each.map(|path| (path.clone(), steps(&path))),
            lists: 0,
            seen: 0,
            scope: Scope::of(&definition.mapping),
            name: definition.name,
        }
    }

    fn look(&mut self, payload: &Value<'_>) {
        if !self.trigger.as_mut().is_none_or(|trigger| trigger.passes(payload)) {
            return;
        }
        self.seen += 1;
        let Some((_, steps)) = &self.each else { return self.scope.look(payload) };
        let list = steps.iter().try_fold(payload, |place, step| place.get(step));
        let Some(items) = list.and_then(Value::as_array).filter(|items| !items.is_empty()) else { return };
        self.lists += 1;
        let mut payload = payload.borrowed();
        for item in items {
            super::envelope::put(&mut payload, "item", item.borrowed());
            self.scope.look(&payload);
        }
    }

    fn findings(&self) -> Vec<Finding> {
        let place = |key: &str| format!("subscription {:?}: {key}", self.name);
        let mut findings: Vec<Finding> = Vec::new();
        findings.extend(self.trigger.iter().flat_map(|trigger| trigger.findings(&place("trigger"))));
        if let Some((path, _)) = self.each.as_ref().filter(|_| self.seen > 0 && self.lists == 0) {
            findings.push(Finding {
                kind: Kind::NeverMatched,
                place: place("each"),
                message: format!("{path} was never a list with items"),
                count: 0,
                of: self.seen,
            });
        }
        let probes = self.scope.all().into_iter();
        findings.extend(probes.filter_map(|probe| of_probe(probe, &place("mapping"))));
        findings
    }
}

fn of_probe(probe: &Probe, mapping: &str) -> Option<Finding> {
    let place = format!("{mapping}.{}", probe.place);
    let finding =
        |kind, message| Finding { kind, place: place.clone(), message, count: probe.hits, of: probe.seen };
    match probe.what {
        What::Condition => dead(&place, &probe.words, probe.hits, probe.seen),
        What::Path if probe.seen > 0 && probe.hits == 0 => {
            Some(finding(Kind::NeverMatched, format!("{} never led to a value", probe.words)))
        }
        What::Text if probe.hits > 0 => {
            Some(finding(Kind::Coerced, format!("{} is an object or a list and became text", probe.words)))
        }
        What::Path | What::Text => None,
    }
}
