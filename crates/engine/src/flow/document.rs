//! A flow file that stands alone: its text and what the text says, the tracking plan included.
//!
//! A flow names its plan as a file. Versions in the state store must not break when that file moves or changes, so a
//! document takes the plan's JSON into the text, at the place of the name, and leaves every other character (comments,
//! order, spacing) as its author wrote it.

use super::definition::{Definition, Fault, PlanSource, is_json};
use serde::Deserialize;
use std::ops::Range;

/// A flow file that needs no other file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    definition: Definition,
    text: String,
}

impl Document {
    /// Reads a flow file; the plan that it names comes from `plans`. `origin` is what faults call the file.
    pub fn read(text: &str, origin: &str, plans: PlanSource<'_>) -> Result<Self, Vec<Fault>> {
        let definition = Definition::parse(text, origin)?;
        let Some(name) = definition.plan.clone().filter(|_| definition.inline_plan().is_none()) else {
            return Ok(Self { definition, text: text.to_owned() });
        };
        let plan = plans(&name).map_err(|message| {
            vec![Fault {
                flow: origin.to_owned(),
                place: "plan".to_owned(),
                message: format!("{name}: {message}"),
            }]
        })?;
        Ok(Self { definition, text: text.to_owned() }.with_plan(plan))
    }

    /// Writes the text of a definition.
    pub fn of(definition: Definition) -> Self {
        Self { text: definition.to_text(), definition }
    }

    /// What the text says.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file's ending for this text.
    pub fn extension(&self) -> &'static str {
        if is_json(&self.text) { "flow.json" } else { "toml" }
    }

    /// The document with another value for `plan`: a file's name or a plan's JSON.
    #[must_use]
    pub fn with_plan(self, plan: String) -> Self {
        let text = plan_place(&self.text).map(|place| replaced(&self.text, place, &plan));
        let definition = Definition { plan: Some(plan), ..self.definition };
        match text {
            Some(text) => Self { definition, text },
            None => Self::of(definition),
        }
    }
}

/// Where in a TOML text the value of `plan` stands; none in JSON, which has no comments that could get lost.
fn plan_place(text: &str) -> Option<Range<usize>> {
    #[derive(Deserialize)]
    struct Plan {
        plan: toml::Spanned<String>,
    }
    toml::from_str::<Plan>(text).ok().map(|found| found.plan.span())
}

fn replaced(text: &str, place: Range<usize>, plan: &str) -> String {
    let value = toml::Value::String(plan.to_owned()).to_string();
    format!("{}{value}{}", &text[..place.start], &text[place.end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# ours\nname = \"a\"\nplan = \"plans/shop.json\" # the shop's\n\n[mapping]\nevent = \"E\" # kept\n";

    #[test]
    fn a_named_plan_moves_into_the_text_and_nothing_else_changes() {
        let plan = "{\"rules\": [{\"key\": \"It's \\\"quoted\\\"\"}]}\n";
        let document = Document::read(TEXT, "a.toml", &|_| Ok(plan.to_owned())).unwrap();
        assert_eq!(document.definition().inline_plan(), Some(plan));
        assert!(document.text().contains("# the shop's") && document.text().contains("# kept"));
        let again = Document::read(document.text(), "a.toml", &|_| Err("asked for a file".to_owned()));
        assert_eq!(again.unwrap(), document);
        assert_eq!(document.with_plan("plans/shop.json".to_owned()).text(), TEXT);
    }

    #[test]
    fn a_mapping_with_null_is_kept_as_json() {
        let text = r#"{"name": "a", "mapping": {"event": "E", "properties": {"gone": null}}}"#;
        let definition = Definition::parse(text, "a").unwrap();
        let document = Document::of(definition.clone());
        assert_eq!(document.extension(), "flow.json");
        assert_eq!(Definition::parse(document.text(), "a"), Ok(definition));
    }
}
