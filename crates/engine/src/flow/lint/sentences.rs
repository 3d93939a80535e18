//! What is said of many events in nearly the same words.

use std::collections::BTreeMap;

/// Different sentences that are told apart.
const MAX_SENTENCES: usize = 20;

/// Sentences, counted.
#[derive(Debug, Default)]
pub(super) struct Sentences {
    /// By what they have in common: the first one, and how many there were.
    counted: BTreeMap<String, (String, u64)>,
}

impl Sentences {
    /// Counts one. Those with the same `common` words are taken for one.
    pub(super) fn add(&mut self, common: String, sentence: String) {
        if self.counted.len() < MAX_SENTENCES || self.counted.contains_key(&common) {
            self.counted.entry(common).or_insert((sentence, 0)).1 += 1;
        }
    }

    /// The first of each, and how many there were.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counted.values().map(|(sentence, count)| (sentence.as_str(), *count))
    }
}

/// What sentences have in common that differ in figures alone.
pub(super) fn without_figures(sentence: &str) -> String {
    sentence.split(|sign: char| sign.is_ascii_digit()).filter(|part| !part.is_empty()).collect()
}

/// The same, where what stands in quotes may differ too.
pub(super) fn without_values(sentence: &str) -> String {
    without_figures(&sentence.split('"').step_by(2).collect::<String>())
}
