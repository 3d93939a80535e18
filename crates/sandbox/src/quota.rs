//! So many calls in a period, and the headers that tell.

use crate::reply::{self, Reply};
use hyper::header::{HeaderName, HeaderValue};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// A count of calls in the current period of the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    limit: u32,
    period_s: i64,
    period: i64,
    used: u32,
}

/// Where a call left the quota: the vendor's three rate-limit headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Unix seconds.
    pub(crate) reset: i64,
    /// Whether the call was still within the limit.
    pub(crate) allowed: bool,
}

impl Quota {
    pub(crate) const fn per_minute(limit: u32) -> Self {
        Self { limit, period_s: 60, period: 0, used: 0 }
    }

    pub(crate) const fn per_second(limit: u32) -> Self {
        Self { limit, period_s: 1, period: 0, used: 0 }
    }

    /// Uses one call at `now_ms`.
    pub(crate) fn take(&mut self, now_ms: i64) -> Standing {
        let period = now_ms / 1000 / self.period_s;
        if period != self.period {
            *self = Self { period, used: 0, ..*self };
        }
        let allowed = self.used < self.limit;
        self.used += u32::from(allowed);
        let reset = (period + 1) * self.period_s;
        Standing { limit: self.limit, remaining: self.limit - self.used, reset, allowed }
    }
}

impl Standing {
    /// The reply with the three headers.
    pub(crate) fn tell(self, reply: Reply) -> Reply {
        let reply = reply::with(reply, LIMIT, self.limit);
        let reply = reply::with(reply, REMAINING, self.remaining);
        reply::with(reply, RESET, HeaderValue::from(self.reset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_within_a_minute_and_starts_anew_after_it() {
        let mut quota = Quota::per_minute(2);
        let allowed = |quota: &mut Quota, now| quota.take(now).allowed;
        assert!(allowed(&mut quota, 60_000) && allowed(&mut quota, 60_001) && !allowed(&mut quota, 119_999));
        assert_eq!(quota.take(120_000), Standing { limit: 2, remaining: 1, reset: 180, allowed: true });
    }
}
