//! A flow in the body of a request.

use crate::api::problem::Problem;
use causeway_engine::flow::{Definition, Document};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// A flow as it is sent: its file's text, or the same as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    pub(super) text: Option<String>,
    pub(super) definition: Option<Definition>,
    /// The JSON of the tracking plan that the flow names.
    pub(super) plan: Option<Box<RawValue>>,
}

impl Sent {
    pub(super) fn document(self) -> Result<Document, Problem> {
        let text = match (self.text, self.definition) {
            (Some(text), None) => text,
            (None, Some(definition)) => definition.to_text(),
            _ => return Err(Problem::bad("send either the flow's `text` or its `definition`")),
        };
        let plan = self.plan.map(|plan| plan.get().to_owned());
        let plans = |_: &str| plan.clone().ok_or_else(|| "send its JSON as `plan`".to_owned());
        Document::read(&text, "the flow", &plans).map_err(|faults| crate::flows::Problem::from(faults).into())
    }
}

/// Reads a body.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad(format!("the body: {error}")))
}
