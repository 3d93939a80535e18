//! Credentials as they come with a request.

use super::{API_KEY, APPLICATION_ID, Secret};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The application id and key of a request.
#[derive(Debug, Clone)]
pub struct Credentials<'a> {
    /// The application id.
    pub app_id: Cow<'a, str>,
    /// The API key.
    pub api_key: Secret,
}

impl<'a> Credentials<'a> {
    /// Finds both in the headers or, where a header is missing, in the query string (without its `?`); nothing if either
    /// is missing. `header` looks a lower-case name up without regard to case.
    ///
    /// A plus sign in the query stays one: the vendor's browser library doesn't encode keys, and secured keys can hold
    /// plus signs.
    pub fn read(header: impl Fn(&str) -> Option<&'a str>, query: &'a str) -> Option<Self> {
        let find = |name: &str| one(&header, query, name);
        Some(Credentials { app_id: find(APPLICATION_ID)?, api_key: Secret::new(find(API_KEY)?) })
    }
}

/// One of [`APPLICATION_ID`] and [`API_KEY`], found as [`Credentials::read`] finds it.
pub fn one<'a>(header: impl Fn(&str) -> Option<&'a str>, query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    header(name).map(Cow::Borrowed).or_else(|| parameter(query, name))
}

/// The value of a parameter whose name is compared without regard to case, percent-decoded.
pub(super) fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.into_iter().find(|(key, _)| decode(key).eq_ignore_ascii_case(name))?;
    Some(decode(value))
}

fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &'static str)], query: &'static str) -> Option<(String, String)> {
        let header = |name: &str| headers.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        Credentials::read(header, query)
            .map(|found| (found.app_id.into_owned(), found.api_key.expose().to_owned()))
    }

    #[test]
    fn credentials_come_from_headers_or_query_in_any_case() {
        let expected = Some(("APP".to_owned(), "k+e/y==".to_owned()));
        assert_eq!(read(&[(APPLICATION_ID, "APP"), (API_KEY, "k+e/y==")], ""), expected);
        assert_eq!(read(&[], "X-Algolia-Application-Id=APP&X-Algolia-API-Key=k+e/y=="), expected);
        assert_eq!(read(&[], "x-algolia-api-key=k%2Be%2Fy%3D%3D&x-algolia-application-id=APP&z"), expected);
        assert_eq!(read(&[(APPLICATION_ID, "APP")], "x-algolia-api-key=k+e/y=="), expected);
        assert_eq!(read(&[(APPLICATION_ID, "APP")], "x-algolia-agent=x"), None);
    }
}
