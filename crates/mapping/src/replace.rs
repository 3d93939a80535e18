//! `@replace`: a plain text pattern, replaced as JavaScript's `String.replace` does it.

use std::borrow::Cow;

use crate::{ResolveError, meter::Meter};

/// A pattern and what to put in its place.
#[derive(Debug)]
pub(crate) struct Substitution {
    /// The pattern's characters, folded where case does not matter.
    pattern: Box<[char]>,
    replacement: Box<[Part]>,
    ignore_case: bool,
    all: bool,
}

/// What a replacement is made of: JavaScript gives `$` a meaning.
#[derive(Debug)]
enum Part {
    Text(Box<str>),
    /// `$&`
    Match,
    /// `` $` ``
    Before,
    /// `$'`
    After,
}

impl Substitution {
    pub(crate) fn new(pattern: &str, replacement: &str, ignore_case: bool, all: bool) -> Self {
        let fold = |character| if ignore_case { fold(character) } else { character };
        Substitution {
            pattern: pattern.chars().map(fold).collect(),
            replacement: parts(replacement),
            ignore_case,
            all,
        }
    }

    /// The text with the pattern's first or every occurrence replaced.
    pub(crate) fn apply<'t>(
        &self,
        text: Cow<'t, str>,
        meter: &mut Meter,
    ) -> Result<Cow<'t, str>, ResolveError> {
        let mut replaced = String::new();
        let mut done = 0;
        while let Some((start, end)) = self.find(&text, done) {
            let before = replaced.len();
            replaced.push_str(&text[done..start]);
            self.replacement.iter().for_each(|part| part.put(&text, start, end, &mut replaced));
            meter.spend(replaced.len() - before)?;
            done = end;
            if !self.all {
                break;
            }
        }
        if done == 0 {
            return Ok(text);
        }
        replaced.push_str(&text[done..]);
        meter.spend(text.len() - done)?;
        Ok(Cow::Owned(replaced))
    }

    fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        text[from..].char_indices().find_map(|(at, _)| {
            let start = from + at;
            self.length_at(&text[start..]).map(|length| (start, start + length))
        })
    }

    /// How many bytes of `text` the pattern takes, if it stands at the start.
    fn length_at(&self, text: &str) -> Option<usize> {
        let mut rest = text.chars();
        let same = |found: char, wanted: char| found == wanted || (self.ignore_case && fold(found) == wanted);
        for wanted in &self.pattern {
            rest.next().filter(|found| same(*found, *wanted))?;
        }
        Some(text.len() - rest.as_str().len())
    }
}

impl Part {
    fn put(&self, text: &str, start: usize, end: usize, out: &mut String) {
        out.push_str(match self {
            Part::Text(own) => own,
            Part::Match => &text[start..end],
            Part::Before => &text[..start],
            Part::After => &text[end..],
        });
    }
}

fn parts(replacement: &str) -> Box<[Part]> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = replacement.chars().peekable();
    while let Some(character) = rest.next() {
        let special = match rest.peek() {
            Some('&') if character == '$' => Part::Match,
            Some('`') if character == '$' => Part::Before,
            Some('\'') if character == '$' => Part::After,
            dollar => {
                if dollar == Some(&'$') && character == '$' {
                    rest.next(); // `$$` is one dollar
                }
                text.push(character);
                continue;
            }
        };
        rest.next();
        parts.push(Part::Text(std::mem::take(&mut text).into()));
        parts.push(special);
    }
    parts.push(Part::Text(text.into()));
    parts.into()
}

/// What JavaScript compares when a pattern ignores case: the upper case, where it is one character of the same plane,
/// and never an ASCII letter for another alphabet's.
fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) if !single.is_ascii() && character <= '\u{ffff}' && single <= '\u{ffff}' => {
            single
        }
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(text: &str, pattern: &str, replacement: &str, ignore_case: bool, all: bool) -> String {
        let substitution = Substitution::new(pattern, replacement, ignore_case, all);
        substitution.apply(text.into(), &mut Meter::new()).unwrap().into_owned()
    }

    #[test]
    fn patterns_are_plain_text() {
        assert_eq!(replace("a+b+c", "+", "_", false, true), "a_b_c");
        assert_eq!(replace("a+b+c", "+", "_", false, false), "a_b+c");
        assert_eq!(replace("aaaa", "aa", "a", false, true), "aa");
        assert_eq!(replace("none", "x", "y", false, true), "none");
    }

    #[test]
    fn case_is_ignored_as_javascript_does() {
        assert_eq!(replace("aab--AaB--É", "AAB", "x", true, true), "x--x--É");
        assert_eq!(replace("É", "é", "e", true, true), "e");
        assert_eq!(replace("ſ K", "s", "x", true, true), "ſ K");
        assert_eq!(replace("ß", "SS", "x", true, true), "ß");
    }

    #[test]
    fn dollars_in_a_replacement_mean_what_javascript_means() {
        assert_eq!(replace("a-b", "-", "$$", false, true), "a$b");
        assert_eq!(replace("a-b", "-", "[$&]", false, true), "a[-]b");
        assert_eq!(replace("a-b", "-", "$`$'", false, true), "aabb");
        assert_eq!(replace("a-b", "-", "$1$", false, true), "a$1$b");
    }

    #[test]
    fn a_replacement_that_multiplies_the_text_is_stopped() {
        let substitution = Substitution::new("a", "$`$'$`$'", false, true);
        let result = substitution.apply("a".repeat(10_000).into(), &mut Meter::new());
        assert!(matches!(result, Err(ResolveError::TooLarge)));
    }
}
