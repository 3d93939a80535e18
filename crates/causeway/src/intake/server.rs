//! The public server: routes, and what the handlers share.

use super::body::Budget;
use super::{cors, insights};
use crate::clock::Clock;
use crate::health::Health;
use crate::pipeline::Committer;
use crate::telemetry::{Live, Metrics};
use axum::Router;
use axum::routing::{get, post};
use causeway_algolia::credentials::Account;
use causeway_algolia::insights as algolia;
use std::sync::Arc;
use std::time::Duration;

/// What the handlers share.
pub struct Intake {
    /// Who may send; nobody if it is empty.
    pub accounts: Vec<Account>,
    /// Insights' rules.
    pub rules: algolia::Rules,
    /// Whether one invalid event refuses its whole request.
    pub strict: bool,
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

impl Intake {
    /// Whether more is waiting to be processed than the operator allows.
    pub fn backlog_is_full(&self) -> bool {
        self.health.backlog_is_full()
    }
}

/// The public routes.
pub fn router(intake: Arc<Intake>) -> Router {
    let events = post(insights::post).options(cors::preflight).fallback(insights::wrong_method);
    let health = Arc::clone(&intake.health);
    Router::new()
        .route("/1/events", events)
        .with_state(intake)
        .merge(crate::health::routes(health))
        .fallback(insights::wrong_path)
        .route("/", get(welcome))
}

async fn welcome() -> &'static str {
    "Causeway is here. Point your Algolia Insights host at this address.\n"
}
