//! Where a configuration came from, so that it can be read again: all of it, or only the secrets in it.

use super::source::{self, Lookup, Outside, Problem};
use super::{Config, Settings};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// SHA-256 of a secret file's content; nothing where it can't be read.
type Hash = Option<[u8; 32]>;

/// The file as it was read, and what was in the files that it takes secrets from.
#[derive(Debug, Clone)]
pub struct Origin {
    path: PathBuf,
    text: String,
    /// Only hashes: what changed is to be known, not what it was.
    files: BTreeMap<String, Hash>,
}

impl Origin {
    /// Reads, checks and compiles the configuration.
    pub fn read(path: &Path) -> Result<(Self, Config), Problem> {
        let text = source::text(path)?;
        let (origin, settings) = Self::parse(path, text)?;
        let config = Config::check(settings, &origin.home())?;
        Ok((origin, config))
    }

    /// Whether the content of a secret file is another than when it was read.
    pub fn secrets_changed(&self) -> bool {
        self.files.iter().any(|(path, known)| hash(&Outside.file(path)) != *known)
    }

    /// The same text with the secrets that the files hold now. Flows stay as they were `before`.
    pub fn with_new_secrets(&self, before: &Config) -> Result<(Self, Config), Problem> {
        let (origin, settings) = Self::parse(&self.path, self.text.clone())?;
        let config = Config::with_flows(settings, before.configured.clone(), &origin.home())?;
        Ok((origin, config))
    }

    /// The same with the hashes of the secret files as they are now, so that a change that was refused is told once.
    #[must_use]
    pub fn seen(&self) -> Self {
        let now = |path: &String| (path.clone(), hash(&Outside.file(path)));
        Self { files: self.files.keys().map(now).collect(), ..self.clone() }
    }

    fn parse(path: &Path, text: String) -> Result<(Self, Settings), Problem> {
        let lookup = Recording::default();
        let settings = source::settings(path, &text, &lookup)?;
        Ok((Self { path: path.to_owned(), text, files: lookup.files.into_inner() }, settings))
    }

    fn home(&self) -> PathBuf {
        self.path.parent().map_or_else(PathBuf::new, Path::to_owned)
    }
}

fn hash(content: &std::io::Result<String>) -> Hash {
    content.as_ref().ok().map(|text| Sha256::digest(text).into())
}

/// Looks outside, and remembers what was in files.
#[derive(Default)]
struct Recording {
    files: RefCell<BTreeMap<String, Hash>>,
}

impl Lookup for Recording {
    fn variable(&self, name: &str) -> Option<String> {
        Outside.variable(name)
    }

    fn file(&self, path: &str) -> std::io::Result<String> {
        let content = Outside.file(path);
        self.files.borrow_mut().insert(path.to_owned(), hash(&content));
        content
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_file_that_changed_is_noticed_and_only_its_secret_is_taken_anew() {
        let home = tempfile::tempdir().unwrap();
        let (file, secret) = (home.path().join("causeway.toml"), home.path().join("key"));
        let text = format!("[segment]\nwrite_key = \"${{file:{}}}\"\n", secret.display());
        std::fs::write(&secret, "old\n").unwrap();
        std::fs::write(&file, &text).unwrap();
        let (origin, config) = Origin::read(&file).unwrap();
        assert!(!origin.secrets_changed());

        std::fs::write(&secret, "new\n").unwrap();
        std::fs::write(&file, format!("{text}forward_calls = true\n")).unwrap();
        assert!(origin.secrets_changed());
        let (origin, config) = origin.with_new_secrets(&config).unwrap();
        let segment = &config.settings.segment;
        assert_eq!((segment.write_key.as_ref().unwrap().expose(), segment.forward_calls), ("new", false));
        assert!(!origin.secrets_changed());

        std::fs::remove_file(&secret).unwrap();
        assert!(origin.secrets_changed() && !origin.seen().secrets_changed());
        assert!(origin.with_new_secrets(&config).is_err());
    }
}
