//! Searches without results where Causeway does not see searches: Algolia's Analytics API is asked for them from time to time.
//!
//! Nothing is remembered here. Each report enters the journal as it came; what of it is news the engine finds out, so a
//! report may be asked for twice and a restart loses nothing.

mod poller;

pub use poller::{Parts, run};
