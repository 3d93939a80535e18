//! `causeway backup` and `causeway restore`

use super::outcome::{Failure, Outcome};
use super::streams::print;
use crate::backup::{self, Made, Problem};
use crate::clock::Clock;
use crate::{config, moment};
use serde_json::json;
use std::path::Path;

pub(super) fn write(path: &Path, to: &Path, force: bool, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let made = backup::write(&config.store, to, force, &Clock::system())?;
    tell("backed up", to, &made, json)
}

pub(super) fn restore(path: &Path, from: &Path, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let made = backup::restore(from, &config.store)?;
    tell("restored", from, &made, json)
}

fn tell(done: &str, file: &Path, made: &Made, json: bool) -> Result<Outcome, Failure> {
    let (file, at) = (file.display().to_string(), moment::print(made.at));
    print(&if json {
        json!({"file": file, "made_at": at, "bytes": made.bytes, "records": made.last}).to_string()
    } else {
        format!(
            "{done}: {file}, made {at}, {} bytes of store, {} records accepted so far",
            made.bytes, made.last
        )
    })?;
    Ok(Outcome::Fine)
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        match &problem {
            Problem::Exists(_) | Problem::Occupied(_) | Problem::Unfit(..) => Self::usage(problem),
            Problem::Io(..) | Problem::Store(_) => Self::unreachable(problem),
        }
    }
}
