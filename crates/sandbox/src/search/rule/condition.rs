//! What a search must be like for a rule to apply.

use super::{Occasion, invalid, plain};
use crate::search::refusal::Refusal;
use serde_json::Value;

/// All of it must hold.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pattern: Option<(String, Anchoring)>,
    pub(super) context: Option<String>,
    filters: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchoring {
    Is,
    StartsWith,
    EndsWith,
    Contains,
}

impl Condition {
    pub(super) fn parse(document: &Value) -> Result<Self, Refusal> {
        let text = |key: &str| document.get(key).and_then(Value::as_str).map(str::to_owned);
        let context = text("context");
        let legal = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
        if context.as_ref().is_some_and(|context| context.is_empty() || !context.chars().all(legal)) {
            return Err(invalid("context must only contain letters, digits, underscores and hyphens"));
        }
        let anchoring = match text("anchoring").as_deref() {
            Some("is") => Some(Anchoring::Is),
            Some("startsWith") => Some(Anchoring::StartsWith),
            Some("endsWith") => Some(Anchoring::EndsWith),
            Some("contains") => Some(Anchoring::Contains),
            None => None,
            Some(_) => return Err(invalid("anchoring must be is, startsWith, endsWith or contains")),
        };
        let pattern = match (text("pattern"), anchoring) {
            (Some(pattern), Some(anchoring)) => Some((plain(&pattern), anchoring)),
            (None, None) => None,
            _ => return Err(invalid("pattern and anchoring go together")),
        };
        Ok(Self { pattern, context, filters: text("filters") })
    }

    pub(super) fn holds(&self, occasion: &Occasion) -> bool {
        let context = self.context.as_ref().is_none_or(|context| occasion.contexts.contains(context));
        let pattern = self.pattern.as_ref().is_none_or(|(pattern, anchoring)| {
            let query = plain(occasion.query);
            match anchoring {
                Anchoring::Is => query == *pattern,
                Anchoring::StartsWith => format!("{query} ").starts_with(&format!("{pattern} ")),
                Anchoring::EndsWith => format!(" {query}").ends_with(&format!(" {pattern}")),
                Anchoring::Contains => format!(" {query} ").contains(&format!(" {pattern} ")),
            }
        });
        let filters = self.filters.as_ref().is_none_or(|filters| occasion.filters.contains(filters));
        context && pattern && filters
    }
}
