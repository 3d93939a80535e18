//! `causeway init`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::print;
use crate::config::DEFAULT_FILE;
use std::io::Write;
use std::path::Path;

/// What is written: the keys that everybody needs; `causeway config --reference` has all.
pub(super) const TEMPLATE: &str = include_str!("init.toml");

pub(super) fn run(arguments: &arguments::Init, path: Option<&Path>) -> Result<Outcome, Failure> {
    let path = path.unwrap_or(Path::new(DEFAULT_FILE));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(!arguments.force).create(true).truncate(true);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::usage(format!("{} exists; --force replaces it", path.display()))
        }
        _ => Failure::unreachable(format!("failed to write {}: {error}", path.display())),
    })?;
    file.write_all(TEMPLATE.as_bytes())?;
    print(&format!("wrote {}; set its variables, then: causeway validate && causeway run", path.display()))?;
    Ok(Outcome::Fine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Lookup, parse};

    struct Anything;

    impl Lookup for Anything {
        fn variable(&self, _: &str) -> Option<String> {
            Some("ABCDEFGHIJ".to_owned())
        }

        fn file(&self, _: &str) -> std::io::Result<String> {
            Ok("secret".to_owned())
        }
    }

    #[test]
    fn the_file_that_init_writes_is_a_configuration_that_runs() {
        let settings = parse(TEMPLATE, std::iter::empty(), &Anything).unwrap();
        let config = crate::config::Config::check(settings, Path::new("")).unwrap();
        assert!(
            config.insights.is_some() && config.segment.is_some() && config.configured.flows().len() == 1
        );
        assert!(config.warnings.is_empty());
    }
}
