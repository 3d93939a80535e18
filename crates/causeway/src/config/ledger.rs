//! The ledger's daily reports: checked.

use super::Settings;
use super::source::Problem;
use crate::daily::Signer;
use crate::secret::Secret;
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};

/// The ledger's daily reports.
#[derive(Debug, Clone)]
pub struct Daily {
    /// Where they are written as files, resolved against the configuration file's directory.
    pub directory: Option<PathBuf>,
    /// What they are signed with, if it is not the store's own key.
    pub key: Option<Secret>,
    /// Whose days they are of.
    pub zone: TimeZone,
}

pub(super) fn check(settings: &Settings, home: &Path) -> Result<Daily, Problem> {
    let ledger = &settings.ledger;
    if let Some(key) = &ledger.key {
        Signer::parse(key).map_err(|fault| Problem::invalid(format!("ledger.key: {fault}")))?;
    }
    let zone = TimeZone::get(&ledger.time_zone).map_err(|_| {
        let name = &ledger.time_zone;
        Problem::invalid(format!(
            "ledger.time_zone: there is no time zone {name:?}; write one like \"Europe/Berlin\""
        ))
    })?;
    let directory = ledger.reports.as_ref().map(|path| home.join(path));
    Ok(Daily { directory, key: ledger.key.clone(), zone })
}
