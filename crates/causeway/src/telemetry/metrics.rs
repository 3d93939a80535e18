//! Prometheus metrics, in the shape that operators know: received, sent, errors, per part.

use super::gateway::Gateway;
use causeway_store::state::LedgerRow;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;

/// Label of an intake: `insights`, `tracking`, `webhook`, `searches` or `gateway`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Intake {
    /// The intake's name.
    pub intake: &'static str,
}

/// Label of a refused request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Refused {
    /// The intake's name.
    pub intake: &'static str,
    /// The HTTP status that was answered.
    pub status: u16,
}

/// Label of searches that were not seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Unseen {
    /// `memory`, `backlog`, `disk`, `journal` or `unreadable`.
    pub reason: &'static str,
}

/// Labels of what goes to a destination.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Destination {
    /// `segment`, `insights` or `profiles`.
    pub destination: String,
}

/// Labels of one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Attempt {
    /// `segment`, `insights` or `profiles`.
    pub destination: String,
    /// HTTP status, or `none` when there was no answer.
    pub code: String,
}

/// Label of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Code {
    /// HTTP status, or `none` when there was no answer.
    pub code: String,
}

/// Label of a question whether a failed query has results by now.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    /// `found`, `none`, `refused`, `denied`, `busy` or `failed`.
    pub outcome: &'static str,
}

/// Labels of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Flow {
    /// The flow's name.
    pub flow: String,
}

/// Label of a receiver of notices.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Receiver {
    /// Its kind and name.
    pub receiver: String,
}

/// Label of configurations that were read again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reload {
    /// `applied` or `refused`.
    pub result: &'static str,
}

/// Label of what is exported.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Signal {
    /// `spans` or `logs`.
    pub signal: &'static str,
}

/// Label of open alerts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Open {
    /// `warning` or `critical`.
    pub severity: &'static str,
}

/// Every metric. Cheap to update from anywhere.
#[derive(Debug, Default)]
pub struct Metrics {
    /// `causeway_requests_received_total`
    pub requests: Family<Intake, Counter>,
    /// `causeway_events_received_total`
    pub events: Family<Intake, Counter>,
    /// `causeway_events_quarantined_total`
    pub quarantined: Family<Intake, Counter>,
    /// `causeway_requests_refused_total`
    pub refused: Family<Refused, Counter>,
    /// `causeway_searches_unseen_total`
    pub unseen: Family<Unseen, Counter>,
    /// `causeway_events_processed_total`
    pub processed: Counter,
    /// `causeway_messages_delivered_total`: entries, each what one flow made of one event.
    pub delivered: Family<Destination, Counter>,
    /// `causeway_dead_letters_total`
    pub dead: Family<Destination, Counter>,
    /// `causeway_delivery_attempts_total`
    pub attempts: Family<Attempt, Counter>,
    /// `causeway_analytics_requests_total`: reports that Algolia was asked for.
    pub polls: Family<Code, Counter>,
    /// `causeway_search_probes_total`: failed queries that Algolia was asked for.
    pub probes: Family<Outcome, Counter>,
    /// `causeway_delivery_duration_seconds`
    pub durations: Durations,
    /// `causeway_delivery_in_flight`
    pub in_flight: Family<Destination, Gauge>,
    /// `causeway_journal_lag_records`
    pub lag: Gauge,
    /// `causeway_ledger_pending`
    pub pending: Family<Flow, Gauge>,
    /// `causeway_ledger_imbalance`: 0, or something is wrong.
    pub imbalance: Gauge,
    /// `causeway_journal_damaged_records`: 0, or the disk lost something.
    pub damaged: Gauge,
    /// `causeway_disk_free_bytes`
    pub disk_free: Gauge,
    /// `causeway_delivery_oldest_seconds`
    pub oldest: Family<Destination, Gauge<f64, AtomicU64>>,
    /// The search gateway's.
    pub gateway: Gateway,
    /// `causeway_flow_events_received_total`
    pub flow_received: Family<Flow, Counter>,
    /// `causeway_flow_events_delivered_total`
    pub flow_delivered: Family<Flow, Counter>,
    /// `causeway_flow_events_discarded_total`
    pub flow_discarded: Family<Flow, Counter>,
    /// `causeway_flow_events_failed_total`
    pub flow_failed: Family<Flow, Counter>,
    /// `causeway_config_reloads_total`
    pub reloads: Family<Reload, Counter>,
    /// `causeway_config_in_effect`: 1, or the configuration that was read last was refused.
    pub config_in_effect: Gauge,
    /// `causeway_telemetry_dropped_total`
    pub telemetry_dropped: Family<Signal, Counter>,
    /// `causeway_alerts_open`
    pub alerts_open: Family<Open, Gauge>,
    /// `causeway_notices_sent_total`
    pub notices_sent: Family<Receiver, Counter>,
    /// `causeway_notices_failed_total`: attempts.
    pub notices_failed: Family<Receiver, Counter>,
    /// `causeway_notices_dropped_total`
    pub notices_dropped: Family<Receiver, Counter>,
}

/// Histograms of seconds, by destination.
#[derive(Debug, Clone)]
pub struct Durations(pub Family<Destination, Histogram, fn() -> Histogram>);

impl Default for Durations {
    fn default() -> Self {
        Self(Family::new_with_constructor(seconds))
    }
}

fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.005, 2.0, 14))
}

impl Metrics {
    /// All metrics at zero.
    pub fn new() -> Self {
        let metrics = Self::default();
        metrics.config_in_effect.set(1);
        metrics
    }

    /// Counts what was just committed to the ledger. What is taken back (a dead letter that is retried) was counted once.
    pub fn count(&self, rows: &[LedgerRow]) {
        for row in rows {
            let flow = Flow { flow: row.flow.clone() };
            let counted = [
                (&self.flow_received, row.tally.accepted),
                (&self.flow_delivered, row.tally.delivered),
                (&self.flow_discarded, row.tally.filtered),
                (&self.flow_failed, row.tally.dead_lettered),
            ];
            for (family, count) in counted {
                family.get_or_create(&flow).inc_by(u64::try_from(count).unwrap_or(0));
            }
        }
    }

    /// The text that Prometheus scrapes.
    pub fn encode(&self) -> String {
        let mut registry = Registry::with_prefix("causeway");
        registry.register("requests_received", "Requests accepted by an intake", self.requests.clone());
        registry.register("events_received", "Events accepted by an intake", self.events.clone());
        registry.register("events_quarantined", "Invalid events kept aside", self.quarantined.clone());
        registry.register("requests_refused", "Requests that an intake refused", self.refused.clone());
        registry.register(
            "searches_unseen",
            "Searches that went by and were not made durable",
            self.unseen.clone(),
        );
        registry.register("events_processed", "Events that went through the engine", self.processed.clone());
        registry.register(
            "messages_delivered",
            "Events that a vendor took, counted once a flow",
            self.delivered.clone(),
        );
        registry.register(
            "dead_letters",
            "Events that ended as dead letters on their way to a vendor",
            self.dead.clone(),
        );
        registry.register("delivery_attempts", "Requests sent to a vendor", self.attempts.clone());
        registry.register("analytics_requests", "Reports that Algolia was asked for", self.polls.clone());
        registry.register("search_probes", "Failed queries that Algolia was asked for", self.probes.clone());
        registry.register(
            "delivery_duration_seconds",
            "How long vendors took to answer",
            self.durations.0.clone(),
        );
        registry.register("delivery_in_flight", "Requests waiting for an answer", self.in_flight.clone());
        registry.register("journal_lag_records", "Accepted requests not yet processed", self.lag.clone());
        registry.register("ledger_pending", "Events that wait in the outbox", self.pending.clone());
        registry.register("ledger_imbalance", "0, or something is wrong", self.imbalance.clone());
        registry.register(
            "journal_damaged_records",
            "Records that can not be read any more",
            self.damaged.clone(),
        );
        registry.register("disk_free_bytes", "Free space on the store's disk", self.disk_free.clone());
        registry.register(
            "delivery_oldest_seconds",
            "Age of the oldest event that waits to be delivered",
            self.oldest.clone(),
        );
        self.gateway.register(&mut registry);
        registry.register("flow_events_received", "Events that a flow was given", self.flow_received.clone());
        registry.register(
            "flow_events_delivered",
            "Events of a flow that the vendor took",
            self.flow_delivered.clone(),
        );
        registry.register(
            "flow_events_discarded",
            "Events that a flow had nothing to send for",
            self.flow_discarded.clone(),
        );
        registry.register(
            "flow_events_failed",
            "Events of a flow that ended as dead letters",
            self.flow_failed.clone(),
        );
        registry.register(
            "config_reloads",
            "Configurations that were read again while running",
            self.reloads.clone(),
        );
        registry.register(
            "config_in_effect",
            "1, or the configuration that was read last was refused",
            self.config_in_effect.clone(),
        );
        registry.register(
            "telemetry_dropped",
            "Spans and log lines that no collector took",
            self.telemetry_dropped.clone(),
        );
        registry.register("alerts_open", "Alerts that were told and are not over", self.alerts_open.clone());
        registry.register("notices_sent", "Notices that a receiver took", self.notices_sent.clone());
        registry.register(
            "notices_failed",
            "Attempts to send notices that failed",
            self.notices_failed.clone(),
        );
        registry.register(
            "notices_dropped",
            "Notices that a receiver refused, or did not take for a day",
            self.notices_dropped.clone(),
        );
        let mut text = String::new();
        // Writing to a String can't fail.
        let _ = encode(&mut text, &registry);
        text
    }
}
