//! The Insights API, `POST /1/events`: what a request may hold, how it is refused, and how it is sent on.
//!
//! [`parse`] reads a request body in one pass into a [`Batch`]: every event is either an [`Event`], whose existence
//! proves that the vendor's published rules hold, or an [`Invalid`] that names the rule it breaks. A body that is
//! wrong as a whole is a [`Refusal`] with the vendor's own status and words.
//!
//! Where the vendor's documents are silent or disagree, reading is lenient (data that the vendor might take is not
//! refused) and [`Event::write_json`] is strict (what is sent on has the documented form).

mod attach;
mod batch;
mod draft;
mod event;
pub mod filters;
mod identity;
pub mod limits;
mod refusal;
pub mod request;
mod rules;
mod verdict;
mod violation;
mod write;

pub use batch::{Batch, Invalid, parse, parse_event};
pub use event::{Amount, Event, Kind, Object, ObjectData, Subject};
pub use identity::identity_hash;
pub use refusal::Refusal;
pub use rules::{Rules, is_query_id, is_search_query_id, is_user_token};
pub use verdict::{Verdict, verdict};
pub use violation::{Excerpt, Violation};
