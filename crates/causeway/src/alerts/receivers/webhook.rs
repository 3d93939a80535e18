//! Any HTTP server, in the way of Standard Webhooks, whose libraries check the signature
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
//!
//! `webhook-id` names the message and stays the same when it is sent again. `webhook-timestamp` is in seconds since the Unix
//! epoch. `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.

use super::{Letterhead, Notice, text};
use crate::moment;
use crate::secret::Secret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use sha2::Sha256;

/// A secret that begins so is base64; any other is taken as it is.
pub(crate) const PREFIX: &str = "whsec_";

/// The type of our messages.
const TYPE: &str = "causeway.alerts";

/// The key that a secret stands for.
pub(super) fn key(secret: &Secret) -> Vec<u8> {
    let encoded = secret.expose().strip_prefix(PREFIX);
    let decoded = encoded.and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    decoded.unwrap_or_else(|| secret.expose().as_bytes().to_vec())
}

/// The body: type, timestamp, data.
pub(super) fn body(notices: &[Notice], head: &Letterhead, now: i64) -> Vec<u8> {
    let alerts: Vec<Value> = notices.iter().map(shown).collect();
    let data = json!({"name": head.name, "link": head.link, "alerts": alerts});
    json!({"type": TYPE, "timestamp": moment::print(now), "data": data}).to_string().into_bytes()
}

fn shown(notice: &Notice) -> Value {
    let finding = &notice.finding;
    json!({
        "kind": notice.kind, "key": finding.key, "severity": finding.severity, "title": finding.title,
        "text": text(notice), "facts": finding.facts, "handbook": finding.page, "since": moment::print(notice.since),
        "at": moment::print(notice.at), "held": notice.held,
    })
}

/// The three headers.
pub(super) fn headers(key: &[u8], id: &str, now: i64, body: &[u8]) -> HeaderMap {
    let timestamp = (now / 1_000).to_string();
    let signature = signature(key, id, &timestamp, body);
    let named = [("webhook-id", id), ("webhook-timestamp", &timestamp), ("webhook-signature", &signature)];
    let header = |(name, value): (&'static str, &str)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?))
    };
    named.into_iter().filter_map(header).collect()
}

fn signature(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks libraries.
    #[test]
    fn messages_are_signed_as_the_libraries_that_check_them_expect() {
        let key = key(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let body = br#"{"test": 2432232314}"#;
        let headers = headers(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330_000, body);
        assert_eq!(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(headers["webhook-timestamp"], "1614265330");
    }
}
