//! Algolia's APIs that are written to: which credentials and addresses they take.

use super::checked::{compress, origin};
use super::settings::{self, Compression, Settings};
use super::source::Problem;
use crate::secret::Secret;
use causeway_algolia::hosts;
use causeway_algolia::region::{Api, AppId, Region};
use causeway_engine::recipes;
use http::Uri;

/// Algolia's Search API as a destination of profile records.
#[derive(Debug, Clone)]
pub struct ProfilesTarget {
    /// Where it is.
    pub hosts: SearchHosts,
    /// The application id.
    pub app_id: AppId,
    /// The key that is sent; it needs the rights `addObject` and `deleteObject`.
    pub key: Secret,
    /// Bytes that a record may have.
    pub max_record: usize,
    /// Whether bodies are compressed.
    pub compress: bool,
}

/// Where a person is erased at Algolia.
#[derive(Debug, Clone)]
pub struct ErasureTarget {
    /// The application id.
    pub app_id: AppId,
    /// The key that is sent.
    pub key: Secret,
    /// The Insights API's origin.
    pub insights: Uri,
    /// Classic Personalization's.
    pub personalization: Uri,
    /// Advanced Personalization's.
    pub advanced_personalization: Uri,
    /// Where records are.
    pub search: SearchHosts,
}

/// The Search API's hosts.
#[derive(Debug, Clone)]
pub enum SearchHosts {
    /// The application's own.
    Of(AppId),
    /// The operator's, which replace them all: the first and the others.
    Given(Uri, Vec<Uri>),
}

impl SearchHosts {
    /// Origins that take writes, in the order to try them: the first, and the others as `shuffle` arranges them. What the
    /// operator gave stays in the order given.
    pub fn for_writes(&self, shuffle: impl FnOnce(&mut [String])) -> (String, Vec<String>) {
        match self {
            Self::Of(app_id) => {
                let [first, others @ ..] =
                    hosts::write(app_id, shuffle).map(|host| format!("https://{host}"));
                (first, others.into())
            }
            Self::Given(first, others) => {
                (first.to_string(), others.iter().map(ToString::to_string).collect())
            }
        }
    }

    /// The same for reads, all in one list.
    pub fn for_reads(&self, shuffle: impl FnOnce(&mut [String])) -> Vec<String> {
        match self {
            Self::Of(app_id) => hosts::read(app_id, shuffle).map(|host| format!("https://{host}")).into(),
            Self::Given(first, others) => {
                std::iter::once(first).chain(others).map(ToString::to_string).collect()
            }
        }
    }

    fn compress(&self, setting: Compression) -> bool {
        match self {
            Self::Of(_) => setting != Compression::Never,
            Self::Given(first, _) => compress(setting, first),
        }
    }
}

/// The records' destination, if a recipe keeps any and there is a key for it.
pub(super) fn profiles(settings: &Settings) -> Result<Option<ProfilesTarget>, Problem> {
    if !keeps_profiles(settings) {
        return Ok(None);
    }
    let Some((app_id, key)) = account(settings)? else { return Ok(None) };
    let hosts = search_hosts(settings, &app_id)?;
    let compress = hosts.compress(settings.algolia.compression);
    let max_record = settings.algolia.max_record_size.0 as usize;
    Ok(Some(ProfilesTarget { hosts, app_id, key, max_record, compress }))
}

/// Whether a recipe keeps profile records.
fn keeps_profiles(settings: &Settings) -> bool {
    let on = |value: &toml::Value| *value != toml::Value::Boolean(false);
    recipes::SYNCS.iter().any(|name| settings.recipes.get(*name).is_some_and(on))
}

/// Where a person is erased, if there is a key for it.
pub(super) fn erasure(settings: &Settings) -> Result<Option<ErasureTarget>, Problem> {
    let Some((app_id, key)) = account(settings)? else { return Ok(None) };
    let algolia = &settings.algolia;
    let region = region(settings);
    let url = |name: &str, given: &Option<String>, api: Api| {
        let url = given.clone().unwrap_or_else(|| format!("https://{}", region.host(api)));
        origin(name, &url)
    };
    Ok(Some(ErasureTarget {
        insights: url("algolia.insights_url", &algolia.insights_url, Api::Insights)?,
        personalization: url(
            "algolia.personalization_url",
            &algolia.personalization_url,
            Api::Personalization,
        )?,
        advanced_personalization: url(
            "algolia.advanced_personalization_url",
            &algolia.advanced_personalization_url,
            Api::AdvancedPersonalization,
        )?,
        search: search_hosts(settings, &app_id)?,
        app_id,
        key,
    }))
}

/// Where the application's data lives.
pub(super) fn region(settings: &Settings) -> Region {
    match settings.algolia.region {
        settings::Region::Us => Region::Us,
        settings::Region::Eu => Region::Eu,
    }
}

fn account(settings: &Settings) -> Result<Option<(AppId, Secret)>, Problem> {
    let algolia = &settings.algolia;
    let (Some(app_id), Some(key)) = (&algolia.app_id, &algolia.admin_key) else { return Ok(None) };
    if app_id.is_empty() || key.is_empty() {
        return Ok(None);
    }
    let app_id = AppId::parse(app_id);
    let app_id = app_id.map_err(|error| Problem::invalid(format!("algolia.app_id: {error}")))?;
    Ok(Some((app_id, key.clone())))
}

pub(super) fn search_hosts(settings: &Settings, app_id: &AppId) -> Result<SearchHosts, Problem> {
    let Some(given) = &settings.algolia.search_hosts else { return Ok(SearchHosts::Of(app_id.clone())) };
    let parsed = given.iter().map(|host| origin("algolia.search_hosts", host));
    let mut parsed = parsed.collect::<Result<Vec<Uri>, Problem>>()?.into_iter();
    let first = parsed.next().ok_or_else(|| {
        Problem::invalid(
            "algolia.search_hosts: is empty; name a host, or leave it out for the application's own",
        )
    })?;
    Ok(SearchHosts::Given(first, parsed.collect()))
}

#[cfg(test)]
mod tests {
    use super::super::source::{Nowhere, parse};
    use super::*;
    use causeway_algolia::records::limits::RECORD_BYTES;

    fn settings(text: &str) -> Settings {
        parse(text, std::iter::empty(), &Nowhere).unwrap()
    }

    const ACCOUNT: &str = "[algolia]\napp_id = \"APP\"\nadmin_key = \"k\"\nregion = \"eu\"\n";

    #[test]
    fn records_are_kept_if_a_recipe_asks_for_it_and_there_is_a_key() {
        let on = |text: &str| profiles(&settings(text)).unwrap().is_some();
        assert!(on(&format!("{ACCOUNT}[recipes]\ntrait-sync = true")));
        assert!(on(&format!("{ACCOUNT}[recipes]\naudience-sync = {{ index = \"p\" }}")));
        assert!(!on(&format!("{ACCOUNT}[recipes]\ntrait-sync = false")));
        assert!(!on(ACCOUNT));
        assert!(!on("[recipes]\ntrait-sync = true"));
    }

    #[test]
    fn each_api_is_at_its_own_address_in_the_region_and_given_hosts_replace_all_others() {
        let target = erasure(&settings(ACCOUNT)).unwrap().unwrap();
        assert_eq!(target.insights.host(), Some("insights.de.algolia.io"));
        assert_eq!(target.personalization.host(), Some("personalization.eu.algolia.com"));
        assert_eq!(target.advanced_personalization.host(), Some("ai-personalization.eu.algolia.com"));
        let (first, others) = target.search.for_writes(|_| {});
        assert_eq!((first.as_str(), others.len()), ("https://APP.algolia.net", 3));
        let given = format!("{ACCOUNT}search_hosts = [\"http://a:1\", \"http://b\"]");
        let given = erasure(&settings(&given)).unwrap().unwrap().search.for_writes(|_| {});
        assert_eq!(given, ("http://a:1/".to_owned(), vec!["http://b/".to_owned()]));
        let none = erasure(&settings(&format!("{ACCOUNT}search_hosts = []"))).unwrap_err().to_string();
        assert!(none.contains("algolia.search_hosts"), "{none}");
    }

    #[test]
    fn a_record_may_be_as_large_as_the_smallest_plan_takes() {
        assert_eq!(settings("").algolia.max_record_size.0, RECORD_BYTES as u64);
    }
}
