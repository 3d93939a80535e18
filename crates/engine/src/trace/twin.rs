//! The same thing at the other vendor.

use super::Traced;
use crate::event;
use crate::flow::{DESTINATION_INSIGHTS, DESTINATION_SEGMENT};
use serde::Serialize;

/// Where an event is known at the vendor that it did not come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Twin {
    /// `algolia` or `segment`.
    pub vendor: &'static str,
    /// The flow that told that vendor; nothing of a call that is our own message come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// What it is known by there: messageIds at Segment, the event's id here for an event of Algolia's, which has none.
    pub ids: Vec<String>,
    /// `pending`, `delivered` or `dead-lettered`.
    pub fate: &'static str,
}

/// The twins of an event, of which it is known already what was made of it.
pub(super) fn of(traced: &Traced) -> Vec<Twin> {
    let from_segment = traced.message_id.is_some() || ["tracking", "webhook"].contains(&traced.source);
    let other = if from_segment { DESTINATION_INSIGHTS } else { DESTINATION_SEGMENT };
    let sent = traced.deliveries.iter().filter(|delivery| delivery.destination == other);
    let sent = sent.map(|delivery| Twin {
        vendor: if from_segment { "algolia" } else { "segment" },
        flow: Some(delivery.flow.clone()),
        ids: if from_segment { vec![traced.event.clone()] } else { delivery.message_ids.clone() },
        fate: delivery.fate,
    });
    // What Segment hands back of ours is the event that it was made of.
    let origin = traced.message_id.as_deref().and_then(event::event_of_message);
    let came_back = origin.map(|event| Twin {
        vendor: "algolia",
        flow: None,
        ids: vec![event.to_string()],
        fate: "delivered",
    });
    sent.chain(came_back).collect()
}
