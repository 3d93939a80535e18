//! From the file's text to settings: overrides from the environment, secrets from variables and files.

use super::Settings;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Why there is no configuration. What kind it is decides the exit code.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// There is no configuration file.
    #[error("there is no {0}; `causeway init` writes a commented one, --config names another")]
    Missing(PathBuf),
    /// A file, or the directory of flows, can't be read.
    #[error("failed to read {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something that can't be.
    #[error("{0}")]
    Invalid(String),
}

impl Problem {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }
}

/// Environment variables that start with this override keys: `CAUSEWAY__SEGMENT__NAMING=ecommerce`.
pub const OVERRIDE_PREFIX: &str = "CAUSEWAY__";

/// A configuration file's text.
pub fn text(path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Problem::Missing(path.to_owned()),
        _ => Problem::Unreadable { path: path.to_owned(), source },
    })
}

/// Reads settings from a file's text and the process's environment, taking secrets from `lookup`.
pub fn settings(path: &Path, text: &str, lookup: &dyn Lookup) -> Result<Settings, Problem> {
    let overrides = std::env::vars().filter(|(name, _)| name.starts_with(OVERRIDE_PREFIX));
    parse(text, overrides, lookup).map_err(|problem| match problem {
        Problem::Invalid(message) => Problem::Invalid(format!("{}: {message}", path.display())),
        other => other,
    })
}

/// Where `${…}` gets its values.
pub trait Lookup {
    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;
    /// A file's text.
    fn file(&self, path: &str) -> std::io::Result<String>;
}

/// Neither variables nor files: for settings that take nothing from their surroundings.
#[derive(Debug, Clone, Copy)]
pub struct Nowhere;

impl Lookup for Nowhere {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, _: &str) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// The process's environment and the machine's files.
pub struct Outside;

impl Lookup for Outside {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &str) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// Parses settings from text, with overrides, taking secrets from `lookup`.
pub fn parse(
    text: &str,
    overrides: impl Iterator<Item = (String, String)>,
    lookup: &dyn Lookup,
) -> Result<Settings, Problem> {
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| syntax(text, &error))?;
    for (name, value) in overrides {
        set(&mut table, &name, value)?;
    }
    interpolate_table(&mut table, "", lookup)?;
    let mut whole: Table = DEFAULTS.parse().map_err(|error: toml::de::Error| syntax(DEFAULTS, &error))?;
    merge(&mut whole, table);
    serde_path_to_error::deserialize(whole).map_err(|error| unknown(&error))
}

/// Every key with its default and its documentation: the one place where they are written.
pub const DEFAULTS: &str = include_str!("default.toml");

/// Lays the file over the defaults, section by section.
fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (_, value) => _ = under.insert(key, value),
        }
    }
}

fn syntax(text: &str, error: &toml::de::Error) -> Problem {
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    Problem::invalid(format!("line {line}: {}", error.message()))
}

fn set(table: &mut Table, variable: &str, value: String) -> Result<(), Problem> {
    let path: Vec<String> = variable[OVERRIDE_PREFIX.len()..].split("__").map(str::to_lowercase).collect();
    let (key, sections) =
        path.split_last().ok_or_else(|| Problem::invalid(format!("{variable} names no key")))?;
    let mut place = table;
    for section in sections {
        let entry = place.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
        place = entry
            .as_table_mut()
            .ok_or_else(|| Problem::invalid(format!("{variable}: {section} is no section")))?;
    }
    let key = key.clone();
    // A value that reads as TOML (true, 5, ["a"]) is that; anything else is text.
    let parsed = format!("value = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    place.insert(key, parsed.unwrap_or(Value::String(value)));
    Ok(())
}

fn interpolate_table(table: &mut Table, path: &str, lookup: &dyn Lookup) -> Result<(), Problem> {
    for (key, value) in table.iter_mut() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        interpolate(value, &path, lookup)?;
    }
    Ok(())
}

fn interpolate(value: &mut Value, path: &str, lookup: &dyn Lookup) -> Result<(), Problem> {
    match value {
        Value::String(text) => *text = replace(text, path, lookup)?,
        Value::Array(items) => items.iter_mut().try_for_each(|item| interpolate(item, path, lookup))?,
        Value::Table(table) => interpolate_table(table, path, lookup)?,
        _ => {}
    }
    Ok(())
}

/// Replaces each `${NAME}`, `${NAME:-default}` and `${file:PATH}`; `$${` stands for a literal `${`.
fn replace(text: &str, path: &str, lookup: &dyn Lookup) -> Result<String, Problem> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if rest[..start].ends_with('$') {
            out.push_str(&rest[..start]);
            out.push('{');
            rest = &rest[start + 2..];
            continue;
        }
        let end = rest[start..]
            .find('}')
            .ok_or_else(|| Problem::invalid(format!("{path}: `${{` without a closing `}}`")))?;
        out.push_str(&rest[..start]);
        out.push_str(&value_of(&rest[start + 2..start + end], path, lookup)?);
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn value_of(name: &str, path: &str, lookup: &dyn Lookup) -> Result<String, Problem> {
    if let Some(file) = name.strip_prefix("file:") {
        let text = lookup
            .file(file)
            .map_err(|error| Problem::invalid(format!("{path}: failed to read {file}: {error}")))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    let (name, default) = name.split_once(":-").map_or((name, None), |(name, default)| (name, Some(default)));
    let value = lookup.variable(name).or_else(|| default.map(str::to_owned));
    value.ok_or_else(|| {
        Problem::invalid(format!(
            "{path}: the environment variable {name} is not set; set it, or write ${{{name}:-default}}"
        ))
    })
}

/// Turns serde's message into one that names the key and suggests the right one.
fn unknown(error: &serde_path_to_error::Error<toml::de::Error>) -> Problem {
    let path = error.path().to_string();
    let message = error.inner().message().to_owned();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let suggestion = message.starts_with("unknown").then(|| {
        let wrong = quoted.next().unwrap_or_default().to_owned();
        closest(&wrong, quoted)
    });
    let hint = suggestion.flatten().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Problem::invalid(format!("{path}: {message}{hint}"))
}

/// The most alike of the right names, if any is alike enough to be a slip of the finger.
pub fn closest<'a>(wrong: &str, right: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = right.map(|name| (strsim::damerau_levenshtein(wrong, name), name));
    scored.filter(|(distance, name)| *distance <= 1 + name.len() / 3).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Lookup for Fixed {
        fn variable(&self, name: &str) -> Option<String> {
            (name == "KEY").then(|| "se\"cret".to_owned())
        }

        fn file(&self, path: &str) -> std::io::Result<String> {
            if path == "/run/secrets/key" {
                Ok("from-file\n".to_owned())
            } else {
                Err(std::io::ErrorKind::NotFound.into())
            }
        }
    }

    fn read(text: &str) -> Result<Settings, String> {
        parse(text, std::iter::empty(), &Fixed).map_err(|problem| problem.to_string())
    }

    #[test]
    fn secrets_come_from_variables_and_files_whatever_signs_they_hold() {
        let settings =
            read("[segment]\nwrite_key = \"${KEY}\"\nwebhook_secret = \"${file:/run/secrets/key}\"").unwrap();
        assert_eq!(settings.segment.write_key.unwrap().expose(), "se\"cret");
        assert_eq!(settings.segment.webhook_secret.unwrap().expose(), "from-file");
        assert!(
            read("[segment]\nwrite_key = \"${NONE}\"")
                .unwrap_err()
                .contains("segment.write_key: the environment variable NONE")
        );
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it_and_suggests_the_right_one() {
        let message = read("[segment]\nwrite_kye = \"x\"").unwrap_err();
        assert!(message.contains("segment") && message.contains("did you mean `write_key`?"), "{message}");
    }

    #[test]
    fn the_environment_overrides_single_keys() {
        let overrides = [("CAUSEWAY__SEGMENT__NAMING".to_owned(), "ecommerce".to_owned())];
        let settings = parse("", overrides.into_iter(), &Fixed).unwrap();
        assert_eq!(settings.segment.naming, super::super::settings::Naming::Ecommerce);
    }
}
