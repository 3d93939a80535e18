//! An index made ready to be searched: a dictionary of its words with the places of each, its facets and its numbers.
//! Records are in the order of the custom ranking, so that a record's number is its place among equals.

use super::facets::Facet;
use super::filter::TAGS;
use super::indices::Records;
use super::settings::{FacetSetting, Settings};
use super::text;
use serde_json::{Map, Value};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// Everything about an index that searches read.
#[derive(Debug, Default)]
pub(super) struct Searchable {
    pub(super) settings: Settings,
    pub(super) entries: Vec<Entry>,
    /// The dictionary in alphabetical order.
    pub(super) words: Vec<Word>,
    pub(super) facets: BTreeMap<String, Facet>,
    /// Every numeric attribute: number and record.
    pub(super) numbers: HashMap<String, Vec<(f64, u32)>>,
    /// Every path that holds text, with the number that postings name it by.
    pub(super) attributes: HashMap<String, u16>,
    numbers_of_ids: HashMap<String, u32>,
}

/// A record.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    /// First-level attributes, each as JSON.
    pub(super) attributes: Vec<(String, String)>,
    /// First-level attributes that hold text.
    pub(super) texts: Vec<(String, Node)>,
}

/// Text where it stands in a record.
#[derive(Debug)]
pub(super) enum Node {
    Text(Text),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// A text with the places of its words, in bytes, and their numbers in the dictionary.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) tokens: Vec<(usize, usize, u32)>,
}

/// A word of the dictionary.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: Box<str>,
    /// Where it is found, by record.
    pub(super) postings: Vec<Posting>,
}

/// A place of a word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    pub(super) record: u32,
    /// The rank of the attribute among the searchable ones.
    pub(super) rank: u16,
    /// Which attribute it is; the same number for the same path.
    pub(super) attribute: u16,
    /// The how-manieth word of the text.
    pub(super) position: u16,
}

impl Searchable {
    pub(super) fn build(records: &Records, settings: Settings) -> Self {
        let mut ranked = records.iter().map(|(id, record)| (id, &record.fields)).collect::<Vec<_>>();
        ranked.sort_by(|(_, one), (_, other)| by_custom_ranking(&settings, one, other));
        let mut builder = Builder::default();
        let mut entries = Vec::with_capacity(ranked.len());
        let mut numbers_of_ids = HashMap::new();
        for (number, (id, fields)) in ranked.iter().enumerate() {
            entries.push(builder.entry(number as u32, id, fields, &settings));
            numbers_of_ids.insert((*id).clone(), number as u32);
        }
        let tags = FacetSetting { attribute: TAGS.to_owned(), searchable: false, filter_only: true };
        let facets = [&tags].into_iter().chain(&settings.facets).map(|facet| {
            (facet.attribute.clone(), Facet::build(ranked.iter().map(|(_, fields)| *fields), facet))
        });
        let facets = facets.collect();
        let words = builder.finish(&mut entries);
        let Builder { attributes, numbers, .. } = builder;
        Self { settings, entries, words, facets, numbers, attributes, numbers_of_ids }
    }

    /// The number of the record with this id.
    pub(super) fn number(&self, id: &str) -> Option<u32> {
        self.numbers_of_ids.get(id).copied()
    }
}

fn by_custom_ranking(settings: &Settings, one: &Map<String, Value>, other: &Map<String, Value>) -> Ordering {
    let compare = |(attribute, descending): &(String, bool)| {
        let (one, other) = (at_path(one, attribute), at_path(other, attribute));
        let order = compare(one, other);
        // What lacks the attribute comes last either way.
        if *descending && one.is_some() && other.is_some() { order.reverse() } else { order }
    };
    settings.custom_ranking.iter().map(compare).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn compare(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let number =
        |value: &Value| value.as_f64().or_else(|| value.as_bool().map(|flag| f64::from(u8::from(flag))));
    match (one, other) {
        (None, None) => Ordering::Equal,
        (None, _) => Ordering::Greater,
        (_, None) => Ordering::Less,
        (Some(one), Some(other)) => match (number(one), number(other)) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            _ => one.as_str().cmp(&other.as_str()),
        },
    }
}

/// What stands at a path with dots.
pub(super) fn at_path<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    fields.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        at_path(fields.get(first)?.as_object()?, rest)
    })
}

/// What grows record by record.
#[derive(Default)]
struct Builder {
    numbers_of_words: HashMap<String, u32>,
    postings: Vec<Vec<Posting>>,
    attributes: HashMap<String, u16>,
    numbers: HashMap<String, Vec<(f64, u32)>>,
}

impl Builder {
    fn entry(&mut self, record: u32, id: &str, fields: &Map<String, Value>, settings: &Settings) -> Entry {
        let attributes = fields.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        let named = |(name, value): (&String, &Value)| {
            Some((name.clone(), self.node(record, name, value, settings)?))
        };
        let texts = fields.iter().filter(|(name, _)| *name != "objectID").filter_map(named).collect();
        Entry { id: id.to_owned(), attributes, texts }
    }

    fn node(&mut self, record: u32, path: &str, value: &Value, settings: &Settings) -> Option<Node> {
        match value {
            Value::String(text) => Some(Node::Text(self.text(record, path, text, settings))),
            Value::Number(number) => {
                self.numbers.entry(path.to_owned()).or_default().push((number.as_f64()?, record));
                Some(Node::Text(self.text(record, path, &number.to_string(), settings)))
            }
            Value::Array(items) => {
                let nodes = items.iter().filter_map(|item| self.node(record, path, item, settings));
                Some(Node::List(nodes.collect()))
            }
            Value::Object(fields) => {
                let named = |(name, value): (&String, &Value)| {
                    let node = self.node(record, &format!("{path}.{name}"), value, settings)?;
                    Some((name.clone(), node))
                };
                Some(Node::Map(fields.iter().filter_map(named).collect()))
            }
            Value::Bool(_) | Value::Null => None,
        }
    }

    fn text(&mut self, record: u32, path: &str, text: &str, settings: &Settings) -> Text {
        let rank = settings.rank(path);
        let next = self.attributes.len() as u16;
        let attribute = *self.attributes.entry(path.to_owned()).or_insert(next);
        let mut tokens = Vec::new();
        for (position, token) in text::tokens(text).into_iter().enumerate() {
            let word = self.word(token.word);
            if let Some(rank) = rank {
                let position = u16::try_from(position).unwrap_or(u16::MAX);
                self.postings[word as usize].push(Posting { record, rank, attribute, position });
            }
            tokens.push((token.place.start, token.place.end, word));
        }
        Text { text: text.to_owned(), tokens }
    }

    fn word(&mut self, word: String) -> u32 {
        let next = self.postings.len() as u32;
        let number = *self.numbers_of_words.entry(word).or_insert(next);
        if number == next {
            self.postings.push(Vec::new());
        }
        number
    }

    /// Brings the dictionary into alphabetical order.
    fn finish(&mut self, entries: &mut [Entry]) -> Vec<Word> {
        let mut order = self.numbers_of_words.drain().collect::<Vec<_>>();
        order.sort_unstable();
        let mut places = vec![0; order.len()];
        let mut words = Vec::with_capacity(order.len());
        for (place, (text, number)) in order.into_iter().enumerate() {
            places[number as usize] = place as u32;
            let postings = std::mem::take(&mut self.postings[number as usize]);
            words.push(Word { text: text.into(), postings });
        }
        let nodes = entries.iter_mut().flat_map(|entry| &mut entry.texts).map(|(_, node)| node);
        nodes.for_each(|node| renumber(node, &places));
        words
    }
}

fn renumber(node: &mut Node, places: &[u32]) {
    match node {
        Node::Text(text) => text.tokens.iter_mut().for_each(|(_, _, word)| *word = places[*word as usize]),
        Node::List(nodes) => nodes.iter_mut().for_each(|node| renumber(node, places)),
        Node::Map(nodes) => nodes.iter_mut().for_each(|(_, node)| renumber(node, places)),
    }
}
