//! PagerDuty, by its Events API v2: one event for each alert, told apart by `dedup_key`.
//!
//! `summary` has at most 1,024 characters and `dedup_key` 255, a routing key 32, an event 512 KB; 202 is taken, 400 is an invalid
//! event, 429 too many (<https://developer.pagerduty.com/docs/send-alert-event>,
//! <https://developer.pagerduty.com/docs/events-api-v2-overview>). An event about an alert that is not open there does no harm.

use super::{Kind, Letterhead, Notice, Severity, cut};
use crate::moment;
use crate::secret::Secret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Characters of a summary.
const SUMMARY: usize = 1_024;

/// Characters of a dedup key.
const DEDUP_KEY: usize = 255;

/// The event, or two for a test: what was only tried is resolved at once.
pub(super) fn events(notice: &Notice, routing_key: &Secret, head: &Letterhead) -> Vec<Vec<u8>> {
    let actions: &[&str] = match notice.kind {
        Kind::Firing | Kind::Reminder => &["trigger"],
        Kind::Acknowledged => &["acknowledge"],
        Kind::Recovered => &["resolve"],
        Kind::Test => &["trigger", "resolve"],
    };
    let event = |action: &&str| event(action, notice, routing_key, head).to_string().into_bytes();
    actions.iter().map(event).collect()
}

fn event(action: &str, notice: &Notice, routing_key: &Secret, head: &Letterhead) -> Value {
    let mut event = json!({
        "routing_key": routing_key.expose(), "event_action": action, "dedup_key": dedup_key(notice, head),
    });
    if action == "trigger" {
        event["payload"] = payload(notice, head);
        event["client"] = json!(format!("Causeway {}", head.name));
        if let Some(link) = &head.link {
            event["client_url"] = json!(link);
        }
    }
    event
}

fn payload(notice: &Notice, head: &Letterhead) -> Value {
    let finding = &notice.finding;
    let severity = match finding.severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    };
    let class = finding.key.split('/').next().unwrap_or_default();
    json!({
        "summary": cut(&format!("{}: {}", finding.title, finding.text), SUMMARY), "source": head.name,
        "severity": severity, "component": "causeway", "class": class, "timestamp": moment::print(notice.since),
        "custom_details": {"facts": finding.facts, "handbook": finding.page, "since": moment::print(notice.since)},
    })
}

/// The same for the same alert of the same Causeway.
fn dedup_key(notice: &Notice, head: &Letterhead) -> String {
    let key = format!("causeway/{}/{}", head.name, notice.finding.key);
    if key.chars().count() <= DEDUP_KEY {
        return key;
    }
    format!("causeway/{}", hex::encode(Sha256::digest(key)))
}

#[cfg(test)]
mod tests {
    use super::super::super::notice::examples::notice;
    use super::*;

    fn sent(notice: &Notice) -> Vec<Value> {
        let head = Letterhead { name: "shop".to_owned(), link: None };
        let events = events(notice, &"r0uting".into(), &head);
        events.iter().map(|event| serde_json::from_slice(event).unwrap()).collect()
    }

    #[test]
    fn an_alert_is_triggered_acknowledged_and_resolved_under_one_key() {
        let at = |kind| sent(&notice(kind, "vendor/segment", Severity::Critical, 0)).remove(0);
        let events = [Kind::Firing, Kind::Reminder, Kind::Acknowledged, Kind::Recovered].map(at);
        let actions = events.each_ref().map(|event| event["event_action"].as_str().unwrap());
        assert_eq!(actions, ["trigger", "trigger", "acknowledge", "resolve"]);
        assert!(events.iter().all(|event| event["dedup_key"] == "causeway/shop/vendor/segment"));
        assert_eq!(events[0]["payload"]["severity"], "critical");
    }

    #[test]
    fn long_names_and_words_stay_within_the_limits() {
        let long = |number: usize| {
            let mut notice = notice(Kind::Firing, &"k".repeat(300 + number), Severity::Warning, 0);
            notice.finding.text = "ü".repeat(5_000);
            sent(&notice).remove(0)
        };
        let (one, other) = (long(0), long(1));
        assert!(one["dedup_key"].as_str().unwrap().len() <= DEDUP_KEY);
        assert_ne!(one["dedup_key"], other["dedup_key"]);
        assert_eq!(one["payload"]["summary"].as_str().unwrap().chars().count(), SUMMARY);
    }
}
