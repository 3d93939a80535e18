//! The repair plan of a person.

use super::People;
use causeway_engine::identity::{self, Identifier, Kind, Reader};
use causeway_engine::lookup::StoredFacts;
use causeway_engine::repair::{self, Misattributed, Plan};
use causeway_store::Error;
use serde::Serialize;
use std::collections::BTreeSet;

/// Said with every plan.
const CHANGES_NOTHING_AT_ALGOLIA: &str =
    "What Algolia has stays as it is: no API gives an event another person. A repair is for Segment only.";

/// A plan, for people and programs.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// Whether nothing was sent because only the plan was asked for.
    pub dry_run: bool,
    /// How many events are on their way to Segment again.
    pub resent: usize,
    /// The events that are attributed otherwise today than when they were sent, oldest first.
    pub events: Vec<Misattributed>,
    /// What can't be repaired.
    pub algolia: &'static str,
}

impl Answer {
    /// Tells of a plan that was only made.
    pub fn planned(events: Vec<Misattributed>) -> Self {
        Self { dry_run: true, resent: 0, events, algolia: CHANGES_NOTHING_AT_ALGOLIA }
    }

    /// Tells of a plan that was carried out.
    pub fn done(events: Vec<Misattributed>) -> Self {
        Self { dry_run: false, resent: events.len(), ..Self::planned(events) }
    }
}

impl People<'_> {
    /// What a repair would send again of the person behind an id.
    pub fn plan(&self, id: &str, now: i64) -> Result<Plan, Error> {
        let anonymous = self.devices(id, now)?;
        repair::find((self.journal, self.state), &anonymous, self.rules, self.token_secret.as_bytes(), now)
    }

    /// Every anonymous id that is the person's, or was until an operator took it back.
    fn devices(&self, id: &str, now: i64) -> Result<Vec<String>, Error> {
        let known = self.find(id, now)?;
        let facts = StoredFacts(self.state);
        let mut nodes = Reader::new(&facts);
        let links = identity::explain(&mut nodes, &known.person);
        nodes.finish()?;
        let ends = links.into_iter().flat_map(|link| [link.from, link.to]).chain([known.asked]);
        let mut devices: BTreeSet<String> = known.person.anonymous.into_iter().collect();
        devices.extend(ends.filter(|end| end.kind == Kind::Anonymous).map(|Identifier { id, .. }| id));
        Ok(devices.into_iter().collect())
    }
}
