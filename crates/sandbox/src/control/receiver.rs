//! Who is to get a webhook: `url`, `secret`, `bearer` and `signature` of an order.

use crate::fault::BadFault;
use crate::segment::webhook::{Receiver, Signing};
use hyper::Uri;
use serde_json::{Map, Value};

/// Takes the receiver's fields out of an order; nothing when there is no `url` among them.
pub(super) fn take(fields: &mut Map<String, Value>) -> Result<Option<Receiver>, BadFault> {
    let url = fields.shift_remove("url");
    let (secret, bearer) = (text(fields, "secret")?, text(fields, "bearer")?);
    let signing = match (text(fields, "signature")?, secret) {
        (Some(signature), _) => Signing::Literal(signature),
        (None, Some(secret)) => Signing::Secret(secret),
        (None, None) => Signing::None,
    };
    url.map(|url| Ok(Receiver { url: plain(&url)?, signing, bearer })).transpose()
}

/// The receiver of an order that must name one.
pub(super) fn require(fields: &mut Map<String, Value>) -> Result<Receiver, BadFault> {
    take(fields)?.ok_or_else(wrong_url)
}

fn plain(url: &Value) -> Result<Uri, BadFault> {
    let uri = url.as_str().and_then(|url| url.parse::<Uri>().ok());
    let plain = uri.filter(|uri| uri.scheme_str() == Some("http") && uri.authority().is_some());
    plain.ok_or_else(wrong_url)
}

fn wrong_url() -> BadFault {
    BadFault::new("url", "must be a http:// address such as http://127.0.0.1:7070/webhooks/segment")
}

fn text(fields: &mut Map<String, Value>, field: &str) -> Result<Option<String>, BadFault> {
    match fields.shift_remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(BadFault::new(field, "must be a string; leave it out to send without it")),
    }
}
