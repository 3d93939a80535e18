//! FQL, Segment's filter language: `type = "track" and contains(properties.name, "shoe")`.

mod condition;
mod evaluate;
mod field;
mod lexer;
mod parse;
mod print;
mod tree;

use std::{fmt, str::FromStr};

use crate::value::Value;
use condition::Condition;
pub use tree::TreeError;

/// A compiled FQL trigger. Made by [`Trigger::parse`] or [`Trigger::from_tree`]; two triggers are equal if they test
/// the same.
#[derive(Clone, Debug)]
pub struct Trigger {
    condition: Condition,
    notices: Vec<Notice>,
}

/// Why a text is no FQL, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct SyntaxError {
    /// Where, in characters from the start of the text, counted from 1.
    pub column: usize,
    /// What is wrong there, and what would be right.
    pub message: String,
}

/// Something in a trigger that means what it means at Segment, yet hardly what its author had in mind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where, in characters from the start of the text, counted from 1.
    pub column: usize,
    /// What it means.
    pub message: String,
}

impl Trigger {
    /// Reads a trigger exactly as Segment's public implementation does, quirks included; [`notices`](Self::notices)
    /// names those that were met.
    ///
    /// ```
    /// use causeway_mapping::{Trigger, Value};
    ///
    /// let trigger = Trigger::parse(r#"type = "track" and properties.price >= 100"#)?;
    /// assert!(trigger.matches(&Value::parse(br#"{"type": "track", "properties": {"price": 120}}"#)?));
    /// assert!(!trigger.matches(&Value::parse(br#"{"type": "track", "properties": {"price": "120"}}"#)?));
    ///
    /// let error = Trigger::parse(r#"kind = "track""#).expect_err("unknown");
    /// assert_eq!(error.column, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> Result<Trigger, SyntaxError> {
        let (condition, notices) = parse::parse(text)?;
        Ok(Trigger { condition, notices })
    }

    /// Whether the payload passes.
    pub fn matches(&self, payload: &Value<'_>) -> bool {
        self.condition.matches(payload)
    }

    /// The trigger as the public implementation's tree: `{"type":"group","operator":"and","children":[…]}`.
    pub fn to_tree(&self) -> serde_json::Value {
        self.condition.to_tree()
    }

    /// A trigger from the public implementation's tree. A group of one becomes that one, as parsing would have it.
    ///
    /// Trees can say a little more than text can: groups in groups, or functions that are not last in their group.
    /// Such a trigger runs as its tree says; its text does not read back.
    pub fn from_tree(tree: &serde_json::Value) -> Result<Trigger, TreeError> {
        Ok(Trigger { condition: tree::from_tree(tree)?, notices: Vec::new() })
    }

    /// The single tests that it joins, each as a trigger of its own.
    pub fn tests(&self) -> Vec<Trigger> {
        let alone = |test: &Condition| Trigger {
            condition: Condition::Group(condition::Joint::And, vec![test.clone()]),
            notices: Vec::new(),
        };
        self.condition.tests().into_iter().map(alone).collect()
    }

    /// What in the text means something else than it seems to say. Empty for a trigger made from a tree.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

impl PartialEq for Trigger {
    fn eq(&self, other: &Self) -> bool {
        self.condition == other.condition
    }
}

impl FromStr for Trigger {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Trigger::parse(text)
    }
}

/// Prints FQL that reads back as the same trigger.
impl fmt::Display for Trigger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(formatter)
    }
}
