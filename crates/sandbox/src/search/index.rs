//! One index: its records, settings and rules, and what is made of them when it is searched.

use super::indices::{Record, Records};
use super::refusal::Refusal;
use super::rule::{self, Rules};
use super::searchable::Searchable;
use super::settings::Settings;
use crate::catalogue;
use serde_json::{Map, Value};
use std::sync::Arc;

/// One index.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) records: Records,
    settings: Arc<Map<String, Value>>,
    rules: Arc<Rules>,
    /// Made when it is first searched after a change.
    searchable: Option<Arc<Searchable>>,
    /// Unix milliseconds.
    pub(super) created_ms: i64,
    pub(super) updated_ms: i64,
}

/// An index ready to be searched, as it was at one moment.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) searchable: Arc<Searchable>,
    pub(super) settings: Arc<Map<String, Value>>,
    pub(super) rules: Arc<Rules>,
}

impl Index {
    pub(super) fn new(now_ms: i64) -> Self {
        Self { created_ms: now_ms, updated_ms: now_ms, ..Self::default() }
    }

    /// The products of the shop, with rules for some audiences.
    pub(super) fn of_products(now_ms: i64) -> Self {
        let record = |fields: Map<String, Value>| {
            let id = fields.get("objectID").and_then(Value::as_str).unwrap_or_default().to_owned();
            (id, Record { fields, writes: 1 })
        };
        let records = catalogue::records().map(record).collect();
        let (settings, rules) = (Arc::new(catalogue::settings()), Arc::new(rule::of_products()));
        Self { records, settings, rules, ..Self::new(now_ms) }
    }

    pub(super) fn settings(&self) -> &Map<String, Value> {
        &self.settings
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(super) fn rules_mut(&mut self) -> &mut Rules {
        Arc::make_mut(&mut self.rules)
    }

    /// Merges settings: what isn't named stays, null takes one away. All or nothing.
    pub(super) fn change_settings(&mut self, changes: Map<String, Value>) -> Result<(), Refusal> {
        let mut settings = (*self.settings).clone();
        settings.extend(changes);
        settings.retain(|_, value| !value.is_null());
        Settings::parse(&settings)?;
        (self.settings, self.searchable) = (Arc::new(settings), None);
        Ok(())
    }

    pub(super) fn records_mut(&mut self, now_ms: i64) -> &mut Records {
        (self.searchable, self.updated_ms) = (None, now_ms);
        &mut self.records
    }

    pub(super) fn prepared(&mut self) -> Result<Prepared, Refusal> {
        let searchable = match &self.searchable {
            Some(searchable) => Arc::clone(searchable),
            None => Arc::new(Searchable::build(&self.records, Settings::parse(&self.settings)?)),
        };
        self.searchable = Some(Arc::clone(&searchable));
        Ok(Prepared { searchable, settings: Arc::clone(&self.settings), rules: Arc::clone(&self.rules) })
    }
}
