//! `causeway forget`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::remote;
use super::streams::print;
use crate::config::{self, Config};
use http::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// How often the receipt is looked at.
const EVERY: Duration = Duration::from_millis(500);

pub(super) fn run(path: &Path, arguments: &arguments::Forget, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let order = format!("/api/persons/{}/forget", escaped(&arguments.id));
    let mut receipt = remote::post(&config, &order, &json!({}))?;
    if !json {
        print(&format!("erasure {}", receipt["id"].as_str().unwrap_or_default()))?;
    }
    if !arguments.no_wait && !json {
        // Algolia takes its time, and for as long as it can't be reached there is no end to wait for.
        print("waiting until it is done; Ctrl-C ends the waiting only, the bridge goes on")?;
    }
    let mut told = String::new();
    while !arguments.no_wait && receipt["state"] == "running" {
        tell(&receipt, &mut told, json)?;
        std::thread::sleep(EVERY);
        receipt = look(&config, receipt)?;
    }
    tell(&receipt, &mut told, json)?;
    if json {
        print(&receipt.to_string())?;
    }
    Ok(Outcome::fine_if(receipt["state"] == "done" || arguments.no_wait))
}

/// The receipt as it is now. An engine that is far behind has none yet.
fn look(config: &Config, before: Value) -> Result<Value, Failure> {
    let id = before["id"].as_str().unwrap_or_default();
    match remote::send(config, Method::GET, &format!("/api/erasures/{id}"), &json!({})) {
        Err(Failure::Usage(_)) if before["here"].is_null() => Ok(before),
        answer => answer,
    }
}

/// Prints how it stands, if that is news.
fn tell(receipt: &Value, told: &mut String, json: bool) -> Result<(), Failure> {
    let now = described(receipt);
    if json || now == *told {
        return Ok(());
    }
    print(&now)?;
    *told = now;
    Ok(())
}

fn described(receipt: &Value) -> String {
    let here = receipt["here"].as_object().into_iter().flatten();
    let here = here.map(|(what, count)| format!("{} {count}", what.replace('_', " ")));
    let steps = receipt["algolia"]["steps"].as_array().into_iter().flatten();
    let step = |step: &Value| {
        let word = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
        format!("\n  Algolia, {}: {}  {}", word("what"), word("state"), word("words"))
    };
    let state = receipt["state"].as_str().unwrap_or_default();
    format!("{state}\n  here: {}{}", here.collect::<Vec<_>>().join(", "), steps.map(step).collect::<String>())
}

/// An id as one segment of a path.
fn escaped(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~".contains(&byte);
    id.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment_of_a_path_whatever_is_in_it() {
        assert_eq!(escaped("a-b_c~1"), "a-b_c~1");
        assert_eq!(escaped("../ü?@"), "%2E%2E%2F%C3%BC%3F%40");
    }
}
