//! What clients talk to: Algolia's and Segment's own ways to send, and health.
//!
//! | route | speaks |
//! |---|---|
//! | `POST /1/events` | Algolia Insights |
//! | `POST /1/searches` | searches that a page's middleware has seen |
//! | `POST /v1/…` | Segment's Tracking API |
//! | `POST /webhooks/segment` | Segment's webhook destinations |
//! | `GET /causeway.js` | the middleware for search clients in pages |
//! | `OPTIONS /1/events`, `OPTIONS /1/searches`, `OPTIONS /v1/…` | CORS preflight |
//! | `GET /healthz`, `GET /readyz` | alive; ready |

pub mod body;
mod calls;
pub mod cors;
pub mod insights;
mod middleware;
mod room;
pub mod searches;
pub mod server;
pub mod tracking;
pub mod webhook;

pub(crate) use room::DETAIL;
pub use server::{Intake, router};
