//! From a flow's definition to its parts: everything that is wrong is found, not only the first.

use super::compiled::{Subscription, Target};
use super::definition::{Definition, Fault, PlanSource, SubscriptionDefinition};
use super::insights;
use super::route::{Destination, Source};
use crate::core::{FORWARD, INTAKE, LINKS};
use causeway_mapping::{Mapping, Trigger, Value};
use causeway_segment::plan::{Plan, Policy};
use std::sync::Arc;

/// Collects what is wrong with a definition.
pub(super) struct Faults<'a> {
    flow: &'a str,
    pub(super) found: Vec<Fault>,
}

impl<'a> Faults<'a> {
    /// Begins with the definition's names.
    pub(super) fn of(definition: &'a Definition) -> Self {
        let mut faults = Self { flow: &definition.name, found: Vec::new() };
        faults.check_names(definition);
        faults
    }

    fn add(&mut self, place: &str, message: impl Into<String>) {
        self.found.push(Fault {
            flow: self.flow.to_owned(),
            place: place.to_owned(),
            message: message.into(),
        });
    }

    fn check_names(&mut self, definition: &Definition) {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=64).contains(&definition.name.len()) || !definition.name.bytes().all(legal) {
            self.add("name", "use 1 to 64 letters, digits, `-` and `_`");
        }
        if [INTAKE, FORWARD, LINKS].contains(&definition.name.as_str()) {
            self.add("name", "the ledger has this name for something else; choose another");
        }
    }

    /// The source; Algolia's where it is none, so that the rest can be looked at too.
    pub(super) fn source(&mut self, definition: &Definition) -> Source {
        let source = Source::parse(&definition.source);
        if source.is_none() {
            let known = in_words(Source::ALL.map(Source::name));
            self.add("source", format!("unknown source {:?}; use {known}", definition.source));
        }
        if source == Some(Source::Algolia) && !definition.consent.is_empty() {
            self.add("consent", "Algolia's events carry no consent; leave it out");
        }
        source.unwrap_or(Source::Algolia)
    }

    /// The destination, with what belongs to it.
    pub(super) fn target(&mut self, definition: &Definition, plans: PlanSource<'_>) -> Option<Target> {
        match Destination::parse(&definition.destination) {
            Some(Destination::Segment) => Some(Target::Segment { plan: self.plan(definition, plans) }),
            Some(Destination::Insights) => Some(Target::Insights(self.insights(definition))),
            None => {
                let known = in_words(Destination::ALL.map(Destination::name));
                let unknown = format!("unknown destination {:?}; use {known}", definition.destination);
                self.add("destination", unknown);
                None
            }
        }
    }

    fn insights(&mut self, definition: &Definition) -> insights::Settings {
        if definition.plan.is_some() {
            self.add(
                "plan",
                "a tracking plan is for messages to Segment; leave it out of a flow to \"insights\"",
            );
        }
        let (settings, wrong) = insights::Settings::read(&definition.settings);
        for (key, message) in wrong {
            self.add(&format!("settings.{key}"), message);
        }
        settings
    }

    pub(super) fn trigger(&mut self, place: &str, text: Option<&str>) -> Option<Trigger> {
        match Trigger::parse(text?) {
            Ok(trigger) => Some(trigger),
            Err(error) => {
                self.add(place, format!("column {}: {}", error.column, error.message));
                None
            }
        }
    }

    pub(super) fn subscriptions(&mut self, definition: &Definition) -> Vec<Subscription> {
        let all = definition.all_subscriptions();
        if all.is_empty() {
            self.add("mapping", "missing; write a [mapping] or [[subscriptions]] with one each");
        }
        all.into_iter().filter_map(|subscription| self.subscription(subscription)).collect()
    }

    fn subscription(&mut self, definition: SubscriptionDefinition) -> Option<Subscription> {
        let place = |key: &str| format!("subscription {:?}: {key}", definition.name);
        let trigger = self.trigger(&place("trigger"), definition.trigger.as_deref());
        let each = definition.each.as_deref().and_then(|path| self.path(&place("each"), path));
        match Mapping::compile(&Value::from(definition.mapping.clone())) {
            Ok(mapping) => Some(Subscription { name: definition.name, trigger, each, mapping }),
            Err(faults) => {
                for fault in faults {
                    self.add(
                        &place(&format!(
                            "mapping{}{}",
                            if fault.place.is_empty() { "" } else { "." },
                            fault.place
                        )),
                        fault.message,
                    );
                }
                None
            }
        }
    }

    fn path(&mut self, place: &str, path: &str) -> Option<Vec<String>> {
        let names: Option<Vec<String>> =
            path.strip_prefix("$.").map(|rest| rest.split('.').map(str::to_owned).collect());
        let names = names.filter(|names| names.iter().all(|name| !name.is_empty()));
        if names.is_none() {
            self.add(place, format!("{path:?} is no path of names; write it like \"$.properties.products\""));
        }
        names
    }

    fn plan(&mut self, definition: &Definition, plans: PlanSource<'_>) -> Option<(Arc<Plan>, Policy)> {
        let name = definition.plan.as_deref()?;
        let text = definition.inline_plan().map_or_else(|| plans(name), |text| Ok(text.to_owned()));
        let plan = text.and_then(|text| Plan::load(text.as_bytes()).map_err(|error| error.to_string()));
        match plan {
            Ok(plan) => Some((Arc::new(plan), definition.on_violation.into())),
            Err(message) if definition.inline_plan().is_some() => {
                self.add("plan", message);
                None
            }
            Err(message) => {
                self.add("plan", format!("{name}: {message}"));
                None
            }
        }
    }
}

fn in_words(names: [&str; 2]) -> String {
    let [one, other] = names;
    format!("{one:?} or {other:?}")
}
