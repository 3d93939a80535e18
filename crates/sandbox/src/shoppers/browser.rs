//! Sending events as the browser library would.

use super::action::Outcome;
use super::person::Transport;
use crate::client::Client;
use bytes::Bytes;
use hyper::Uri;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::http::uri::InvalidUri;
use serde_json::{Value, json};

const AGENT: &str = "insights-js%20(2.18.0)%3B%20causeway-shoppers";

/// A connection to the shop's Insights endpoint.
#[derive(Debug, Clone)]
pub(super) struct Browser {
    client: Client,
    url: Uri,
}

impl Browser {
    /// The credentials travel as query parameters, always.
    pub(super) fn new(bridge_url: &str, app_id: &str, api_key: &str) -> Result<Self, InvalidUri> {
        let origin = bridge_url.trim_end_matches('/');
        let credentials = format!("X-Algolia-Application-Id={app_id}&X-Algolia-API-Key={api_key}");
        let url = format!("{origin}/1/events?{credentials}&X-Algolia-Agent={AGENT}").parse()?;
        Ok(Self { client: Client::new(), url })
    }

    /// Sends a rendered body.
    pub(super) async fn send(&self, transport: Transport, body: Bytes) -> Outcome {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(transport.content_type()));
        match self.client.post(self.url.clone(), headers, body).await {
            Ok(answer) => Outcome::Answered(answer.status.as_u16()),
            Err(problem) => Outcome::Failed(problem.to_string()),
        }
    }
}

/// The body of a request.
pub(super) fn body(events: &[Value]) -> Bytes {
    json!({"events": events}).to_string().into()
}
