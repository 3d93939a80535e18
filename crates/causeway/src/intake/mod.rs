//! What clients talk to: `POST /1/events` as Algolia's own, and health.
//!
//! | route | speaks |
//! |---|---|
//! | `POST /1/events` | Algolia Insights |
//! | `OPTIONS /1/events` | CORS preflight |
//! | `GET /healthz`, `GET /readyz` | alive; ready |

pub mod body;
pub mod cors;
pub mod insights;
pub mod server;

pub use server::{Intake, router};
