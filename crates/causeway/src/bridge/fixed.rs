//! What stays as it was at the start, whatever a later configuration says.

use crate::config::Config;

/// Why a configuration can't be taken while the bridge runs.
pub(super) const OPEN: &str = "admin.token: the admin side is open to the network and can't go without; to listen on 127.0.0.1 instead, restart";

/// Whether the admin side, where it listens now, would be open to everybody.
pub(super) fn opens(now: &Config, next: &Config) -> bool {
    let token = next.settings.admin.token.as_ref().is_some_and(|token| !token.is_empty());
    !now.admin.ip().is_loopback() && !token
}

/// Puts back what needs a restart, and answers the keys of what differs.
pub(super) fn keep(now: &Config, next: &mut Config) -> Vec<&'static str> {
    let mut differ = Vec::new();
    let (own, other) = (&now.settings, &mut next.settings);
    put_back("listen", &now.listen, &mut next.listen, &mut differ);
    put_back("admin.listen", &now.admin, &mut next.admin, &mut differ);
    put_back("store.path", &now.store, &mut next.store, &mut differ);
    put_back("store.reserve", &own.store.reserve, &mut other.store.reserve, &mut differ);
    put_back("limits.connections", &own.limits.connections, &mut other.limits.connections, &mut differ);
    put_back("log.format", &own.log.format, &mut other.log.format, &mut differ);
    if telemetry(now) != telemetry(next) {
        differ.push("telemetry");
        next.settings.telemetry.clone_from(&now.settings.telemetry);
    }
    differ
}

/// Everything that is said of telemetry, headers by their names.
fn telemetry(config: &Config) -> Option<String> {
    toml::to_string(&config.settings.telemetry).ok()
}

fn put_back<T: PartialEq + Clone>(key: &'static str, now: &T, next: &mut T, differ: &mut Vec<&'static str>) {
    if now != next {
        differ.push(key);
        next.clone_from(now);
    }
}
