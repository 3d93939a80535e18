//! Slack, by an incoming webhook.
//!
//! A message has at most 50 blocks, and a section's text 3,000 characters
//! (<https://docs.slack.dev/reference/block-kit/blocks>); all blocks together may be refused beyond about 13,000
//! (`msg_blocks_too_long`, <https://github.com/slackapi/bolt-js/issues/2509>). Answers are 200 `ok`, 400 `invalid_payload`, 403
//! `action_prohibited`, 404 `channel_not_found` or `no_service`, 410 `channel_is_archived`, 429 with `Retry-After`
//! (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>, <https://docs.slack.dev/apis/web-api/rate-limits>).

use super::{Kind, Letterhead, Notice, SHOWN, Severity, cut, footnote, subject, text};
use serde_json::{Value, json};

/// Characters of a section; with [`SHOWN`] of them a message stays well under what Slack takes.
const SECTION: usize = 600;

/// The message as JSON.
pub(super) fn message(notices: &[Notice], head: &Letterhead) -> Vec<u8> {
    let line = format!("[{}] {}", head.name, subject(notices));
    let mut blocks: Vec<Value> = notices.iter().take(SHOWN).map(|notice| section(&shown(notice))).collect();
    if notices.len() > SHOWN {
        blocks.push(section(&format!("… and {} more", notices.len() - SHOWN)));
    }
    blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": origin(head)}]}));
    json!({"text": escaped(&line), "blocks": blocks}).to_string().into_bytes()
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

fn shown(notice: &Notice) -> String {
    let headline = escaped(&notice.headline());
    // Cut before it is escaped, so that no entity is cut in two.
    let (text, footnote) = (escaped(&cut(text(notice), SECTION)), escaped(&footnote(notice)));
    format!("{} *{headline}*\n{text}\n_{footnote}_", sign(notice))
}

fn sign(notice: &Notice) -> &'static str {
    match (notice.kind, notice.finding.severity) {
        (Kind::Recovered, _) => ":large_green_circle:",
        (Kind::Test, _) | (_, Severity::Info) => ":large_blue_circle:",
        (_, Severity::Warning) => ":large_orange_circle:",
        (_, Severity::Critical) => ":red_circle:",
    }
}

fn origin(head: &Letterhead) -> String {
    let name = escaped(&head.name);
    match &head.link {
        Some(link) => format!("<{}|Causeway {name}>", escaped(link)),
        None => format!("Causeway {name}"),
    }
}

/// Slack reads these three signs as its own; with them escaped no words of others mention a channel or a person
/// (<https://docs.slack.dev/messaging/formatting-message-text>).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::super::notice::examples::notice;
    use super::*;

    fn head() -> Letterhead {
        Letterhead { name: "shop".to_owned(), link: Some("https://causeway.example".to_owned()) }
    }

    #[test]
    fn words_of_others_mention_nobody() {
        let mut notice = notice(Kind::Firing, "a", Severity::Critical, 0);
        notice.finding.text = "said <!channel> & more".to_owned();
        let message: Value = serde_json::from_slice(&message(&[notice], &head())).unwrap();
        let section = message["blocks"][0]["text"]["text"].as_str().unwrap();
        assert!(section.contains("said &lt;!channel&gt; &amp; more"), "{section}");
        assert!(section.starts_with(":red_circle: *CRITICAL: a is wrong*\n"), "{section}");
        assert_eq!(message["text"], "[shop] CRITICAL: a is wrong");
        let origin = &message["blocks"][1]["elements"][0]["text"];
        assert_eq!(origin, "<https://causeway.example|Causeway shop>");
    }

    #[test]
    fn a_message_stays_within_what_slack_takes_however_much_there_is_to_tell() {
        let many = (0..200).map(|number| {
            let mut notice = notice(Kind::Firing, &number.to_string(), Severity::Warning, 0);
            notice.finding.text = "x".repeat(5_000);
            notice
        });
        let message = message(&many.collect::<Vec<_>>(), &head());
        let value: Value = serde_json::from_slice(&message).unwrap();
        let blocks = value["blocks"].as_array().unwrap();
        let lengths = blocks.iter().filter_map(|block| block["text"]["text"].as_str().map(str::len));
        assert!(blocks.len() <= 50 && lengths.clone().all(|length| length <= 3_000));
        assert!(lengths.sum::<usize>() < 16_000, "{}", message.len());
        assert!(String::from_utf8(message).unwrap().contains("… and 180 more"));
    }
}
