//! Faithful, breakable stand-ins of Algolia's and Segment's interfaces, and shoppers to exercise them.
//!
//! For Causeway's demo, tests and benchmarks, and for the tests of its users. Everything is written from the vendors'
//! public documents and knows nothing of Causeway's own clients and rules, so that a mistake is not made twice. Where the
//! documents are silent, the stand-in takes the harsher reading and says so beside the constant.
//!
//! One listener serves all:
//!
//! | endpoint | speaks |
//! |---|---|
//! | `POST /1/events`, `DELETE /1/usertokens/{token}` | Algolia Insights |
//! | `POST /1/indexes/{index}/batch`, `/1/indexes/*/batch`, `/1/indexes/{index}/{objectID}/partial` | Algolia Search: writes |
//! | `GET`, `DELETE /1/indexes/{index}/{objectID}`, `GET …/task/{taskID}`, `GET /1/keys/{key}` | Algolia Search: records, tasks, keys |
//! | `GET /1/profiles/personalization/{token}`, `DELETE /1/profiles/{token}`, `GET`, `POST /1/strategies/personalization` | Algolia Personalization |
//! | `GET`, `DELETE /2/users/{id}` | Algolia Advanced Personalization |
//! | `POST /v1/{identify,track,page,screen,group,alias,batch,import}` | Segment's tracking API |
//! | `GET /_sandbox/segment/messages`, `…/segment/dropped`, `…/algolia/events` | what was kept and dropped, as JSON arrays |
//! | `GET /_sandbox/algolia/records?index=`, `…/algolia/writes`, `…/algolia/deletions` | what indices hold, and what was done to them |
//! | `GET /_sandbox/stats` | the totals, see [`Counts`] |
//! | `GET`, `POST`, `DELETE /_sandbox/faults` | misfortunes, see [`Fault`] |
//! | `GET`, `POST`, `DELETE /_sandbox/segment/echo` | hands every message of the tracking API on by webhook |
//! | `POST /_sandbox/segment/audience`, `…/segment/trait` | makes the stand-in Engage send what it computed, by webhook |
//! | `POST /_sandbox/webhook` | makes the stand-in Segment send a signed webhook |
//! | `POST /_sandbox/reset` | starts anew |
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use causeway_sandbox::{Fault, Options, Sandbox, Target};
//!
//! let sandbox = Sandbox::start(Options::default()).await?;
//! sandbox.set_fault(Fault::status(Target::Segment, 429).retry_after(2).share(0.3));
//! // … point a program at `sandbox.url()` …
//! assert!(sandbox.messages().is_empty());
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```

mod access;
mod analytics;
mod body;
mod catalogue;
mod client;
mod clock;
mod control;
mod cors;
mod counts;
mod fault;
mod framing;
mod insights;
mod kept;
mod options;
mod personalization;
mod query;
mod quota;
mod reply;
mod search;
mod seen;
mod segment;
mod server;
pub mod shoppers;
mod world;

pub use access::Acl;
pub use counts::{Counts, Tally};
pub use fault::{Effect, Fault, Target};
pub use options::Options;
pub use segment::echo::EchoCounts;
pub use server::{Sandbox, serve};
