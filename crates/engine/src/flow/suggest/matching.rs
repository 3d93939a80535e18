//! Which observed field fills which planned one, and how sure that is.

use super::names;
use super::observed::{Fields, Observed};
use causeway_segment::plan::Field;

/// What is proposed for a planned field.
#[derive(Debug)]
pub(super) struct Proposal<'p> {
    pub(super) field: &'p Field,
    /// Nothing that was seen comes close enough where there is none.
    pub(super) source: Option<Source<'p>>,
}

#[derive(Debug)]
pub(super) struct Source<'p> {
    pub(super) path: String,
    pub(super) observed: &'p Observed,
    /// 0 to 1.
    pub(super) confidence: f64,
    /// In how many events or items the field has a value, 0 to 1.
    pub(super) share: f64,
    /// Whether the value must be turned into text to have a planned type.
    pub(super) as_text: bool,
    /// For a list of objects: what its items' fields come from.
    pub(super) items: Vec<Proposal<'p>>,
}

/// Below this a proposal would mislead.
pub(super) const LEAST: f64 = 0.5;

/// A field that could fill another, with its path in the mapping.
#[derive(Clone)]
struct Candidate<'p> {
    path: String,
    name: &'p str,
    observed: &'p Observed,
    share: f64,
}

/// Proposes a source for each planned field. `places` are observed fields with the prefix of their paths.
pub(super) fn propose<'p>(planned: &'p [Field], places: &[(&str, &'p Fields)]) -> Vec<Proposal<'p>> {
    let candidates: Vec<Candidate<'p>> = places
        .iter()
        .flat_map(|(prefix, fields)| {
            fields.by_path.iter().map(move |(path, observed)| Candidate {
                path: format!("{prefix}{path}"),
                name: path.rsplit('.').next().unwrap_or(path),
                observed,
                share: fields.share(observed),
            })
        })
        .collect();
    let found = |field| if can_be_made(field) { best(field, &candidates) } else { None };
    planned.iter().map(|field| Proposal { field, source: found(field) }).collect()
}

/// A mapping takes every name that begins with `@` as a directive's.
pub(super) fn can_be_made(field: &Field) -> bool {
    !field.name.starts_with('@')
}

fn best<'p>(field: &'p Field, candidates: &[Candidate<'p>]) -> Option<Source<'p>> {
    let sources = candidates.iter().filter_map(|candidate| source(field, candidate));
    let surest = sources.max_by(|one, other| one.confidence.total_cmp(&other.confidence));
    surest.filter(|source| source.confidence >= LEAST)
}

fn source<'p>(field: &'p Field, candidate: &Candidate<'p>) -> Option<Source<'p>> {
    let (fit, as_text) = fit(field, candidate.observed)?;
    let name = names::alike(&field.name, candidate.name);
    let lists = field.fields.is_empty() == candidate.observed.is_list_of_objects();
    let items = if lists { Vec::new() } else { propose(&field.fields, &[("$.", &candidate.observed.items)]) };
    // A name that says something else is not made up for by a type that happens to fit.
    let confidence = name * (0.75 + 0.15 * fit + 0.1 * candidate.share);
    Some(Source {
        path: candidate.path.clone(),
        observed: candidate.observed,
        confidence,
        share: candidate.share,
        as_text,
        items,
    })
}

/// How well observed types fit the planned ones (0 to 1), and whether that takes turning them into text; nothing if they
/// never can.
fn fit(field: &Field, observed: &Observed) -> Option<(f64, bool)> {
    let allowed = observed.types.iter().filter(|kind| field.allows(kind)).count();
    if allowed > 0 {
        return Some((allowed as f64 / observed.types.len() as f64, false));
    }
    let plain = observed.types.iter().all(|kind| matches!(*kind, "integer" | "number" | "boolean"));
    (field.allows("string") && plain).then_some((0.5, true))
}

/// How well the planned fields are filled, 0 to 1; required ones weigh three times as much.
pub(super) fn coverage(proposals: &[Proposal<'_>]) -> f64 {
    let weight = |proposal: &Proposal<'_>| if proposal.field.required { 3.0 } else { 1.0 };
    let filled = |proposal: &Proposal<'_>| {
        weight(proposal) * proposal.source.as_ref().map_or(0.0, |source| source.confidence)
    };
    let whole: f64 = proposals.iter().map(weight).sum();
    if whole == 0.0 { 0.0 } else { proposals.iter().map(filled).sum::<f64>() / whole }
}
