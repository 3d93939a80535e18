//! Where a workspace's data lives, and each API's address there.
//!
//! A write key sent to the wrong region is answered like any other and its events never show up. Sources:
//! `segmentio/segment-docs`, `guides/regional-segment.md` and `unify/profile-api.md`; the Public API's SDKs.

use std::fmt;
use std::str::FromStr;

/// A region, in the user's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Region {
    /// Oregon.
    #[default]
    Us,
    /// Dublin.
    Eu,
}

/// An API with an address for each region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// Takes messages; paths start with `/v1`.
    Tracking,
    /// Reads profiles; Europe is `euw1` here.
    Profiles,
    /// The Public API: workspaces, tracking plans.
    Public,
}

impl Region {
    /// The API's host name.
    pub fn host(self, api: Api) -> &'static str {
        match (api, self) {
            (Api::Tracking, Region::Us) => "api.segment.io",
            (Api::Tracking, Region::Eu) => "events.eu1.segmentapis.com",
            (Api::Profiles, Region::Us) => "profiles.segment.com",
            (Api::Profiles, Region::Eu) => "profiles.euw1.segment.com",
            (Api::Public, Region::Us) => "api.segmentapis.com",
            (Api::Public, Region::Eu) => "eu1.api.segmentapis.com",
        }
    }

    /// The API's base address without a slash at the end, or `custom` in its place. A custom address may end with the
    /// `/v1` that every path starts with; it is taken off.
    pub fn base_url(self, api: Api, custom: Option<&str>) -> Result<String, Error> {
        match custom {
            None => Ok(format!("https://{}", self.host(api))),
            Some(url) => custom_url(url),
        }
    }
}

fn custom_url(url: &str) -> Result<String, Error> {
    let trimmed = url.trim().trim_end_matches('/');
    let base = trimmed.strip_suffix("/v1").unwrap_or(trimmed);
    let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
    let plain = |host: &str| !host.is_empty() && !host.contains(['?', '#', ' ', '\\', '@']);
    match host {
        Some(host) if plain(host) => Ok(base.to_owned()),
        _ => Err(Error::Url(url.to_owned())),
    }
}

impl FromStr for Region {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "us" => Ok(Region::Us),
            "eu" => Ok(Region::Eu),
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

/// A setting that names no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a region.
    #[error("region is \"{0}\"; use us or eu")]
    Region(String),
    /// Not an address.
    #[error("url is \"{0}\"; use http:// or https:// and a host, with a port and a path if needed")]
    Url(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn europe_has_each_apis_own_word() {
        let eu: Region = "eu".parse().unwrap();
        assert_eq!(eu.base_url(Api::Tracking, None).unwrap(), "https://events.eu1.segmentapis.com");
        assert_eq!(eu.base_url(Api::Profiles, None).unwrap(), "https://profiles.euw1.segment.com");
        assert!("dublin".parse::<Region>().is_err());
    }

    #[test]
    fn a_custom_url_may_carry_the_version() {
        let url = |url| Region::Us.base_url(Api::Tracking, Some(url));
        assert_eq!(url("http://127.0.0.1:9/v1/").unwrap(), "http://127.0.0.1:9");
        assert_eq!(url("https://proxy.example/segment").unwrap(), "https://proxy.example/segment");
        assert!(url("api.segment.io").is_err() && url("https://").is_err() && url("https:///v1").is_err());
    }
}
