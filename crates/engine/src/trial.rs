//! Trying a flow: one event in, what would be sent out; nothing is stored and nobody is told.

use crate::core::event_id_at;
use crate::flow::{Flow, Outcome, Stamp};
use crate::identity::Sender;
use crate::payload;
use causeway_algolia::insights::{self, Event, Rules};
use causeway_mapping::Value;
use serde_json::json;

/// Runs an Insights event (JSON text) through the flow as if it came at `now`. Answers JSON text:
/// `{"outcome": "mapped"|"unmapped"|"rejected", "reason": …, "output": […]}`.
pub fn run(flow: &Flow, event: &[u8], rules: &Rules, now: i64) -> Vec<u8> {
    let tried = |payload: &mut Value<'_>, stamp: Stamp<'_>| {
        let mut messages = Vec::new();
        match flow.run(payload, stamp, &mut messages) {
            Outcome::Mapped(_) => answer("mapped", None, &messages),
            Outcome::Unmapped(reason) => answer("unmapped", Some(reason), b""),
            Outcome::Rejected(_, reason) => answer("rejected", Some(&reason), b""),
        }
    };
    show(event, rules, now, tried).unwrap_or_else(|refusal| answer("rejected", Some(&refusal), b""))
}

/// Shows an Insights event (JSON text) as flows see it, as if it came at `now`; or says why it would be refused.
pub fn show<R>(
    event: &[u8],
    rules: &Rules,
    now: i64,
    look: impl FnOnce(&mut Value<'_>, Stamp<'_>) -> R,
) -> Result<R, String> {
    let text = std::str::from_utf8(event).map_err(|error| format!("the line is no UTF-8 text: {error}"))?;
    let event = insights::parse_event(text, rules, now).map_err(|refusal| refusal.detail())?;
    Ok(shown(&event, now, look))
}

fn shown<R>(event: &Event<'_>, now: i64, look: impl FnOnce(&mut Value<'_>, Stamp<'_>) -> R) -> R {
    let token = &*event.user_token;
    let user = event.authenticated_user_token.as_deref();
    let anonymous = (user != Some(token)).then_some(token);
    let sender = Sender { anonymous: anonymous.map(Into::into), user: user.map(str::to_owned) };
    let time = event.timestamp.unwrap_or(now);
    let algolia = payload::algolia_context(event);
    let stamp = Stamp { event: event_id_at(event, now), time, anonymous, user, algolia: &algolia };
    look(&mut payload::of_insights(event, &sender, time), stamp)
}

fn answer(outcome: &str, reason: Option<&str>, messages: &[u8]) -> Vec<u8> {
    let mut out =
        format!("{{\"outcome\":{},\"reason\":{},\"output\":[", json!(outcome), json!(reason)).into_bytes();
    out.extend_from_slice(messages);
    out.extend_from_slice(b"]}");
    out
}
