//! Who searches, where the query itself does not say.

use causeway_algolia::search::Route;
use http::HeaderMap;
use http::header::COOKIE;
use percent_encoding::percent_decode_str;

/// Longer ids are nobody's.
const MAX_ID: usize = 1024;

/// The header, and the parameter of an address, that says who searches. Source: the Analytics spec, `users/count`.
const USER_TOKEN: &str = "x-algolia-usertoken";

/// Who the request says that searches, beside its queries.
pub(super) fn said(headers: &HeaderMap, query: &str) -> Option<String> {
    let header = headers.get(USER_TOKEN).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let said = header.or_else(|| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let mut named = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(USER_TOKEN));
        named.next().map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
    });
    said.filter(|id| is_somebody(id))
}

/// Who a cookie tells of: the first of these names that has a value.
pub(super) fn from_cookies(headers: &HeaderMap, names: &[String]) -> Option<String> {
    names.iter().find_map(|name| cookie(headers, name)).filter(|id| is_somebody(id))
}

/// Whether an id can be somebody's.
pub(super) fn is_somebody(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len())
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(key, value)| *key == name && !value.is_empty())?;
    let value = percent_decode_str(unquoted(value)).decode_utf8().ok()?;
    Some(unquoted(&value).to_owned())
}

/// Segment's library writes its ids as JSON strings, percent-encoded.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// Whether the operation's queries are a shopper's searches.
pub(super) fn is_search(route: &Route) -> bool {
    matches!(route, Route::Query { .. } | Route::Queries | Route::QueryByGet { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn cookies(text: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("first=1"));
        headers.append(COOKIE, HeaderValue::from_static(text));
        from_cookies(&headers, &["_ALGOLIA".to_owned(), "ajs_anonymous_id".to_owned()])
    }

    #[test]
    fn a_cookie_tells_who_searches_however_it_is_quoted() {
        let id = Some("0b-1c".to_owned());
        for text in [
            "x=1; ajs_anonymous_id=0b-1c; y=2",
            "ajs_anonymous_id=%220b-1c%22",
            "ajs_anonymous_id=\"0b-1c\"",
            "_ALGOLIA=; ajs_anonymous_id=0b%2D1c",
            "ajs_anonymous_id=other; _ALGOLIA=0b-1c",
        ] {
            assert_eq!(cookies(text), id, "{text}");
        }
        for text in ["x_ALGOLIA=1", "_ALGOLIA", "_algolia=1", "_ALGOLIA=%FF"] {
            assert_eq!(cookies(text), None, "{text}");
        }
    }

    #[test]
    fn the_header_says_more_than_the_address() {
        let mut headers = HeaderMap::new();
        assert_eq!(said(&headers, "a&X-Algolia-UserToken=u%2B1").as_deref(), Some("u+1"));
        headers.insert(USER_TOKEN, HeaderValue::from_static("me"));
        assert_eq!(said(&headers, "X-Algolia-UserToken=u").as_deref(), Some("me"));
        assert_eq!(said(&HeaderMap::new(), ""), None);
    }
}
