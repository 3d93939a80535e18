//! From a flow's definition to its parts: everything that is wrong is found, not only the first.

use super::compiled::Subscription;
use super::definition::{Definition, Fault, PlanSource, SubscriptionDefinition};
use super::{DESTINATION_SEGMENT, SOURCE_ALGOLIA};
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
        if definition.source != SOURCE_ALGOLIA {
            self.add("source", format!("unknown source {:?}; use {SOURCE_ALGOLIA:?}", definition.source));
        }
        if definition.destination != DESTINATION_SEGMENT {
            self.add(
                "destination",
                format!("unknown destination {:?}; use {DESTINATION_SEGMENT:?}", definition.destination),
            );
        }
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

    pub(super) fn plan(
        &mut self,
        definition: &Definition,
        plans: PlanSource<'_>,
    ) -> Option<(Arc<Plan>, Policy)> {
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
