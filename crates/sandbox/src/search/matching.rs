//! Which records match the words of a query, and how well.

use super::parameters::{Parameters, Prefixes, Typos};
use super::searchable::{Posting, Searchable, Word};
use super::settings::is_within;
use super::text;
use std::collections::HashMap;

/// The farthest apart that two words count ("proximity").
const FAR: u32 = 8;

/// A word of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct QueryWord {
    pub(super) text: String,
    /// Whether it may be the beginning of a word.
    prefix: bool,
    typos: u8,
}

/// A word of the dictionary that a word of the query may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) word: u32,
    pub(super) typos: u8,
    /// Letter by letter the whole word.
    pub(super) exact: bool,
}

/// How well a record matches, the best first; filters' scores come between typos and proximity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    pub(super) typos: u32,
    pub(super) proximity: u32,
    /// The rank of the best attribute.
    pub(super) attribute: u32,
    /// How many words don't match exactly.
    pub(super) inexact: u32,
}

/// What a query matches.
#[derive(Debug)]
pub(super) struct Matches {
    pub(super) words: Vec<QueryWord>,
    /// The meanings of each word of the query.
    pub(super) meanings: Vec<Vec<Meaning>>,
    /// For each record how well it matches, if it does; nothing for an empty query, which every record matches.
    pub(super) records: Option<Vec<Option<Match>>>,
}

/// The words of a query.
pub(super) fn words(parameters: &Parameters) -> Vec<QueryWord> {
    let tokens = text::tokens(&parameters.query);
    let last = tokens.len().saturating_sub(1);
    // A space behind the last word says that it is complete.
    let open = parameters.query.ends_with(char::is_alphanumeric);
    let word = |(place, token): (usize, text::Token)| {
        let prefix = match parameters.prefixes {
            Prefixes::All => true,
            Prefixes::Last => place == last && open,
            Prefixes::None => false,
        };
        QueryWord { typos: allowed(parameters.typos, token.word.chars().count()), text: token.word, prefix }
    };
    tokens.into_iter().enumerate().map(word).collect()
}

const fn allowed(typos: Typos, letters: usize) -> u8 {
    match letters {
        letters if letters >= typos.two_from => 2,
        letters if letters >= typos.one_from => 1,
        _ => 0,
    }
}

impl Searchable {
    pub(super) fn matches(&self, parameters: &Parameters) -> Matches {
        let words = words(parameters);
        let meanings = words.iter().map(|word| self.meanings(word)).collect::<Vec<_>>();
        let records = (!words.is_empty()).then(|| self.records(&meanings, parameters));
        Matches { words, meanings, records }
    }

    /// The words that one may mean. With one typo allowed the first letter must be right, see [`text::typos`].
    fn meanings(&self, word: &QueryWord) -> Vec<Meaning> {
        let start: &str = if word.typos < 2 {
            &word.text[..word.text.chars().next().map_or(0, char::len_utf8)]
        } else {
            ""
        };
        let from = self.words.partition_point(|own| *own.text < *start);
        let candidates =
            self.words[from..].iter().take_while(|own| own.text.starts_with(start)).zip(from as u32..);
        let meaning = |(own, number): (&Word, u32)| {
            let typos = text::typos(&word.text, &own.text, word.prefix, word.typos)?;
            Some(Meaning { word: number, typos, exact: *own.text == *word.text })
        };
        candidates.filter_map(meaning).collect()
    }

    /// The records that all words match.
    fn records(&self, meanings: &[Vec<Meaning>], parameters: &Parameters) -> Vec<Option<Match>> {
        let start = Match { typos: 0, proximity: 0, attribute: u32::MAX, inexact: 0 };
        let mut records = vec![Some(start); self.entries.len()];
        let allowed = self.allowed_attributes(parameters);
        let mut before = None::<Vec<Option<Found>>>;
        for meanings in meanings {
            let best = self.best(meanings, allowed.as_ref());
            for (number, slot) in records.iter_mut().enumerate() {
                let previous = before.as_ref().and_then(|before| before[number]);
                *slot = slot.and_then(|so_far| Some(best[number]?.add(so_far, previous)));
            }
            before = Some(best);
        }
        records
    }

    /// The attributes that `restrictSearchableAttributes` leaves, if it restricts any.
    fn allowed_attributes(&self, parameters: &Parameters) -> Option<Vec<u16>> {
        let paths = parameters.restrict.as_ref()?;
        let chosen = self.attributes.iter().filter(|(path, _)| paths.iter().any(|own| is_within(path, own)));
        Some(chosen.map(|(_, number)| *number).collect())
    }

    /// The best place of any of the meanings in each record.
    fn best(&self, meanings: &[Meaning], allowed: Option<&Vec<u16>>) -> Vec<Option<Found>> {
        let mut best = vec![None::<Found>; self.entries.len()];
        for meaning in meanings {
            let postings = self.words[meaning.word as usize].postings.iter();
            for posting in
                postings.filter(|posting| allowed.is_none_or(|allowed| allowed.contains(&posting.attribute)))
            {
                let found = Found { meaning: *meaning, posting: *posting };
                let slot = &mut best[posting.record as usize];
                if slot.is_none_or(|other| found.key() < other.key()) {
                    *slot = Some(found);
                }
            }
        }
        best
    }
}

/// A word found in a record.
#[derive(Debug, Clone, Copy)]
struct Found {
    meaning: Meaning,
    posting: Posting,
}

impl Found {
    const fn key(&self) -> (u8, u16, bool, u16) {
        (self.meaning.typos, self.posting.rank, !self.meaning.exact, self.posting.position)
    }

    fn add(self, so_far: Match, before: Option<Self>) -> Match {
        let apart = before.map_or(0, |before| distance(before.posting, self.posting));
        Match {
            typos: so_far.typos + u32::from(self.meaning.typos),
            proximity: so_far.proximity + apart,
            attribute: so_far.attribute.min(u32::from(self.posting.rank)),
            inexact: so_far.inexact + u32::from(!self.meaning.exact),
        }
    }
}

/// How far one word is behind another; the wrong order costs one more.
fn distance(one: Posting, other: Posting) -> u32 {
    if one.attribute != other.attribute {
        return FAR;
    }
    let apart = i32::from(other.position) - i32::from(one.position);
    FAR.min(if apart > 0 { apart as u32 } else { apart.unsigned_abs() + 1 })
}

impl Matches {
    /// For highlighting: which word of the query each word of the dictionary was taken for.
    pub(super) fn taken_for(&self) -> HashMap<u32, usize> {
        let mut taken = HashMap::new();
        for (place, meanings) in self.meanings.iter().enumerate() {
            for meaning in meanings {
                taken.entry(meaning.word).or_insert(place);
            }
        }
        taken
    }
}

impl QueryWord {
    /// How many letters of a word are highlighted where this one was taken for it: all, or its beginning.
    pub(super) fn covers(&self, word: &str) -> usize {
        if self.prefix { self.text.chars().count().min(word.chars().count()) } else { word.chars().count() }
    }
}
