//! A flow file that stands alone: its text and what the text says, the tracking plan included.
//!
//! A flow names its plan as a file. Versions in the state store must not break when that file moves or changes, so a
//! document takes the plan's JSON into the text, at the place of the name, and leaves every other character (comments,
//! order, spacing) as its author wrote it.

use super::definition::{Definition, Fault, PlanSource, is_json};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::{Spanned, Table, Value};

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

    /// The document with other values for keys of the flow and for settings that it has, its comments kept. `origin` is
    /// what faults call it.
    pub fn with_values(&self, keys: &Table, settings: &Table, origin: &str) -> Result<Self, Vec<Fault>> {
        let text = keys.iter().fold(self.text.clone(), |text, (key, value)| with_value(&text, key, value));
        let text = settings.iter().fold(text, |text, (key, value)| with_setting(&text, key, value));
        Self::read(&text, origin, &|_| Err("the plan stands in the flow".to_owned()))
    }

    /// The document with another value for `plan`: a file's name or a plan's JSON.
    #[must_use]
    pub fn with_plan(self, plan: String) -> Self {
        let value = Value::String(plan.clone());
        let text = place_of(&self.text, "plan").map(|place| replaced(&self.text, place, &value));
        let definition = Definition { plan: Some(plan), ..self.definition };
        match text {
            Some(text) => Self { definition, text },
            None => Self::of(definition),
        }
    }
}

/// The keys of a table with the place of each value.
type Places = BTreeMap<String, Spanned<Value>>;

#[derive(Deserialize)]
struct WithSettings {
    #[serde(default)]
    settings: Places,
}

/// Where in a TOML text the value of a key stands; none in JSON, which has no comments that could get lost.
fn place_of(text: &str, key: &str) -> Option<Range<usize>> {
    toml::from_str::<Places>(text).ok()?.get(key).map(Spanned::span)
}

fn place_of_setting(text: &str, key: &str) -> Option<Range<usize>> {
    toml::from_str::<WithSettings>(text).ok()?.settings.get(key).map(Spanned::span)
}

/// The text with another value of a key; a new key goes below the name.
fn with_value(text: &str, key: &str, value: &Value) -> String {
    match (place_of(text, key), place_of(text, "name")) {
        (Some(place), _) => replaced(text, place, value),
        (None, Some(name)) => format!("{}\n{key} = {value}{}", &text[..name.end], &text[name.end..]),
        (None, None) => format!("{key} = {value}\n{text}"),
    }
}

fn with_setting(text: &str, key: &str, value: &Value) -> String {
    place_of_setting(text, key).map_or_else(|| text.to_owned(), |place| replaced(text, place, value))
}

fn replaced(text: &str, place: Range<usize>, value: &Value) -> String {
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
    fn other_values_take_their_places_and_every_comment_stays() {
        let text = "# ours\nname = \"a\"\nenabled = true # or not\n\n[settings]\nindex = \"\" # of products\n\
                    [mapping]\nevent = \"E\"\n";
        let document = Document::read(text, "a", &|_| Err(String::new())).unwrap();
        let keys: Table = "enabled = false\nconsent = [\"ads\"]\n".parse().unwrap();
        let settings: Table = "index = \"it's \\\"here\\\"\"\n".parse().unwrap();
        let tuned = document.with_values(&keys, &settings, "a").unwrap();
        assert_eq!(tuned.definition().settings["index"], "it's \"here\"");
        assert!(!tuned.definition().enabled && tuned.definition().consent.0 == ["ads"]);
        let words = ["# ours", "enabled = false # or not", "# of products", "consent = [\"ads\"]"];
        assert!(words.iter().all(|words| tuned.text().contains(words)), "{}", tuned.text());
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
