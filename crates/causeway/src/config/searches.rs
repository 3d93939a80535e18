//! How searches become events.

use super::Settings;
use super::source::Problem;
use super::units::Span;
use causeway_engine::recipes;
use causeway_engine::searches::{self, demand};
use std::time::Duration;
use toml::Value;

/// Nobody types for longer without a pause, and nobody's click is to come later than that.
const LONGEST: Duration = Duration::from_secs(60);

/// What the engine is told of searches.
pub(super) fn checked(settings: &Settings) -> Result<searches::Settings, Problem> {
    let given = &settings.searches;
    at_most(LONGEST, "settle", given.settle)?;
    at_most(LONGEST, "wait_for_search", given.wait_for_search)?;
    at_most(LONGEST, "new_searcher_wait", given.new_searcher_wait)?;
    if given.settle.0.is_zero() {
        return Err(Problem::invalid(
            "searches.settle: 0 makes every keystroke a search; give \"1500ms\"".to_owned(),
        ));
    }
    Ok(searches::Settings {
        settle_ms: given.settle.as_ms(),
        repeat_ms: given.repeat_window.as_ms(),
        empty_queries: given.empty_queries,
        memory_ms: given.memory.as_ms(),
        wait_ms: given.wait_for_search.as_ms(),
        demand: demand::Settings {
            expire_ms: given.forget_demand_after.as_ms(),
            bought_ms: given.bought_within.as_ms(),
        },
        recover: given.recover_query_ids,
        least_confidence: hundredths(given.recover_confidence)?,
        newcomers: is_on(settings, recipes::NEW_SEARCHER),
        newcomer_wait_ms: given.new_searcher_wait.as_ms(),
    })
}

/// A share of one as the engine counts it.
fn hundredths(confidence: f64) -> Result<u8, Problem> {
    let hundredths = (confidence * 100.0).round();
    if (0.0..=100.0).contains(&hundredths) {
        return Ok(hundredths as u8);
    }
    Err(Problem::invalid("searches.recover_confidence: not between 0 and 1; give 0.5".to_owned()))
}

/// Whether a recipe is on.
fn is_on(settings: &Settings, recipe: &str) -> bool {
    match settings.recipes.get(recipe) {
        Some(Value::Boolean(on)) => *on,
        Some(Value::Table(table)) => table.get("enabled").and_then(Value::as_bool).unwrap_or(true),
        _ => false,
    }
}

fn at_most(longest: Duration, key: &str, given: Span) -> Result<(), Problem> {
    if given.0 <= longest {
        return Ok(());
    }
    Err(Problem::invalid(format!("searches.{key}: longer than a minute; give a few seconds at most")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Settings {
        toml::from_str(super::super::source::DEFAULTS).unwrap()
    }

    fn problem(change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = defaults();
        change(&mut settings);
        checked(&settings).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_the_engines_own() {
        assert_eq!(checked(&defaults()).unwrap(), searches::Settings::default());
    }

    #[test]
    fn a_search_that_never_settles_or_settles_at_once_is_refused() {
        let text = problem(|settings| settings.searches.settle = Span(Duration::from_secs(61)));
        assert!(text.contains("searches.settle: longer than a minute"), "{text}");
        let text = problem(|settings| settings.searches.settle = Span(Duration::ZERO));
        assert!(text.contains("searches.settle: 0 makes"), "{text}");
    }
}
