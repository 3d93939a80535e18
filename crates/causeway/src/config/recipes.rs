//! Recipes: which are on, and with what settings.

use super::checked::described;
use super::poll;
use super::settings::{Naming, Settings};
use super::source::{Problem, closest};
use crate::flows::{Known, Origin};
use causeway_engine::flow::Document;
use causeway_engine::recipes;
use toml::{Table, Value};

/// What a recipe's table may hold for every recipe, beside the settings of its own.
const COMMON: [&str; 3] = ["enabled", "consent", "consent_missing"];

/// The flows of the recipes that are on.
pub(super) fn known(settings: &Settings) -> Result<Vec<Known>, Problem> {
    let naming = match settings.segment.naming {
        Naming::Search => recipes::Naming::Search,
        Naming::Ecommerce => recipes::Naming::Ecommerce,
    };
    let flows = |(name, _): &(&String, &Value)| !recipes::SYNCS.contains(&name.as_str());
    let all = settings.recipes.iter().filter(flows).map(|(name, value)| flow(name, value, naming));
    Ok(all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

fn flow(name: &str, value: &Value, naming: recipes::Naming) -> Result<Option<Known>, Problem> {
    let text = recipes::definition(name, naming).ok_or_else(|| unknown(name))?;
    let document = match value {
        Value::Boolean(false) => return Ok(None),
        Value::Boolean(true) => read(name, text)?,
        Value::Table(table) => tuned(name, &read(name, text)?, &of_the_flow(name, table))?,
        other => {
            let fault = format!("recipes.{name}: {other} is neither true, false nor a table of settings");
            return Err(Problem::invalid(fault));
        }
    };
    Ok(Some(Known { document, origin: Origin::Recipe }))
}

fn read(name: &str, text: &str) -> Result<Document, Problem> {
    let document = Document::read(text, name, &|_| Err("a recipe has no plan".to_owned()));
    document.map_err(|faults| described(&faults))
}

/// The table without what is no setting of the flow's.
fn of_the_flow(name: &str, table: &Table) -> Table {
    let own = table.iter().filter(|(key, _)| !poll::is_about_polling(name, key));
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The recipe with the operator's settings in the places of its own.
fn tuned(name: &str, document: &Document, table: &Table) -> Result<Document, Problem> {
    let own: Vec<&str> = document.definition().settings.keys().map(String::as_str).collect();
    if let Some(key) = table.keys().find(|key| !own.iter().chain(&COMMON).any(|known| known == key)) {
        return Err(no_such_setting(name, key, &own));
    }
    let (keys, settings) = table.clone().into_iter().partition(|(key, _)| COMMON.contains(&key.as_str()));
    document.with_values(&keys, &settings, &format!("recipes.{name}")).map_err(|faults| described(&faults))
}

fn no_such_setting(name: &str, key: &str, own: &[&str]) -> Problem {
    let known: Vec<&str> = own.iter().chain(&COMMON).copied().collect();
    let hint = did_you_mean(key, &known);
    Problem::invalid(format!(
        "recipes.{name}.{key}: this recipe has no such setting{hint} (it has: {})",
        known.join(", ")
    ))
}

fn unknown(name: &str) -> Problem {
    let known = [&recipes::NAMES[..], &recipes::SYNCS].concat();
    let hint = did_you_mean(name, &known);
    Problem::invalid(format!(
        "recipes.{name}: there is no such recipe{hint} (this version has: {})",
        known.join(", ")
    ))
}

fn did_you_mean(wrong: &str, known: &[&str]) -> String {
    let right = closest(wrong, known.iter().copied());
    right.map(|right| format!("; did you mean `{right}`?")).unwrap_or_default()
}
