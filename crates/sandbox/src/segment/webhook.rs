//! Segment's Webhooks destination: the stand-in as the sender.

use crate::client::{Answer, Client, Unreachable};
use hmac::{Hmac, KeyInit, Mac};
use hyper::Uri;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use serde_json::Value;
use sha1::Sha1;
use std::time::Duration;

const SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
/// "Must answer within 5 s" (webhooks).
const PATIENCE: Duration = Duration::from_secs(5);

/// What a webhook carries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Payload {
    /// One message, as an object.
    One(Value),
    /// A batch, as an array.
    Many(Vec<Value>),
}

impl Payload {
    /// The body, and the part of it that is signed: of a batch only the first element.
    fn render(&self) -> (String, String) {
        match self {
            Self::One(message) => (message.to_string(), message.to_string()),
            Self::Many(messages) => {
                let texts = messages.iter().map(Value::to_string).collect::<Vec<_>>();
                (format!("[{}]", texts.join(",")), texts.into_iter().next().unwrap_or_default())
            }
        }
    }
}

/// Sends the payload once, signed when there is a secret. The vendor would try again for four hours; a test doesn't
/// want that.
pub(crate) async fn send(url: Uri, secret: Option<&str>, payload: &Payload) -> Result<Answer, Unreachable> {
    let (body, signed) = payload.render();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static("Segment (Actions)"));
    if let Some(signature) = secret.and_then(|secret| HeaderValue::try_from(sign(secret, &signed)).ok()) {
        headers.insert(SIGNATURE, signature);
    }
    let client = Client::new();
    let sent = client.post(url, headers, body.into());
    tokio::time::timeout(PATIENCE, sent).await.unwrap_or(Err(Unreachable::TooSlow))
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
