//! One search: restricted by its key, changed by rules, answered, and noted.

use super::facets;
use super::fields::{Fields, encoded};
use super::hit::Writer;
use super::index::Prepared;
use super::names;
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::results::Results;
use super::rule::{Occasion, Rule};
use crate::access::Restrictions;
use crate::world::World;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::time::Instant;

/// What a client asks of one index.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) index: &'a str,
    /// As it came, flattened.
    pub(super) fields: Map<String, Value>,
    /// What the key holds fast.
    pub(super) restrictions: &'a Restrictions,
    pub(super) way: Way,
}

/// How a search came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Alone.
    Single,
    /// One of several: the answer names its index.
    AmongOthers,
    /// To read everything: there is no last page before the end.
    Browse,
}

/// An answer with what is worth noting of it.
#[derive(Debug)]
pub(super) struct Answer {
    /// A JSON object.
    pub(super) json: Vec<u8>,
    pub(super) parameters: Parameters,
    pub(super) hits: usize,
    pub(super) query_id: Option<String>,
    /// The ids of the rules that applied.
    pub(super) rules: Vec<String>,
}

/// A search that is ready to be done.
struct Planned {
    parameters: Parameters,
    rules: Vec<Rule>,
}

impl Asked<'_> {
    /// The index, if the key may see it and it is there.
    pub(super) fn prepared(&self, world: &World) -> Result<Prepared, Refusal> {
        if !self.restrictions.allow(self.index) {
            return Err(Refusal::FOREIGN_INDEX);
        }
        let mut memory = world.memory();
        memory.indices.prepared(self.index).ok_or_else(|| Refusal::no_index(self.index))?
    }

    /// Searches and writes the answer.
    pub(super) fn answer(&self, world: &World) -> Result<Answer, Refusal> {
        let began = Instant::now();
        names::check(&self.fields, &["indexName", "type"])?;
        let prepared = self.prepared(world)?;
        let Planned { parameters, rules } = self.plan(&prepared)?;
        let mut results = prepared.searchable.search(&parameters);
        prepared.arrange(&mut results, &rules, &parameters);
        let query_id = parameters.click_analytics.then(|| format!("{:032x}", rand::random::<u128>()));
        let reachable = self.reachable(&prepared, &results);
        let mut json = prepared.hits(&results, reachable, &parameters);
        let mut rest = self.rest(&prepared, &results, &parameters, &rules, began);
        if let Some(id) = &query_id {
            rest.insert("queryID".into(), id.as_str().into());
        }
        json.push(b',');
        json.extend_from_slice(&Value::Object(rest).to_string().as_bytes()[1..]);
        let rules = rules.iter().map(|rule| rule.id().to_owned()).collect();
        Ok(Answer { json, parameters, hits: results.records.len(), query_id, rules })
    }

    /// `facetHits` for a facet of this search.
    pub(super) fn facet_hits(&self, world: &World, facet: &str) -> Result<Value, Refusal> {
        names::check(
            &self.fields,
            &["indexName", "type", "facet", "facetQuery", "facetName", "maxFacetHits"],
        )?;
        let prepared = self.prepared(world)?;
        let Planned { parameters, .. } = self.plan(&prepared)?;
        let fields = Fields::new(vec![&self.fields]);
        let query = fields.text("facetQuery")?.unwrap_or_default();
        let most = fields.integer("maxFacetHits", 0..=facets::MOST_FACET_HITS)?.unwrap_or(facets::FACET_HITS);
        let records = prepared.searchable.search(&parameters).records;
        let mut hits = prepared.searchable.facet_hits(facet, &query, most as usize, &records, &parameters)?;
        hits["processingTimeMS"] = 1.into();
        Ok(hits)
    }

    /// The parameters, from the weakest to the strongest: the index's, the search's, those of rules, and the key's.
    /// Filters of all hold together.
    fn plan(&self, prepared: &Prepared) -> Result<Planned, Refusal> {
        let asked = Fields::new(vec![&self.fields, &self.restrictions.parameters]);
        let contexts = asked.texts("ruleContexts")?.unwrap_or_default();
        let (query, filters) =
            (asked.text("query")?.unwrap_or_default(), asked.text("filters")?.unwrap_or_default());
        let occasion = Occasion { query: &query, contexts: &contexts, filters: &filters };
        let enabled = asked.flag("enableRules")?.unwrap_or(true);
        let rules = if enabled { prepared.rules.applying(&occasion) } else { Vec::new() };
        let of_rules = rules.iter().map(|rule| rule.params(&query)).collect::<Vec<_>>();
        let mut layers = vec![&*prepared.settings, &self.fields];
        layers.extend(&of_rules);
        layers.push(&self.restrictions.parameters);
        Ok(Planned { parameters: Parameters::parse(&Fields::new(layers))?, rules })
    }

    /// Everything but the hits.
    fn rest(
        &self,
        prepared: &Prepared,
        results: &Results,
        parameters: &Parameters,
        rules: &[Rule],
        began: Instant,
    ) -> Map<String, Value> {
        let took = began.elapsed().as_millis() as u64;
        let query = Fields::new(vec![&self.fields]).get("query").and_then(Value::as_str).unwrap_or_default();
        let mut rest = json!({
            "nbHits": results.records.len(), "query": query, "params": encoded(&self.echoed()),
            "exhaustiveNbHits": true, "exhaustiveTypo": true, "exhaustive": {"nbHits": true, "typo": true},
            "renderingContent": {}, "processingTimeMS": took.max(1), "serverTimeMS": took.max(1),
        });
        if let Some((offset, length)) = parameters.window {
            rest["offset"] = offset.into();
            rest["length"] = length.into();
        } else {
            rest["page"] = parameters.page.into();
            rest["hitsPerPage"] = parameters.hits_per_page.into();
            rest["nbPages"] = pages(self.reachable(prepared, results), parameters.hits_per_page).into();
        }
        if self.way == Way::AmongOthers {
            rest["index"] = self.index.into();
        }
        if let Some(counts) = prepared.searchable.counts(&results.records, parameters) {
            rest["facets"] = Value::Object(counts.facets);
            if !counts.stats.is_empty() {
                rest["facets_stats"] = Value::Object(counts.stats);
            }
            rest["exhaustiveFacetsCount"] = true.into();
            rest["exhaustive"]["facetsCount"] = true.into();
            rest["exhaustive"]["facetValues"] = counts.complete.into();
        }
        note_rules(&mut rest, rules);
        rest.as_object().cloned().unwrap_or_default()
    }

    /// How many of the results can be reached by pages.
    fn reachable(&self, prepared: &Prepared, results: &Results) -> usize {
        let found = results.records.len();
        if self.way == Way::Browse { found } else { found.min(prepared.searchable.settings.reachable) }
    }

    /// The request's parameters with what the key holds fast.
    pub(super) fn held(&self) -> Map<String, Value> {
        let mut held = self.echoed();
        held.extend(self.restrictions.parameters.clone());
        held
    }

    /// The request's own parameters.
    fn echoed(&self) -> Map<String, Value> {
        let own = self.fields.iter().filter(|(key, _)| !["indexName", "type"].contains(&key.as_str()));
        own.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

const fn pages(hits: usize, hits_per_page: usize) -> usize {
    if hits_per_page == 0 { 0 } else { hits.div_ceil(hits_per_page) }
}

fn note_rules(rest: &mut Value, rules: &[Rule]) {
    if rules.is_empty() {
        return;
    }
    rest["appliedRules"] = rules.iter().map(|rule| json!({"objectID": rule.id()})).collect();
    let data = rules.iter().filter_map(|rule| rule.consequence("userData").cloned()).collect::<Vec<_>>();
    if !data.is_empty() {
        rest["userData"] = data.into();
    }
}

impl Prepared {
    /// Hides and promotes what rules say.
    fn arrange(&self, results: &mut Results, rules: &[Rule], parameters: &Parameters) {
        let number = |id: &String| self.searchable.number(id);
        let hidden = rules.iter().flat_map(Rule::hidden).filter_map(|id| number(&id)).collect::<HashSet<_>>();
        let passing = self.searchable.passing(&parameters.filters);
        for rule in rules {
            let passes = |record: &u32| {
                !rule.filters_promoted() || passing.as_ref().is_none_or(|passing| passing[*record as usize])
            };
            for (position, ids) in rule.promoted() {
                let group = ids.iter().filter_map(number).filter(passes).collect::<Vec<_>>();
                results.records.retain(|record| !group.contains(record));
                let at = position.min(results.records.len());
                results.records.splice(at..at, group);
            }
        }
        if !hidden.is_empty() {
            results.records.retain(|record| !hidden.contains(record));
        }
    }

    /// `{"hits":[…]`, still open.
    fn hits(&self, results: &Results, reachable: usize, parameters: &Parameters) -> Vec<u8> {
        let reachable = &results.records[..reachable];
        let (first, count) = parameters.wanted();
        let writer = Writer::new(&self.searchable, parameters, &results.matches);
        let mut json = b"{\"hits\":[".to_vec();
        for (place, record) in reachable.iter().skip(first).take(count).enumerate() {
            if place > 0 {
                json.push(b',');
            }
            writer.write(*record, &mut json);
        }
        json.push(b']');
        json
    }
}
