//! `causeway fql`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::{print, tell};
use causeway_mapping::Trigger;
use std::io::Read;

pub(super) fn run(command: &arguments::Fql) -> Result<Outcome, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).map_err(Failure::usage)?;
    let text = text.trim_end(); // a column counts from the start of what was given
    match command {
        arguments::Fql::Parse => {
            let trigger = Trigger::parse(text).map_err(Failure::usage)?;
            for notice in trigger.notices() {
                tell(&format!("causeway: column {}: {}", notice.column, notice.message));
            }
            print(&trigger.to_tree().to_string())?;
        }
        arguments::Fql::Print => {
            let tree = serde_json::from_str(text).map_err(|error| {
                Failure::usage(format!("standard input is no JSON tree of a trigger: {error}"))
            })?;
            let trigger = Trigger::from_tree(&tree).map_err(Failure::usage)?;
            print(&trigger.to_string())?;
        }
    }
    Ok(Outcome::Fine)
}
