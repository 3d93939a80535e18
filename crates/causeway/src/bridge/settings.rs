//! What the parts are told, read out of the configuration.

use crate::config::Config;
use crate::delivery::Destination;
use crate::delivery::backoff::Backoff;
use crate::delivery::lane::Bounds;
use crate::gateway::{Patience, UpstreamSettings};
use crate::sockets::{self, Share};
use causeway_algolia::credentials::{Account, Secret};
use std::sync::Arc;

pub(super) fn targets(config: &Config) -> Vec<Destination> {
    let max_age = config.settings.algolia.max_event_age.as_ms();
    let insights = config.insights.clone().map(|target| Destination::Insights(target, max_age));
    let segment = config.segment.clone().map(Destination::Segment);
    let profiles = config.profiles.clone().map(Destination::Profiles);
    insights.into_iter().chain(segment).chain(profiles).collect()
}

/// What the engine does.
pub(crate) fn engine(config: &Config) -> causeway_engine::Settings {
    causeway_engine::Settings {
        rules: config.rules(),
        duplicates: config.duplicates(),
        forward: config.settings.algolia.forward_events && config.insights.is_some(),
        tell_links: config.settings.identity.tell_links && config.segment.is_some(),
        token_secret: token_secret(config),
        token_property: config.settings.identity.token_property.clone(),
        forward_calls: config.settings.segment.forward_calls && config.segment.is_some(),
        keep: Arc::clone(&config.keep),
        syncs: Arc::clone(&config.syncs),
        searches: config.searches,
    }
}

/// What encoded tokens are made with; empty if nothing is configured.
pub(super) fn token_secret(config: &Config) -> Secret {
    Secret::new(config.settings.identity.token_secret.as_ref().map_or("", |secret| secret.expose()))
}

/// How many connections either side serves at once, within what the system lets the process open.
pub(super) fn connections(config: &Config) -> Share {
    let (open, wanted) = (sockets::raise_limit(), config.settings.limits.connections);
    let lanes = targets(config).len() * bounds(config).concurrency;
    let share = sockets::share(open, lanes, wanted);
    if share.public < wanted {
        tracing::warn!(
            open,
            connections = share.public,
            "the system lets the process open fewer sockets than limits.connections asks for; raise `ulimit -n`"
        );
    }
    share
}

pub(super) fn bounds(config: &Config) -> Bounds {
    let delivery = &config.settings.delivery;
    Bounds {
        linger: delivery.linger.0,
        concurrency: delivery.concurrency,
        bytes_under_way: window(config) - waiting(config),
    }
}

fn window(config: &Config) -> usize {
    config.settings.delivery.window.0 as usize
}

/// A third of the window is for messages that wait: what is under way must last for as long as a vendor takes to answer,
/// what waits only until the store is read again.
pub(super) fn waiting(config: &Config) -> usize {
    window(config) / 3
}

pub(super) fn accounts(config: &Config) -> Vec<Account> {
    let account = |credentials: &crate::config::Credentials| Account {
        app_id: credentials.app_id.clone(),
        keys: credentials.keys.iter().map(|key| Secret::new(key.expose())).collect(),
    };
    config.credentials.iter().map(account).collect()
}

pub(super) fn backoff(config: &Config) -> Backoff {
    let delivery = &config.settings.delivery;
    Backoff { first: delivery.retry_first.0, longest: delivery.retry_longest.0 }
}

/// How the gateway asks Algolia's hosts.
pub(super) fn upstream(config: &Config) -> UpstreamSettings {
    let gateway = &config.settings.gateway;
    UpstreamSettings {
        connect_timeout: gateway.connect_timeout.0,
        read_timeout: gateway.read_timeout.0,
        patience: Patience { failures: gateway.host_failures, rest: gateway.host_rest.0 },
        idle_connections: gateway.idle_connections,
    }
}

/// Requests a second at most.
pub(super) fn rate(config: &Config, destination: &Destination) -> u32 {
    match destination {
        Destination::Segment(_) => config.settings.segment.max_requests_per_second,
        Destination::Insights(..) => config.settings.algolia.max_requests_per_second,
        Destination::Profiles(_) => config.settings.algolia.max_writes_per_second,
    }
}
