//! A flow ready to run.

use super::consent::{Categories, ConsentMissing};
use super::definition::{Definition, Fault, PlanSource};
use super::envelope;
use super::faults::Faults;
use super::insights;
use super::notes::Notes;
use super::revision::Revision;
use super::route::{Destination, Source};
use super::run::Run;
use crate::event::{self, EventId};
use causeway_mapping::{Mapping, Trigger, Value};
use causeway_segment::plan::{Plan, Policy};
use std::sync::Arc;

/// A flow, compiled: running it parses nothing.
#[derive(Debug)]
pub struct Flow {
    name: String,
    revision: Revision,
    definition: Arc<Definition>,
    source: Source,
    consent: Categories,
    consent_missing: ConsentMissing,
    settings: Option<Value<'static>>,
    trigger: Option<Trigger>,
    pub(super) number: u16,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) target: Target,
}

#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) name: String,
    pub(super) trigger: Option<Trigger>,
    pub(super) each: Option<Vec<String>>,
    pub(super) mapping: Mapping,
}

/// A destination with what belongs to it alone.
#[derive(Debug)]
pub(super) enum Target {
    Segment { plan: Option<(Arc<Plan>, Policy)> },
    Insights(insights::Settings),
}

/// What everything that is made of an event carries beside what the mapping makes.
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
    /// Goes to `context.algolia`; a call of Segment's has none.
    pub algolia: Option<&'a Value<'a>>,
    /// What tokens are made with for ids that Algolia would not take as such; may be empty.
    pub token_secret: &'a [u8],
}

/// What a flow made of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// So many messages were written, at most [`MAX_MESSAGES`](super::MAX_MESSAGES).
    Mapped(u8),
    /// The flow has nothing to send for this event; why.
    Unmapped(&'static str),
    /// The event can't be sent as it is: a stable word for the cause, and the explanation.
    Rejected(&'static str, String),
}

/// No subscription's trigger matched.
pub(super) const NO_MATCH: &str = "no trigger matched";

/// Where triggers and mappings find the flow's settings.
const SETTINGS: &str = "settings";

impl Flow {
    /// Compiles the definition; answers everything that is wrong with it at once.
    pub fn compile(definition: &Definition, plans: PlanSource<'_>) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::of(definition);
        let source = faults.source(definition);
        let trigger = faults.trigger("trigger", definition.trigger.as_deref());
        let subscriptions = faults.subscriptions(definition);
        let target = faults.target(definition, plans);
        let (Some(target), true) = (target, faults.found.is_empty()) else { return Err(faults.found) };
        let settings = (!definition.settings.is_empty()).then(|| definition.settings.clone());
        Ok(Self {
            number: event::flow_number(&definition.name),
            name: definition.name.clone(),
            revision: Revision::of(definition),
            definition: Arc::new(definition.clone()),
            source,
            consent: definition.consent.clone(),
            consent_missing: definition.consent_missing,
            settings: settings.map(|settings| serde_json::Value::Object(settings).into()),
            trigger,
            subscriptions,
            target,
        })
    }

    /// The flow's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which text of the flow this is.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What it was compiled from.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Whose events it sees.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Where what it makes goes.
    pub fn destination(&self) -> Destination {
        match self.target {
            Target::Segment { .. } => Destination::Segment,
            Target::Insights(_) => Destination::Insights,
        }
    }

    /// What its triggers mean though it is hardly what their author had in mind, each with its place.
    pub fn surprises(&self) -> Vec<String> {
        let own = self.trigger.iter().map(|trigger| ("trigger".to_owned(), trigger));
        let of_subscription = |one: &'_ Subscription| format!("subscription {:?}: trigger", one.name);
        let others =
            self.subscriptions.iter().filter_map(|one| Some((of_subscription(one), one.trigger.as_ref()?)));
        let told = own.chain(others).flat_map(|(place, trigger)| {
            trigger
                .notices()
                .iter()
                .map(move |notice| format!("{place}: column {}: {}", notice.column, notice.message))
        });
        told.collect()
    }

    /// Runs the flow on an event and writes what it makes, joined by commas, to `out`: messages for Segment or events
    /// for Insights, as the [destination](Self::destination) says. What was written is only of worth if the outcome
    /// is [`Outcome::Mapped`].
    ///
    /// The payload is what the [source](Self::source) has: [`crate::payload`] says for each. It comes back unchanged.
    pub fn run(&self, payload: &mut Value<'_>, stamp: Stamp<'_>, out: &mut Vec<u8>) -> Outcome {
        self.go(payload, stamp, out, Notes::default())
    }

    /// The same, and adds to `notes` what was left out or changed so that the destination takes the rest.
    pub fn run_with_notes(
        &self,
        payload: &mut Value<'_>,
        stamp: Stamp<'_>,
        out: &mut Vec<u8>,
        notes: &mut Vec<String>,
    ) -> Outcome {
        self.go(payload, stamp, out, Notes::kept(notes))
    }

    fn go(&self, payload: &mut Value<'_>, stamp: Stamp<'_>, out: &mut Vec<u8>, notes: Notes<'_>) -> Outcome {
        if let Some(objection) = self.objection(payload) {
            return Outcome::Unmapped(objection);
        }
        self.with_settings(payload, |payload| {
            if !matches(self.trigger.as_ref(), payload) {
                return Outcome::Unmapped(NO_MATCH);
            }
            Run::new(self, stamp, out, notes).all(payload)
        })
    }

    /// Why the person's choices keep this event from the flow, if they do.
    pub(super) fn objection(&self, payload: &Value<'_>) -> Option<&'static str> {
        self.consent.objection(payload, self.consent_missing)
    }

    /// Looks at an event with the flow's settings in it.
    pub(super) fn with_settings<'v, R>(
        &self,
        payload: &mut Value<'v>,
        look: impl FnOnce(&mut Value<'v>) -> R,
    ) -> R {
        let Some(settings) = &self.settings else { return look(payload) };
        let former = envelope::put(payload, SETTINGS, settings.clone());
        let made = look(payload);
        envelope::restore(payload, SETTINGS, former);
        made
    }
}

pub(super) fn matches(trigger: Option<&Trigger>, payload: &Value<'_>) -> bool {
    trigger.is_none_or(|trigger| trigger.matches(payload))
}
