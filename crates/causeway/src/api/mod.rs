//! The admin API.
//!
//! | route | answers |
//! |---|---|
//! | `GET /api/ledger?since=&by=hour` | the balance per flow, or per flow and hour |
//! | `GET /api/ledger/reports`, `GET /api/ledger/reports/{day}` | the daily signed reports, and whether they are whole; one |
//! | `GET /api/events?kind=&name=&source=&before=&limit=` | the newest events and what became of them; `?id=` as below |
//! | `GET /api/events/{id}` | the trace of an event, found by any id |
//! | `GET /api/dead-letters?flow=&error=&status=&limit=` | dead letters, newest first |
//! | `GET /api/dead-letters/{id}` | one, with payload and attempts |
//! | `POST /api/dead-letters/{id}/retry`, `…/discard` | send again (perhaps edited); give up |
//! | `POST /api/dead-letters/retry`, `…/discard` | many at once, by flow, text or problem, with progress; or what it would come to |
//! | `GET /api/dead-letters/patterns`, `DELETE …/{id}` | what refusals have taught; forgetting it |
//! | `GET /api/problems` | dead letters grouped by what is wrong |
//! | `POST /api/persons/{id}/forget` | order the erasure of a person, found by any id |
//! | `GET /api/erasures/{id}` | its receipt |
//! | `GET /api/flows`, `GET /api/flows/{name}` | the flows as they run |
//! | `PUT /api/flows`, `PUT /api/flows/{name}` (`?dry_run=true`) | new versions, all or none; what they change |
//! | `GET /api/flows/{name}/history`, `POST …/rollback` | a flow's versions; going back to one |
//! | `POST /api/flows/{name}/test` | events through a flow, or through a version that is not yet saved |
//! | `POST /api/flows/{name}/whatif` | what another mapping would make of events that came |
//! | `POST /api/flows/{name}/replay` | send again what the flow makes of events that came, with progress |
//! | `GET /api/replays`, `GET …/{id}`, `DELETE …/{id}` | how far replays are; stopping one |
//! | `GET /api/persons/{id}` | what is known of somebody, by any id |
//! | `POST /api/persons/{id}/link`, `…/unlink` | two ids are one person's; they are not |
//! | `POST /api/persons/{id}/repair` | what was sent as another person's, sent to Segment again |
//! | `GET /api/alerts` | what is wrong, what was lately, and who is told |
//! | `POST /api/alerts/test`, `…/acknowledge` | a notice to try whether it arrives; somebody sees to it |
//! | `GET /api/zero-results?index=&has_results=&limit=&offset=` | queries without results, the most wanted first |
//! | `GET /api/zero-results/{id}` | one, with who waits for it |
//! | `GET /api/audit?since=&limit=` | who changed what, newest first |
//! | `GET /metrics` | Prometheus |
//! | `GET /healthz`, `GET /readyz` | alive; ready |

mod access;
pub mod alerts;
mod audit;
mod bulk;
mod dead_letters;
mod erasures;
mod events;
mod extract;
pub mod flows;
mod ledger;
mod lines;
mod metrics;
mod patterns;
mod persons;
mod problem;
pub mod replays;
pub mod requeue;
mod zero_results;

pub use access::Access;
pub use audit::ACTOR;

use crate::alerts::Alerts;
use crate::clock::Clock;
use crate::delivery::refused::Refusals;
use crate::erasure::Forgetter;
use crate::flows::Desk;
use crate::health::Health;
use crate::pipeline::{Committer, worker};
use crate::replay::Replayer;
use crate::telemetry::Metrics;
use axum::Router;
use axum::routing::{delete, get, post};
use causeway_algolia::insights::Rules;
use causeway_engine::search_context;
use causeway_store::{Journal, State};
use std::path::PathBuf;
use std::sync::Arc;

/// What the handlers share.
pub struct Admin {
    /// What came in.
    pub journal: Arc<dyn Journal>,
    /// The store's directory.
    pub store: PathBuf,
    /// What follows.
    pub state: Arc<dyn State>,
    /// Where changes go.
    pub worker: worker::Handle,
    /// Where repaired events go.
    pub committer: Committer,
    /// Insights' rules.
    pub rules: Rules,
    /// What changes of people's searches.
    pub search_rules: search_context::Rules,
    /// What tokens are made with for ids that Algolia would not take as such.
    pub token_secret: String,
    /// The flows as they run, and where they are changed.
    pub flows: Arc<Desk>,
    /// What the engine does, for rehearsals.
    pub engine: causeway_engine::Settings,
    /// Where replays are ordered.
    pub replayer: Replayer,
    /// Where erasures are looked up.
    pub forgetter: Forgetter,
    /// What is wrong, and who is told.
    pub alerts: Alerts,
    /// After how long a query that nobody asks for is forgotten, in milliseconds.
    pub demand_expires_ms: i64,
    /// What vendors have refused before.
    pub refused: Refusals,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What time it is.
    pub clock: Clock,
    /// Held while a dead letter is decided on, so that two people at once don't send it twice.
    pub decisions: Arc<tokio::sync::Mutex<()>>,
}

/// The admin routes, behind the access check but for health.
pub fn router(admin: Arc<Admin>, access: Access, health: Arc<Health>) -> Router {
    let auditor = audit::Auditor::new(Arc::clone(&admin), &access);
    let closed = Router::new()
        .route("/api/events", get(events::list))
        .route("/api/events/{id}", get(events::get))
        .route("/api/dead-letters", get(dead_letters::list))
        .route("/api/problems", get(dead_letters::problems))
        .route("/api/dead-letters/retry", post(bulk::retry))
        .route("/api/dead-letters/discard", post(bulk::discard))
        .route("/api/dead-letters/patterns", get(patterns::list))
        .route("/api/dead-letters/patterns/{id}", delete(patterns::forget))
        .route("/api/dead-letters/{id}", get(dead_letters::show))
        .route("/api/dead-letters/{id}/retry", post(dead_letters::retry))
        .route("/api/dead-letters/{id}/discard", post(dead_letters::discard))
        .route("/api/persons/{id}/forget", post(erasures::forget))
        .route("/api/erasures/{id}", get(erasures::show))
        .route("/api/alerts", get(alerts::list))
        .route("/api/alerts/test", post(alerts::test))
        .route("/api/alerts/acknowledge", post(alerts::acknowledge))
        .route("/api/zero-results", get(zero_results::list))
        .route("/api/zero-results/{id}", get(zero_results::show))
        .merge(ledger::routes())
        .merge(flows::routes())
        .merge(replays::routes())
        .merge(persons::routes())
        .route("/metrics", get(metrics::get))
        .route("/api/audit", get(audit::list))
        .with_state(admin)
        .layer(axum::middleware::from_fn_with_state(auditor, audit::layer))
        .layer(axum::middleware::from_fn_with_state(Arc::new(access), access::check));
    closed
        .merge(crate::health::routes(health))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
}
