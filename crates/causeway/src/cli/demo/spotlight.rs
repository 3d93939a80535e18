//! Once in a while somebody whom Segment knows is looked at: what a search of theirs carries now.

use crate::delivery::client::Client;
use causeway_sandbox::shoppers::Action;
use http::Request;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;

/// How often somebody is looked at.
const EVERY: Duration = Duration::from_secs(3);

/// How long after a call somebody is looked at: what follows from a call is there a moment after its answer.
const AFTER: Duration = Duration::from_millis(300);

/// How long the bridge may take to answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Notices who did something, if Segment was told who that is.
pub(super) fn notice(seen: &watch::Sender<String>, action: &Action) {
    if let Some(customer) = action.customer.as_ref().filter(|_| action.calls > 0) {
        seen.send_replace(customer.clone());
    }
}

/// Shows the search context of whoever was the last to be `seen`, until nobody is left who could be.
pub(super) async fn run(bridge: SocketAddr, mut seen: watch::Receiver<String>, show: watch::Sender<String>) {
    let Ok(client) = Client::new(TIMEOUT) else { return };
    while seen.changed().await.is_ok() {
        let customer = seen.borrow_and_update().clone();
        tokio::time::sleep(AFTER).await;
        if let Some(context) = search_context(&client, bridge, &customer).await {
            show.send_replace(format!("a search of {customer} carries {context}"));
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn search_context(client: &Client, bridge: SocketAddr, customer: &str) -> Option<String> {
    let url = format!("http://{bridge}/v1/search-context/{customer}");
    let request = Request::get(url).body(Vec::new().into()).ok()?;
    let answer = client.exchange(request).await.ok().filter(|answer| answer.status.is_success())?;
    String::from_utf8(answer.body.to_vec()).ok()
}
