//! How many sockets the system lets the process open, and how they are shared out.
//!
//! Clients must never take the last one: without a socket nothing reaches a vendor, and nobody reaches the admin side.

use rustix::process::{Resource, getrlimit, setrlimit};

/// What the store, the listeners, the runtime and lookups of names have open.
const STORE: usize = 64;

/// Connections at once on the admin side: people, scripts, a collector of metrics.
const ADMIN: usize = 64;

/// Connections at once on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// On the public side.
    pub public: usize,
    /// On the admin side.
    pub admin: usize,
}

/// Shares out what the process may open, of which the destinations' lanes need `lanes`. At least a quarter is for
/// clients, however little there is.
pub fn share(open: usize, lanes: usize, wanted: usize) -> Share {
    let left = open.saturating_sub(STORE + ADMIN + lanes).max(open / 4);
    Share { public: wanted.min(left), admin: wanted.min(ADMIN) }
}

/// Raises the limit of open files as far as the system lets everybody do it, and answers where it stands.
pub fn raise_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(_) => limit.current,
    };
    current.map_or(usize::MAX, |current| usize::try_from(current).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_get_what_the_rest_leaves_and_never_all() {
        assert_eq!(share(usize::MAX, 256, 10_000), Share { public: 10_000, admin: 64 });
        assert_eq!(share(1_024, 256, 10_000), Share { public: 640, admin: 64 });
        assert_eq!(share(200, 256, 10_000), Share { public: 50, admin: 64 });
        assert_eq!(share(1_024, 256, 10), Share { public: 10, admin: 10 });
    }
}
