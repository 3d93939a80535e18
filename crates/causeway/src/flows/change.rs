//! What an import changes, flow by flow.

use super::{Catalogue, Known};
use causeway_engine::flow::difference::{self, Difference};
use causeway_engine::flow::{Document, Fault};
use serde::Serialize;
use std::collections::HashSet;
use std::fmt;

/// What becomes of one flow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The flow.
    pub name: String,
    /// In a word.
    pub effect: Effect,
    /// What ran (or was switched off) until now: `recipe`, a file, `version 3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The new version's number, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Place by place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// What becomes of a flow, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// There was none of this name.
    New,
    /// It says something else.
    Changed,
    /// It says the same in another text: comments, order, spacing.
    Rewritten,
    /// It is the same, letter for letter; no version is made.
    Unchanged,
}

impl Change {
    /// What this document would change.
    pub(super) fn of(current: &Catalogue, document: &Document) -> Self {
        let name = document.definition().name.clone();
        let before = current.find(&name);
        let differences = difference::between(before.map(|known| &known.document), document);
        Self {
            effect: effect(before, document, &differences),
            from: before.map(|known| known.origin.to_string()),
            version: None,
            name,
            differences,
        }
    }
}

fn effect(before: Option<&Known>, document: &Document, differences: &[Difference]) -> Effect {
    match before {
        None => Effect::New,
        Some(known) if known.document.text() == document.text() => Effect::Unchanged,
        Some(_) if differences.is_empty() => Effect::Rewritten,
        Some(_) => Effect::Changed,
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
        let to = self.version.map(|version| format!(" to version {version}")).unwrap_or_default();
        let word = match self.effect {
            Effect::New => "new",
            Effect::Changed => "changed",
            Effect::Rewritten => "comments and spacing changed",
            Effect::Unchanged => "unchanged",
        };
        write!(out, "{}: {word}{from}{to}", self.name)?;
        self.differences.iter().try_for_each(|difference| write!(out, "\n  {difference}"))
    }
}

/// Two documents of one name can't both be the next version.
pub(super) fn repeated(documents: &[Document]) -> Vec<Fault> {
    let mut seen = HashSet::new();
    let names = documents.iter().map(|document| &document.definition().name);
    let again = names.filter(|name| !seen.insert(name.as_str()));
    again
        .map(|name| Fault {
            flow: name.clone(),
            place: "name".to_owned(),
            message: "two of the imported flows have this name; keep one".to_owned(),
        })
        .collect()
}
