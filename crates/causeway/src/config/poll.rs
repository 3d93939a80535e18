//! `recipes.zero-results.poll…`: the Analytics API asked for searches without results.

use super::algolia::region;
use super::checked::origin;
use super::settings::Settings;
use super::source::Problem;
use super::units::Span;
use crate::secret::Secret;
use causeway_algolia::analytics::{Limit, RIGHT, limits};
use causeway_algolia::records::IndexName;
use causeway_algolia::region::{Api, AppId};
use causeway_engine::recipes::ZERO_RESULTS;
use http::Uri;
use serde::Deserialize;
use std::time::Duration;
use toml::{Table, Value};

/// What is asked, of whom, how often.
#[derive(Debug, Clone)]
pub struct PollTarget {
    /// The API's origin.
    pub url: Uri,
    /// The application id.
    pub app_id: AppId,
    /// The key that is sent; it needs the right `analytics`.
    pub key: Secret,
    /// The time from one round to the next.
    pub every: Duration,
    /// The least time from one request to the next.
    pub between: Duration,
    /// The indices.
    pub indices: Vec<IndexName>,
    /// How many searches a day of each.
    pub limit: Limit,
    /// In whose name Segment is told.
    pub anonymous_id: String,
}

/// The keys of the recipe's table that are about polling.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Polling {
    poll: Option<Span>,
    #[serde(default)]
    poll_indices: Vec<String>,
    #[serde(default = "default_limit")]
    poll_limit: u16,
    #[serde(default = "default_budget")]
    poll_requests_per_minute: u32,
    #[serde(default = "default_anonymous_id")]
    poll_anonymous_id: String,
}

fn default_limit() -> u16 {
    100
}

/// A tenth of what the application has, which others use as well.
fn default_budget() -> u32 {
    limits::REQUESTS_PER_MINUTE / 10
}

fn default_anonymous_id() -> String {
    "causeway-aggregate".to_owned()
}

/// Whether this key of the recipe's table is about polling.
pub(super) fn is_about_polling(recipe: &str, key: &str) -> bool {
    recipe == ZERO_RESULTS && key.split('_').next() == Some("poll")
}

/// What is polled, if the recipe says so.
pub(super) fn target(settings: &Settings) -> Result<Option<PollTarget>, Problem> {
    let Some(Value::Table(table)) = settings.recipes.get(ZERO_RESULTS) else { return Ok(None) };
    let poll = read(table)?;
    let Some(every) = poll.poll else { return unused(table) };
    let (app_id, key) = account(settings)?;
    let url = settings.algolia.analytics_url.clone();
    let url = url.unwrap_or_else(|| format!("https://{}", region(settings).host(Api::Analytics)));
    Ok(Some(PollTarget {
        url: origin("algolia.analytics_url", &url)?,
        app_id,
        key,
        every: interval(every)?,
        between: Duration::from_secs(60) / budget(poll.poll_requests_per_minute)?,
        indices: indices(&poll.poll_indices)?,
        limit: Limit::new(poll.poll_limit).map_err(|fault| faulty("poll_limit", &fault))?,
        anonymous_id: anonymous_id(poll.poll_anonymous_id)?,
    }))
}

fn read(table: &Table) -> Result<Polling, Problem> {
    let own = table.iter().filter(|(key, _)| is_about_polling(ZERO_RESULTS, key));
    let own: Table = own.map(|(key, value)| (key.clone(), value.clone())).collect();
    serde_path_to_error::deserialize(Value::Table(own)).map_err(|error| {
        let key = error.path().to_string();
        faulty(&key, error.into_inner().to_string().trim_end())
    })
}

/// Without `poll` the others do nothing, which nobody means.
fn unused(table: &Table) -> Result<Option<PollTarget>, Problem> {
    match table.keys().find(|key| is_about_polling(ZERO_RESULTS, key)) {
        None => Ok(None),
        Some(key) => {
            Err(faulty(key, "does nothing without poll; write poll = \"1h\" beside it, or leave it out"))
        }
    }
}

fn account(settings: &Settings) -> Result<(AppId, Secret), Problem> {
    let algolia = &settings.algolia;
    let key = algolia.analytics_key.as_ref().or(algolia.admin_key.as_ref()).filter(|key| !key.is_empty());
    let (Some(app_id), Some(key)) = (algolia.app_id.as_deref().filter(|id| !id.is_empty()), key) else {
        let fault = format!(
            "needs algolia.app_id, and algolia.analytics_key or algolia.admin_key with the right {RIGHT}"
        );
        return Err(faulty("poll", &fault));
    };
    let app_id =
        AppId::parse(app_id).map_err(|error| Problem::invalid(format!("algolia.app_id: {error}")))?;
    Ok((app_id, key.clone()))
}

fn interval(every: Span) -> Result<Duration, Problem> {
    if every.0 >= limits::REFRESHED_EVERY {
        return Ok(every.0);
    }
    Err(faulty(
        "poll",
        &format!("\"{every}\" is too often: Algolia brings its figures up to date every 5 minutes"),
    ))
}

fn budget(per_minute: u32) -> Result<u32, Problem> {
    if (1..=limits::REQUESTS_PER_MINUTE).contains(&per_minute) {
        return Ok(per_minute);
    }
    let most = limits::REQUESTS_PER_MINUTE;
    Err(faulty(
        "poll_requests_per_minute",
        &format!("{per_minute} is out of bounds; an application has 1 to {most}"),
    ))
}

fn indices(names: &[String]) -> Result<Vec<IndexName>, Problem> {
    if names.is_empty() {
        return Err(faulty("poll_indices", "missing; name the indices to ask about, as in [\"products\"]"));
    }
    let parse =
        |name: &String| IndexName::parse(name).map_err(|error| faulty("poll_indices", &error.to_string()));
    names.iter().map(parse).collect()
}

fn anonymous_id(id: String) -> Result<String, Problem> {
    if id.trim().is_empty() {
        return Err(faulty(
            "poll_anonymous_id",
            "is empty; Segment takes no event of nobody's, so name somebody",
        ));
    }
    Ok(id)
}

fn faulty(key: &str, message: &str) -> Problem {
    Problem::invalid(format!("recipes.{ZERO_RESULTS}.{key}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::super::source::{Nowhere, parse};
    use super::*;

    fn polled(algolia: &str, recipe: &str) -> Result<Option<PollTarget>, String> {
        let text = format!("[algolia]\napp_id = \"APP\"\n{algolia}\n[recipes]\nzero-results = {recipe}");
        target(&parse(&text, std::iter::empty(), &Nowhere).unwrap()).map_err(|problem| problem.to_string())
    }

    #[test]
    fn polling_is_off_until_it_is_asked_for_and_then_asks_the_regions_own_host() {
        let keys = "admin_key = \"a\"\nanalytics_key = \"b\"\nregion = \"eu\"";
        for off in ["true", "false", "{ enabled = true }"] {
            assert!(polled(keys, off).unwrap().is_none(), "{off}");
        }
        let on = polled(keys, "{ poll = \"1h\", poll_indices = [\"products\"] }").unwrap().unwrap();
        assert_eq!(on.url.host(), Some("analytics.de.algolia.com"));
        assert_eq!((on.key.expose(), on.anonymous_id.as_str()), ("b", "causeway-aggregate"));
        assert_eq!((on.every, on.between), (Duration::from_secs(3600), Duration::from_secs(6)));
    }

    #[test]
    fn what_can_not_work_is_named_with_what_to_do() {
        let key = "admin_key = \"a\"";
        let index = "poll_indices = [\"products\"]";
        let table = [
            ("", format!("{{ poll = \"1h\", {index} }}"), "poll: needs algolia.app_id"),
            (key, "{ poll = \"1h\" }".to_owned(), "poll_indices: missing"),
            (key, "{ poll = \"1h\", poll_indices = [\"*\"] }".to_owned(), "poll_indices: "),
            (key, format!("{{ poll = \"1m\", {index} }}"), "poll: \"1m\" is too often"),
            (key, format!("{{ poll = \"1h\", poll_limit = 1001, {index} }}"), "poll_limit: 1001"),
            (
                key,
                format!("{{ poll = \"1h\", poll_requests_per_minute = 0, {index} }}"),
                "poll_requests_per_minute: 0",
            ),
            (
                key,
                format!("{{ poll = \"1h\", poll_anonymous_id = \" \", {index} }}"),
                "poll_anonymous_id: is empty",
            ),
            (key, format!("{{ poll = \"1h\", poll_index = \"x\", {index} }}"), "poll_index: unknown field"),
            (key, format!("{{ {index} }}"), "poll_indices: does nothing without poll"),
        ];
        for (algolia, recipe, fault) in table {
            let said = polled(algolia, &recipe).unwrap_err();
            assert!(said.starts_with(&format!("recipes.zero-results.{fault}")), "{recipe}: {said}");
        }
    }
}
