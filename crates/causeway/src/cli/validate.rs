//! `causeway validate`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::run::runtime;
use super::streams::print;
use crate::alerts::keys;
use crate::config::{self, Config, SegmentTarget};
use crate::delivery::body::Pieces;
use crate::delivery::client::Client;
use crate::delivery::destination::signed;
use crate::flows::Catalogue;
use crate::secret::Secret;
use bytes::Bytes;
use causeway_algolia::records::request::RIGHTS;
use causeway_engine::flow::Flow;
use http::Request;
use serde::Serialize;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// What was found out about one credential.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the JSON calls it so")]
struct Finding {
    key: &'static str,
    fine: bool,
    finding: String,
}

pub(super) fn run(path: &Path, arguments: &arguments::Validate, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let findings = if arguments.online { runtime()?.block_on(try_credentials(&config))? } else { Vec::new() };
    let catalogue = super::flow::catalogue(&config)?;
    crate::flows::deliverable(&catalogue, config.reach())?;
    let flows: Vec<&str> = catalogue.flows().iter().map(|flow| flow.name()).collect();
    let warnings: Vec<String> = config.warnings.iter().cloned().chain(surprises(&catalogue)).collect();
    if json {
        print(
            &json!({"valid": true, "flows": flows, "warnings": warnings, "credentials": findings})
                .to_string(),
        )?;
    } else {
        print(&format!("{} is valid; {}", path.display(), what_runs(&config, &flows)))?;
        warnings.iter().try_for_each(|warning| print(&format!("warning: {warning}")))?;
        let shown = |finding: &Finding| {
            format!("{}: {}{}", finding.key, if finding.fine { "" } else { "NOT FINE: " }, finding.finding)
        };
        findings.iter().try_for_each(|finding| print(&shown(finding)))?;
    }
    if findings.iter().any(|finding| finding.finding.starts_with(UNREACHED)) {
        return Err(Failure::unreachable("a vendor could not be reached"));
    }
    Ok(Outcome::fine_if(findings.iter().all(|finding| finding.fine)))
}

/// What triggers mean though it is hardly what their author had in mind.
fn surprises(catalogue: &Catalogue) -> impl Iterator<Item = String> {
    let of_flow = |flow: &Arc<Flow>| {
        let name = flow.name().to_owned();
        flow.surprises().into_iter().map(move |surprise| format!("flow {name:?}: {surprise}"))
    };
    catalogue.flows().iter().flat_map(of_flow)
}

/// The flows, and the recipes that are none.
fn what_runs(config: &Config, flows: &[&str]) -> String {
    let flows = if flows.is_empty() { "none".to_owned() } else { flows.join(", ") };
    let syncs: Vec<&str> = config.syncs.iter().map(|sync| sync.flow).collect();
    let records =
        if syncs.is_empty() { String::new() } else { format!("; records of people: {}", syncs.join(", ")) };
    format!("flows that run: {flows}{records}")
}

const UNREACHED: &str = "no answer: ";

async fn try_credentials(config: &Config) -> Result<Vec<Finding>, Failure> {
    let client = Client::new(config.settings.delivery.timeout.0)?;
    let mut findings = Vec::new();
    if let Some(credentials) = &config.credentials {
        let host = keys::host(config, &credentials.app_id);
        let writes: &[&str] = if config.profiles.is_some() { &RIGHTS } else { &[] };
        let keys: [(&str, &Option<Secret>, &[&str]); 2] = [
            ("algolia.api_key", &config.settings.algolia.api_key, &["search"]),
            ("algolia.admin_key", &config.settings.algolia.admin_key, writes),
        ];
        for (name, key, needed) in keys {
            let Some(key) = key.as_ref().filter(|key| !key.is_empty()) else { continue };
            let asked = algolia_key(&client, (name, key), &host, &credentials.app_id, needed);
            findings.push(asked.await?);
        }
    }
    if let Some(target) = &config.segment {
        findings.push(segment_key(&client, &target.url.to_string(), target.write_key.expose()).await?);
    }
    Ok(findings)
}

/// Algolia tells what a key may do, to the key itself.
async fn algolia_key(
    client: &Client,
    (name, key): (&'static str, &Secret),
    host: &str,
    app_id: &str,
    needed: &[&str],
) -> Result<Finding, Failure> {
    let request = Request::get(format!("{host}/1/keys/{}", key.expose()));
    let request = signed(request, app_id, key)
        .body(Pieces::default())
        .map_err(|_| Failure::usage(format!("{name}: the key holds characters that no key has")))?;
    Ok(match client.exchange(request).await {
        Err(error) => Finding { key: name, fine: false, finding: format!("{UNREACHED}{error}") },
        Ok(answer) if answer.status.is_success() => {
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let rights: Vec<&str> =
                body["acl"].as_array().into_iter().flatten().filter_map(|right| right.as_str()).collect();
            let missing: Vec<&str> = needed.iter().copied().filter(|right| !rights.contains(right)).collect();
            let may = format!("may {}", rights.join(", "));
            let finding = match missing.as_slice() {
                [] => may,
                [one] => format!("{may}; the right `{one}` is missing"),
                several => format!("{may}; the rights `{}` are missing", several.join("`, `")),
            };
            Finding { key: name, fine: missing.is_empty(), finding }
        }
        Ok(answer) => {
            Finding { key: name, fine: false, finding: format!("refused with status {}", answer.status) }
        }
    })
}

/// Segment answers 200 to unknown keys as well, so all that can be said is that the address answers.
async fn segment_key(client: &Client, url: &str, write_key: &str) -> Result<Finding, Failure> {
    let target = SegmentTarget {
        url: url.parse().map_err(Failure::usage)?,
        write_key: write_key.into(),
        compress: false,
    };
    let request = crate::delivery::Destination::Segment(target).request(
        url.trim_end_matches('/'),
        Bytes::new(),
        crate::clock::Clock::system().now(),
    );
    let request = request.map_err(Failure::usage)?;
    let key = "segment.write_key";
    Ok(match client.exchange(request).await {
        Err(error) => Finding { key, fine: false, finding: format!("{UNREACHED}{error}") },
        Ok(answer) if answer.status.is_success() || answer.status.as_u16() == 400 => {
            let finding = "the Tracking API answers; it does not tell whether it knows the key".to_owned();
            Finding { key, fine: true, finding }
        }
        Ok(answer) => Finding { key, fine: false, finding: format!("refused with status {}", answer.status) },
    })
}
