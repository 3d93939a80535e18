//! Algolia's credentials: an application, keys with rights, and keys that are derived from them.

mod secured;

pub(crate) use secured::Restrictions;

use crate::options::Options;
use crate::query;
use hyper::http::request::Parts;
use serde::Serialize;

const APP_ID: &str = "x-algolia-application-id";
const API_KEY: &str = "x-algolia-api-key";

/// A right of an Algolia key, in the vendor's word (`acl` in `specs/bundled/search.yml`). Only those that the stand-ins
/// ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Acl {
    /// Search, send events, read records.
    Search,
    /// Read everything of an index.
    Browse,
    /// Write records.
    AddObject,
    /// Delete records, and the events of a user token.
    DeleteObject,
    /// Delete and clear indices.
    DeleteIndex,
    /// Read settings and rules.
    Settings,
    /// Change settings and rules.
    EditSettings,
    /// List indices.
    ListIndexes,
    /// Read analytics.
    Analytics,
    /// Read and delete personalization profiles.
    Recommendation,
}

impl Acl {
    /// What an admin key may do.
    const ALL: [Self; 10] = [
        Self::Search,
        Self::Browse,
        Self::AddObject,
        Self::DeleteObject,
        Self::DeleteIndex,
        Self::Settings,
        Self::EditSettings,
        Self::ListIndexes,
        Self::Analytics,
        Self::Recommendation,
    ];
}

/// Why a request may not do what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// No such application, no such key in it, or one whose time is over.
    Unknown,
    /// The key lacks a right.
    Lacking,
}

/// Whether the request's key holds all of the rights. Credentials come as headers or as query parameters, names in any
/// case.
pub(crate) fn check(options: &Options, parts: &Parts, needs: &[Acl]) -> Result<(), Denied> {
    admit(options, parts, needs).map(|_| ())
}

/// The same, with what a secured key restricts the request to.
pub(crate) fn admit(options: &Options, parts: &Parts, needs: &[Acl]) -> Result<Restrictions, Denied> {
    let key = key(parts);
    if credential(parts, APP_ID) != options.app_id {
        return Err(Denied::Unknown);
    }
    let (rights, restrictions) = match rights(options, &key) {
        Some(rights) => (rights, Restrictions::default()),
        None => secured::open(options, &key).ok_or(Denied::Unknown)?,
    };
    if needs.iter().all(|need| rights.contains(need)) { Ok(restrictions) } else { Err(Denied::Lacking) }
}

/// The key that a request came with; empty if with none.
pub(crate) fn key(parts: &Parts) -> String {
    credential(parts, API_KEY)
}

/// A key as it may be shown: its first letters.
pub(crate) fn masked(key: &str) -> String {
    const SHOWN: usize = 4;
    let start = key.chars().take(SHOWN).collect::<String>();
    if key.is_empty() { start } else { start + "…" }
}

/// What a key may do; nothing for a key that doesn't exist.
pub(crate) fn rights(options: &Options, key: &str) -> Option<Vec<Acl>> {
    let is = |known: &String| known == key;
    match () {
        () if options.admin_keys.iter().any(is) => Some(Acl::ALL.to_vec()),
        () if options.api_keys.iter().any(is) => Some(vec![Acl::Search]),
        () => options.other_keys.iter().find(|(known, _)| is(known)).map(|(_, rights)| rights.clone()),
    }
}

fn credential(parts: &Parts, name: &str) -> String {
    let header = parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    header.or_else(|| query::value(parts.uri.query(), name)).unwrap_or_default()
}
