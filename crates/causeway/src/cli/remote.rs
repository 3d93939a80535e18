//! The admin API of the running bridge, for commands that change something while it runs.

use super::audit::user;
use super::outcome::Failure;
use super::run::runtime;
use crate::api::ACTOR;
use crate::config::Config;
use crate::delivery::body::Pieces;
use crate::delivery::client::Client;
use http::header::AUTHORIZATION;
use http::{Method, Request, StatusCode};
use serde_json::Value;

/// Posts to the admin API; answers the body, or the bridge's own words why not.
pub(super) fn post(config: &Config, path: &str, body: &Value) -> Result<Value, Failure> {
    send(config, Method::POST, path, body)
}

/// Posts to the admin API and takes the lines of the answer as they come; answers the last.
pub(super) fn lines(
    config: &Config,
    path: &str,
    body: &Value,
    mut each: impl FnMut(&Value),
) -> Result<Value, Failure> {
    let request = request(config, Method::POST, path, body)?;
    let mut last = Value::Null;
    let answer = runtime()?.block_on(async {
        let client = Client::new(config.settings.delivery.timeout.0).map_err(|error| error.to_string())?;
        let take = |line: &[u8]| {
            last = serde_json::from_slice(line).unwrap_or_default();
            each(&last);
        };
        client.lines(request, take).await
    });
    let (status, rest) = answer.map_err(|error| unreachable(config, &error))?;
    let rest: Value = serde_json::from_slice(&rest).unwrap_or_default();
    match (status.is_success(), last["error"].as_str()) {
        (false, _) => Err(refused(&rest, status)),
        (true, Some(words)) => Err(Failure::unreachable(words)),
        // An answer of one piece has no line's end.
        (true, None) if last.is_null() => Ok(rest),
        (true, None) => Ok(last),
    }
}

/// Sends to the admin API; answers the body, or the bridge's own words why not.
pub(super) fn send(config: &Config, method: Method, path: &str, body: &Value) -> Result<Value, Failure> {
    let request = request(config, method, path, body)?;
    let answer = runtime()?.block_on(async {
        let client = Client::new(config.settings.delivery.timeout.0).map_err(|error| error.to_string())?;
        client.exchange(request).await
    });
    let answer = answer.map_err(|error| unreachable(config, &error))?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status.is_success() {
        return Ok(body);
    }
    Err(refused(&body, answer.status))
}

fn request(config: &Config, method: Method, path: &str, body: &Value) -> Result<Request<Pieces>, Failure> {
    let mut request = Request::builder().method(method).uri(format!("http://{}{path}", config.admin));
    request = request.header(ACTOR, user().replace(|sign: char| !sign.is_ascii_graphic(), "-"));
    if let Some(token) = &config.settings.admin.token {
        request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose()));
    }
    request.body(body.to_string().into_bytes().into()).map_err(Failure::usage)
}

fn unreachable(config: &Config, error: &str) -> Failure {
    Failure::unreachable(format!(
        "this needs a running bridge, and none answers at {} (admin.listen): {error}; start it with `causeway run`",
        config.admin
    ))
}

fn refused(body: &Value, status: StatusCode) -> Failure {
    Failure::usage(match body["message"].as_str() {
        Some(words) => words.to_owned(),
        None => format!("the running bridge answered {status} and no reason"),
    })
}
