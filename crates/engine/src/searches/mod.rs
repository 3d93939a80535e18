//! Searches: what shoppers asked, and what follows from it.
//!
//! The gateway and the middleware tell of every search. Of all that is typed on the way to a query one search counts, the
//! [`Intent`]: it settles after a time of quiet, or at once when its answer is clicked on, and runs through the flows. What
//! settled is remembered, so that later events can be told which query they follow from.

pub mod clicks;
pub mod demand;
mod expiry;
mod intent;
mod learned;
mod memory;
pub mod nearest;
pub mod newcomer;
mod opens;
mod query_id;
pub mod recover;
mod seen;
mod settings;
mod shards;
mod similar;
#[cfg(test)]
mod testing;
pub(crate) mod text;
mod waiting;

pub(crate) use expiry::{Expiring, Expiry};
pub use intent::{Intent, MAX_SIGHTINGS, Open, Sighting, id_of};
pub(crate) use learned::Learned;
pub(crate) use memory::{Lead, PEOPLE, lead_hash, lead_key, person_hash, person_key};
pub use memory::{MAX_SEARCHES, Recalled, Remembered, Searches};
pub use opens::{MAX_OPEN, OPEN};
pub(crate) use opens::{Opens, open_key};
pub use query_id::QueryId;
pub use seen::{FACETS, OBJECTS, Search, Seen, Via};
pub(crate) use seen::{Item, is_search, items};
/// The prefixes of the facts that are needed at the start, see [`Engine::restore_searches`](crate::Engine::restore_searches).
pub const PREFIXES: [&str; 6] = [OPEN, WAITING, LAST, clicks::CLICKS, demand::TELLING, newcomer::WAITING];

pub use settings::{LATE_MS, Settings};
pub use waiting::{LAST, MAX_WAITING, WAITING};
pub(crate) use waiting::{Waiter, Waiting, lately, minute_fact, minute_of, restored_minute};
