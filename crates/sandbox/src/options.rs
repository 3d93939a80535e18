//! What a sandbox is told before it starts.

use crate::access::Acl;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The settings of a sandbox. `Options::default()` suits a test: a free port on loopback and the credentials below.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen. Default: a free port on 127.0.0.1.
    pub listen: SocketAddr,
    /// The one Algolia application that exists. Default: `SANDBOXAPP`.
    pub app_id: String,
    /// Algolia keys with the right `search`: enough to send events. Default: `sandbox-search-key`.
    pub api_keys: Vec<String>,
    /// Algolia keys with every right, `deleteObject` among them. Default: `sandbox-admin-key`.
    pub admin_keys: Vec<String>,
    /// Further Algolia keys, each with just these rights. Default: none.
    pub other_keys: Vec<(String, Vec<Acl>)>,
    /// Segment write keys whose messages are kept; with any other the answer is 200 and the message is gone.
    /// Default: `sandbox-write-key`.
    pub write_keys: Vec<String>,
    /// How many messages, dropped messages, events, index writes, searches and deletions are remembered, each; the oldest go first.
    /// Default: 200,000.
    pub keep: usize,
    /// How many bytes of JSON each of those lists may take; the oldest go first. Default: 256 MiB.
    pub keep_bytes: usize,
    /// How many message ids are remembered for de-duplication, at most a day each. Default: 1,000,000 (about 50 MB).
    pub remember_ids: usize,
    /// How old an Insights event may be. Default: 30 days, as documented since February 2026; it was 4 days before.
    pub max_event_age: Duration,
    /// `DELETE /1/usertokens/…` calls in one minute before 429. Default: 100, the specification's example.
    pub token_deletes_per_minute: u32,
    /// How long after a write to an index it can be read and its task is `published`. Default: at once.
    pub publish_after: Duration,
    /// The largest record in bytes of compact JSON. Default: 10,000, that of the smallest plan (100,000 on paid ones).
    pub largest_record: usize,
    /// How many records all indices may hold together before new ones are refused with 403. Default: 1,000,000.
    pub most_records: usize,
    /// Whether the index `products` is there from the start: a furniture shop's, with settings and rules. Default: true.
    pub products: bool,
    /// Calls of the Analytics interface in one minute before 429. Default: 100, as documented.
    pub analytics_calls_per_minute: u32,
    /// Calls of the classic Personalization interface in one second before 429. Default: 40, as documented.
    pub personalization_calls_per_second: u32,
    /// Calls of the Advanced Personalization interface in one minute before 429. Default: 500, as documented.
    pub advanced_calls_per_minute: u32,
    /// How long after its deletion a profile is still there: until the `deletedUntil` of the answer. Events that come before
    /// it are swallowed. Default: gone at once.
    pub profile_deletion_takes: Duration,
    /// Where the randomness of a fault's `share` starts: the same seed and requests meet the same faults. Default: 0.
    pub seed: u64,
    /// For benchmarks, where the stand-in must not be the bottleneck: bodies are only scanned for balanced framing and
    /// their messages counted. Nothing is validated, de-duplicated, kept or echoed; size limits and faults still hold.
    /// Default: false.
    pub lean: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            app_id: "SANDBOXAPP".into(),
            api_keys: vec!["sandbox-search-key".into()],
            admin_keys: vec!["sandbox-admin-key".into()],
            other_keys: Vec::new(),
            write_keys: vec!["sandbox-write-key".into()],
            keep: 200_000,
            keep_bytes: 256 << 20,
            remember_ids: 1_000_000,
            max_event_age: Duration::from_secs(30 * 24 * 3600),
            token_deletes_per_minute: 100,
            personalization_calls_per_second: 40,
            advanced_calls_per_minute: 500,
            profile_deletion_takes: Duration::ZERO,
            publish_after: Duration::ZERO,
            largest_record: 10_000,
            most_records: 1_000_000,
            products: true,
            analytics_calls_per_minute: 100,
            seed: 0,
            lean: false,
        }
    }
}
