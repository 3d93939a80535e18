//! Where reports are kept: facts of the store, by day, which nothing overwrites.

use super::Signed;
use causeway_store::state::Fact;
use causeway_store::{Error, State};
use jiff::civil::Date;

/// Facts under this prefix are reports; what follows is the day.
const PREFIX: &str = "ledger-report/";

/// So many reports are read at once.
const PAGE: u32 = 500;

/// A report as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The day, as in `2026-11-24`.
    pub day: String,
    /// The JSON text of a [`Signed`].
    pub text: String,
}

impl Kept {
    /// A report with its day.
    pub fn new(day: Date, signed: &Signed) -> serde_json::Result<Self> {
        Ok(Self { day: day.to_string(), text: serde_json::to_string(signed)? })
    }

    /// What the store keeps.
    pub fn fact(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        (key(&self.day), Some(self.text.clone().into_bytes()))
    }

    /// The name of its file.
    pub fn file_name(&self) -> String {
        format!("{FILE_PREFIX}{}.json", self.day)
    }
}

/// How the names of reports' files begin.
pub(super) const FILE_PREFIX: &str = "ledger-";

/// Every report, oldest first.
pub fn all(state: &dyn State) -> Result<Vec<Kept>, Error> {
    let mut reports = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = state.facts_with_prefix(PREFIX.as_bytes(), after.as_deref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(reports) };
        after = Some(last.clone());
        reports.extend(page.into_iter().map(kept));
    }
}

/// The report of a day.
pub fn find(state: &dyn State, day: &str) -> Result<Option<Kept>, Error> {
    let key = key(day);
    let found = state.facts(&[&key])?.pop().flatten();
    Ok(found.map(|text| kept((key, text))))
}

fn key(day: &str) -> Vec<u8> {
    format!("{PREFIX}{day}").into_bytes()
}

fn kept((key, text): Fact) -> Kept {
    let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Kept { day: read(&key[PREFIX.len()..]), text: read(&text) }
}
