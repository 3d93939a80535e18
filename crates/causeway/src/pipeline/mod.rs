//! The way from the intake to the outbox: [`commit`] makes requests durable, [`tail`] hands what is durable to the
//! engine, [`worker`] drives the engine and owns every change of the state, [`tick`] tells the engine what time it is
//! when nothing else does.

pub mod commit;
pub mod tail;
pub mod tick;
pub mod worker;

pub use commit::Committer;
pub use tail::Tail;
pub use worker::{Request, Worker};
