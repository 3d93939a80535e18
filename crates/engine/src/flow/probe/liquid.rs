//! Which paths a Liquid template always writes.
//!
//! Only what stands outside of every block is told: within one it may rightly never be reached. Names that the template
//! itself gives a value are no paths of the event.

/// Tags that open a block.
const OPENING: [&str; 5] = ["if", "unless", "capture", "comment", "raw"];

/// Tags that give a name a value.
const NAMING: [&str; 4] = ["assign", "capture", "increment", "decrement"];

/// Words that are values of their own.
const VALUES: [&str; 6] = ["true", "false", "nil", "null", "empty", "blank"];

/// The paths that are written outside of blocks, such as `properties.index`.
pub(super) fn paths(template: &str) -> Vec<&str> {
    let (mut rest, mut depth, mut given, mut found) = (template, 0_usize, Vec::new(), Vec::new());
    while let Some((output, inside, after)) = next(rest) {
        let word = inside.split_whitespace().next().unwrap_or_default();
        if output {
            found.extend(path(inside).filter(|_| depth == 0));
        } else if NAMING.contains(&word) {
            given.extend(inside.split_whitespace().nth(1));
        }
        if !output && OPENING.contains(&word) {
            depth += 1;
        } else if !output && word.starts_with("end") {
            depth = depth.saturating_sub(1);
        }
        rest = after;
    }
    found.retain(|path| !given.iter().any(|name| path.split('.').next() == Some(name)));
    found
}

/// The next `{{ … }}` (an output) or `{% … %}`: what is inside, and what comes after.
fn next(text: &str) -> Option<(bool, &str, &str)> {
    let rest = &text[text.find("{{").into_iter().chain(text.find("{%")).min()?..];
    let output = rest.starts_with("{{");
    let (inside, after) = rest[2..].split_once(if output { "}}" } else { "%}" })?;
    Some((output, inside.trim_matches('-').trim(), after))
}

/// The path that an output begins with; nothing if it begins with a value or has an index.
fn path(inside: &str) -> Option<&str> {
    let path = inside.split('|').next()?.trim();
    let sign = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.');
    let named = path.starts_with(|first: char| first.is_alphabetic() || first == '_');
    (named && path.chars().all(sign) && !VALUES.contains(&path)).then_some(path)
}
