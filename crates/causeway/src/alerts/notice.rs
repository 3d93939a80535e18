//! What is told.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is wrong.
    Info,
    /// Somebody should look at it today.
    Warning,
    /// Events are held up or in danger.
    Critical,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The same as long as it is the same thing: the condition, then what it is about, as in `vendor/segment`.
    pub key: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line that stays the same.
    pub title: String,
    /// What is known of it now, and what to do, in a sentence or two.
    pub text: String,
    /// Figures and names, for programs and for people in a hurry.
    pub facts: BTreeMap<String, String>,
    /// How much of it there is: it is told again when this has grown manyfold. 0 where it can't grow.
    pub measure: f64,
    /// The page of the handbook about it, without `.md`.
    pub page: String,
}

/// Why a notice is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is wrong, or much worse than when it was told last.
    Firing,
    /// It is still wrong.
    Reminder,
    /// Somebody says that they see to it.
    Acknowledged,
    /// It is fine again.
    Recovered,
    /// Nothing is wrong; somebody tries whether notices arrive.
    Test,
}

/// A message for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Why it is sent.
    pub kind: Kind,
    /// What is, or was, wrong.
    #[serde(flatten)]
    pub finding: Finding,
    /// Since when, in milliseconds since the Unix epoch.
    pub since: i64,
    /// When this was decided.
    pub at: i64,
    /// Whether it was held back during quiet hours.
    #[serde(default)]
    pub held: bool,
}

impl Notice {
    /// A notice that says that nothing is wrong.
    pub fn test(now: i64) -> Self {
        let finding = Finding {
            key: "test".to_owned(),
            severity: Severity::Info,
            title: "This is a test".to_owned(),
            text: "Somebody tried whether Causeway's notices arrive. Nothing is wrong.".to_owned(),
            facts: BTreeMap::new(),
            measure: 0.0,
            page: "alerts".to_owned(),
        };
        Self { kind: Kind::Test, finding, since: now, at: now, held: false }
    }

    /// The title with what kind of notice it is.
    pub fn headline(&self) -> String {
        let title = &self.finding.title;
        match self.kind {
            Kind::Firing => format!("{}: {title}", self.finding.severity.word().to_uppercase()),
            Kind::Reminder => format!("Still {}: {title}", self.finding.severity.word()),
            Kind::Acknowledged => format!("Acknowledged: {title}"),
            Kind::Recovered => format!("Recovered: {title}"),
            Kind::Test => title.clone(),
        }
    }

    /// One notice for two about the same thing, of which neither was sent: what holds by now.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        self.held |= before.held;
        if before.kind == Kind::Firing && matches!(self.kind, Kind::Reminder | Kind::Acknowledged) {
            self.kind = Kind::Firing;
        }
        self
    }
}

#[cfg(test)]
pub(super) mod examples {
    use super::*;

    pub(crate) fn finding(key: &str, severity: Severity, measure: f64) -> Finding {
        Finding {
            key: key.to_owned(),
            severity,
            title: format!("{key} is wrong"),
            text: "See to it.".to_owned(),
            facts: BTreeMap::from([("count".to_owned(), measure.to_string())]),
            measure,
            page: "alerts".to_owned(),
        }
    }

    pub(crate) fn notice(kind: Kind, key: &str, severity: Severity, at: i64) -> Notice {
        Notice { kind, finding: finding(key, severity, 1.0), since: at, at, held: false }
    }
}
