//! From a plan's JSON to a compiled plan.

use super::bounds::{self, Unbounded};
use super::schema::Schema;
use super::{Plan, Versions};
use crate::message::Type;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// Why a plan can't be used. Each names the rule by its place in the file, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is no JSON.
    #[error("the tracking plan is not JSON: {0}")]
    Json(String),
    /// There is no list of rules where one is expected.
    #[error(
        "the tracking plan has no rules; expected {{\"data\":{{\"rules\":[...]}}}}, {{\"rules\":[...]}} or [...]"
    )]
    NoRules,
    /// There are lists of rules, and no rule in any of them.
    #[error(
        "the tracking plan has no rules: {place} is an empty list; export the plan again, with its rules"
    )]
    Empty {
        /// The first list.
        place: String,
    },
    /// The answer is one page of several.
    #[error(
        "the tracking plan goes on on another page (pagination.next); put the answers of all pages into one list"
    )]
    Incomplete,
    /// A rule lacks a field or has one of the wrong type.
    #[error("rule {index} is not readable: {problem}")]
    Rule {
        /// Its place.
        index: usize,
        /// What is wrong.
        problem: String,
    },
    /// A TRACK rule has no event name.
    #[error("rule {index} is of type TRACK and has no key; set key to the event's name")]
    NoKey {
        /// Its place.
        index: usize,
    },
    /// Two rules are about the same version of the same thing.
    #[error("rule {index} repeats {rule} version {version}; keep one of them")]
    Repeated {
        /// The second one's place.
        index: usize,
        /// Type and key.
        rule: String,
        /// The version that both have.
        version: i64,
    },
    /// The schema doesn't compile: not draft-07, a reference that leads out of it or back to itself, a pattern with
    /// look-around, or too large.
    #[error("rule {index} ({rule}) has an unusable schema at {place}: {problem}")]
    Schema {
        /// Its place.
        index: usize,
        /// Type and key.
        rule: String,
        /// A JSON pointer into the schema; `(root)` for the whole.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

/// A rule as the Public API writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRule {
    r#type: RuleType,
    key: Option<String>,
    #[serde(alias = "json_schema")]
    json_schema: Value,
    version: Option<f64>,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
enum RuleType {
    Common,
    Group,
    Identify,
    Page,
    Screen,
    Track,
}

impl RawRule {
    /// Type and key, for people.
    fn label(&self) -> String {
        let word = format!("{:?}", self.r#type).to_uppercase();
        self.key.as_ref().map_or(word.clone(), |key| format!("{word} \"{key}\""))
    }

    /// The first version of a rule is 1.
    fn version(&self) -> i64 {
        self.version.map_or(1, |version| version as i64)
    }
}

pub(super) fn load(json: &[u8]) -> Result<Plan, Error> {
    let file: Value = serde_json::from_slice(json).map_err(|error| Error::Json(error.to_string()))?;
    let rules = rules(&file)?;
    let (id, name) = (metadata(&file, "id"), metadata(&file, "name"));
    let mut plan =
        Plan { id, name, common: Versions::default(), track: BTreeMap::new(), others: BTreeMap::new() };
    let mut seen = HashSet::new();
    for (index, rule) in rules.into_iter().enumerate() {
        let rule = read(index, rule)?;
        if !seen.insert((rule.label(), rule.version())) {
            return Err(Error::Repeated { index, rule: rule.label(), version: rule.version() });
        }
        plan.add(index, rule)?;
    }
    Ok(plan)
}

/// The rules of one answer, or of all pages of it.
fn rules(file: &Value) -> Result<Vec<&Value>, Error> {
    let is_page = |item: &Value| item.get("data").or(item.get("rules")).is_some();
    let pages: Vec<&Value> = match file.as_array() {
        Some(items) if items.iter().any(is_page) => items.iter().collect(),
        _ => vec![file],
    };
    let more = pages.last().and_then(|page| body(page).get("pagination")?.get("next"));
    if more.is_some_and(|next| !next.is_null()) {
        return Err(Error::Incomplete);
    }
    let lists: Result<Vec<_>, _> = pages.iter().copied().map(page_rules).collect();
    let rules: Vec<&Value> = lists?.into_iter().flatten().collect();
    if rules.is_empty() { Err(Error::Empty { place: first_list(file, &pages) }) } else { Ok(rules) }
}

/// Where the first list of rules stands in the file.
fn first_list(file: &Value, pages: &[&Value]) -> String {
    let among_pages = pages.first().is_some_and(|page| !std::ptr::eq(*page, file));
    let inside = pages.first().map_or("", |page| match (page.get("data"), body(page).is_array()) {
        (Some(_), true) => "data",
        (Some(_), false) => "data.rules",
        (None, true) => "the file",
        (None, false) => "rules",
    });
    format!("{}{inside}", if among_pages { "[0]." } else { "" })
}

fn body(page: &Value) -> &Value {
    page.get("data").unwrap_or(page)
}

fn page_rules(page: &Value) -> Result<&Vec<Value>, Error> {
    body(page).as_array().or_else(|| body(page)["rules"].as_array()).ok_or(Error::NoRules)
}

fn metadata(file: &Value, key: &str) -> Option<String> {
    let holders = [file, file.get("data").unwrap_or(file)].into_iter();
    let mut plans = holders.flat_map(|holder| [&holder["trackingPlan"], &holder["tracking_plan"], holder]);
    plans.find_map(|plan| plan[key].as_str()).map(str::to_owned)
}

fn read(index: usize, rule: &Value) -> Result<RawRule, Error> {
    RawRule::deserialize(rule).map_err(|error| Error::Rule { index, problem: error.to_string() })
}

impl Plan {
    fn add(&mut self, index: usize, rule: RawRule) -> Result<(), Error> {
        let schema = compile(index, &rule)?;
        let version = rule.version();
        let versions = match rule.r#type {
            RuleType::Common => &mut self.common,
            RuleType::Track => self.track.entry(rule.key.ok_or(Error::NoKey { index })?).or_default(),
            RuleType::Group => self.others.entry(Type::Group).or_default(),
            RuleType::Identify => self.others.entry(Type::Identify).or_default(),
            RuleType::Page => self.others.entry(Type::Page).or_default(),
            RuleType::Screen => self.others.entry(Type::Screen).or_default(),
        };
        versions.add(version, schema);
        Ok(())
    }
}

fn compile(index: usize, rule: &RawRule) -> Result<Schema, Error> {
    let fault = |place: &str, problem: String| {
        let place = if place.is_empty() { "(root)" } else { place }.to_owned();
        Error::Schema { index, rule: rule.label(), place, problem }
    };
    bounds::check(&rule.json_schema).map_err(|Unbounded { place, problem }| fault(&place, problem))?;
    Schema::compile(&rule.json_schema)
        .map_err(|error| fault(error.instance_path().as_str(), error.to_string()))
}
