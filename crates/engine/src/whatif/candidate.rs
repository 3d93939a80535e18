//! The candidate: a whole flow, or only another mapping for the flow that runs.

use crate::flow::{Definition, Document};
use serde_json::Value;

/// Why a text is no candidate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is neither JSON nor TOML.
    #[error("it is neither a flow file nor a mapping: {0}")]
    Unreadable(String),
    /// It is a mapping, and the flow has several.
    #[error(
        "the flow has several subscriptions, so it can't be told which one the mapping is for; give the whole flow file \
         (`causeway flow export` writes it)"
    )]
    Several,
    /// It is another flow.
    #[error("the file is the flow {found:?}, not {expected:?}")]
    Another {
        /// Its name.
        found: String,
        /// The flow's.
        expected: String,
    },
}

/// What would run in the flow's place: the text's flow, or the flow with the text's mapping. `read` reads a flow file, with the
/// plan that it names.
pub fn candidate(
    current: &Definition,
    text: &str,
    read: impl FnOnce(&str) -> Result<Document, String>,
) -> Result<Definition, Refused> {
    let value = parsed(text).map_err(Refused::Unreadable)?;
    if !is_flow(&value) {
        return with_mapping(current, value);
    }
    let document = read(text).map_err(Refused::Unreadable)?;
    let definition = document.definition().clone();
    if definition.name != current.name {
        return Err(Refused::Another { found: definition.name, expected: current.name.clone() });
    }
    // A flow that is only tried need not be switched on.
    Ok(Definition { enabled: true, ..definition })
}

/// The flow with another mapping.
pub fn with_mapping(current: &Definition, mapping: Value) -> Result<Definition, Refused> {
    match (&current.mapping, &current.subscriptions[..]) {
        (_, []) => Ok(Definition { mapping: Some(mapping), ..current.clone() }),
        (None, [only]) => {
            let subscriptions = vec![crate::flow::SubscriptionDefinition { mapping, ..only.clone() }];
            Ok(Definition { subscriptions, ..current.clone() })
        }
        _ => Err(Refused::Several),
    }
}

fn parsed(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    let table: toml::Table = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    serde_json::to_value(table).map_err(|error| error.to_string())
}

/// No mapping has both a name and a mapping or subscriptions beside it.
fn is_flow(value: &Value) -> bool {
    value["name"].is_string() && ["mapping", "subscriptions"].iter().any(|key| value.get(key).is_some())
}
