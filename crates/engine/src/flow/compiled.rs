//! A flow ready to run.

use super::definition::{Definition, Fault, PlanSource};
use super::envelope;
use super::faults::Faults;
use crate::event::{self, EventId};
use causeway_mapping::{Mapping, Object, Trigger, Value};
use causeway_segment::limits;
use causeway_segment::message;
use causeway_segment::plan::{self, Plan, Policy, Violation};
use std::sync::Arc;

/// A flow, compiled: running it parses nothing.
#[derive(Debug)]
pub struct Flow {
    name: String,
    number: u16,
    trigger: Option<Trigger>,
    subscriptions: Vec<Subscription>,
    plan: Option<(Arc<Plan>, Policy)>,
}

#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) name: String,
    pub(super) trigger: Option<Trigger>,
    pub(super) each: Option<Vec<String>>,
    pub(super) mapping: Mapping,
}

/// What every message of an event carries beside what the mapping makes.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// The event's id; the messageId is derived from it.
    pub event: EventId,
    /// The event's own time, in milliseconds since the Unix epoch.
    pub time: i64,
    /// Segment's `anonymousId`.
    pub anonymous: Option<&'a str>,
    /// Segment's `userId`.
    pub user: Option<&'a str>,
    /// Goes to `context.algolia`.
    pub algolia: &'a Value<'a>,
}

/// What a flow made of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// So many messages were written, at most `MAX_MESSAGES`.
    Mapped(u8),
    /// The flow has nothing to send for this event; why.
    Unmapped(&'static str),
    /// The event can't be sent as it is: a stable word for the cause, and the explanation.
    Rejected(&'static str, String),
}

/// At most this many messages come of one event in one flow. Insights allows 20 objects an event; a user's flow may
/// have a few subscriptions that match at once.
const MAX_MESSAGES: usize = 200;

/// No subscription's trigger matched.
const NO_MATCH: &str = "no trigger matched";
/// A mapping resolved to nothing.
const NOTHING: &str = "the mapping resolved to nothing";

impl Flow {
    /// Compiles the definition; answers everything that is wrong with it at once.
    pub fn compile(definition: &Definition, plans: PlanSource<'_>) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::of(definition);
        let trigger = faults.trigger("trigger", definition.trigger.as_deref());
        let subscriptions = faults.subscriptions(definition);
        let plan = faults.plan(definition, plans);
        if !faults.found.is_empty() {
            return Err(faults.found);
        }
        Ok(Self {
            number: event::flow_number(&definition.name),
            name: definition.name.clone(),
            trigger,
            subscriptions,
            plan,
        })
    }

    /// The flow's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs the flow on an event and writes the messages, joined by commas, to `out`. What was written is only of
    /// worth if the outcome is [`Outcome::Mapped`].
    pub fn run(&self, payload: &mut Value<'_>, stamp: Stamp<'_>, out: &mut Vec<u8>) -> Outcome {
        if !matches(self.trigger.as_ref(), payload) {
            return Outcome::Unmapped(NO_MATCH);
        }
        let mut run = Run { flow: self, stamp, out, written: 0, unmapped: NO_MATCH };
        let failed =
            self.subscriptions.iter().find_map(|subscription| run.subscription(subscription, payload).err());
        match failed {
            Some((cause, reason)) => Outcome::Rejected(cause, reason),
            None if run.written == 0 => Outcome::Unmapped(run.unmapped),
            None => Outcome::Mapped(run.written),
        }
    }
}

/// One event on its way through a flow.
struct Run<'a, 'o> {
    flow: &'a Flow,
    stamp: Stamp<'a>,
    out: &'o mut Vec<u8>,
    written: u8,
    unmapped: &'static str,
}

type Rejection = (&'static str, String);

impl Run<'_, '_> {
    fn subscription(
        &mut self,
        subscription: &Subscription,
        payload: &mut Value<'_>,
    ) -> Result<(), Rejection> {
        if !matches(subscription.trigger.as_ref(), payload) {
            return Ok(());
        }
        match &subscription.each {
            None => self.message(subscription, payload),
            Some(path) => self.each(subscription, path, payload),
        }
    }

    /// Runs the mapping once per item of the list, with the item at `$.item`.
    fn each(
        &mut self,
        subscription: &Subscription,
        path: &[String],
        payload: &mut Value<'_>,
    ) -> Result<(), Rejection> {
        let Some(Value::Array(items)) = envelope::at(payload, path).cloned() else { return Ok(()) };
        let made = items.into_iter().try_for_each(|item| {
            envelope::put(payload, ITEM, item);
            self.message(subscription, payload)
        });
        // What comes after, also in other flows, sees the event as it came.
        envelope::take(payload, ITEM);
        made
    }

    fn message(&mut self, subscription: &Subscription, payload: &Value<'_>) -> Result<(), Rejection> {
        let resolved = subscription.mapping.resolve(payload);
        let resolved = resolved.map_err(|error| ("mapping", format!("{}: {error}", subscription.name)))?;
        let Some(mapped) = resolved else {
            self.unmapped = NOTHING;
            return Ok(());
        };
        let Value::Object(mapped) = mapped else {
            return Err(("mapping", format!("{}: the mapping must make an object", subscription.name)));
        };
        if usize::from(self.written) >= MAX_MESSAGES {
            return Err((
                "mapping",
                format!("{}: more than {MAX_MESSAGES} messages of one event", subscription.name),
            ));
        }
        if self.written > 0 {
            self.out.push(b',');
        }
        let start = self.out.len();
        envelope::write(&mapped, &self.stamp, self.flow.number, usize::from(self.written), self.out);
        self.apply_plan(start)?;
        sendable(&mapped, &self.out[start..])
            .map_err(|problem| ("mapping", format!("{}: {problem}", subscription.name)))?;
        self.written += 1;
        Ok(())
    }

    /// Checks the message that was just written against the flow's tracking plan.
    fn apply_plan(&mut self, start: usize) -> Result<(), Rejection> {
        let Some((plan, policy)) = &self.flow.plan else { return Ok(()) };
        let mut message: serde_json::Value = serde_json::from_slice(&self.out[start..])
            .map_err(|error| (BY_PLAN, format!("the message can't be checked: {error}")))?;
        let violations = plan.check(&message);
        if violations.is_empty() {
            return Ok(());
        }
        if plan::apply(*policy, &violations, &mut message) == plan::Outcome::Blocked {
            return Err((BY_PLAN, explained(&violations)));
        }
        self.out.truncate(start);
        serde_json::to_writer(&mut *self.out, &message).map_err(|error| (BY_PLAN, error.to_string()))
    }
}

/// Why an event is rejected: its plan.
pub(super) const BY_PLAN: &str = "plan";

/// Names the violations; beyond a screenful, how many more there are.
fn explained(violations: &[Violation]) -> String {
    let words: Vec<String> = violations.iter().take(MAX_EXPLAINED).map(in_words).collect();
    match violations.len().saturating_sub(MAX_EXPLAINED) {
        0 => words.join("; "),
        more => format!("{}; and {more} more", words.join("; ")),
    }
}

/// At most so many violations are spelled out.
const MAX_EXPLAINED: usize = 20;

fn in_words(violation: &Violation) -> String {
    format!("{}: {} ({})", violation.field, violation.description, violation.kind.name())
}

/// Whether Segment would take the message. What every recipe makes is seen at a glance; anything else is looked into.
fn sendable(mapped: &Object<'_>, message: &[u8]) -> Result<(), message::Problem> {
    let named = matches!(mapped.get("event"), Some(Value::String(event)) if !event.is_empty());
    let plain = named && ["type", "userId", "anonymousId"].iter().all(|key| mapped.get(key).is_none());
    if plain && message.len() <= limits::MAX_MESSAGE { Ok(()) } else { message::check(message) }
}

/// Where `each` puts the item.
const ITEM: &str = "item";

fn matches(trigger: Option<&Trigger>, payload: &Value<'_>) -> bool {
    trigger.is_none_or(|trigger| trigger.matches(payload))
}
