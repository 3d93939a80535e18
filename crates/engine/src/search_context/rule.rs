//! One rule: when it applies, and what it adds.

use super::SearchContext;
use super::template::Template;
use causeway_mapping::{Trigger, Value};
use serde::{Deserialize, Serialize};

/// A rule as the configuration has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSettings {
    /// FQL over the person's traits; audiences are traits with a boolean value. Without it the rule is for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Contexts that switch on Algolia's rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rule_contexts: Vec<String>,
    /// `facet:value`, perhaps with `<score=N>`; `{{traits.name}}` stands for a trait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional_filters: Vec<String>,
    /// Tags for reports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub analytics_tags: Vec<String>,
    /// Whether Algolia's own personalization is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_personalization: Option<bool>,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct Fault {
    /// The key of the rule that is at fault.
    pub key: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A rule, compiled.
#[derive(Debug, Clone)]
pub struct Rule {
    when: Option<Trigger>,
    additions: Vec<Addition>,
    enable_personalization: Option<bool>,
}

/// Something that a rule adds.
#[derive(Debug, Clone)]
enum Addition {
    /// To `ruleContexts`.
    RuleContext(Template),
    /// To `optionalFilters`.
    OptionalFilter(Template),
    /// To `analyticsTags`.
    AnalyticsTag(Template),
}

/// The highest score of an optional filter. Source: Algolia's guide to optional filters.
const MAX_SCORE: u32 = 65_535;

/// A tag has at most so many characters. Source: Algolia's service limits.
const MAX_TAG: usize = 100;

/// A key, what stands there, and what its texts become.
type List<'s> = (&'static str, &'s [String], fn(Template) -> Addition);

impl Rule {
    /// Compiles a rule; answers everything that is wrong with it.
    pub fn compile(settings: &RuleSettings) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let when = settings.when.as_deref().and_then(|text| noted(&mut faults, trigger(text)));
        let mut additions = Vec::new();
        let lists: [List<'_>; 3] = [
            ("rule_contexts", &settings.rule_contexts, Addition::RuleContext),
            ("optional_filters", &settings.optional_filters, Addition::OptionalFilter),
            ("analytics_tags", &settings.analytics_tags, Addition::AnalyticsTag),
        ];
        for (key, texts, kind) in lists {
            let compiled = texts.iter().map(|text| addition(key, text, kind));
            additions.extend(compiled.filter_map(|one| noted(&mut faults, one)));
        }
        if faults.is_empty() {
            Ok(Self { when, additions, enable_personalization: settings.enable_personalization })
        } else {
            Err(faults)
        }
    }

    /// Whether the rule is for this person.
    pub(super) fn matches(&self, payload: &Value<'_>) -> bool {
        self.when.as_ref().is_none_or(|when| when.matches(payload))
    }

    /// Adds what the rule has to add.
    pub(super) fn add(&self, payload: &Value<'_>, context: &mut SearchContext) {
        for addition in &self.additions {
            match addition {
                Addition::RuleContext(template) => template
                    .values(payload, str::to_owned)
                    .into_iter()
                    .for_each(|text| push_new(&mut context.rule_contexts, legal_context(&text))),
                Addition::OptionalFilter(template) => template
                    .values(payload, filter_value)
                    .into_iter()
                    .for_each(|text| push_new(&mut context.optional_filters, text)),
                Addition::AnalyticsTag(template) => template
                    .values(payload, str::to_owned)
                    .into_iter()
                    .for_each(|text| push_new(&mut context.analytics_tags, legal_tag(&text))),
            }
        }
        context.enable_personalization = self.enable_personalization.or(context.enable_personalization);
    }
}

fn noted<T>(faults: &mut Vec<Fault>, outcome: Result<T, Fault>) -> Option<T> {
    outcome.map_err(|fault| faults.push(fault)).ok()
}

fn trigger(text: &str) -> Result<Trigger, Fault> {
    Trigger::parse(text).map_err(|error| Fault { key: "when", message: error.to_string() })
}

fn addition(key: &'static str, text: &str, kind: fn(Template) -> Addition) -> Result<Addition, Fault> {
    let fault = |message| Fault { key, message };
    let addition = kind(Template::parse(text).map_err(fault)?);
    if let Addition::OptionalFilter(template) = &addition {
        check_filter(template).map_err(fault)?;
    }
    Ok(addition)
}

/// A filter needs a facet, which no trait may choose, and its score must be one.
fn check_filter(template: &Template) -> Result<(), String> {
    let facet = template.head().split_once(':').map(|(facet, _)| facet);
    if facet.is_none_or(str::is_empty) {
        return Err(format!("{template} has no facet; write `facet:value` or `facet:{{{{traits.name}}}}`"));
    }
    let Some((_, score)) = template.tail().split_once("<score=") else { return Ok(()) };
    let score = score.strip_suffix('>').and_then(|score| score.parse::<u32>().ok());
    match score {
        Some(score) if score <= MAX_SCORE => Ok(()),
        _ => {
            Err(format!("{template}: the score must be a whole number up to {MAX_SCORE}, as in `<score=3>`"))
        }
    }
}

/// A trait's value within a filter: one that starts with `-` would turn the filter around, and none may bring a score.
fn filter_value(value: &str) -> String {
    let plain = value.replace("<score=", "<score ");
    if plain.starts_with('-') { format!("\\{plain}") } else { plain }
}

/// Algolia's rules know contexts of letters, digits, `_` and `-` only; all else becomes `_`.
pub(super) fn legal_context(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' }).collect()
}

fn legal_tag(text: &str) -> String {
    text.chars().take(MAX_TAG).collect()
}

pub(super) fn push_new(list: &mut Vec<String>, text: String) {
    if !text.is_empty() && !list.contains(&text) {
        list.push(text);
    }
}
