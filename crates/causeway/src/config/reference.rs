//! The reference of all keys, made from the commented defaults.

use super::source::DEFAULTS;
use std::fmt::Write;

/// The reference as Markdown: a section each table, an entry each key.
pub fn markdown() -> String {
    let mut out = String::from("# Configuration reference\n\n");
    let mut comment: Vec<&str> = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(section) = line.strip_prefix('[') {
            let _ = write!(out, "\n## `[{section}`\n\n");
            comment.clear();
        } else if let Some((key, default)) = entry(line) {
            let _ = writeln!(out, "- **`{key}`** {}. {}", default, comment.join(" "));
            comment.clear();
        } else if let Some(text) = line.strip_prefix("# ") {
            comment.push(text);
        } else if line.is_empty() && !comment.is_empty() {
            let _ = writeln!(out, "{}\n", comment.join(" "));
            comment.clear();
        }
    }
    out
}

/// A key with its default, or with an example if it has none (commented out).
fn entry(line: &str) -> Option<(&str, String)> {
    let (text, kind) = match line.strip_prefix("# ") {
        Some(text) => (text, "no default, e.g."),
        None => (line, "default"),
    };
    let (key, value) = text.split_once(" = ")?;
    let legal = key
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'));
    legal.then(|| (key, format!("({kind} `{value}`)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handbook_has_the_reference_that_the_program_prints() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/configuration.md");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            kept,
            markdown(),
            "write it anew: causeway config --reference > docs/src/configuration.md"
        );
    }

    #[test]
    fn every_key_is_explained() {
        let text = markdown();
        let entries: Vec<&str> = text.lines().filter(|line| line.starts_with("- ")).collect();
        assert!(entries.len() > 40, "{}", entries.len());
        assert!(
            entries.iter().all(|line| line.split("). ").nth(1).is_some_and(|text| text.len() > 5)),
            "{text}"
        );
    }
}
