//! Texts with a trait in them.

use causeway_mapping::Value;
use std::fmt;

/// A text with at most one `{{path}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    head: String,
    path: Option<Vec<String>>,
    tail: String,
}

/// A longer text would take the query itself over Algolia's bounds, and is nothing that a facet holds.
const MAX_TEXT: usize = 256;

/// At most so many items of a list trait are used.
const MAX_ITEMS: usize = 20;

impl Template {
    /// Reads a template.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a text is empty; take it out".to_owned());
        }
        let Some((head, rest)) = text.split_once("{{") else {
            return Ok(Self { head: text.to_owned(), path: None, tail: text.to_owned() });
        };
        let unclosed = || format!("{text:?} has a `{{{{` without `}}}}`");
        let (path, tail) = rest.split_once("}}").ok_or_else(unclosed)?;
        if tail.contains("{{") {
            return Err(format!("{text:?} has more than one trait; write a text for each"));
        }
        let path: Vec<String> = path.trim().split('.').map(str::to_owned).collect();
        if path.len() < 2 || path.iter().any(String::is_empty) || path[0] != "traits" {
            return Err(format!("{text:?}: write a trait as {{{{traits.name}}}}"));
        }
        Ok(Self { head: head.to_owned(), path: Some(path), tail: tail.to_owned() })
    }

    /// What stands before the trait; the whole text if there is none.
    pub(super) fn head(&self) -> &str {
        &self.head
    }

    /// What stands after the trait; the whole text if there is none.
    pub(super) fn tail(&self) -> &str {
        &self.tail
    }

    /// The texts for a person: one, one for each item of a trait that is a list, or none where the trait is missing.
    pub(super) fn values(&self, payload: &Value<'_>, shape: fn(&str) -> String) -> Vec<String> {
        let Some(path) = &self.path else { return vec![self.head.clone()] };
        let found = path.iter().try_fold(payload, |value, name| value.get(name));
        let texts = match found {
            Some(Value::Array(items)) => items.iter().take(MAX_ITEMS).filter_map(text).collect(),
            Some(value) => text(value).into_iter().collect(),
            None => Vec::new(),
        };
        texts.iter().map(|text| format!("{}{}{}", self.head, shape(text), self.tail)).collect()
    }
}

/// What a trait says as text; nothing for null, empty or very long text, and what has parts.
fn text(value: &Value<'_>) -> Option<String> {
    match value {
        Value::String(text) if (1..=MAX_TEXT).contains(&text.len()) => Some(text.to_string()),
        Value::Number(_) | Value::Bool(_) => {
            let mut json = Vec::new();
            value.write_json(&mut json);
            String::from_utf8(json).ok()
        }
        _ => None,
    }
}

impl fmt::Display for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(out, "{}{{{{{}}}}}{}", self.head, path.join("."), self.tail),
            None => out.write_str(&self.head),
        }
    }
}
