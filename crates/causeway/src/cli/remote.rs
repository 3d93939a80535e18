//! The admin API of the running bridge, for commands that change something while it runs.

use super::audit::user;
use super::outcome::Failure;
use super::run::runtime;
use crate::api::ACTOR;
use crate::config::Config;
use crate::delivery::client::Client;
use http::header::AUTHORIZATION;
use http::{Method, Request};
use serde_json::Value;

/// Posts to the admin API; answers the body, or the bridge's own words why not.
pub(super) fn post(config: &Config, path: &str, body: &Value) -> Result<Value, Failure> {
    send(config, Method::POST, path, body)
}

/// Sends to the admin API; answers the body, or the bridge's own words why not.
pub(super) fn send(config: &Config, method: Method, path: &str, body: &Value) -> Result<Value, Failure> {
    let mut request = Request::builder().method(method).uri(format!("http://{}{path}", config.admin));
    request = request.header(ACTOR, user().replace(|sign: char| !sign.is_ascii_graphic(), "-"));
    if let Some(token) = &config.settings.admin.token {
        request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose()));
    }
    let request = request.body(body.to_string().into_bytes().into()).map_err(Failure::usage)?;
    let answer = runtime()?.block_on(async {
        let client = Client::new(config.settings.delivery.timeout.0).map_err(|error| error.to_string())?;
        client.exchange(request).await
    });
    let answer = answer.map_err(|error| {
        Failure::unreachable(format!("the running bridge's admin side at {}: {error}", config.admin))
    })?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status.is_success() {
        return Ok(body);
    }
    Err(Failure::usage(match body["message"].as_str() {
        Some(words) => words.to_owned(),
        None => format!("the running bridge answered {} and no reason", answer.status),
    }))
}
