//! The Search API's hosts, and when to go from one to the next.
//!
//! Source: Search spec, `servers`, and the retry strategy of the official clients (`client-common/src/transporter`): the
//! first host is the application's own, the other three stand in for it, in an order that each client draws for itself
//! so that a failure is spread. A host that failed is passed over for a while.

use crate::region::AppId;
use std::time::Duration;

/// For so long a host that failed is passed over. Source: the official JavaScript client.
pub const DOWN_FOR: Duration = Duration::from_secs(2 * 60);

/// The hosts for writes, in the order to try them; `shuffle` brings the three that stand in into an order.
pub fn write(app_id: &AppId, shuffle: impl FnOnce(&mut [String])) -> [String; 4] {
    ordered(format!("{}.algolia.net", app_id.as_str()), app_id, shuffle)
}

/// The hosts for reads.
pub fn read(app_id: &AppId, shuffle: impl FnOnce(&mut [String])) -> [String; 4] {
    ordered(format!("{}-dsn.algolia.net", app_id.as_str()), app_id, shuffle)
}

fn ordered(first: String, app_id: &AppId, shuffle: impl FnOnce(&mut [String])) -> [String; 4] {
    let standby = |number: u8| format!("{}-{number}.algolianet.com", app_id.as_str());
    let mut hosts = [first, standby(1), standby(2), standby(3)];
    shuffle(&mut hosts[1..]);
    hosts
}

/// Whether this outcome of an exchange (a status, or none without an answer) is the host's fault, so that the next one is
/// to be asked. Never for 2xx and 4xx, 429 included: every host would say the same.
pub fn is_hosts_fault(status: Option<u16>) -> bool {
    !matches!(status, Some(200..=299 | 400..=499))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_applications_own_host_is_first_whatever_the_shuffle() {
        let id = AppId::parse("LATENCY123").unwrap();
        let hosts = write(&id, <[String]>::reverse);
        assert_eq!(
            hosts,
            [
                "LATENCY123.algolia.net",
                "LATENCY123-3.algolianet.com",
                "LATENCY123-2.algolianet.com",
                "LATENCY123-1.algolianet.com"
            ]
        );
        assert_eq!(read(&id, |_| {})[0], "LATENCY123-dsn.algolia.net");
    }

    #[test]
    fn only_silence_and_the_servers_own_errors_are_the_hosts_fault() {
        assert!([None, Some(500), Some(503), Some(302)].into_iter().all(is_hosts_fault));
        assert!(![200, 204, 400, 403, 404, 429].into_iter().any(|status| is_hosts_fault(Some(status))));
    }
}
