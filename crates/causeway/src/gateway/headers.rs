//! Which headers concern one connection only.

use http::HeaderMap;
use http::header::{
    CONNECTION, EXPECT, HOST, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};

/// Headers between two neighbours. Source: RFC 9110, section 7.6.1, and the older RFC 2616, section 13.5.1.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Takes out what concerned the connection that the message came by.
pub(super) fn pass(headers: &mut HeaderMap) {
    // Most messages have none, and then there is nothing to name either.
    if let Some(named) = headers.get(CONNECTION).and_then(|value| value.to_str().ok()) {
        let named: Vec<String> = named.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
        named.iter().for_each(|name| drop(headers.remove(name.as_str())));
    }
    HOP_BY_HOP.iter().for_each(|name| drop(headers.remove(name)));
}

/// The same for a request, whose `Host` was ours and whose `Expect` was answered here.
pub(super) fn pass_request(headers: &mut HeaderMap) {
    pass(headers);
    headers.remove(HOST);
    headers.remove(EXPECT);
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn what_concerns_one_connection_stays_there_and_all_else_passes() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, X-Mine"),
            ("keep-alive", "timeout=5"),
            ("x-mine", "1"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("host", "ours"),
            ("x-algolia-agent", "a"),
            ("accept-encoding", "br"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        pass_request(&mut headers);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept-encoding", "x-algolia-agent"]);
    }
}
