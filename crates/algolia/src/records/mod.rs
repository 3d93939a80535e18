//! Writing records: `POST /1/indexes/*/batch` of the Search API.
//!
//! [`operation`] writes one operation as JSON, [`request`] frames a request of many, [`limits`] says how much fits, and
//! [`verdict()`] reads the answer. A request is taken or refused as a whole, so one that is refused can be halved until
//! the bad operation stands alone.

pub mod limits;
mod name;
pub mod operation;
pub mod request;
mod verdict;

pub use name::{IndexName, NameError, ObjectId};
pub use verdict::{Verdict, verdict};
