//! The paths in a tag or an output, as they are written.

/// Tags that give a name a value.
const NAMING: [&str; 4] = ["assign", "capture", "increment", "decrement"];

/// Words that are no paths: values of their own, and the operator among the words.
const WORDS: [&str; 7] = ["true", "false", "nil", "null", "empty", "blank", "contains"];

/// The names that a template gives a value.
pub(super) fn given(template: &str) -> impl Iterator<Item = &str> {
    template.split("{%").skip(1).filter_map(|tag| {
        let (tag, name) = tag.trim_start_matches('-').trim_start().split_once(char::is_whitespace)?;
        let name = root(name.trim_start());
        (NAMING.contains(&tag) && !name.is_empty()).then_some(name)
    })
}

/// The name that a path starts with.
pub(super) fn root(path: &str) -> &str {
    &path[..name(path)]
}

/// The paths in a text: neither in quotes, nor a filter's name, nor a keyword's.
pub(super) fn paths(text: &str) -> Vec<&str> {
    let (mut rest, mut filter, mut found) = (text, false, Vec::new());
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => quoted(rest),
            '_' | 'a'..='z' | 'A'..='Z' => path(rest),
            _ => first.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        let names = first == '_' || first.is_ascii_alphabetic();
        if names && !filter && !WORDS.contains(&word) && !after.trim_start().starts_with(':') {
            found.push(word);
        }
        filter = first == '|' || (filter && first.is_whitespace());
        rest = after;
    }
    found
}

/// How long the name is that a text starts with.
fn name(text: &str) -> usize {
    text.find(|sign: char| !sign.is_ascii_alphanumeric() && !matches!(sign, '_' | '-')).unwrap_or(text.len())
}

/// How long the quoted text is that a text starts with.
fn quoted(text: &str) -> usize {
    let mark = &text[..1];
    text[1..].find(mark).map_or(text.len(), |end| end + 2)
}

/// How long the path is that a text starts with: names with dots between them, and what stands in brackets.
fn path(text: &str) -> usize {
    let mut end = name(text);
    loop {
        let rest = &text[end..];
        end += match rest.bytes().next() {
            Some(b'.') if name(&rest[1..]) > 0 => 1 + name(&rest[1..]),
            Some(b'[') => bracketed(rest),
            _ => return end,
        };
    }
}

/// How long the brackets are that a text starts with, those inside of them and quoted texts included.
fn bracketed(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(first) = text[at..].chars().next() {
        depth += usize::from(first == '[');
        depth -= usize::from(first == ']');
        at += if matches!(first, '\'' | '"') { quoted(&text[at..]) } else { first.len_utf8() };
        if depth == 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_values_filters_and_keywords() {
        for (text, expected) in [
            ("a.b-c | default: d, 'e.f' | upcase", &["a.b-c", "d"][..]),
            ("a[b.c['x]']].d[0] | slice: -1, n", &["a[b.c['x]']].d[0]", "n"]),
            ("'it' | append: \"a\" | plus: 1.5 |  times : nil", &[]),
            ("'group': a, b", &["a", "b"]),
        ] {
            assert_eq!(paths(text), expected, "{text}");
        }
    }

    #[test]
    fn names_that_a_template_gives_are_found() {
        let template =
            "{%- assign a-b=1 %}{% capture c %}{% endcapture %}{% if d %}{% endif %}{%increment e%}";
        assert_eq!(given(template).collect::<Vec<_>>(), ["a-b", "c", "e"]);
    }
}
