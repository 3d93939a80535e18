//! What a flow was, version by version.

use super::{Known, Problem, document_of};
use causeway_engine::flow::difference::{self, Difference};
use causeway_store::State;
use causeway_store::state::FlowVersion;
use serde::Serialize;

/// A line of a flow's history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Past {
    /// The version's number.
    pub version: u32,
    /// Whether it is what runs.
    pub active: bool,
    /// When it was made, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Who made it.
    pub author: String,
    /// Whether it hands the flow back to its recipe or file.
    pub as_configured: bool,
    /// What it says otherwise than the version before it; for the first, than the recipe or file.
    pub differences: Vec<Difference>,
    /// Its text.
    pub text: String,
}

/// Every version of a flow, oldest first.
pub fn history(configured: &[Known], state: Option<&dyn State>, name: &str) -> Result<Vec<Past>, Problem> {
    let configured = configured.iter().find(|known| known.name() == name).map(|known| &known.document);
    let mut before = configured.cloned();
    let mut past = Vec::new();
    for version in versions(state, name)? {
        let own = document_of(&version)?;
        let as_configured = own.is_none();
        let document = own.or_else(|| configured.cloned());
        let differences = match &document {
            Some(document) => difference::between(before.as_ref(), document),
            None => Vec::new(),
        };
        past.push(Past {
            version: version.version,
            active: version.active,
            at: version.at,
            author: version.author,
            as_configured,
            differences,
            text: version.definition,
        });
        before = document;
    }
    Ok(past)
}

/// The versions of a flow; none without a store.
pub(super) fn versions(state: Option<&dyn State>, name: &str) -> Result<Vec<FlowVersion>, Problem> {
    Ok(state.map(|state| state.flow_versions(name)).transpose()?.unwrap_or_default())
}
