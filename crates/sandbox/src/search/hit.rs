//! A hit: a record's attributes as they were written, and its texts with the matching words marked.

use super::matching::Matches;
use super::parameters::Parameters;
use super::searchable::{Entry, Node, Searchable, Text};
use super::settings::is_within;
use std::collections::HashMap;

/// What is the same for all hits of an answer.
pub(super) struct Writer<'a> {
    searchable: &'a Searchable,
    parameters: &'a Parameters,
    matches: &'a Matches,
    taken_for: HashMap<u32, usize>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(searchable: &'a Searchable, parameters: &'a Parameters, matches: &'a Matches) -> Self {
        Self { searchable, parameters, matches, taken_for: matches.taken_for() }
    }

    /// Writes a hit as JSON.
    pub(super) fn write(&self, record: u32, json: &mut Vec<u8>) {
        let entry = &self.searchable.entries[record as usize];
        json.push(b'{');
        write_attributes(
            entry,
            self.parameters.retrieve.as_deref(),
            &self.searchable.settings.unretrievable,
            json,
        );
        let chosen = entry.texts.iter().filter(|(name, _)| self.is_highlighted(name));
        let mut chosen = chosen.peekable();
        if chosen.peek().is_some() {
            json.extend_from_slice(b",\"_highlightResult\":{");
            self.write_members(chosen, json);
            json.push(b'}');
        }
        json.push(b'}');
    }

    /// All searchable attributes where nothing is asked for.
    fn is_highlighted(&self, name: &str) -> bool {
        let settings = &self.searchable.settings;
        if settings.unretrievable.iter().any(|hidden| hidden == name) {
            return false;
        }
        if let Some(names) = &self.parameters.highlight {
            return names.iter().any(|wanted| wanted == "*" || is_within(wanted, name));
        }
        settings.searchable.is_empty()
            || settings.searchable.iter().flatten().any(|path| is_within(path, name))
    }

    fn write_members<'b>(&self, members: impl Iterator<Item = &'b (String, Node)>, json: &mut Vec<u8>) {
        for (place, (name, node)) in members.enumerate() {
            comma(place, json);
            write_text(name, json);
            json.push(b':');
            self.write_node(node, json);
        }
    }

    fn write_node(&self, node: &Node, json: &mut Vec<u8>) {
        match node {
            Node::Text(text) => self.write_highlight(text, json),
            Node::Map(members) => {
                json.push(b'{');
                self.write_members(members.iter(), json);
                json.push(b'}');
            }
            Node::List(nodes) => {
                json.push(b'[');
                for (place, node) in nodes.iter().enumerate() {
                    comma(place, json);
                    self.write_node(node, json);
                }
                json.push(b']');
            }
        }
    }

    /// `{"value", "matchLevel", "fullyHighlighted"?, "matchedWords"}`
    fn write_highlight(&self, text: &Text, json: &mut Vec<u8>) {
        let (value, matched, full) = self.highlight(text);
        json.extend_from_slice(b"{\"value\":");
        write_text(&value, json);
        let count = matched.iter().filter(|matched| **matched).count();
        let level: &[u8] = match count {
            0 => b",\"matchLevel\":\"none\"",
            count if count == matched.len() => b",\"matchLevel\":\"full\"",
            _ => b",\"matchLevel\":\"partial\"",
        };
        json.extend_from_slice(level);
        if count > 0 {
            json.extend_from_slice(if full {
                b",\"fullyHighlighted\":true"
            } else {
                b",\"fullyHighlighted\":false"
            });
        }
        json.extend_from_slice(b",\"matchedWords\":[");
        let words = self.matches.words.iter().zip(&matched).filter(|(_, matched)| **matched);
        for (place, (word, _)) in words.enumerate() {
            comma(place, json);
            write_text(&word.text, json);
        }
        json.extend_from_slice(b"]}");
    }

    /// The text with marks, which words of the query are in it, and whether all of it is marked.
    fn highlight(&self, text: &Text) -> (String, Vec<bool>, bool) {
        let (before, after) = &self.parameters.tags;
        let mut matched = vec![false; self.matches.words.len()];
        let mut value = String::with_capacity(text.text.len() + 16);
        let (mut done, mut full) = (0, true);
        for (start, end, word) in &text.tokens {
            let Some(place) = self.taken_for.get(word) else {
                full = false;
                continue;
            };
            matched[*place] = true;
            let own = &text.text[*start..*end];
            let letters = self.matches.words[*place].covers(own);
            let stop = own.char_indices().nth(letters).map_or(*end, |(at, _)| start + at);
            full &= stop == *end;
            value.extend([&text.text[done..*start], before, &text.text[*start..stop], after]);
            done = stop;
        }
        value.push_str(&text.text[done..]);
        (value, matched, full)
    }
}

/// A record's attributes, without the braces: all that may be retrieved, or those asked for; `objectID` always.
pub(super) fn write_attributes(
    entry: &Entry,
    wanted: Option<&[String]>,
    hidden: &[String],
    json: &mut Vec<u8>,
) {
    let asked = |name: &str| wanted.is_none_or(|wanted| is_asked(name, wanted));
    let shown = |name: &str| name == "objectID" || (asked(name) && !hidden.iter().any(|own| own == name));
    for (place, (name, value)) in entry.attributes.iter().filter(|(name, _)| shown(name)).enumerate() {
        comma(place, json);
        write_text(name, json);
        json.push(b':');
        json.extend_from_slice(value.as_bytes());
    }
}

/// `*` is all, `-a` takes one away; a nested path asks for the whole attribute that it is in.
fn is_asked(name: &str, wanted: &[String]) -> bool {
    let refused = wanted.iter().any(|own| own.strip_prefix('-') == Some(name));
    !refused && wanted.iter().any(|own| own == "*" || is_within(own, name))
}

fn comma(place: usize, json: &mut Vec<u8>) {
    if place > 0 {
        json.push(b',');
    }
}

/// Writes a JSON string.
pub(super) fn write_text(text: &str, json: &mut Vec<u8>) {
    // Writing to a vector can't fail.
    let _ = serde_json::to_writer(json, text);
}
