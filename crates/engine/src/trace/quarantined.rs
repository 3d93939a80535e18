//! What an intake found invalid, found by a text in it.

use super::{Delivery, MAX_ANSWERS, Traced, payload};
use crate::core::INTAKE;
use causeway_store::state::{DeadLetter, DeadLetterQuery};
use causeway_store::{Error, State};
use serde_json::Value;

/// The invalid events that hold this text as a JSON string of its own.
pub(super) fn find(mention: &str, state: &dyn State) -> Result<Vec<Traced>, Error> {
    let query = DeadLetterQuery {
        flow: Some(INTAKE.to_owned()),
        mentions: Some(Value::from(mention).to_string()),
        limit: MAX_ANSWERS as u32,
        ..DeadLetterQuery::default()
    };
    Ok(state.dead_letters(&query)?.iter().filter_map(traced).collect())
}

fn traced(letter: &DeadLetter) -> Option<Traced> {
    let text = String::from_utf8_lossy(&letter.payload).into_owned();
    let item = letter.event.split_once(':').and_then(|(_, item)| item.parse().ok());
    let said: Value = serde_json::from_str(&text).unwrap_or_default();
    let word = |keys: &[&str]| keys.iter().find_map(|key| Some(said.get(key)?.as_str()?.to_owned()));
    Some(Traced {
        event: letter.event.clone(),
        position: letter.position.0,
        item: item.unwrap_or_default(),
        received_at: letter.died_at,
        timestamp: None,
        source: INTAKE,
        kind: word(&["eventType", "type"]).unwrap_or_default(),
        name: word(&["eventName", "event", "name"]),
        user_token: word(&["userToken", "anonymousId", "userId"]).unwrap_or_default(),
        payload: payload::shown(&text)?,
        stage: "quarantined",
        part_of: None,
        identity: None,
        twins: Vec::new(),
        deliveries: vec![Delivery::dead(letter)],
        message_id: None,
    })
}
