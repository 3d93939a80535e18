//! Which headers concern one connection only, and whom a request comes from.

use http::header::{
    CONNECTION, EXPECT, HOST, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue};
use std::net::IpAddr;

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
        for name in &named {
            headers.remove(name.as_str());
        }
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// The same for a request, whose `Host` was ours and whose `Expect` was answered here.
pub(super) fn pass_request(headers: &mut HeaderMap) {
    pass(headers);
    headers.remove(HOST);
    headers.remove(EXPECT);
}

/// Whom a request comes from, as proxies tell each other.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Notes the caller's address behind those that were noted before. A caller on this machine is a proxy of ours, which has
/// noted whom it speaks for, or nobody whose place would tell anything.
pub(super) fn forwarded_for(headers: &mut HeaderMap, peer: Option<IpAddr>) {
    let Some(peer) = peer.map(|peer| peer.to_canonical()).filter(|peer| !peer.is_loopback()) else { return };
    let before = headers.get(&FORWARDED_FOR).and_then(|value| value.to_str().ok());
    let all = before.map_or_else(|| peer.to_string(), |before| format!("{before}, {peer}"));
    if let Ok(all) = HeaderValue::from_str(&all) {
        headers.insert(FORWARDED_FOR, all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_address_comes_behind_those_that_a_proxy_has_noted() {
        let mut headers = HeaderMap::new();
        let noted = |headers: &HeaderMap| {
            headers.get(FORWARDED_FOR).map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        forwarded_for(&mut headers, "127.0.0.1".parse().ok());
        assert_eq!(noted(&headers), "");
        forwarded_for(&mut headers, "::ffff:192.0.2.7".parse().ok());
        assert_eq!(noted(&headers), "192.0.2.7");
        forwarded_for(&mut headers, "2001:db8::1".parse().ok());
        assert_eq!(noted(&headers), "192.0.2.7, 2001:db8::1");
    }

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
