//! What clients talk to: Algolia's and Segment's own ways to send, and health.
//!
//! | route | speaks |
//! |---|---|
//! | `POST /1/events` | Algolia Insights |
//! | `POST /v1/…` | Segment's Tracking API |
//! | `POST /webhooks/segment` | Segment's webhook destinations |
//! | `GET /causeway.js` | the middleware for search clients in pages |
//! | `OPTIONS /1/events`, `OPTIONS /v1/…` | CORS preflight |
//! | `GET /healthz`, `GET /readyz` | alive; ready |

pub mod body;
mod calls;
pub mod cors;
pub mod insights;
mod middleware;
mod room;
pub mod server;
pub mod tracking;
pub mod webhook;

pub use server::{Intake, router};
