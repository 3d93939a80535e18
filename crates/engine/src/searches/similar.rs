//! How near two queries are.
//!
//! Both are taken apart into words. A word stands for an equal one, or for one that differs by so few typos as Algolia itself
//! forgives: one from four letters on, two from eight on. Longer words tell more, so a word weighs as many as it has
//! letters. The nearness is twice what both have in common over all that they have; of two that are equal but for spaces
//! and typos (`t shirt`, `tshirts`) it is that of one long word.

use strsim::damerau_levenshtein;

/// Nearness in thousandths.
pub(super) type Nearness = u32;

/// All of it.
pub(super) const EQUAL: Nearness = 1000;

/// A text taken apart once, to be compared often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    words: Vec<Word>,
    joined: Word,
}

/// A word with what tells quickly that another one is not near.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    text: Box<str>,
    letters: u32,
    /// A bit for each letter that occurs, some letters sharing one.
    set: u64,
}

impl Words {
    /// Takes a normal query apart.
    pub(super) fn of(query: &str) -> Self {
        let words: Vec<Word> = query.split(' ').filter(|word| !word.is_empty()).map(Word::of).collect();
        let joined: String = words.iter().map(|word| &*word.text).collect();
        Self { words, joined: Word::of(&joined) }
    }

    /// How near the other one is.
    pub(super) fn nearness(&self, other: &Self) -> Nearness {
        self.in_common(other).max(self.joined.nearness(&other.joined))
    }

    /// Each word of the other stands for one of ours at most.
    fn in_common(&self, other: &Self) -> Nearness {
        let all = self.joined.letters + other.joined.letters;
        let mut free: Vec<&Word> = other.words.iter().collect();
        let mut common = 0;
        for word in &self.words {
            let near = free.iter().enumerate().map(|(place, other)| (word.nearness(other), place));
            let best = near.max_by_key(|(nearness, place)| (*nearness, std::cmp::Reverse(*place)));
            if let Some((nearness, place)) = best.filter(|(nearness, _)| *nearness > 0) {
                common += nearness * (word.letters + free.swap_remove(place).letters);
            }
        }
        common / all.max(1)
    }
}

impl Word {
    fn of(text: &str) -> Self {
        let set = text.chars().fold(0, |set, letter| set | 1 << (u32::from(letter) % 64));
        Self { text: text.into(), letters: text.chars().count() as u32, set }
    }

    fn nearness(&self, other: &Self) -> Nearness {
        if self.text == other.text {
            return EQUAL;
        }
        let typos = typos(self.letters.min(other.letters));
        if typos == 0 || self.is_further(other, typos) {
            return 0;
        }
        let distance = damerau_levenshtein(&self.text, &other.text) as u32;
        let longer = self.letters.max(other.letters);
        if distance > typos { 0 } else { EQUAL - EQUAL * distance / longer }
    }

    /// Whether it takes more typos than these to make one of the other, as far as is seen at a glance. A typo adds or takes
    /// a letter, or both.
    fn is_further(&self, other: &Self, typos: u32) -> bool {
        self.letters.abs_diff(other.letters) > typos || (self.set ^ other.set).count_ones() > 2 * typos
    }
}

/// How many typos Algolia forgives by default in a word of so many letters.
fn typos(letters: u32) -> u32 {
    match letters {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nearness(one: &str, other: &str) -> Nearness {
        Words::of(one).nearness(&Words::of(other))
    }

    #[test]
    fn dropped_words_and_typos_are_near_and_other_things_are_not() {
        assert_eq!(nearness("red shoes", "shoes red"), EQUAL);
        assert!(nearness("red leather sofa", "leather sofa") > 800);
        assert!(nearness("leathr sofa", "leather sofa") > 850);
        assert!(nearness("t shirt", "tshirt") > 900 && nearness("tshrit", "tshirt") > 800);
        assert!(nearness("blue shirt", "blue suede shoes") < 500);
        assert_eq!((nearness("cat", "car"), nearness("lamp", "sofa")), (0, 0));
    }

    proptest! {
        #[test]
        fn what_is_passed_over_at_a_glance_is_far(one in "[a-dé]{1,10}", other in "[a-dé]{1,10}") {
            let (one, other) = (Word::of(&one), Word::of(&other));
            let typos = typos(one.letters.min(other.letters));
            if one.is_further(&other, typos) {
                prop_assert!(damerau_levenshtein(&one.text, &other.text) as u32 > typos);
            }
        }

        #[test]
        fn nearness_is_at_most_all_and_that_of_equals(one in "[ab ]{0,8}", other in "[ab ]{0,8}") {
            let near = nearness(&one, &other);
            prop_assert!(near <= EQUAL);
            prop_assert!(one.trim().is_empty() || nearness(&one, &one) == EQUAL);
        }
    }
}
