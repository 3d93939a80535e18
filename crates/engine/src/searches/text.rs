//! When one text is typed on from another.

use std::ops::RangeInclusive;

/// A query as it is compared: in lower case, with single spaces.
pub(crate) fn normal(query: &str) -> String {
    query.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Whether somebody who typed `before` went on to `after` without meaning anything else: by typing on, by deleting, by
/// typing the last letters anew, by correcting the last word or by picking a completion. Both are [normal](normal). Nothing continues what was typed by an
/// empty box: it was cleared.
pub(crate) fn continues(before: &str, after: &str) -> bool {
    if before.is_empty() || after.is_empty() {
        return before.is_empty();
    }
    after.starts_with(before)
        || before.starts_with(after)
        || retypes(before, after)
        || corrects(before, after)
        || completes(before, after)
}

/// So many letters at the end of a text are deleted and typed anew without anybody having looked at what they found.
const RETYPED: usize = 3;

/// Whether only the last letters are others, and more than those stay: front ends that wait for a pause do not ask while
/// somebody deletes and types on.
fn retypes(before: &str, after: &str) -> bool {
    let same = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    let others = before.chars().count() - same;
    others <= RETYPED && same > others
}

/// Whether the shorter text is the beginning of the longer one but for a slip in its last word.
fn corrects(one: &str, other: &str) -> bool {
    let (shorter, longer) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let start = shorter.rfind(' ').map_or(0, |space| space + 1);
    let word = &shorter[start..];
    let Some(rest) = longer.strip_prefix(&shorter[..start]) else { return false };
    let slips = slips(word.chars().count());
    slips > 0
        && beginnings(rest, word.chars().count(), slips)
            .any(|start| strsim::osa_distance(word, start) <= slips)
}

/// How many slips are taken for one and the same word: none in the shortest, where they make another word.
fn slips(letters: usize) -> usize {
    match letters {
        0..3 => 0,
        3..6 => 1,
        _ => 2,
    }
}

/// The beginnings of a text that are at most `slips` letters shorter or longer than so many.
fn beginnings(text: &str, letters: usize, slips: usize) -> impl Iterator<Item = &str> {
    let lengths: RangeInclusive<usize> = letters.saturating_sub(slips)..=letters + slips;
    let ends = text.char_indices().map(|(place, _)| place).chain([text.len()]).enumerate();
    ends.filter(move |(length, _)| lengths.contains(length)).map(|(_, end)| &text[..end])
}

/// Whether each word of what was typed begins one of the longer text's, as in `cof tab` and `coffee table`.
fn completes(typed: &str, picked: &str) -> bool {
    let begins = |word: &str| picked.split(' ').any(|longer| longer.starts_with(word));
    picked.len() > typed.len() && typed.split(' ').all(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_deleting_correcting_and_completing_go_on_with_a_query() {
        for (before, after) in [
            ("", "r"),
            ("red sh", "red sho"),
            ("red shoes", "red"),
            ("chiar", "chair"),
            ("chiar", "chair table"),
            ("red shoos", "red shoe"),
            ("otoman", "ottoman"),
            ("cof", "coffee table"),
            ("tab cof", "coffee table"),
            ("fauteuil ete", "fauteuil eté"),
            ("outdoor cx", "outdoor chair"),
            ("sofa bed", "sofa lamp"),
        ] {
            assert!(continues(before, after), "{before} → {after}");
        }
    }

    #[test]
    fn another_query_does_not_go_on_with_one() {
        for (before, after) in [
            ("red", ""),
            ("red", "blue"),
            ("red shoes", "red curtains"),
            ("tv", "tb"),
            ("sofa table", "sofa lamp"),
            ("lamp", "red lamp shad x"),
        ] {
            assert_eq!(continues(before, after), before == "lamp", "{before} → {after}");
        }
    }

    #[test]
    fn case_and_spaces_make_no_difference() {
        assert_eq!(normal("  Red\tSHOES "), "red shoes");
    }
}
