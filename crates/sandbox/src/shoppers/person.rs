//! Who shops: a browser's token, a client with habits of its own, and a customer who may log in.

use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use serde_json::Value;

/// How likely a shopper comes back with a fresh browser (or a deleted cookie).
const NEW_BROWSER: f64 = 0.3;
/// How many clients stamp their events.
const STAMPS: f64 = 0.7;
/// How many clients send beacons.
const BEACONS: f64 = 0.6;

/// One shopper.
#[derive(Debug, Clone)]
pub(super) struct Person {
    number: usize,
    /// The browser's `userToken`.
    pub(super) token: String,
    /// Whether this browser is logged in.
    logged_in: bool,
    stamps: bool,
    /// How this browser's client sends.
    pub(super) transport: Transport,
}

/// How a browser library gets its events out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// `navigator.sendBeacon` with a string: `text/plain`.
    Beacon,
    /// XHR or fetch: `application/json`.
    Fetch,
}

impl Transport {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Beacon => "text/plain;charset=UTF-8",
            Self::Fetch => "application/json",
        }
    }
}

impl Person {
    pub(super) fn new(number: usize, random: &mut StdRng) -> Self {
        let transport = if random.random_bool(BEACONS) { Transport::Beacon } else { Transport::Fetch };
        let (token, stamps) = (anonymous_token(random), random.random_bool(STAMPS));
        Self { number, token, logged_in: false, stamps, transport }
    }

    /// The `authenticatedUserToken`, the same on all of the customer's browsers.
    pub(super) fn customer(&self) -> Option<String> {
        self.logged_in.then(|| format!("customer-{:05}", self.number))
    }

    pub(super) const fn log_in(&mut self) {
        self.logged_in = true;
    }

    /// Comes back another day.
    pub(super) fn come_back(&mut self, random: &mut StdRng) {
        if random.random_bool(NEW_BROWSER) {
            *self = Self { token: anonymous_token(random), logged_in: false, ..self.clone() };
        }
    }

    /// Adds the tokens and, if this client does so, the time (Unix milliseconds).
    pub(super) fn sign(&self, mut event: Value, now_ms: i64) -> Value {
        event["userToken"] = self.token.as_str().into();
        if let Some(customer) = self.customer() {
            event["authenticatedUserToken"] = customer.into();
        }
        if self.stamps {
            event["timestamp"] = now_ms.into();
        }
        event
    }
}

/// `anonymous-` and a version 4 UUID, as the browser library makes them.
fn anonymous_token(random: &mut impl Rng) -> String {
    format!("anonymous-{}", uuid(random))
}

/// A version 4 UUID.
pub(super) fn uuid(random: &mut impl Rng) -> String {
    let bits = random.random::<u128>() & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let digits = format!("{bits:032x}");
    [0..8, 8..12, 12..16, 16..20, 20..32].map(|group| &digits[group]).join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_token_has_the_form_of_the_browser_librarys() {
        let token = anonymous_token(&mut StdRng::seed_from_u64(1));
        let groups = token.split('-').map(str::len).collect::<Vec<_>>();
        assert_eq!((token.len(), groups), (46, vec![9, 8, 4, 4, 4, 12]));
        assert_eq!(&token[24..25], "4");
        assert!("89ab".contains(&token[29..30]), "{token}");
    }
}
