//! What makes shoppers Segment's users too, and the connection that they use then.

use super::action::Outcome;
use crate::client::{Answer, Client, Unreachable};
use crate::segment::webhook::{self, Payload, Receiver, Signing};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::http::uri::InvalidUri;
use serde_json::Value;

/// A shop that also has Segment's library in its pages. Shoppers who have it identify themselves when they log in, and what
/// they click, add and buy is told to Segment by e-commerce calls instead of to Insights by events; so nothing is told
/// twice. The others shop as before.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentShop {
    /// Where the calls go: scheme and host, plain HTTP, perhaps a path prefix; `/v1/identify` and the like are added.
    pub tracking_url: String,
    /// The write key of the shop's source.
    pub write_key: String,
    /// The share of the shoppers whose browser runs the library, 0 to 1.
    pub share: f64,
    /// Where Engage tells who enters and leaves the audience of big spenders; nothing means that there is no audience.
    pub audience: Option<AudienceWebhook>,
}

/// A Webhooks destination of the shop's audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceWebhook {
    /// A `http://` address.
    pub url: String,
    /// The shared secret, if the destination has one.
    pub secret: Option<String>,
}

impl SegmentShop {
    /// Half of the shoppers, without an audience.
    pub fn new(tracking_url: impl Into<String>, write_key: impl Into<String>) -> Self {
        Self { tracking_url: tracking_url.into(), write_key: write_key.into(), share: 0.5, audience: None }
    }
}

/// The connection to Segment.
#[derive(Debug, Clone)]
pub(super) struct Tracker {
    client: Client,
    origin: String,
    headers: HeaderMap,
    pub(super) share: f64,
    audience: Option<Receiver>,
}

impl Tracker {
    /// The error names the address that isn't one, and why it isn't.
    pub(super) fn new(shop: &SegmentShop) -> Result<Self, (String, InvalidUri)> {
        let origin = shop.tracking_url.trim_end_matches('/').to_owned();
        address(&origin)?;
        let audience = shop.audience.as_ref().map(receiver).transpose()?;
        let (client, headers) = (Client::new(), headers(&shop.write_key));
        Ok(Self { client, origin, headers, share: shop.share, audience })
    }

    /// Whether there is somebody to tell about the audience.
    pub(super) const fn has_audience(&self) -> bool {
        self.audience.is_some()
    }

    /// Sends a call to the path of its type.
    pub(super) async fn call(&self, call: &Value) -> Outcome {
        let path = format!("{}/v1/{}", self.origin, call["type"].as_str().unwrap_or_default());
        match path.parse() {
            Ok(url) => outcome(self.client.post(url, self.headers.clone(), call.to_string().into()).await),
            Err(problem) => Outcome::Failed(problem.to_string()),
        }
    }

    /// Sends Engage's messages one by one; the first that fails is what came of them. Without the patience of Segment's, as
    /// with all that shoppers send: time may be paused.
    pub(super) async fn tell_audience(&self, messages: Vec<Value>) -> Outcome {
        let mut last = Outcome::Silent;
        for message in messages {
            let Some(receiver) = &self.audience else { return last };
            last = outcome(webhook::post(&self.client, receiver, &Payload::One(message)).await);
            if last != Outcome::Answered(200) {
                return last;
            }
        }
        last
    }
}

fn outcome(answer: Result<Answer, Unreachable>) -> Outcome {
    match answer {
        Ok(answer) => Outcome::Answered(answer.status.as_u16()),
        Err(problem) => Outcome::Failed(problem.to_string()),
    }
}

fn address(url: &str) -> Result<Uri, (String, InvalidUri)> {
    url.parse().map_err(|problem| (url.to_owned(), problem))
}

fn receiver(webhook: &AudienceWebhook) -> Result<Receiver, (String, InvalidUri)> {
    let signing = webhook.secret.clone().map_or(Signing::None, Signing::Secret);
    Ok(Receiver { url: address(&webhook.url)?, signing, bearer: None })
}

/// Basic authentication with the write key as the user, as the browser library does it.
fn headers(write_key: &str) -> HeaderMap {
    let basic = format!("Basic {}", STANDARD.encode(format!("{write_key}:")));
    let basic = HeaderValue::try_from(basic).expect("base64 is fit for a header");
    [(AUTHORIZATION, basic), (CONTENT_TYPE, HeaderValue::from_static("application/json"))]
        .into_iter()
        .collect()
}
