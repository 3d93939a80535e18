//! Segment's Webhooks destination: the stand-in as the sender.

use super::stringify::stringify;
use crate::client::{Answer, Client, Unreachable};
use hmac::{Hmac, KeyInit, Mac};
use hyper::Uri;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use serde_json::Value;
use sha1::Sha1;
use std::time::Duration;

/// The name in `integrations` of a Webhooks (Actions) destination that nobody renamed.
pub(crate) const WEBHOOKS: &str = "Webhooks (Actions)";
const SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
/// "Must answer within 5 s" (webhooks).
const PATIENCE: Duration = Duration::from_secs(5);

/// Who gets webhooks, and how they are signed.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) url: Uri,
    pub(crate) signing: Signing,
    /// For `Authorization: Bearer`.
    pub(crate) bearer: Option<String>,
}

/// What the signature is made of.
#[derive(Debug, Clone)]
pub(crate) enum Signing {
    /// There is none: no shared secret is set.
    None,
    /// The shared secret.
    Secret(String),
    /// This text, right or wrong.
    Literal(String),
}

/// What a webhook carries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Payload {
    /// One message, as an object.
    One(Value),
    /// A batch, as an array.
    Many(Vec<Value>),
}

impl Payload {
    /// How many messages.
    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(messages) => messages.len(),
        }
    }

    /// The body, and the part of it that is signed: of a batch only the first element.
    fn render(&self) -> (String, String) {
        match self {
            Self::One(message) => (stringify(message), stringify(message)),
            Self::Many(messages) => {
                let texts = messages.iter().map(stringify).collect::<Vec<_>>();
                (format!("[{}]", texts.join(",")), texts.into_iter().next().unwrap_or_default())
            }
        }
    }
}

/// Sends the payload once and waits for the answer as long as Segment does.
pub(crate) async fn send(client: &Client, to: &Receiver, payload: &Payload) -> Result<Answer, Unreachable> {
    let answered = tokio::time::timeout(PATIENCE, post(client, to, payload)).await;
    answered.unwrap_or(Err(Unreachable::TooSlow))
}

/// Sends the payload once and waits for the answer.
pub(crate) async fn post(client: &Client, to: &Receiver, payload: &Payload) -> Result<Answer, Unreachable> {
    let (body, signed) = payload.render();
    client.post(to.url.clone(), headers(to, &signed), body.into()).await
}

fn headers(to: &Receiver, signed: &str) -> HeaderMap {
    let signature = match &to.signing {
        Signing::None => None,
        Signing::Secret(secret) => Some(sign(secret, signed)),
        Signing::Literal(text) => Some(text.clone()),
    };
    let bearer = to.bearer.as_ref().map(|token| format!("Bearer {token}"));
    let fixed = [(CONTENT_TYPE, "application/json"), (USER_AGENT, "Segment (Actions)")];
    let fixed = fixed.map(|(name, value)| (name, Some(value.to_owned())));
    let all = fixed.into_iter().chain([(SIGNATURE, signature), (AUTHORIZATION, bearer)]);
    all.filter_map(|(name, value)| Some((name, HeaderValue::try_from(value?).ok()?))).collect()
}

/// Lower-case hex of HMAC-SHA1 over the text.
fn sign(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn signature(payload: &Payload) -> String {
        sign("local-demo-secret", &payload.render().1)
    }

    #[test]
    fn one_message_is_signed_as_it_is_sent() {
        let message = json!({"type": "track", "event": "Product Viewed", "anonymousId": "a-1",
            "properties": {"name": "Café Grün 😀"}});
        assert_eq!(signature(&Payload::One(message)), "f82575adffa8d42fa3c6a445d706dd6c91ab9cab");
    }

    #[test]
    fn of_a_batch_only_the_first_message_is_signed() {
        let message = |who: &str, id: &str| json!({"type": "track", "event": "Product Viewed", "anonymousId": who, "messageId": id});
        let batch = Payload::Many(vec![message("a-1", "m-1"), message("a-2", "m-2")]);
        assert_eq!(signature(&batch), "42486902b14a75dbbc34862a2349ae0ddef8f3d4");
    }
}
