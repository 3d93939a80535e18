//! What operators see: logs, metrics, and the live figures of the demo's screen.

pub mod gateway;
mod live;
pub mod logs;
pub mod metrics;

pub use live::Live;
pub use metrics::Metrics;
