//! The public server: routes, and what the handlers share.

use super::body::Budget;
use super::{calls, cors, insights, middleware, searches, tracking, webhook};
use crate::clock::Clock;
use crate::config::Webhook;
use crate::health::Health;
use crate::pipeline::Committer;
use crate::secret::Secret;
use crate::telemetry::{Live, Metrics};
use axum::Router;
use axum::extract::State;
use axum::routing::{MethodFilter, MethodRouter, get, on, post};
use causeway_algolia::credentials::Account;
use causeway_algolia::insights as algolia;
use causeway_segment::call::Route;
use std::sync::Arc;
use std::time::Duration;

/// What the handlers share.
pub struct Intake {
    /// Who may send Insights events and searches; nobody if it is empty.
    pub accounts: Vec<Account>,
    /// Insights' rules.
    pub rules: algolia::Rules,
    /// Whether one invalid event refuses its whole request.
    pub strict: bool,
    /// Whose calls the Tracking API takes; nobody's if it is empty.
    pub write_keys: Vec<Secret>,
    /// What a webhook must prove.
    pub webhook: Webhook,
    /// Memory for bodies.
    pub budget: Budget,
    /// How long a client may take to send its body.
    pub body_timeout: Duration,
    /// Makes requests durable.
    pub committer: Committer,
    /// Whether things are well.
    pub health: Arc<Health>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The live screen's figures.
    pub live: Arc<Live>,
    /// What time it is.
    pub clock: Clock,
}

/// The public routes.
pub fn router(intake: Arc<Intake>) -> Router {
    let events = post(insights::post).options(cors::preflight).fallback(insights::wrong_method);
    let seen = post(searches::post).options(cors::preflight).fallback(calls::wrong_method);
    let health = Arc::clone(&intake.health);
    let tracking = |router: Router<_>, (path, route)| router.route(path, calls_by(route));
    Route::PATHS
        .into_iter()
        .fold(Router::new(), tracking)
        .route("/1/events", events)
        .route(searches::PATH, seen)
        .route(webhook::PATH, webhooks())
        .route(webhook::PATH_WITH_TOKEN, webhooks())
        .with_state(intake)
        .merge(crate::health::routes(health))
        .fallback(insights::wrong_path)
        .route("/", get(welcome))
        .route(middleware::PATH, get(middleware::get))
}

fn calls_by(route: Route) -> MethodRouter<Arc<Intake>> {
    let handler = move |State(intake), request| tracking::post(intake, route, request);
    post(handler).options(cors::preflight).fallback(calls::wrong_method)
}

/// Segment can be set to use any of three methods, which mean the same here.
fn webhooks() -> MethodRouter<Arc<Intake>> {
    let methods = MethodFilter::POST.or(MethodFilter::PUT).or(MethodFilter::PATCH);
    on(methods, webhook::post).fallback(calls::wrong_method)
}

async fn welcome() -> &'static str {
    "Causeway is here. Point your Algolia Insights host or your Segment library at this address.\n"
}
