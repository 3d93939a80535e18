//! The search gateway's metrics.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Labels of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// The operation, such as `queries`.
    pub operation: &'static str,
    /// The HTTP status that the caller got.
    pub status: u16,
}

/// Labels of one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Attempt {
    /// The host's name.
    pub host: String,
    /// HTTP status, or `none` when there was no answer.
    pub code: String,
}

/// Label of a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Host {
    /// The host's name.
    pub host: String,
}

/// Label of what was added.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Added {
    /// `click_analytics`, `user_token` or `search_context`.
    pub what: &'static str,
}

/// Label of a look-up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LookUp {
    /// `memory` or `store`; `late`, `busy` or `failed` if the search went on untouched.
    pub outcome: &'static str,
}

/// Every metric of the gateway.
#[derive(Debug, Default)]
pub struct Gateway {
    /// `causeway_gateway_requests_total`
    pub requests: Family<Request, Counter>,
    /// `causeway_gateway_attempts_total`
    pub attempts: Family<Attempt, Counter>,
    /// `causeway_gateway_retries_total`
    pub retries: Counter,
    /// `causeway_gateway_host_passed_over`: 1 while it is.
    pub passed_over: Family<Host, Gauge>,
    /// `causeway_gateway_additions_total`: queries that something was added to.
    pub additions: Family<Added, Counter>,
    /// `causeway_gateway_lookups_total`
    pub lookups: Family<LookUp, Counter>,
}

impl Gateway {
    /// Puts all of them into a registry.
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("gateway_requests", "Requests that the gateway answered", self.requests.clone());
        registry.register(
            "gateway_attempts",
            "Requests that the gateway sent to a host",
            self.attempts.clone(),
        );
        registry.register(
            "gateway_retries",
            "Requests that went on to another host after a failure",
            self.retries.clone(),
        );
        registry.register(
            "gateway_host_passed_over",
            "1 while the host is passed over after failures",
            self.passed_over.clone(),
        );
        registry.register("gateway_additions", "Queries that something was added to", self.additions.clone());
        registry.register(
            "gateway_lookups",
            "Look-ups of persons, by what came of them",
            self.lookups.clone(),
        );
    }
}
