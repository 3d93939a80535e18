//! So many calls a minute.

/// A count of calls in the current minute of the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    limit: u32,
    minute: i64,
    used: u32,
}

/// Where a call left the quota: the vendor's three rate-limit headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// Unix seconds.
    pub(super) reset: i64,
    /// Whether the call was still within the limit.
    pub(super) allowed: bool,
}

impl Quota {
    pub(crate) const fn new(limit: u32) -> Self {
        Self { limit, minute: 0, used: 0 }
    }

    /// Uses one call at `now_ms`.
    pub(super) fn take(&mut self, now_ms: i64) -> Standing {
        let minute = now_ms / 60_000;
        if minute != self.minute {
            *self = Self { minute, used: 0, ..*self };
        }
        let allowed = self.used < self.limit;
        self.used += u32::from(allowed);
        Standing { limit: self.limit, remaining: self.limit - self.used, reset: (minute + 1) * 60, allowed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_within_a_minute_and_starts_anew_after_it() {
        let mut quota = Quota::new(2);
        let allowed = |quota: &mut Quota, now| quota.take(now).allowed;
        assert!(allowed(&mut quota, 60_000) && allowed(&mut quota, 60_001) && !allowed(&mut quota, 119_999));
        assert_eq!(quota.take(120_000), Standing { limit: 2, remaining: 1, reset: 180, allowed: true });
    }
}
