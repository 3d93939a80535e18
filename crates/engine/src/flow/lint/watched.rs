//! Triggers and subscriptions under watch.

use super::finding::{dead, of_probe};
use super::{Finding, Kind};
use crate::flow::envelope::{self, Dropped};
use crate::flow::insights;
use crate::flow::probe::{Probe, Scope, Watch};
use crate::flow::{Destination, Stamp, SubscriptionDefinition};
use causeway_mapping::{Mapping, Trigger, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A trigger, and how often it and its single tests were true.
#[derive(Debug)]
pub(super) struct Watched {
    trigger: Trigger,
    text: String,
    seen: u64,
    hits: u64,
    tests: Vec<(Trigger, u64)>,
}

impl Watched {
    pub(super) fn of(text: Option<&str>) -> Option<Self> {
        let trigger = Trigger::parse(text?).ok()?;
        let tests = trigger.tests().into_iter().map(|test| (test, 0)).collect();
        Some(Self { trigger, text: text?.to_owned(), seen: 0, hits: 0, tests })
    }

    pub(super) fn passes(&mut self, payload: &Value<'_>) -> bool {
        let passes = self.trigger.matches(payload);
        self.seen += 1;
        self.hits += u64::from(passes);
        self.tests.iter_mut().for_each(|(test, hits)| *hits += u64::from(test.matches(payload)));
        passes
    }

    pub(super) fn findings(&self, place: &str) -> Vec<Finding> {
        let surprise = |notice: &causeway_mapping::Notice| {
            let message = format!("column {}: {}", notice.column, notice.message);
            let fix = "write the trigger so that it says what it means";
            Finding::new(Kind::Surprising, place.to_owned(), message, fix).times(self.hits, self.seen)
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

#[derive(Debug)]
pub(super) struct Subscription {
    name: String,
    destination: Destination,
    trigger: Option<Watched>,
    each: Option<(String, Vec<String>)>,
    /// Events that passed the trigger.
    seen: u64,
    /// Those of them that had a list to go through.
    lists: u64,
    scope: Scope,
    mapping: Option<Mapping>,
    /// How often the mapping made an object.
    made: u64,
    /// What was dropped of these: where, why, how often, and the first one.
    dropped: BTreeMap<(String, &'static str), (u64, Json)>,
}

impl Subscription {
    pub(super) fn of(definition: SubscriptionDefinition, destination: Destination) -> Self {
        let steps = |path: &str| path.trim_start_matches("$.").split('.').map(str::to_owned).collect();
        Self {
            destination,
            trigger: Watched::of(definition.trigger.as_deref()),
            each: definition.each.map(|path| (path.clone(), steps(&path))),
            seen: 0,
            lists: 0,
            scope: Scope::of(&definition.mapping),
            mapping: Mapping::compile(&Value::from(definition.mapping)).ok(),
            made: 0,
            dropped: BTreeMap::new(),
            name: definition.name,
        }
    }

    pub(super) fn look(&mut self, payload: &Value<'_>, stamp: &Stamp<'_>) {
        if !self.trigger.as_mut().is_none_or(|trigger| trigger.passes(payload)) {
            return;
        }
        self.seen += 1;
        let Some((_, steps)) = &self.each else { return self.look_at(payload, stamp) };
        let list = steps.iter().try_fold(payload, |place, step| place.get(step));
        let Some(items) = list.and_then(Value::as_array).filter(|items| !items.is_empty()) else { return };
        self.lists += 1;
        let mut payload = payload.borrowed();
        for item in items {
            envelope::put(&mut payload, "item", item.borrowed());
            self.look_at(&payload, stamp);
        }
    }

    fn look_at(&mut self, payload: &Value<'_>, stamp: &Stamp<'_>) {
        self.scope.look(payload);
        let made = self.mapping.as_ref().and_then(|mapping| mapping.resolve(payload).ok().flatten());
        let Some(made) = made.as_ref().and_then(Value::as_object) else { return };
        self.made += 1;
        let dropped = match self.destination {
            Destination::Segment => envelope::dropped(made, stamp),
            Destination::Insights => insights::dropped(made),
        };
        for Dropped { place, value, reason } in dropped {
            self.dropped.entry((place, reason)).or_insert_with(|| (0, Json::from(value))).0 += 1;
        }
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let place = |key: &str| format!("subscription {:?}: {key}", self.name);
        let mut findings: Vec<Finding> = Vec::new();
        findings.extend(self.trigger.iter().flat_map(|trigger| trigger.findings(&place("trigger"))));
        if let Some((path, _)) = self.each.as_ref().filter(|_| self.seen > 0 && self.lists == 0) {
            let message = format!("{path} was never a list with items");
            let fix = "write the path of a list that the events have";
            findings.push(Finding::new(Kind::NeverMatched, place("each"), message, fix).times(0, self.seen));
        }
        let probes = self.scope.all();
        let told = probes.iter().filter(|probe| !is_in_a_dead_condition(probe, &probes));
        findings.extend(told.filter_map(|probe| of_probe(probe, &place("mapping"))));
        findings.extend(self.dropped.iter().map(|((key, reason), (count, example))| {
            let fix = "take it out of the mapping, or map what it takes";
            Finding::new(Kind::Cut, place(&format!("mapping.{key}")), (*reason).to_owned(), fix)
                .times(*count, self.made)
                .with(Some(example.clone()))
        }));
        findings
    }
}

/// A comparison of a condition that is never true says no more than the condition.
fn is_in_a_dead_condition(probe: &Probe, all: &[&Probe]) -> bool {
    let whole = |other: &&Probe| matches!(other.watch, Watch::Condition) && other.place == probe.place;
    matches!(probe.watch, Watch::Comparison) && all.iter().any(|other| whole(other) && other.hits == 0)
}
