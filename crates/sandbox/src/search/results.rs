//! The results of a search: which records, in which order, and what their facets are.

use super::filter::{Clause, Condition, Filters, Literal};
use super::matching::{Match, Matches};
use super::parameters::{KeptTypos, Parameters};
use super::searchable::Searchable;
use std::cmp::Reverse;

/// The records of an answer, best first.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) records: Vec<u32>,
    pub(super) matches: Matches,
}

impl Searchable {
    pub(super) fn search(&self, parameters: &Parameters) -> Results {
        let matches = self.matches(parameters);
        let passing = self.passing(&parameters.filters);
        let scores = self.scores(&parameters.optional, parameters.sum_scores);
        let mut found = Vec::new();
        for record in 0..self.entries.len() {
            let matched = matches.records.as_ref().map_or(Some(None), |records| records[record].map(Some));
            if let Some(matched) = matched
                && passing.as_ref().is_none_or(|passing| passing[record])
            {
                found
                    .push((rank(matched, scores.as_ref().map_or(0, |scores| scores[record])), record as u32));
            }
        }
        keep(&mut found, parameters.typos.kept);
        if matches.records.is_some() || scores.is_some() {
            found.sort_unstable();
        }
        Results { records: found.into_iter().map(|(_, record)| record).collect(), matches }
    }

    /// Which records pass all filters; nothing where there are none.
    pub(super) fn passing(&self, filters: &Filters) -> Option<Vec<bool>> {
        let mut clauses = filters.iter().map(|clause| self.clause(clause));
        let first = clauses.next()?;
        Some(
            clauses.fold(first, |all, clause| {
                all.iter().zip(clause).map(|(one, other)| *one && other).collect()
            }),
        )
    }

    fn clause(&self, clause: &Clause) -> Vec<bool> {
        let mut passing = vec![false; self.entries.len()];
        for literal in clause {
            let holds = self.holds(literal);
            passing.iter_mut().zip(holds).for_each(|(passing, holds)| *passing |= holds);
        }
        passing
    }

    fn holds(&self, literal: &Literal) -> Vec<bool> {
        let mut holds = vec![literal.negated; self.entries.len()];
        self.each(&literal.condition, |record| holds[record as usize] = !literal.negated);
        holds
    }

    /// Calls for every record that meets a condition. An attribute that is no facet meets none, as at the vendor.
    fn each(&self, condition: &Condition, mut call: impl FnMut(u32)) {
        match condition {
            Condition::Facet { attribute, value } => {
                let facet = self.facets.get(attribute);
                facet.map_or(&[][..], |facet| facet.records(value)).iter().for_each(|record| call(*record));
            }
            Condition::Number { attribute, comparison } => {
                let numbers = self.numbers.get(attribute).into_iter().flatten();
                numbers.filter(|(number, _)| comparison.holds(*number)).for_each(|(_, record)| call(*record));
            }
        }
    }

    /// What optional filters add: between lists the scores sum up, within one the highest counts, unless those are to be
    /// summed too. A negative one adds its score to all that it isn't about.
    fn scores(&self, optional: &Filters, sum: bool) -> Option<Vec<u32>> {
        if optional.is_empty() {
            return None;
        }
        let mut scores = vec![0_u32; self.entries.len()];
        for clause in optional {
            let mut clause_scores = vec![0_u32; self.entries.len()];
            for literal in clause {
                let earned = self.holds(literal);
                for (score, _) in clause_scores.iter_mut().zip(earned).filter(|(_, earned)| *earned) {
                    *score =
                        if sum { score.saturating_add(literal.score) } else { literal.score.max(*score) };
                }
            }
            scores
                .iter_mut()
                .zip(clause_scores)
                .for_each(|(score, more)| *score = score.saturating_add(more));
        }
        Some(scores)
    }
}

/// The order of the vendor's default ranking: typos, filters' scores, proximity, attribute, exactness.
type Rank = (u32, Reverse<u32>, u32, u32, u32);

fn rank(matched: Option<Match>, score: u32) -> Rank {
    let Match { typos, proximity, attribute, inexact } =
        matched.unwrap_or(Match { typos: 0, proximity: 0, attribute: 0, inexact: 0 });
    (typos, Reverse(score), proximity, attribute, inexact)
}

/// `typoTolerance`: `min` keeps the fewest typos that there are, `strict` the two lowest numbers of them.
fn keep(found: &mut Vec<(Rank, u32)>, kept: KeptTypos) {
    let KeptTypos::Lowest(kinds) = kept else { return };
    let mut counts = found.iter().map(|((typos, ..), _)| *typos).collect::<Vec<_>>();
    counts.sort_unstable();
    counts.dedup();
    counts.truncate(kinds);
    found.retain(|((typos, ..), _)| counts.contains(typos));
}
