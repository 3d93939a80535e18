//! `causeway map`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::each_line;
use causeway_mapping::{Mapping, Trigger, Value};
use serde_json::json;
use std::path::Path;

pub(super) fn run(arguments: &arguments::Map) -> Result<Outcome, Failure> {
    let mapping = compile(&arguments.mapping)?;
    let trigger = arguments.trigger.as_deref().map(parse_trigger).transpose()?;
    each_line(|line| answer(line, &mapping, trigger.as_ref()))?;
    Ok(Outcome::Fine)
}

fn compile(path: &Path) -> Result<Mapping, Failure> {
    let bytes = std::fs::read(path);
    let bytes =
        bytes.map_err(|error| Failure::unreachable(format!("failed to read {}: {error}", path.display())))?;
    let text =
        String::from_utf8(bytes).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    let toml = path.extension().is_some_and(|extension| extension == "toml");
    let definition: Result<serde_json::Value, String> = if toml {
        toml::from_str(&text).map_err(|error| error.to_string())
    } else {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    };
    let definition = definition.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    Mapping::compile(&Value::from(definition)).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| format!("{}: {fault}", path.display())).collect();
        Failure::usage(lines.join("\n"))
    })
}

fn parse_trigger(text: &str) -> Result<Trigger, Failure> {
    Trigger::parse(text).map_err(|error| Failure::usage(format!("--trigger: {error}")))
}

fn answer(line: &[u8], mapping: &Mapping, trigger: Option<&Trigger>) -> Vec<u8> {
    let payload = match Value::parse(line) {
        Ok(payload) => payload,
        Err(error) => return failure(&error),
    };
    if trigger.is_some_and(|trigger| !trigger.matches(&payload)) {
        return b"{\"matched\":false}".to_vec();
    }
    match mapping.resolve(&payload) {
        Err(error) => failure(&error),
        Ok(None) => b"{\"matched\":true}".to_vec(),
        Ok(Some(value)) => {
            let mut out = b"{\"matched\":true,\"value\":".to_vec();
            value.write_json(&mut out);
            out.push(b'}');
            out
        }
    }
}

fn failure(error: &dyn std::error::Error) -> Vec<u8> {
    json!({"error": error.to_string()}).to_string().into_bytes()
}
