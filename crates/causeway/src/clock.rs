//! What time it is.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Now, for measuring how long something takes. It passes as the runtime's time does, which tests hold and move.
pub fn instant() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Gives the time in milliseconds since the Unix epoch. Passed in wherever time matters, so that tests choose it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Arc::new(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
        }))
    }

    /// A clock that stands still.
    pub fn fixed(at: i64) -> Self {
        Self(Arc::new(move || at))
    }

    /// A clock that says what a function answers.
    pub fn from_fn(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Now.
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Clock({})", self.now())
    }
}
