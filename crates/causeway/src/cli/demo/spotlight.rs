//! Once in a while somebody whom Segment knows and somebody new search for the same: what each finds first, and why.

use super::width::{COLUMNS, fit};
use crate::delivery::client::Client;
use causeway_algolia::credentials::{API_KEY, APPLICATION_ID};
use causeway_sandbox::Options;
use causeway_sandbox::shoppers::{Action, INDEX};
use http::Request;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;

/// How often somebody is looked at.
const EVERY: Duration = Duration::from_secs(4);

/// How long after a call somebody is looked at: what follows from a call is there a moment after its answer.
const AFTER: Duration = Duration::from_millis(300);

/// How long the bridge may take to answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What both search for: the first of these that they find in another order.
const QUERIES: [&str; 4] = ["lamp", "chair", "table", "sofa"];

/// How many results are compared.
const SHOWN: usize = 3;

/// How wide the column of places is; the two of results share the rest, with a blank between.
const MARGIN: usize = 3;
const COLUMN: usize = (COLUMNS - MARGIN - 1) / 2;

/// Notices who did something, if Segment was told who that is.
pub(super) fn notice(seen: &watch::Sender<String>, action: &Action) {
    if let Some(customer) = action.customer.as_ref().filter(|_| action.calls > 0) {
        seen.send_replace(customer.clone());
    }
}

/// The bridge as the shop's pages reach it.
pub(super) struct Shop {
    client: Client,
    bridge: SocketAddr,
    app_id: String,
    api_key: String,
}

impl Shop {
    pub(super) fn new(bridge: SocketAddr, options: &Options) -> std::io::Result<Self> {
        let (app_id, api_key) = (options.app_id.clone(), options.api_keys[0].clone());
        Ok(Self { client: Client::new(TIMEOUT)?, bridge, app_id, api_key })
    }

    /// Compares for whoever was the last to be `seen`, until nobody is left who could be.
    pub(super) async fn run(self, mut seen: watch::Receiver<String>, show: watch::Sender<Vec<String>>) {
        while seen.changed().await.is_ok() {
            let customer = seen.borrow_and_update().clone();
            tokio::time::sleep(AFTER).await;
            if let Some(lines) = self.compare(&customer).await {
                show.send_replace(lines);
                tokio::time::sleep(EVERY).await;
            }
        }
    }

    /// Nothing if they find the same in the same order.
    async fn compare(&self, customer: &str) -> Option<Vec<String>> {
        for query in QUERIES {
            let known = self.search(query, Some(customer)).await?;
            let new = self.search(query, None).await?;
            if known != new {
                return Some(lines(query, customer, [&known, &new], &self.reasons(customer).await?));
            }
        }
        None
    }

    /// The first results, past the gateway. Without analytics: it is nobody's search.
    async fn search(&self, query: &str, customer: Option<&str>) -> Option<Vec<String>> {
        let mut asked = json!({"query": query, "hitsPerPage": SHOWN, "analytics": false});
        if let Some(customer) = customer {
            asked["userToken"] = customer.into();
        }
        let request = Request::post(format!("http://{}/1/indexes/{INDEX}/query", self.bridge))
            .header(APPLICATION_ID, &self.app_id)
            .header(API_KEY, &self.api_key);
        let answer = self.json(request, asked.to_string().into_bytes()).await?;
        Some(answer["hits"].as_array()?.iter().map(product).collect())
    }

    /// What a search of theirs carries that moves results.
    async fn reasons(&self, customer: &str) -> Option<String> {
        let request = Request::get(format!("http://{}/v1/search-context/{customer}", self.bridge));
        let context = self.json(request, Vec::new()).await?;
        let lists = [&context["optionalFilters"], &context["ruleContexts"]];
        let items = lists.into_iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
        Some(items.collect::<Vec<_>>().join(", "))
    }

    async fn json(&self, request: http::request::Builder, body: Vec<u8>) -> Option<Value> {
        let answer = self.client.exchange(request.body(body.into()).ok()?).await.ok()?;
        serde_json::from_slice(&answer.body).ok().filter(|_| answer.status.is_success())
    }
}

fn product(hit: &Value) -> String {
    let text = |name: &str| hit[name].as_str().unwrap_or_default();
    format!("{}, {}", text("brand"), text("name"))
}

fn lines(query: &str, customer: &str, found: [&[String]; 2], reasons: &str) -> Vec<String> {
    let heads = [customer, "somebody new"].map(|who| format!("{who} finds for {query:?}"));
    let mut lines = vec![columns("", [&heads[0], &heads[1]])];
    for place in 0..SHOWN {
        let texts = found.map(|found| found.get(place).map_or("", String::as_str));
        lines.push(columns(&(place + 1).to_string(), texts));
    }
    lines.push(format!("{:MARGIN$}carries {reasons}", ""));
    lines
}

fn columns(margin: &str, texts: [&str; 2]) -> String {
    let [left, right] = texts.map(|text| fit(text, COLUMN));
    format!("{margin:MARGIN$}{left:COLUMN$} {right}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_orders_stand_side_by_side_in_eighty_columns() {
        let known = ["Hearth & Pine, Freya Terracotta Ceiling Light".to_owned()];
        let shown = lines("lamp", "customer-00001", [&known, &["Fjordal, Alma".to_owned()]], "tier_gold");
        let expected = [
            "   customer-00001 finds for \"lamp\"        somebody new finds for \"lamp\"",
            "1  Hearth & Pine, Freya Terracotta Ceili… Fjordal, Alma",
        ];
        assert_eq!(shown[..2], expected);
        assert_eq!(shown.last().map(String::as_str), Some("   carries tier_gold"));
        assert!(shown.iter().all(|line| line.chars().count() <= COLUMNS));
    }
}
