//! Sending again what a flow makes of events that came: the journal is read once more as it then was, and what comes of it
//! goes into the outbox under the ids that it had. Segment drops what it has already.
//!
//! A replay is a [`Job`] in the store. Each of its steps is committed with how far it has come, so after a crash it goes on
//! where it was and sends nothing twice.

mod background;
mod job;
mod steps;

pub use background::{Ordered, Parts, Replayer, run};
pub use job::{Job, Progress, all, find};
pub use steps::{Planned, Step, Steps, plan};
