//! `GET /causeway.js`: the middleware for a page's search client, as it stands in `assets/`.

use super::cors;
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::sync::LazyLock;

/// Where it is.
pub(super) const PATH: &str = "/causeway.js";

const SCRIPT: &str = include_str!("../../assets/causeway.js");

/// A page asks again after an hour, and may use what it has for a day while it asks.
const FRESH: HeaderValue = HeaderValue::from_static("public, max-age=3600, stale-while-revalidate=86400");

const JAVASCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");

/// Pages that shut out what other origins did not offer (`Cross-Origin-Embedder-Policy`) may load it too.
const OFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));

static PACKED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory can't fail.
    let _ = encoder.write_all(SCRIPT.as_bytes());
    encoder.finish().unwrap_or_default()
});

/// Weak, since it stands for the script packed and unpacked.
static TAG: LazyLock<HeaderValue> = LazyLock::new(|| {
    let tag = format!("W/\"{}\"", hex::encode(&Sha256::digest(SCRIPT)[..8]));
    HeaderValue::from_str(&tag).expect("hexadecimal digits may stand in a header")
});

/// The handler.
pub(super) async fn get(headers: HeaderMap) -> Response {
    let mut response =
        if is_known(&headers) { StatusCode::NOT_MODIFIED.into_response() } else { script(&headers) };
    let answers = response.headers_mut();
    answers.insert(ETAG, TAG.clone());
    answers.insert(CACHE_CONTROL, FRESH);
    answers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    answers.insert(OFFERED.0, OFFERED.1);
    cors::allow(response)
}

fn is_known(headers: &HeaderMap) -> bool {
    let known = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == "*" || tag.trim() == *TAG))
}

fn script(headers: &HeaderMap) -> Response {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if takes_gzip(accepted) {
        (
            [(CONTENT_TYPE, JAVASCRIPT), (CONTENT_ENCODING, HeaderValue::from_static("gzip"))],
            PACKED.as_slice(),
        )
            .into_response()
    } else {
        ([(CONTENT_TYPE, JAVASCRIPT)], SCRIPT).into_response()
    }
}

fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let refused =
            |weight: &str| weight.strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0));
        parts.next() == Some("gzip") && !parts.any(refused)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middleware_is_a_gift_of_less_than_three_kilobytes() {
        assert!(PACKED.len() < 3_000, "{} bytes gzipped", PACKED.len());
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        assert!(["gzip", "br, gzip;q=0.5", "deflate,gzip"].into_iter().all(takes_gzip));
        assert!(!["", "br", "gzip;q=0", "gzip; q=0.0", "x-gzip"].into_iter().any(takes_gzip));
    }
}
