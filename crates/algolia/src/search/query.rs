//! One query of a request: where each of its parameters stands, and how one is added.

use super::additions::Addition;
use super::encoded::{self, Encoded};
use super::object::{Found, Object, items};
use crate::json::{Malformed, Reader, Shape};
use std::borrow::Cow;
use std::ops::Range;

/// A query within the text of its request.
#[derive(Debug)]
pub struct Query<'a> {
    text: &'a str,
    index: Cow<'a, str>,
    /// The object with its members; a search by `GET` has none.
    flat: Option<Object<'a>>,
    /// The string `params` or the query string, and the place of it in the text, quotes included.
    encoded: Option<(Encoded<'a>, Range<usize>)>,
}

/// A change to the request's text: this place becomes that.
pub(super) type Edit = (Range<usize>, String);

/// A parameter's value as it is written.
enum Written<'q> {
    Json(&'q str, usize),
    Encoded(&'q str, usize),
}

impl<'a> Query<'a> {
    /// The query whose object comes next. The index stands in the object if it is not given.
    pub(super) fn read(
        text: &'a str,
        reader: &mut Reader<'a>,
        index: Option<&str>,
    ) -> Result<Self, Malformed> {
        let flat = Object::read(reader)?;
        let params = match flat.get("params") {
            Found::Absent => None,
            Found::Once(place) => Some((Encoded::read(Reader::new(&text[place.clone()]).string()?), place)),
            Found::Often => return Err(reader.wrong("params twice")),
        };
        let index = match (index, flat.get("indexName")) {
            (Some(index), _) => Cow::Owned(index.to_owned()),
            (None, Found::Once(place)) => Reader::new(&text[place]).string()?,
            (None, _) => return Err(reader.wrong("a query without one indexName")),
        };
        Ok(Self { text, index, flat: Some(flat), encoded: params })
    }

    /// The query of an address.
    pub(super) fn of_address(text: &'a str, index: &str) -> Self {
        let encoded = Some((Encoded::read(Cow::Borrowed(text)), 0..text.len()));
        Self { text, index: Cow::Owned(index.to_owned()), flat: None, encoded }
    }

    /// The index, as asked.
    pub fn index(&self) -> &str {
        &self.index
    }

    /// A parameter's value as text: of a string what it says, of anything else its JSON.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let Found::Once(written) = self.find(name) else { return None };
        match written {
            Written::Encoded(value, _) => Some(encoded::decode(value)),
            Written::Json(value, _) => match Reader::new(value).shape() {
                Ok(Shape::String) => Reader::new(value).string().ok(),
                Ok(Shape::Null) | Err(_) => None,
                Ok(_) => Some(Cow::Borrowed(value)),
            },
        }
    }

    /// Who the query itself says that searches.
    pub fn user_token(&self) -> Option<Cow<'_, str>> {
        self.get("userToken").filter(|token| !token.is_empty())
    }

    /// Whether it is counted in Analytics.
    pub fn is_analysed(&self) -> bool {
        self.get("analytics").as_deref() != Some("false")
    }

    /// Whether it searches the values of a facet.
    pub fn is_facet(&self) -> bool {
        self.get("type").as_deref() == Some("facet")
    }

    fn find(&self, name: &str) -> Found<Written<'_>> {
        let flat = self.flat.as_ref().map_or(Found::Absent, |flat| flat.get(name));
        let encoded = self.encoded.as_ref().map_or(Found::Absent, |(encoded, _)| encoded.get(name));
        match (flat, encoded) {
            (Found::Absent, Found::Absent) => Found::Absent,
            (Found::Once(place), Found::Absent) => {
                Found::Once(Written::Json(&self.text[place.clone()], place.start))
            }
            (Found::Absent, Found::Once(place)) => match &self.encoded {
                Some((encoded, _)) => {
                    Found::Once(Written::Encoded(&encoded.text[place.clone()], place.start))
                }
                None => Found::Absent,
            },
            _ => Found::Often,
        }
    }

    /// Adds parameters; answers the changes, and the names of those that were added to.
    pub(super) fn add<'n>(
        &self,
        additions: impl Iterator<Item = (&'static str, Addition<'n>)>,
    ) -> (Vec<Edit>, Vec<&'static str>) {
        let mut change = Change::default();
        let names = additions.filter(|(name, addition)| self.add_one(name, *addition, &mut change));
        let names: Vec<&'static str> = names.map(|(name, _)| name).collect();
        (if names.is_empty() { Vec::new() } else { self.edits(change) }, names)
    }

    fn add_one(&self, name: &str, addition: Addition<'_>, change: &mut Change) -> bool {
        match (self.find(name), addition) {
            (Found::Absent, addition) => addition.json().map(|json| self.set(name, &json, addition, change)),
            (Found::Once(written), Addition::Items(ours, cap, plain)) => {
                written.extended(ours, cap, plain).map(|(at, more)| match written {
                    Written::Json(..) => change.edits.push((at..at, more)),
                    Written::Encoded(..) => change.inserted.push((at, more)),
                })
            }
            // What the caller has set stays.
            _ => None,
        }
        .is_some()
    }

    /// Where there is a string of parameters the others of the object may not count.
    fn set(&self, name: &str, json: &str, addition: Addition<'_>, change: &mut Change) {
        if self.encoded.is_none() {
            change.members.push(format!("\"{name}\":{json}"));
            return;
        }
        let value = if let Addition::Text(text) = addition { text } else { json };
        change.pairs.push(format!("{name}={}", encoded::encode(value)));
    }

    fn edits(&self, change: Change) -> Vec<Edit> {
        let Change { mut edits, members, pairs, mut inserted } = change;
        if let (Some(flat), false) = (&self.flat, members.is_empty()) {
            let (end, comma) = flat.end();
            let comma = if comma { "," } else { "" };
            edits.push((end..end, format!("{comma}{}", members.join(","))));
        }
        if let (Some((encoded, place)), false) = (&self.encoded, pairs.is_empty() && inserted.is_empty()) {
            let mut text = encoded.text.to_string();
            // From behind, so that places before stay right.
            inserted.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            for (at, more) in &inserted {
                text.insert_str(*at, more);
            }
            for pair in pairs {
                text.push_str(if text.is_empty() || text.ends_with('&') { "" } else { "&" });
                text.push_str(&pair);
            }
            edits.push((place.clone(), self.spelled(text, &encoded.text)));
        }
        edits
    }

    /// A string of parameters as it stands in the text: what we add needs no escapes of JSON, what was there may.
    #[expect(clippy::ptr_arg, reason = "whether it is borrowed tells how it was spelled")]
    fn spelled(&self, text: String, before: &Cow<'_, str>) -> String {
        match (&self.flat, before) {
            (None, _) => text,
            (Some(_), Cow::Borrowed(_)) => format!("\"{text}\""),
            (Some(_), Cow::Owned(_)) => serde_json::Value::String(text).to_string(),
        }
    }
}

/// What changes of a query.
#[derive(Default)]
struct Change {
    /// In the request's text.
    edits: Vec<Edit>,
    /// Further members of the object.
    members: Vec<String>,
    /// Further pairs of the string.
    pairs: Vec<String>,
    /// Within the string.
    inserted: Vec<(usize, String)>,
}

impl Addition<'_> {
    /// The value of an absent parameter; nothing if there is none to set.
    fn json(self) -> Option<String> {
        match self {
            Self::Word(word) => Some(word.to_owned()),
            Self::Text(text) => Some(quoted(text)),
            Self::Items(ours, cap, _) => {
                let ours: Vec<String> = ours.iter().take(cap).map(|item| quoted(item)).collect();
                (!ours.is_empty()).then(|| format!("[{}]", ours.join(",")))
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

impl Written<'_> {
    /// What is inserted where, so that the list has our items too; nothing if it has them all, is full, or is no list.
    fn extended(&self, ours: &[String], cap: usize, plain: bool) -> Option<(usize, String)> {
        match *self {
            Self::Json(value, start) => {
                let more = further(&items(value)?, ours, cap)?;
                Some((start + value.len() - 1, more))
            }
            Self::Encoded(value, start) => {
                let decoded = encoded::decode(value);
                if decoded.starts_with('[') {
                    let more = further(&items(&decoded)?, ours, cap)?;
                    return Some((start + encoded::closing_bracket(value)?, encoded::encode(&more)));
                }
                let more = if plain { further_plain(&decoded, ours, cap)? } else { return None };
                Some((start + value.len(), encoded::encode(&more)))
            }
        }
    }
}

/// What comes behind the last item of an array.
fn further(theirs: &[Option<Cow<'_, str>>], ours: &[String], cap: usize) -> Option<String> {
    let known = |item: &&String| !theirs.iter().flatten().any(|known| *known == item.as_str());
    let room = cap.saturating_sub(theirs.len());
    let new: Vec<String> = ours.iter().filter(known).take(room).map(|item| quoted(item)).collect();
    let comma = if theirs.is_empty() { "" } else { "," };
    (!new.is_empty()).then(|| format!("{comma}{}", new.join(",")))
}

/// The same behind `a,b`, where an item with a comma would be two. An empty text was set by the caller and stays.
fn further_plain(theirs: &str, ours: &[String], cap: usize) -> Option<String> {
    if theirs.is_empty() {
        return None;
    }
    let theirs: Vec<&str> = theirs.split(',').map(str::trim).collect();
    let fits = |item: &&String| !theirs.contains(&item.as_str()) && !item.contains([',', '"', '[', ']']);
    let room = cap.saturating_sub(theirs.len());
    let new: String = ours.iter().filter(fits).take(room).fold(String::new(), |list, item| list + "," + item);
    (!new.is_empty()).then_some(new)
}
