//! `searches.probes_per_hour`: Algolia asked whether queries that failed have results by now.

use super::algolia::{SearchHosts, search_hosts};
use super::settings::Settings;
use super::source::Problem;
use crate::flows::Catalogue;
use crate::secret::Secret;
use causeway_algolia::region::AppId;
use causeway_engine::recipes::ZERO_RESULTS;
use std::num::NonZeroU32;

/// More often than once a second is no watching any more. Our own figure.
const MOST: u32 = 3_600;

/// Who is asked, and how often.
#[derive(Debug, Clone)]
pub struct ProbeTarget {
    /// The Search API's hosts.
    pub hosts: SearchHosts,
    /// The application id.
    pub app_id: AppId,
    /// The key that is sent; it needs the right `search`.
    pub key: Secret,
    /// How often an hour at most.
    pub per_hour: NonZeroU32,
}

/// Where it is asked, if there is an account and a flow `zero-results` that tells of what is found.
pub(super) fn target(settings: &Settings, configured: &Catalogue) -> Result<Option<ProbeTarget>, Problem> {
    let per_hour = budget(settings.searches.probes_per_hour)?;
    let (app_id, key) = (settings.algolia.app_id.as_deref(), settings.algolia.api_key.as_ref());
    let account = app_id.filter(|id| !id.is_empty()).zip(key.filter(|key| !key.is_empty()));
    let (Some(per_hour), Some((app_id, key))) = (per_hour, account) else { return Ok(None) };
    if configured.flow(ZERO_RESULTS).is_none() {
        return Ok(None);
    }
    let app_id = AppId::parse(app_id);
    let app_id = app_id.map_err(|error| Problem::invalid(format!("algolia.app_id: {error}")))?;
    Ok(Some(ProbeTarget { hosts: search_hosts(settings, &app_id)?, app_id, key: key.clone(), per_hour }))
}

/// Nothing if it is switched off.
fn budget(per_hour: u32) -> Result<Option<NonZeroU32>, Problem> {
    if per_hour <= MOST {
        return Ok(NonZeroU32::new(per_hour));
    }
    Err(Problem::invalid(format!(
        "searches.probes_per_hour: {per_hour} is too often; give {MOST} at most, or 0 to never ask"
    )))
}

#[cfg(test)]
mod tests {
    use super::super::source::{Nowhere, parse};
    use super::*;
    use crate::config::Config;
    use std::path::Path;

    fn probed(recipe: &str, more: &str) -> Result<Option<ProbeTarget>, String> {
        let account = "[algolia]\napp_id = \"APP\"\napi_key = \"k\"\n[segment]\nwrite_key = \"w\"";
        let text = format!("{account}\n[recipes]\nzero-results = {recipe}\n{more}");
        let settings = parse(&text, std::iter::empty(), &Nowhere).unwrap();
        let checked = Config::check(settings, Path::new("."));
        checked.map(|config| config.probe).map_err(|problem| problem.to_string())
    }

    #[test]
    fn with_the_recipe_on_algolia_is_asked_once_a_minute_unless_the_operator_says_otherwise() {
        let on = probed("true", "").unwrap().unwrap();
        assert_eq!((on.per_hour.get(), on.key.expose(), on.app_id.as_str()), (60, "k", "APP"));
        assert!(probed("false", "").unwrap().is_none());
        assert!(probed("true", "[searches]\nprobes_per_hour = 0").unwrap().is_none());
        let often = probed("true", "[searches]\nprobes_per_hour = 3601").unwrap_err();
        assert!(often.starts_with("searches.probes_per_hour: 3601 is too often"), "{often}");
    }
}
