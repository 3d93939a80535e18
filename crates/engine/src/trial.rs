//! Trying a flow: one event in, what would be sent out; nothing is stored and nobody is told.

use crate::core::event_id_at;
use crate::event::EventId;
use crate::flow::{Flow, Outcome, Source, Stamp};
use crate::identity::Sender;
use crate::payload::{self, About};
use crate::searches::{self, Search};
use causeway_algolia::insights::{self, Event, Rules};
use causeway_mapping::Value;
use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

/// What an event comes under.
#[derive(Debug, Clone, Copy)]
pub struct Conditions<'a> {
    /// Insights' rules, with the age limit that the operator set.
    pub rules: Rules,
    /// The time, in milliseconds since the Unix epoch.
    pub now: i64,
    /// What tokens are made with for ids that Algolia would not take as such.
    pub token_secret: &'a [u8],
}

impl Conditions<'_> {
    /// The vendor's own rules, at this instant, without a secret.
    pub fn at(now: i64) -> Self {
        Self { rules: Rules::default(), now, token_secret: b"" }
    }
}

/// Runs one event (JSON text) through the flow as if it came under these conditions: an Insights event or a call of Segment's, as the
/// flow's source says. Answers JSON text: `{"outcome": "mapped"|"unmapped"|"rejected", "reason": …, "output": […]}`, and
/// `notes` where something was left out or changed so that the rest can be sent.
pub fn run(flow: &Flow, event: &[u8], conditions: &Conditions<'_>) -> Vec<u8> {
    let tried = |payload: &mut Value<'_>, stamp: Stamp<'_>| {
        let (mut messages, mut notes) = (Vec::new(), Vec::new());
        match flow.run_with_notes(payload, stamp, &mut messages, &mut notes) {
            Outcome::Mapped(_) => answer("mapped", None, &messages, &notes),
            Outcome::Unmapped(reason) => answer("unmapped", Some(reason), b"", &notes),
            Outcome::Rejected(_, reason) => answer("rejected", Some(&reason), b"", &notes),
        }
    };
    show(flow.source(), event, conditions, tried)
        .unwrap_or_else(|refusal| answer("rejected", Some(&refusal), b"", &[]))
}

/// Shows one event (JSON text) as flows of this source see it, as if it came under these conditions; or says why it would be refused.
pub fn show<R>(
    source: Source,
    event: &[u8],
    conditions: &Conditions<'_>,
    look: impl FnOnce(&mut Value<'_>, Stamp<'_>) -> R,
) -> Result<R, String> {
    let Conditions { rules, now, .. } = conditions;
    let text = std::str::from_utf8(event).map_err(|error| format!("the line is no UTF-8 text: {error}"))?;
    match source {
        Source::Algolia if searches::is_search(text) => show_search(text, conditions, look),
        Source::Algolia => {
            let event = insights::parse_event(text, rules, *now).map_err(|refusal| refusal.detail())?;
            Ok(show_event(&event, conditions, look))
        }
        Source::Segment => show_call(text, conditions, look),
    }
}

fn show_event<R>(
    event: &Event<'_>,
    conditions: &Conditions<'_>,
    look: impl FnOnce(&mut Value<'_>, Stamp<'_>) -> R,
) -> R {
    let Conditions { now, token_secret, .. } = *conditions;
    let token = &*event.user_token;
    let user = event.authenticated_user_token.as_deref();
    let anonymous = (user != Some(token)).then_some(token);
    let sender = Sender { anonymous: anonymous.map(Into::into), user: user.map(str::to_owned) };
    let time = event.timestamp.unwrap_or(now);
    let algolia = payload::algolia_context(event);
    let stamp = Stamp {
        event: event_id_at(event, now),
        time,
        anonymous,
        user,
        algolia: Some(&algolia),
        token_secret,
    };
    look(&mut payload::of_insights(event, &sender, time), stamp)
}

fn show_search<R>(
    text: &str,
    conditions: &Conditions<'_>,
    look: impl FnOnce(&mut Value<'_>, Stamp<'_>) -> R,
) -> Result<R, String> {
    let Conditions { now, token_secret, .. } = *conditions;
    let search: Search<'_> = serde_json::from_str(text).map_err(|error| format!("no search: {error}"))?;
    let search = Search { at: if search.at == 0 { now } else { search.at }, ..search };
    let sender = Sender { anonymous: search.user_token.as_deref().map(Into::into), user: None };
    let context = payload::search_context(&search);
    let stamp = Stamp {
        event: searches::id_of(&search),
        time: search.at,
        anonymous: sender.anonymous.as_deref(),
        user: None,
        algolia: Some(&context),
        token_secret,
    };
    Ok(look(&mut payload::of_search(&search, About::default(), &sender), stamp))
}

fn show_call<R>(
    text: &str,
    conditions: &Conditions<'_>,
    look: impl FnOnce(&mut Value<'_>, Stamp<'_>) -> R,
) -> Result<R, String> {
    let Conditions { now, token_secret, .. } = *conditions;
    let message = Value::parse(text.as_bytes()).map_err(|error| format!("the line is no JSON: {error}"))?;
    let call = payload::of_call(message).ok_or("the line is no object; give one Segment message a line")?;
    let (anonymous, user) = payload::ids_of_call(&call);
    let id = call.get("messageId").and_then(Value::as_str).unwrap_or(text);
    let time = payload::time_of_call(&call).unwrap_or(now);
    let stamp =
        Stamp { event: EventId(xxh3_128(id.as_bytes())), time, anonymous, user, algolia: None, token_secret };
    Ok(look(&mut call.borrowed(), stamp))
}

fn answer(outcome: &str, reason: Option<&str>, messages: &[u8], notes: &[String]) -> Vec<u8> {
    let mut out =
        format!("{{\"outcome\":{},\"reason\":{},\"output\":[", json!(outcome), json!(reason)).into_bytes();
    out.extend_from_slice(messages);
    out.push(b']');
    if !notes.is_empty() {
        out.extend_from_slice(format!(",\"notes\":{}", json!(notes)).as_bytes());
    }
    out.push(b'}');
    out
}
