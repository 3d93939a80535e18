//! Which search an object came from, when nobody said so.
//!
//! The evidence is what the same person saw and acted on within a window before. The rules, from the strongest:
//!
//! | evidence | confidence |
//! |---|---|
//! | the object was acted on in the results of one query only | 0.95 |
//! | in those of several, of the latest at least [`CLEARLY_LATER_MS`] after the others | 0.8 |
//! | nobody acted on it, and the results of one query only showed it | 0.6 |
//! | those of several did, one at a place that is seen at least twice as much as that of any other | 0.6 times its share |
//!
//! Anything else is a tie, and nothing is recovered. The same text under the same filters is one query, however often it
//! was asked; its latest search stands for it. How much a place is seen is what search engines are measured by (discounted
//! cumulative gain): one over the binary logarithm of the place plus one, the first place being 1.

use super::query_id::QueryId;
use std::collections::BTreeMap;

/// A click this much after another one tells which of the two counts.
pub const CLEARLY_LATER_MS: i64 = 60_000;

/// In how many hundredths confidence is told.
const ACTED_ON_ONE: u8 = 95;
const ACTED_ON_LAST: u8 = 80;
const SHOWN_BY_ONE: u8 = 60;

/// A search that may be the one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    /// Its id.
    pub(crate) query_id: QueryId,
    /// A hash of its text and filters; searches with the same are one query. Nothing if they are not known.
    pub(crate) query: Option<u64>,
    /// When it was acted on, or asked; in milliseconds since the Unix epoch.
    pub(crate) at: i64,
    /// The object's place in its results, from 1; of no matter if it was acted on.
    pub(crate) place: u32,
}

/// The search, and how sure it is, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recovered {
    pub(crate) query_id: QueryId,
    pub(crate) hundredths: u8,
}

/// Finds the search of one object. Only candidates of the same person, index and object within the window may be given, in
/// any order.
pub(crate) fn recover(acted_on: &[Candidate], shown: &[Candidate]) -> Option<Recovered> {
    if acted_on.is_empty() { by_places(&queries(shown)) } else { by_times(&queries(acted_on)) }
}

/// The latest search of each query, latest first, with the best place of all its searches.
fn queries(candidates: &[Candidate]) -> Vec<Candidate> {
    let mut queries: BTreeMap<Result<u64, QueryId>, Candidate> = BTreeMap::new();
    for candidate in candidates {
        let best = queries.entry(candidate.query.ok_or(candidate.query_id)).or_insert(*candidate);
        let place = best.place.min(candidate.place);
        if (candidate.at, candidate.query_id) > (best.at, best.query_id) {
            *best = *candidate;
        }
        best.place = place;
    }
    let mut queries: Vec<Candidate> = queries.into_values().collect();
    queries.sort_by_key(|query| std::cmp::Reverse((query.at, query.query_id)));
    queries
}

fn by_times(queries: &[Candidate]) -> Option<Recovered> {
    match queries {
        [] => None,
        [only] => Some(Recovered { query_id: only.query_id, hundredths: ACTED_ON_ONE }),
        [last, before, ..] => (last.at - before.at >= CLEARLY_LATER_MS)
            .then_some(Recovered { query_id: last.query_id, hundredths: ACTED_ON_LAST }),
    }
}

fn by_places(queries: &[Candidate]) -> Option<Recovered> {
    let best = queries.iter().min_by_key(|query| query.place)?;
    let sum: f64 = queries.iter().map(|query| seen(query.place)).sum();
    let others = queries.iter().filter(|query| query.query_id != best.query_id);
    let clear = others.into_iter().all(|other| seen(best.place) >= 2.0 * seen(other.place));
    let hundredths = (f64::from(SHOWN_BY_ONE) * seen(best.place) / sum).round() as u8;
    clear.then_some(Recovered { query_id: best.query_id, hundredths })
}

/// How much of their attention people give to a place.
fn seen(place: u32) -> f64 {
    1.0 / f64::from(place.max(1).saturating_add(1)).log2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate(query: u64, at: i64, place: u32) -> Candidate {
        Candidate { query_id: QueryId([query as u8; 16]), query: Some(query), at, place }
    }

    fn answer(acted_on: &[Candidate], shown: &[Candidate]) -> Option<(u8, u8)> {
        recover(acted_on, shown).map(|found| (found.query_id.0[0], found.hundredths))
    }

    #[test]
    fn a_click_beats_what_was_only_shown() {
        let shown = [candidate(2, 900_000, 1), candidate(3, 900_000, 1)];
        assert_eq!(answer(&[candidate(1, 0, 9)], &shown), Some((1, 95)));
    }

    #[test]
    fn of_several_clicks_the_latest_counts_if_it_is_clearly_later() {
        let clicks = |later: i64| [candidate(1, 0, 1), candidate(2, later, 1)];
        assert_eq!(answer(&clicks(CLEARLY_LATER_MS), &[]), Some((2, 80)));
        assert_eq!(answer(&clicks(CLEARLY_LATER_MS - 1), &[candidate(1, 0, 1)]), None);
        let again = [candidate(1, 0, 1), Candidate { query_id: QueryId([9; 16]), ..candidate(1, 5, 1) }];
        assert_eq!(answer(&again, &[]), Some((9, 95)));
    }

    #[test]
    fn of_several_that_only_showed_it_one_counts_if_it_did_so_clearly_better() {
        assert_eq!(answer(&[], &[candidate(1, 0, 20)]), Some((1, 60)));
        assert_eq!(answer(&[], &[candidate(1, 0, 1), candidate(2, 900_000, 3)]), Some((1, 40)));
        assert_eq!(answer(&[], &[candidate(1, 0, 1), candidate(2, 900_000, 2)]), None);
        assert_eq!(answer(&[], &[]), None);
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let one = (0..4_u64, 0..4_u8, 0..3_i64, 1..20_u32).prop_map(|(query, id, at, place)| Candidate {
            query_id: QueryId([query as u8 * 4 + id; 16]),
            query: (query > 0).then_some(query),
            at: at * CLEARLY_LATER_MS / 2,
            place,
        });
        prop::collection::vec(one, 0..6)
    }

    /// The same evidence for another query.
    fn twin(of: &Candidate) -> Candidate {
        Candidate {
            query_id: QueryId([of.query_id.0[0] + 100; 16]),
            query: Some(of.query.unwrap_or(0) + 1_000),
            ..*of
        }
    }

    proptest! {
        #[test]
        fn on_a_tie_nothing_is_recovered(acted_on in candidates(), shown in candidates()) {
            let doubled = |all: &[Candidate]| all.iter().flat_map(|one| [*one, twin(one)]).collect::<Vec<_>>();
            prop_assert_eq!(recover(&doubled(&acted_on), &doubled(&shown)), None);
        }

        #[test]
        fn the_order_of_the_evidence_does_not_matter(
            (one, other) in candidates().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        ) {
            prop_assert_eq!(recover(&one, &[]), recover(&other, &[]));
            prop_assert_eq!(recover(&[], &one), recover(&[], &other));
        }
    }
}
