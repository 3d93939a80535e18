//! What the facets of results are, and the search among a facet's values.

use super::parameters::{FacetOrder, Parameters};
use super::refusal::Refusal;
use super::searchable::{Searchable, at_path};
use super::settings::FacetSetting;
use super::text;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// "maximum: 100"
pub(super) const MOST_FACET_HITS: u64 = 100;
pub(super) const FACET_HITS: u64 = 10;

/// A facet: its values in alphabetical order, and those of each record.
#[derive(Debug, Default)]
pub(super) struct Facet {
    pub(super) values: Vec<(String, Vec<u32>)>,
    pub(super) of_records: Vec<Vec<u32>>,
    pub(super) filter_only: bool,
    pub(super) searchable: bool,
}

/// `facets` and `facets_stats`.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) facets: Map<String, Value>,
    pub(super) stats: Map<String, Value>,
    /// Whether no value was left out.
    pub(super) complete: bool,
}

impl Searchable {
    /// The counts of the facets asked for; nothing when none was. A facet without values in the results isn't there.
    pub(super) fn counts(&self, records: &[u32], parameters: &Parameters) -> Option<Counts> {
        if parameters.facets.is_empty() {
            return None;
        }
        let all = parameters.facets.iter().any(|facet| facet == "*");
        let mut counts = Counts { facets: Map::new(), stats: Map::new(), complete: true };
        let chosen = self
            .facets
            .iter()
            .filter(|(name, facet)| !facet.filter_only && (all || parameters.facets.contains(name)));
        for (name, facet) in chosen {
            let values = facet.ordered(records, parameters.facet_order);
            counts.complete &= values.len() <= parameters.facet_values;
            let values = values.into_iter().take(parameters.facet_values);
            let values = values.map(|(value, count)| (value.to_owned(), count.into())).collect::<Map<_, _>>();
            if !values.is_empty() {
                counts.facets.insert(name.clone(), Value::Object(values));
            }
            if let Some(stats) = self.stats(name, records) {
                counts.stats.insert(name.clone(), stats);
            }
        }
        Some(counts)
    }

    /// Least, greatest, mean and sum of a numeric facet.
    fn stats(&self, name: &str, records: &[u32]) -> Option<Value> {
        let numbers = self.numbers.get(name)?;
        let mut chosen = vec![false; self.entries.len()];
        for record in records {
            chosen[*record as usize] = true;
        }
        let numbers =
            numbers.iter().filter(|(_, record)| chosen[*record as usize]).map(|(number, _)| *number);
        let (mut count, mut sum, mut min, mut max) = (0_u32, 0.0, f64::INFINITY, f64::NEG_INFINITY);
        for number in numbers {
            (count, sum, min, max) = (count + 1, sum + number, min.min(number), max.max(number));
        }
        (count > 0).then(|| json!({"min": min, "max": max, "avg": sum / f64::from(count), "sum": sum}))
    }

    /// `facetHits`: the values of which a word starts with each word searched for, with their counts in the results.
    pub(super) fn facet_hits(
        &self,
        name: &str,
        wanted: &str,
        most: usize,
        records: &[u32],
        parameters: &Parameters,
    ) -> Result<Value, Refusal> {
        let facet = self.facets.get(name).filter(|facet| facet.searchable);
        let facet = facet.ok_or_else(|| Refusal::bad_request(format!(
            "Cannot search in `{name}` attribute, you need to add `searchable({name})` to attributesForFaceting."
        )))?;
        let wanted = text::tokens(wanted).into_iter().map(|token| token.word).collect::<Vec<_>>();
        let found = facet
            .ordered(records, parameters.facet_order)
            .into_iter()
            .filter(|(value, _)| has_all(value, &wanted));
        let hit = |(value, count): (&str, u32)| json!({"value": value, "highlighted": highlighted(value, &wanted, &parameters.tags), "count": count});
        let hits = found.take(most).map(hit).collect::<Vec<_>>();
        Ok(json!({"facetHits": hits, "exhaustiveFacetsCount": true}))
    }
}

impl Facet {
    pub(super) fn build<'a>(
        records: impl Iterator<Item = &'a Map<String, Value>>,
        setting: &FacetSetting,
    ) -> Self {
        let of_records =
            records.map(|fields| values(at_path(fields, &setting.attribute))).collect::<Vec<_>>();
        let mut known = BTreeMap::<&str, Vec<u32>>::new();
        for (record, values) in of_records.iter().enumerate() {
            for value in values {
                known.entry(value).or_default().push(record as u32);
            }
        }
        let numbers =
            known.keys().zip(0_u32..).map(|(value, number)| (*value, number)).collect::<HashMap<_, _>>();
        let numbered =
            of_records.iter().map(|values| values.iter().map(|value| numbers[value.as_str()]).collect());
        let of_records = numbered.collect();
        let values = known.into_iter().map(|(value, records)| (value.to_owned(), records)).collect();
        Self { values, of_records, filter_only: setting.filter_only, searchable: setting.searchable }
    }

    /// The records with a value.
    pub(super) fn records(&self, value: &str) -> &[u32] {
        let found = self.values.binary_search_by(|(own, _)| own.as_str().cmp(value));
        found.map_or(&[], |at| &self.values[at].1)
    }

    /// The values in the records with their counts: the most frequent first, or by alphabet.
    fn ordered(&self, records: &[u32], order: FacetOrder) -> Vec<(&str, u32)> {
        let mut counts = vec![0_u32; self.values.len()];
        for value in records.iter().flat_map(|record| &self.of_records[*record as usize]) {
            counts[*value as usize] += 1;
        }
        let values = self.values.iter().map(|(value, _)| value.as_str()).zip(counts);
        let mut values = values.filter(|(_, count)| *count > 0).collect::<Vec<_>>();
        if order == FacetOrder::Count {
            values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        }
        values
    }
}

/// The facet values of an attribute, each once.
fn values(value: Option<&Value>) -> Vec<String> {
    let mut values = match value {
        Some(Value::Array(items)) => items.iter().flat_map(|item| values(Some(item))).collect(),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Number(number)) => vec![number.to_string()],
        Some(Value::Bool(flag)) => vec![flag.to_string()],
        _ => Vec::new(),
    };
    values.sort_unstable();
    values.dedup();
    values
}

fn has_all(value: &str, wanted: &[String]) -> bool {
    let own = text::tokens(value);
    wanted.iter().all(|word| own.iter().any(|token| token.word.starts_with(word.as_str())))
}

fn highlighted(value: &str, wanted: &[String], (before, after): &(String, String)) -> String {
    let mut marked = String::new();
    let mut done = 0;
    for token in text::tokens(value) {
        let length = wanted
            .iter()
            .filter(|word| token.word.starts_with(word.as_str()))
            .map(|word| word.chars().count())
            .max();
        let Some(length) = length else { continue };
        let start = token.place.start;
        let end = value[start..]
            .char_indices()
            .nth(length)
            .map_or(value.len(), |(at, _)| start + at)
            .min(token.place.end);
        marked.extend([&value[done..start], before, &value[start..end], after]);
        done = end;
    }
    marked + &value[done..]
}
