//! Who may send: application id and API key, as every Algolia API takes them.
//!
//! Keys are compared in constant time, and secured keys made from an accepted key are accepted until they expire.

mod read;
mod secret;
pub mod secured;

pub use read::{Credentials, one};
pub use secret::Secret;

/// Name of the header and query parameter with the application id. Compared without regard to case.
pub const APPLICATION_ID: &str = "x-algolia-application-id";

/// Name of the header and query parameter with the API key. Compared without regard to case.
pub const API_KEY: &str = "x-algolia-api-key";

/// An application and the keys that are accepted for it.
#[derive(Debug, Clone)]
pub struct Account {
    /// The application id, compared exactly.
    pub app_id: String,
    /// Every accepted key. Empty ones never match.
    pub keys: Vec<Secret>,
}

/// How a request was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// By an accepted key itself.
    Key,
    /// By a secured key made from an accepted one, with what it fixes.
    Secured(secured::Restrictions),
}

/// Why credentials are not accepted. For logs: the client is only told `Invalid credentials`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No account has this application id.
    #[error("application id \"{0}\" is unknown; check algolia.app_id and the front end's app id")]
    UnknownApplication(String),
    /// The key is none of the account's, nor made from one.
    #[error("api key is not accepted for this application; add it to algolia.intake_keys")]
    UnknownKey,
    /// The secured key was made from an accepted key, and its time is over.
    #[error("secured api key expired at {0} (seconds since the Unix epoch); make a new one")]
    Expired(i64),
    /// The secured key was made from an accepted key, and its `validUntil` is no number.
    #[error("secured api key has a validUntil that is no number of seconds; make a new one")]
    BadExpiry,
}

/// Checks credentials against the accounts. `now_ms` is the time in milliseconds since the Unix epoch.
///
/// Of a secured key's restrictions only `validUntil` is enforced here; the others are handed out in [`Grant::Secured`].
pub fn verify(accounts: &[Account], given: &Credentials<'_>, now_ms: i64) -> Result<Grant, Denied> {
    let account = accounts.iter().find(|account| account.app_id == given.app_id);
    let account = account.ok_or_else(|| Denied::UnknownApplication(bounded(&given.app_id)))?;
    if account.has(&given.api_key) {
        return Ok(Grant::Key);
    }
    let restrictions = secured::open(&given.api_key, &account.keys).ok_or(Denied::UnknownKey)?;
    restrictions.in_time(now_ms)?;
    Ok(Grant::Secured(restrictions))
}

impl Account {
    /// Looks at every key, so the time taken doesn't tell which one matched.
    fn has(&self, given: &Secret) -> bool {
        self.keys.iter().fold(false, |found, key| found | key.same(given))
    }
}

fn bounded(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Vec<Account> {
        let keys = vec![Secret::new("search-key"), Secret::new("second-key"), Secret::new("")];
        vec![Account { app_id: "APP1".to_owned(), keys }]
    }

    fn verified(app_id: &str, key: &str) -> Result<Grant, Denied> {
        let given = Credentials { app_id: app_id.into(), api_key: Secret::new(key) };
        verify(&accounts(), &given, 1_700_000_000_999)
    }

    #[test]
    fn every_key_of_the_account_is_accepted_and_nothing_else() {
        assert_eq!(verified("APP1", "search-key"), Ok(Grant::Key));
        assert_eq!(verified("APP1", "second-key"), Ok(Grant::Key));
        for wrong in ["", "search-ke", "search-key ", "SEARCH-KEY"] {
            assert_eq!(verified("APP1", wrong), Err(Denied::UnknownKey));
        }
        assert_eq!(verified("app1", "search-key"), Err(Denied::UnknownApplication("app1".to_owned())));
    }

    #[test]
    fn a_secured_key_is_accepted_until_its_last_second() {
        let key =
            |parent: &str, params: &str| secured::make(&Secret::new(parent), params).expose().to_owned();
        let until = |seconds: i64| key("second-key", &format!("userToken=a%20b&validUntil={seconds}"));
        let Ok(Grant::Secured(restrictions)) = verified("APP1", &until(1_700_000_000)) else { panic!() };
        assert_eq!(restrictions.get("userToken").as_deref(), Some("a b"));
        assert_eq!(verified("APP1", &until(1_699_999_999)), Err(Denied::Expired(1_699_999_999)));
        assert_eq!(verified("APP1", &key("second-key", "validUntil=soon")), Err(Denied::BadExpiry));
        assert_eq!(verified("APP1", &key("other-key", "")), Err(Denied::UnknownKey));
        assert_eq!(verified("APP1", &key("", "")), Err(Denied::UnknownKey));
        assert!(matches!(verified("APP1", &key("search-key", "")), Ok(Grant::Secured(_))));
    }
}
