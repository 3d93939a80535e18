//! Who is who.
//!
//! There are two kinds of identifiers. **Anonymous ids** are Algolia's `userToken` and Segment's `anonymousId`: one
//! namespace. **User ids** are Algolia's `authenticatedUserToken` and Segment's `userId`: another one. What is known of
//! an identifier is its [`Node`], kept under its own key.
//!
//! - An id on the event beats anything remembered.
//! - An anonymous id belongs to the user last seen with it *at the event's own time* ([`owner`]): what arrives late counts
//!   from when it happened, and events of before a second login stay with the first person.
//! - Two user ids are one person only after an `alias` ([`alias`]); two anonymous ids are one device when a configured
//!   property of a Segment call says so ([`same_device`]).
//! - An operator may [`undo`] each of these.
//!
//! **The order of arrival does not matter.** A node holds what was seen, as sets that only grow: nothing is decided when
//! something is noted, and everything is worked out when it is asked for. An undo does not remove, it hides what
//! happened up to its time. Every piece remembers the journal position that it came from, so that [`owner_as_of`] can
//! tell what was believed when a record was processed. The bounds are where this ends; each says what it costs.

mod age;
mod bounds;
mod code;
mod component;
mod edges;
mod evidence;
mod explain;
mod forget;
mod identifier;
mod latest;
mod node;
mod nodes;
mod observe;
mod owner;
mod person;
mod sightings;
mod tell;
mod undo;

pub(crate) use age::is_older;
pub use bounds::MAX_SIGHTINGS;
pub use component::MAX_COMPONENT;
pub use edges::MAX_EDGES;
pub use evidence::{Evidence, Origin, Reason, Reasons};
pub use explain::{Link, Standing, explain};
pub use forget::forget;
pub use identifier::{Identifier, Kind, token_key};
pub use node::{MAX_DEVICES, Malformed, Node};
pub(crate) use nodes::read;
pub use nodes::{Memory, Nodes, NodesMut, Reader};
pub use observe::{Noted, alias, same_device, seen_together};
pub use owner::{device, owner, owner_as_of, owner_or_later, owners};
pub use person::{Person, canonical, person};
pub use tell::{Sender, link_event, write_identify};
pub use undo::{undo, unlink};
