//! What operators see: logs, metrics, the live figures of the demo's screen, and the signals that alerts are made of.

pub mod gateway;
mod live;
pub mod logs;
pub mod metrics;
pub mod otlp;
pub mod signals;

pub use live::Live;
pub use metrics::Metrics;
pub use signals::Signals;
