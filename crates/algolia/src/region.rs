//! Where an application's data lives, and each API's address there.
//!
//! The APIs use different words for Europe: `de` for Insights and Analytics, `eu` for both Personalization APIs.
//! Users say `us` or `eu`; this module translates. Source: the `servers` of each API's `OpenAPI` description.

use std::fmt;
use std::str::FromStr;

/// A region, in the user's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Region {
    /// United States.
    #[default]
    Us,
    /// Europe (Germany).
    Eu,
}

/// An API with an address for each region. (Search has none: its hosts follow from the application id, see [`crate::hosts`].)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// Events.
    Insights,
    /// Analytics and A/B tests.
    Analytics,
    /// Classic Personalization.
    Personalization,
    /// Advanced Personalization.
    AdvancedPersonalization,
}

impl Region {
    /// The API's host name.
    pub fn host(self, api: Api) -> &'static str {
        match (api, self) {
            (Api::Insights, Region::Us) => "insights.us.algolia.io",
            (Api::Insights, Region::Eu) => "insights.de.algolia.io",
            (Api::Analytics, Region::Us) => "analytics.us.algolia.com",
            (Api::Analytics, Region::Eu) => "analytics.de.algolia.com",
            (Api::Personalization, Region::Us) => "personalization.us.algolia.com",
            (Api::Personalization, Region::Eu) => "personalization.eu.algolia.com",
            (Api::AdvancedPersonalization, Region::Us) => "ai-personalization.us.algolia.com",
            (Api::AdvancedPersonalization, Region::Eu) => "ai-personalization.eu.algolia.com",
        }
    }

    /// The API's base address without a slash at the end, or `custom` in its place.
    pub fn base_url(self, api: Api, custom: Option<&str>) -> Result<String, Error> {
        match custom {
            None => Ok(format!("https://{}", self.host(api))),
            Some(url) => custom_url(url),
        }
    }
}

fn custom_url(url: &str) -> Result<String, Error> {
    let trimmed = url.trim().trim_end_matches('/');
    let host = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://"));
    let plain = |host: &str| !host.is_empty() && !host.contains(['?', '#', ' ', '\\', '@']);
    match host {
        Some(host) if plain(host) => Ok(trimmed.to_owned()),
        _ => Err(Error::Url(url.to_owned())),
    }
}

impl FromStr for Region {
    type Err = Error;

    /// `us` or `eu`; also `de`, as some of the vendor's own tools say.
    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "us" => Ok(Region::Us),
            "eu" | "de" => Ok(Region::Eu),
            other => Err(Error::Region(other.to_owned())),
        }
    }
}

/// The user's word.
impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Region::Us => "us",
            Region::Eu => "eu",
        })
    }
}

/// An application id that is safe to build host names from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AppId(String);

impl AppId {
    /// Takes 1 to 32 letters and digits; the vendor's own are 10. Anything else could name another host, and the API key
    /// would be sent to it.
    pub fn parse(id: &str) -> Result<Self, Error> {
        let fits = (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(AppId(id.to_owned())) } else { Err(Error::AppId(id.to_owned())) }
    }

    /// The id as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A setting that names no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a region.
    #[error("region is \"{0}\"; use us or eu")]
    Region(String),
    /// Not an address.
    #[error("url is \"{0}\"; use http:// or https:// and a host, with a port and a path if needed")]
    Url(String),
    /// Not an application id.
    #[error("application id is \"{0}\"; use the letters and digits shown in the Algolia dashboard")]
    AppId(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn europe_has_each_apis_own_word() {
        let eu: Region = "eu".parse().unwrap();
        assert_eq!(eu.base_url(Api::Insights, None).unwrap(), "https://insights.de.algolia.io");
        assert_eq!(
            eu.base_url(Api::Personalization, None).unwrap(),
            "https://personalization.eu.algolia.com"
        );
        assert!("EU".parse::<Region>().is_err());
    }

    #[test]
    fn a_custom_url_keeps_its_path_and_loses_its_last_slash() {
        let url = |url| Region::Us.base_url(Api::Insights, Some(url));
        assert_eq!(url("http://127.0.0.1:9/insights/").unwrap(), "http://127.0.0.1:9/insights");
        for wrong in ["insights.algolia.io", "ftp://x", "https://", "https://a@b", "https://a?b"] {
            assert_eq!(url(wrong), Err(Error::Url(wrong.to_owned())));
        }
    }

    #[test]
    fn an_application_id_cannot_name_another_host() {
        assert_eq!(AppId::parse("LATENCY123").unwrap().as_str(), "LATENCY123");
        for wrong in ["", "evil.example/", "a.b", "a-b", "é"] {
            assert!(AppId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
