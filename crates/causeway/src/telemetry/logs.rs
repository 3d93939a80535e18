//! Structured logs on standard error.

use crate::config::settings::{Log, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// What a filter may name without a target. A word that is none of these would be a target of its own, and silence the rest.
const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// Reads a filter: a level, or levels for targets, such as `info,causeway::delivery=debug`.
pub fn filter(text: &str) -> Result<EnvFilter, String> {
    let known = |part: &str| part.contains('=') || LEVELS.contains(&part.to_ascii_lowercase().as_str());
    match text.split(',').map(str::trim).find(|part| !known(part)) {
        Some(part) => Err(format!("{part:?} is no level; write {}, or target=level", LEVELS.join(", "))),
        None => EnvFilter::try_new(text).map_err(|error| error.to_string()),
    }
}

/// Starts logging; later calls change nothing.
pub fn start(log: &Log) -> Result<(), String> {
    let filter = filter(&log.level).map_err(|error| format!("log.level: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    // Already started: a second bridge in one process (tests) shares the first one's log.
    drop(started);
    Ok(())
}
