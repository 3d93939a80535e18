//! Who searched in vain, as Segment has been told for retargeting: the messages of the recipe zero-results as they arrive.

use super::width::fit;
use causeway_sandbox::Sandbox;
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;

/// How many are shown.
const SHOWN: usize = 3;

/// How often Segment's stand-in is looked at.
const EVERY: Duration = Duration::from_millis(500);

/// The recipe's event.
const EVENT: &str = "Search Returned No Results";

/// How much of an id is shown.
const WHO: usize = 14;

/// Shows the latest of them, for as long as anybody lets it.
pub(super) async fn run(sandbox: &Sandbox, show: watch::Sender<Vec<String>>) -> Infallible {
    let (mut seen, mut lines) = (0, Vec::new());
    loop {
        tokio::time::sleep(EVERY).await;
        let messages = sandbox.messages_after(seen);
        seen = messages.last().map_or(seen, |(number, _)| *number);
        let new = messages.iter().filter(|(_, message)| message["event"] == EVENT);
        let before = lines.len();
        lines.extend(new.map(|(_, message)| line(message)));
        if lines.len() > before {
            lines.drain(..lines.len().saturating_sub(SHOWN));
            show.send_replace(lines.clone());
        }
    }
}

fn line(message: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let who = Some(&message["userId"]).filter(|id| id.is_string()).unwrap_or(&message["anonymousId"]);
    let (who, query) = (fit(&text(who), WHO), text(&message["properties"]["query"]));
    let nearest = message["properties"]["nearest_query"].as_str();
    let nearest = nearest.map(|nearest| format!(", near {nearest:?}")).unwrap_or_default();
    format!("Segment told: {who} found no {query:?}{nearest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_says_who_what_and_what_has_results() {
        let properties = json!({"query": "sfoa", "nearest_query": "sofa"});
        let message = json!({"event": EVENT, "anonymousId": "anonymous-1234567", "properties": properties});
        assert_eq!(line(&message), "Segment told: anonymous-123… found no \"sfoa\", near \"sofa\"");
        let message = json!({"userId": "customer-00001", "properties": {"query": "sfoa"}});
        assert_eq!(line(&message), "Segment told: customer-00001 found no \"sfoa\"");
    }
}
