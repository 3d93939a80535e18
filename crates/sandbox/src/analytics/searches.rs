//! The searches that were seen, bounded, and what they come to once typing is folded.

use std::collections::{HashMap, VecDeque};

/// Searches of one person within this time whose queries start with the one before are one search ("Keystrokes within
/// 30 s of the same user are folded into the last query", the vendor's guide to query aggregation).
const TYPING_MS: i64 = 30_000;

/// One search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    /// Unix milliseconds.
    pub(crate) at_ms: i64,
    pub(crate) index: String,
    /// In lower case.
    pub(crate) query: String,
    pub(crate) hits: u64,
    /// Whether it had filters.
    pub(crate) filtered: bool,
    /// The token; empty where none came, which makes all of those one person: the vendor takes the address then.
    pub(crate) user: String,
    pub(crate) tags: Vec<String>,
    pub(crate) query_id: Option<String>,
}

/// The latest searches.
#[derive(Debug)]
pub(crate) struct Searches {
    list: VecDeque<Search>,
    most: usize,
}

impl Searches {
    pub(crate) const fn new(most: usize) -> Self {
        Self { list: VecDeque::new(), most }
    }

    pub(crate) fn push(&mut self, search: Search) {
        self.list.push_back(search);
        while self.list.len() > self.most {
            self.list.pop_front();
        }
    }

    /// When an index was last searched.
    pub(super) fn last_ms(&self, index: &str) -> Option<i64> {
        self.list.iter().rev().find(|search| search.index == index).map(|search| search.at_ms)
    }

    /// The searches of an index with typing folded, oldest first.
    pub(super) fn folded(&self, index: &str) -> Vec<&Search> {
        let mut folded = Vec::<&Search>::new();
        let mut last = HashMap::<&str, usize>::new();
        for search in self.list.iter().filter(|search| search.index == index) {
            let before =
                last.get(search.user.as_str()).copied().filter(|place| goes_on(folded[*place], search));
            if let Some(place) = before {
                folded[place] = search;
            } else {
                last.insert(&search.user, folded.len());
                folded.push(search);
            }
        }
        folded
    }
}

fn goes_on(before: &Search, search: &Search) -> bool {
    search.at_ms - before.at_ms <= TYPING_MS && search.query.starts_with(&before.query)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(at_ms: i64, user: &str, query: &str) -> Search {
        Search {
            at_ms,
            index: "products".into(),
            query: query.into(),
            hits: 0,
            filtered: false,
            user: user.into(),
            tags: Vec::new(),
            query_id: None,
        }
    }

    #[test]
    fn typing_is_one_search_for_each_person() {
        let mut searches = Searches::new(100);
        for (at, user, query) in [
            (0, "a", "s"),
            (100, "b", "d"),
            (200, "a", "so"),
            (300, "b", "de"),
            (400, "a", "sofa"),
            (500, "a", "desk"),
            (31_000, "a", "desk lamp"),
        ] {
            searches.push(search(at, user, query));
        }
        let queries =
            searches.folded("products").iter().map(|search| search.query.as_str()).collect::<Vec<_>>();
        assert_eq!(queries, ["sofa", "de", "desk", "desk lamp"]);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut searches = Searches::new(2);
        (0..3).for_each(|at| searches.push(search(at, "a", &at.to_string())));
        assert_eq!(
            (searches.list.len(), searches.last_ms("products"), searches.last_ms("x")),
            (2, Some(2), None)
        );
    }
}
