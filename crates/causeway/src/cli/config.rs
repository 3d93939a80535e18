//! `causeway config`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::print;
use crate::config::{self, reference};
use std::path::Path;

pub(super) fn run(path: &Path, arguments: &arguments::Config, json: bool) -> Result<Outcome, Failure> {
    if arguments.reference {
        print(reference::markdown().trim_end())?;
        return Ok(Outcome::Fine);
    }
    let config = config::load(path)?;
    let text = if json {
        serde_json::to_string(&config.settings).map_err(Failure::usage)?
    } else {
        toml::to_string(&config.settings).map_err(Failure::usage)?
    };
    print(text.trim_end())?;
    Ok(Outcome::Fine)
}
