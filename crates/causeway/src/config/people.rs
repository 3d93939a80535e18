//! What is done with people: which traits and audiences go to Algolia, and what they change of a search.

use super::Settings;
use super::source::Problem;
use causeway_algolia::records::IndexName;
use causeway_engine::flow::{Categories, ConsentMissing};
use causeway_engine::profile::{Affinity, Keep, Sync, What};
use causeway_engine::recipes::{AUDIENCE_SYNC, TRAIT_SYNC};
use causeway_engine::search_context::{Audiences, Caps, Rule, Rules};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The index of records where the configuration names none.
const DEFAULT_INDEX: &str = "causeway_profiles";

/// `recipes.trait-sync`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TraitSync {
    #[serde(default = "default_index")]
    index: String,
    #[serde(default)]
    traits: Vec<String>,
    #[serde(default)]
    consent: Categories,
    #[serde(default)]
    consent_missing: ConsentMissing,
    affinities: Option<Affinities>,
}

/// `recipes.trait-sync.affinities`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Affinities {
    index: String,
    facets: BTreeMap<String, String>,
}

/// `recipes.audience-sync`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AudienceSync {
    #[serde(default = "default_index")]
    index: String,
    audiences: Option<Vec<String>>,
    #[serde(default = "yes")]
    rule_contexts: bool,
    #[serde(default)]
    consent: Categories,
    #[serde(default)]
    consent_missing: ConsentMissing,
}

fn default_index() -> String {
    DEFAULT_INDEX.to_owned()
}

fn yes() -> bool {
    true
}

/// The recipes that keep records at Algolia, of those that are on.
pub(super) fn syncs(settings: &Settings) -> Result<Vec<Sync>, Problem> {
    let traits = table::<TraitSync>(settings, TRAIT_SYNC)?.map(trait_sync).transpose()?;
    let audiences = table::<AudienceSync>(settings, AUDIENCE_SYNC)?.map(audience_sync).transpose()?;
    Ok(traits.into_iter().chain(audiences).collect())
}

fn trait_sync(given: TraitSync) -> Result<Sync, Problem> {
    let faulty =
        |key: &str, message: &str| Problem::invalid(format!("recipes.{TRAIT_SYNC}.{key}: {message}"));
    if given.traits.is_empty() {
        return Err(faulty(
            "traits",
            "missing; name the traits that go to Algolia, as in { traits = [\"plan\"] }",
        ));
    }
    if let Some(name) = given.traits.iter().find(|name| RESERVED.contains(&name.as_str())) {
        return Err(faulty(
            "traits",
            &format!("{name:?} is an attribute of its own in the records; leave it out"),
        ));
    }
    let Affinities { index, facets } =
        given.affinities.unwrap_or_else(|| Affinities { index: String::new(), facets: BTreeMap::new() });
    if facets.len() > MAX_AFFINITIES {
        return Err(faulty(
            "affinities.facets",
            &format!("more than {MAX_AFFINITIES}; keep those that matter most"),
        ));
    }
    let affinity = |(name, facet)| Affinity { name, facet, index: index.clone() };
    Ok(Sync {
        flow: TRAIT_SYNC,
        index: index_name(TRAIT_SYNC, &given.index)?,
        what: What::Traits(given.traits),
        consent: given.consent,
        consent_missing: given.consent_missing,
        affinities: facets.into_iter().map(affinity).collect(),
    })
}

/// So many traits may become evidence for Algolia's personalization: each is an event of its own.
const MAX_AFFINITIES: usize = 20;

/// Attributes of a record that no trait may take the place of.
const RESERVED: [&str; 2] = ["objectID", causeway_engine::profile::AUDIENCES];

fn audience_sync(given: AudienceSync) -> Result<Sync, Problem> {
    Ok(Sync {
        flow: AUDIENCE_SYNC,
        index: index_name(AUDIENCE_SYNC, &given.index)?,
        what: What::Audiences(given.audiences),
        consent: given.consent,
        consent_missing: given.consent_missing,
        affinities: Vec::new(),
    })
}

fn index_name(recipe: &str, name: &str) -> Result<IndexName, Problem> {
    IndexName::parse(name).map_err(|error| Problem::invalid(format!("recipes.{recipe}.index: {error}")))
}

/// A recipe's settings, if it is on.
fn table<T: for<'de> Deserialize<'de>>(settings: &Settings, recipe: &str) -> Result<Option<T>, Problem> {
    let value = match settings.recipes.get(recipe) {
        None | Some(toml::Value::Boolean(false)) => return Ok(None),
        Some(toml::Value::Boolean(true)) => toml::Value::Table(toml::Table::new()),
        Some(value) => value.clone(),
    };
    serde_path_to_error::deserialize(value).map(Some).map_err(|error| {
        let place = match error.path().to_string().as_str() {
            "." => format!("recipes.{recipe}"),
            path => format!("recipes.{recipe}.{path}"),
        };
        Problem::invalid(format!("{place}: {}", error.into_inner().to_string().trim_end()))
    })
}

/// Which traits are kept: those that a recipe names, and all that do not say who somebody is.
pub(super) fn keep(settings: &Settings, syncs: &[Sync]) -> Keep {
    let named = syncs.iter().flat_map(|sync| match &sync.what {
        What::Traits(names) => names.clone(),
        What::Audiences(_) => Vec::new(),
    });
    Keep { asked_for: named.chain(settings.profiles.personal_traits.iter().cloned()).collect() }
}

/// The rules by which a person changes searches.
pub(super) fn rules(settings: &Settings) -> Result<Rules, Problem> {
    let given = &settings.search_context;
    if !(0.0..=1.0).contains(&given.hold_out) {
        let message =
            format!("search_context.hold_out: {} is no share; give 0.1 for a tenth", given.hold_out);
        return Err(Problem::invalid(message));
    }
    let mut faults = Vec::new();
    let mut rules = Vec::new();
    for (number, rule) in given.rules.iter().enumerate() {
        match Rule::compile(rule) {
            Ok(rule) => rules.push(rule),
            Err(found) => {
                faults.extend(found.iter().map(|fault| format!("search_context.rules[{number}].{fault}")));
            }
        }
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults.join("\n")));
    }
    Ok(Rules {
        rules,
        audiences: audience_contexts(settings)?,
        hold_out: given.hold_out,
        seed: given.hold_out_seed.clone(),
        caps: Caps {
            rule_contexts: given.max_rule_contexts,
            optional_filters: given.max_optional_filters,
            analytics_tags: given.max_analytics_tags,
        },
    })
}

/// `audience-sync` makes its audiences rule contexts, unless told not to.
fn audience_contexts(settings: &Settings) -> Result<Audiences, Problem> {
    let recipe = table::<AudienceSync>(settings, AUDIENCE_SYNC)?.filter(|recipe| recipe.rule_contexts);
    Ok(match recipe {
        None => Audiences::None,
        Some(AudienceSync { audiences: Some(keys), .. }) => Audiences::Only(keys),
        Some(AudienceSync { audiences: None, .. }) => Audiences::All,
    })
}
