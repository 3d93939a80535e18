//! One event on its way through a flow.

use super::compiled::{Flow, NO_MATCH, Outcome, Stamp, Subscription, Target, matches};
use super::notes::Notes;
use super::{MAX_MESSAGES, envelope, insights};
use causeway_mapping::{Object, Value};
use causeway_segment::plan::{self, Plan, Policy, Violation};
use causeway_segment::{limits, message};

/// The event's way.
pub(super) struct Run<'a, 'o> {
    flow: &'a Flow,
    stamp: Stamp<'a>,
    out: &'o mut Vec<u8>,
    notes: Notes<'o>,
    written: usize,
    unmapped: &'static str,
}

type Rejection = (&'static str, String);

/// Why an event is rejected: its plan.
pub(super) const BY_PLAN: &str = "plan";

/// A mapping resolved to nothing.
const NOTHING: &str = "the mapping resolved to nothing";

/// Where `each` puts the item.
const ITEM: &str = "item";

impl<'a, 'o> Run<'a, 'o> {
    pub(super) fn new(flow: &'a Flow, stamp: Stamp<'a>, out: &'o mut Vec<u8>, notes: Notes<'o>) -> Self {
        Self { flow, stamp, out, notes, written: 0, unmapped: NO_MATCH }
    }

    /// Goes through every subscription.
    pub(super) fn all(mut self, payload: &mut Value<'_>) -> Outcome {
        let subscriptions = &self.flow.subscriptions;
        let failed =
            subscriptions.iter().find_map(|subscription| self.subscription(subscription, payload).err());
        match (failed, u8::try_from(self.written)) {
            (Some((cause, reason)), _) => Outcome::Rejected(cause, reason),
            (None, Ok(0)) => Outcome::Unmapped(self.unmapped),
            (None, Ok(written)) if self.written <= MAX_MESSAGES => Outcome::Mapped(written),
            (None, _) => {
                Outcome::Rejected("mapping", format!("more than {MAX_MESSAGES} messages of one event"))
            }
        }
    }

    fn subscription(
        &mut self,
        subscription: &Subscription,
        payload: &mut Value<'_>,
    ) -> Result<(), Rejection> {
        if !matches(subscription.trigger.as_ref(), payload) {
            return Ok(());
        }
        match &subscription.each {
            None => self.one(subscription, payload),
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
        let former = payload.get(ITEM).cloned();
        let made = items.into_iter().try_for_each(|item| {
            envelope::put(payload, ITEM, item);
            self.one(subscription, payload)
        });
        // What comes after, also in other flows, sees the event as it came.
        envelope::restore(payload, ITEM, former);
        made
    }

    fn one(&mut self, subscription: &Subscription, payload: &Value<'_>) -> Result<(), Rejection> {
        self.made(subscription, payload).map_err(|(cause, problem)| match cause {
            "mapping" => (cause, format!("{}: {problem}", subscription.name)),
            _ => (cause, problem),
        })
    }

    fn made(&mut self, subscription: &Subscription, payload: &Value<'_>) -> Result<(), Rejection> {
        let resolved = subscription.mapping.resolve(payload);
        let Some(mapped) = resolved.map_err(|error| mapping(error.to_string()))? else {
            self.unmapped = NOTHING;
            return Ok(());
        };
        let Value::Object(mapped) = mapped else {
            return Err(mapping("the mapping must make an object"));
        };
        if self.written >= MAX_MESSAGES {
            return Err(mapping(format!("more than {MAX_MESSAGES} messages of one event")));
        }
        match &self.flow.target {
            Target::Segment { plan } => {
                self.message(&mapped, plan.as_ref().map(|(plan, policy)| (&**plan, *policy)))
            }
            Target::Insights(settings) => self.events(&mapped, settings),
        }
    }

    /// A message for Segment.
    fn message(&mut self, mapped: &Object<'_>, plan: Option<(&Plan, Policy)>) -> Result<(), Rejection> {
        if self.written > 0 {
            self.out.push(b',');
        }
        let start = self.out.len();
        envelope::write(mapped, &self.stamp, self.flow.number, self.written, self.out);
        plan.map_or(Ok(()), |(plan, policy)| self.apply(plan, policy, start))?;
        self.sendable(mapped, start).map_err(|problem| mapping(problem.to_string()))?;
        self.written += 1;
        Ok(())
    }

    /// An event for Insights, or a few where one can't hold it all.
    fn events(&mut self, mapped: &Object<'_>, settings: &insights::Settings) -> Result<(), Rejection> {
        let events = insights::events(mapped, &self.stamp, settings, &mut self.notes).map_err(mapping)?;
        if events.is_empty() {
            self.unmapped = insights::EMPTY;
        }
        for event in events {
            if self.written > 0 {
                self.out.push(b',');
            }
            insights::write_checked(&event, self.out).map_err(mapping)?;
            self.written += 1;
        }
        Ok(())
    }

    /// Whether Segment would take the message. What every recipe makes is seen at a glance; anything else is looked
    /// into.
    fn sendable(&self, mapped: &Object<'_>, start: usize) -> Result<(), message::Problem> {
        let message = &self.out[start..];
        let named = matches!(mapped.get("event"), Some(Value::String(event)) if !event.is_empty());
        let plain = named && ["type", "userId", "anonymousId"].iter().all(|key| mapped.get(key).is_none());
        let known = self.stamp.anonymous.or(self.stamp.user).is_some();
        if plain && known && message.len() <= limits::MAX_MESSAGE { Ok(()) } else { message::check(message) }
    }

    /// Checks the message that was just written against a tracking plan.
    fn apply(&mut self, plan: &Plan, policy: Policy, start: usize) -> Result<(), Rejection> {
        let mut message: serde_json::Value = serde_json::from_slice(&self.out[start..])
            .map_err(|error| (BY_PLAN, format!("the message can't be checked: {error}")))?;
        let violations = plan.check(&message);
        if violations.is_empty() {
            return Ok(());
        }
        if plan::apply(policy, &violations, &mut message) == plan::Outcome::Blocked {
            return Err((BY_PLAN, explained(&violations)));
        }
        self.out.truncate(start);
        serde_json::to_writer(&mut *self.out, &message).map_err(|error| (BY_PLAN, error.to_string()))
    }
}

fn mapping(problem: impl Into<String>) -> Rejection {
    ("mapping", problem.into())
}

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
