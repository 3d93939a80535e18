//! Configuration: one `causeway.toml`, read in named stages.
//!
//! 1. [`source`]: the file's text, environment overrides (`CAUSEWAY__SECTION__KEY`), `${ENV}` and `${file:…}` replaced;
//! 2. [`settings`]: the raw twin of the file: every key, its default and its documentation in one place;
//! 3. [`Config`]: what the program works with, cross-checked, compiled; if it exists, it can run.

mod alerts;
pub mod algolia;
pub mod checked;
pub mod difference;
pub mod gateway;
mod ledger;
mod origin;
mod people;
mod poll;
mod probe;
mod recipes;
pub mod reference;
mod searches;
pub mod settings;
pub mod source;
mod telemetry;
pub mod units;

pub use alerts::Alerts;
pub use algolia::{ErasureTarget, ProfilesTarget, SearchHosts};
pub use checked::{Config, Credentials, InsightsTarget, SegmentTarget, Webhook};
pub use gateway::GatewayTarget;
pub use ledger::Daily;
pub use origin::Origin;
pub use poll::PollTarget;
pub use probe::ProbeTarget;
pub use settings::Settings;
pub use source::Problem;

use std::path::{Path, PathBuf};

/// The file that is read when nothing else is said.
pub const DEFAULT_FILE: &str = "causeway.toml";

/// The environment variable that names another file.
pub const FILE_VARIABLE: &str = "CAUSEWAY_CONFIG";

/// The configuration file to use: the command line's, else `./causeway.toml`, else `$CAUSEWAY_CONFIG`.
pub fn locate(given: Option<&Path>) -> PathBuf {
    let default = PathBuf::from(DEFAULT_FILE);
    match given {
        Some(path) => path.to_owned(),
        None if default.exists() => default,
        None => std::env::var_os(FILE_VARIABLE).map_or(default, PathBuf::from),
    }
}

/// Reads, checks and compiles the configuration.
pub fn load(path: &Path) -> Result<Config, Problem> {
    Ok(Origin::read(path)?.1)
}
