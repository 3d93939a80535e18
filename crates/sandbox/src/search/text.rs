//! Words, and how far apart they are.

use std::ops::Range;

/// Longer words are compared by their beginnings.
const LONGEST: usize = 40;

/// A word of a text: where it stands, in bytes, and what it is called in the dictionary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) place: Range<usize>,
    pub(super) word: String,
}

/// The words of a text: letters and digits in a row, in lower case, without accents.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::<Token>::new();
    let mut open = false;
    for (at, letter) in text.char_indices() {
        let part = letter.is_alphanumeric();
        if part && !open {
            tokens.push(Token { place: at..at, word: String::new() });
        }
        if let Some(token) = tokens.last_mut().filter(|_| part) {
            token.place.end = at + letter.len_utf8();
            token.word.extend(letter.to_lowercase().map(plain));
        }
        open = part;
    }
    tokens
}

/// The letter without its accent, for the Latin letters that most catalogues have.
const fn plain(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'š' | 'ś' => 's',
        'ž' | 'ź' | 'ż' => 'z',
        other => other,
    }
}

/// How many typos turn `typed` into `word`, or into a beginning of it where `prefix`; nothing above `most`. A typo is a
/// letter missing, too many, wrong, or changed with its neighbour; one at the first letter counts twice (vendor's guide
/// to typo tolerance).
pub(super) fn typos(typed: &str, word: &str, prefix: bool, most: u8) -> Option<u8> {
    if word == typed || (prefix && word.starts_with(typed)) {
        return Some(0);
    }
    let same_start = typed.chars().next() == word.chars().next();
    if most == 0 || (most == 1 && !same_start) {
        return None;
    }
    let (from, to, most) = (letters(typed), letters(word), usize::from(most));
    if from.len() > to.len() + most || (!prefix && to.len() > from.len() + most) {
        return None;
    }
    let to = &to[..to.len().min(from.len() + most)];
    let count = distance(&from, to, prefix) + u8::from(!same_start);
    (usize::from(count) <= most).then_some(count)
}

fn letters(word: &str) -> Vec<char> {
    word.chars().take(LONGEST).collect()
}

/// The optimal string alignment distance to `to`, or to the nearest of its beginnings.
fn distance(from: &[char], to: &[char], prefix: bool) -> u8 {
    let mut older = [0; LONGEST + 1];
    let mut before: [u8; LONGEST + 1] = std::array::from_fn(|column| column as u8);
    let mut current = [0; LONGEST + 1];
    for (row, letter) in from.iter().enumerate() {
        current[0] = row as u8 + 1;
        for (column, other) in to.iter().enumerate() {
            let change = before[column] + u8::from(letter != other);
            let swapped = row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other;
            let swap = if swapped { older[column - 1] + 1 } else { u8::MAX };
            current[column + 1] = change.min(swap).min(before[column + 1] + 1).min(current[column] + 1);
        }
        (older, before, current) = (before, current, older);
    }
    let ends = &before[..=to.len()];
    if prefix { ends.iter().copied().min().unwrap_or_default() } else { ends[to.len()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_letters_and_digits_in_lower_case_without_accents() {
        let words = tokens("Crème brûlée-Set, 2 pcs.").into_iter().map(|token| token.word);
        assert_eq!(words.collect::<Vec<_>>(), ["creme", "brulee", "set", "2", "pcs"]);
        let text = "Été 3";
        let places = tokens(text).into_iter().map(|token| text[token.place].to_owned());
        assert_eq!(places.collect::<Vec<_>>(), ["Été", "3"]);
    }

    #[test]
    fn a_typo_is_a_letter_missing_wrong_too_many_or_swapped_and_counts_twice_at_the_start() {
        for (typed, word, prefix, count) in [
            ("sofa", "sofa", false, Some(0)),
            ("sofaa", "sofa", false, Some(1)),
            ("sfa", "sofa", false, Some(1)),
            ("sofi", "sofa", false, Some(1)),
            ("soaf", "sofa", false, Some(1)),
            ("osfa", "sofa", false, Some(2)),
            ("lofa", "sofa", false, Some(2)),
            ("bookc", "bookcase", true, Some(0)),
            ("bokoc", "bookcase", true, Some(1)),
            ("bookc", "bookcase", false, None),
            ("chair", "table", false, None),
        ] {
            assert_eq!(typos(typed, word, prefix, 2), count, "{typed} for {word}");
        }
    }

    proptest! {
        #[test]
        fn one_changed_letter_behind_the_first_is_one_typo_at_most(word in "[a-z]{4,12}", at in 1..4_usize, new in "[a-z]") {
            let mut typed = word.clone();
            typed.replace_range(at..=at, &new);
            prop_assert!(typos(&typed, &word, false, 1).is_some());
            prop_assert!(typos(&typed, &word, true, 1).is_some());
        }

        #[test]
        fn typos_never_exceed_what_is_allowed_and_more_tolerance_finds_no_less(a in "[a-d]{0,9}", b in "[a-d]{0,9}", prefix: bool) {
            let counts = [0, 1, 2].map(|most| typos(&a, &b, prefix, most));
            for (most, count) in counts.iter().enumerate() {
                prop_assert!(count.is_none_or(|count| usize::from(count) <= most));
            }
            prop_assert!(counts[0].is_none() || counts[1] == counts[0]);
            prop_assert!(counts[1].is_none() || counts[2] == counts[1]);
        }

        #[test]
        fn a_beginning_of_a_word_is_a_prefix_without_typos(word in "[a-zé]{1,12}", length in 1..12_usize) {
            let start = word.chars().take(length).collect::<String>();
            prop_assert_eq!(typos(&start, &word, true, 0), Some(0));
        }
    }
}
