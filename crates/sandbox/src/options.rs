//! What a sandbox is told before it starts.

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
    /// Segment write keys whose messages are kept; with any other the answer is 200 and the message is gone.
    /// Default: `sandbox-write-key`.
    pub write_keys: Vec<String>,
    /// How many messages, dropped messages and events are remembered, each; the oldest go first. Default: 200,000.
    pub keep: usize,
    /// How many bytes of JSON each of those three may take; the oldest go first. Default: 256 MiB.
    pub keep_bytes: usize,
    /// How many message ids are remembered for de-duplication, at most a day each. Default: 1,000,000 (about 50 MB).
    pub remember_ids: usize,
    /// How old an Insights event may be. Default: 30 days, as documented since February 2026; it was 4 days before.
    pub max_event_age: Duration,
    /// `DELETE /1/usertokens/…` calls in one minute before 429. Default: 100, the specification's example.
    pub token_deletes_per_minute: u32,
    /// Where the randomness of a fault's `share` starts: the same seed and requests meet the same faults. Default: 0.
    pub seed: u64,
    /// For benchmarks, where the stand-in must not be the bottleneck: bodies are only scanned for balanced framing and
    /// their messages counted. Nothing is validated, de-duplicated or kept; size limits and faults still hold.
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
            write_keys: vec!["sandbox-write-key".into()],
            keep: 200_000,
            keep_bytes: 256 << 20,
            remember_ids: 1_000_000,
            max_event_age: Duration::from_secs(30 * 24 * 3600),
            token_deletes_per_minute: 100,
            seed: 0,
            lean: false,
        }
    }
}
