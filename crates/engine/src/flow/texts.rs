//! What each revision of a flow said, kept so that what it made can be explained after the flow was changed.

use super::{Definition, Document, Flow, Revision};
use causeway_store::{Error, State};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The prefix of the facts that hold texts.
const PREFIX: &str = "flow-text/";

/// A fact to be committed.
type Learned = (Vec<u8>, Option<Vec<u8>>);

fn key(flow: &str, revision: Revision) -> Vec<u8> {
    format!("{PREFIX}{flow}/{revision}").into_bytes()
}

/// The facts that are missing for these flows.
pub fn missing(flows: &[Arc<Flow>], state: &dyn State) -> Result<Vec<Learned>, Error> {
    let mut facts = Vec::new();
    for flow in flows {
        let key = key(flow.name(), flow.revision());
        if state.facts(&[&key])?.pop().flatten().is_none() {
            facts.push((key, Some(serde_json::to_vec(flow.definition()).unwrap_or_default())));
        }
    }
    Ok(facts)
}

/// What revisions of flows said, and the numbers of the flows' versions; each is read once.
#[derive(Default)]
pub struct Texts {
    numbers: BTreeMap<String, Vec<(Revision, u32)>>,
    texts: BTreeMap<Vec<u8>, Option<Definition>>,
}

impl Texts {
    /// What a revision said, if it ever ran here.
    pub fn text(
        &mut self,
        flow: &str,
        revision: Revision,
        state: &dyn State,
    ) -> Result<Option<Definition>, Error> {
        if !revision.is_some() {
            return Ok(None);
        }
        let key = key(flow, revision);
        if let Some(known) = self.texts.get(&key) {
            return Ok(known.clone());
        }
        let stored = state.facts(&[&key])?.pop().flatten();
        let text = stored.and_then(|stored| serde_json::from_slice(&stored).ok());
        self.texts.insert(key, text.clone());
        Ok(text)
    }

    /// The number of the version that this revision is; nothing if it is as a recipe or a file has it.
    pub fn number(
        &mut self,
        flow: &str,
        revision: Revision,
        state: &dyn State,
    ) -> Result<Option<u32>, Error> {
        if !revision.is_some() {
            return Ok(None);
        }
        if !self.numbers.contains_key(flow) {
            self.numbers.insert(flow.to_owned(), read(flow, state)?);
        }
        let found = self.numbers[flow].iter().find(|(known, _)| *known == revision);
        Ok(found.map(|(_, number)| *number))
    }
}

fn read(flow: &str, state: &dyn State) -> Result<Vec<(Revision, u32)>, Error> {
    let versions = state.flow_versions(flow)?;
    let own = versions.iter().filter_map(|version| {
        let document = Document::read(&version.definition, flow, &|_| Err(String::new())).ok()?;
        Some((Revision::of(document.definition()), version.version))
    });
    Ok(own.collect())
}
