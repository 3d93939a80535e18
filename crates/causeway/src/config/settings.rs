//! The raw twin of `causeway.toml`. Defaults and documentation of every key stand in `default.toml`.

use super::gateway::Gateway;
use super::units::{Size, Span};
use crate::alerts::receivers::Tls;
use crate::alerts::{Condition, Severity};
use crate::secret::Secret;
use causeway_engine::search_context::RuleSettings;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The whole file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents every key, once")]
pub struct Settings {
    pub listen: String,
    pub admin: Admin,
    pub store: Store,
    pub algolia: Algolia,
    pub segment: Segment,
    pub recipes: BTreeMap<String, toml::Value>,
    pub flows: Flows,
    pub identity: Identity,
    pub profiles: Profiles,
    pub search_context: SearchContext,
    pub gateway: Gateway,
    pub searches: Searches,
    pub duplicates: Duplicates,
    pub limits: Limits,
    pub delivery: Delivery,
    pub alerts: Alerts,
    pub ledger: Ledger,
    pub audit: Audit,
    pub reload: Reload,
    pub telemetry: Telemetry,
    pub log: Log,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(missing_docs, reason = "default.toml documents every key, once")]
        pub struct $name { $(pub $field: $kind,)* }
    };
}

section! {
    /// `[admin]`
    Admin { listen: String, token: Option<Secret>, }
}
section! {
    /// `[store]`
    Store { path: PathBuf, retention: Span, max_size: Size, reserve: Size, }
}
section! {
    /// `[algolia]`
    Algolia {
        app_id: Option<String>,
        api_key: Option<Secret>,
        admin_key: Option<Secret>,
        analytics_key: Option<Secret>,
        intake_keys: Vec<Secret>,
        region: Region,
        forward_events: bool,
        strict: bool,
        max_event_age: Span,
        max_event_future: Span,
        max_requests_per_second: u32,
        max_writes_per_second: u32,
        max_record_size: Size,
        compression: Compression,
        insights_url: Option<String>,
        analytics_url: Option<String>,
        personalization_url: Option<String>,
        advanced_personalization_url: Option<String>,
        search_hosts: Option<Vec<String>>,
    }
}
section! {
    /// `[segment]`
    Segment {
        write_key: Option<Secret>,
        forward_calls: bool,
        intake_keys: Vec<Secret>,
        webhook_secret: Option<Secret>,
        webhook_token: Option<Secret>,
        region: Region,
        naming: Naming,
        max_requests_per_second: u32,
        compression: Compression,
        tracking_url: Option<String>,
    }
}
section! {
    /// `[flows]`
    Flows { directory: Option<PathBuf>, }
}
section! {
    /// `[identity]`
    Identity { tell_links: bool, token_property: Option<String>, token_secret: Option<Secret>, }
}
section! {
    /// `[profiles]`
    Profiles { personal_traits: Vec<String>, }
}
section! {
    /// `[search_context]`
    SearchContext {
        token: Option<Secret>,
        rules: Vec<RuleSettings>,
        hold_out: f64,
        hold_out_seed: String,
        max_rule_contexts: usize,
        max_optional_filters: usize,
        max_analytics_tags: usize,
    }
}
section! {
    /// `[searches]`
    Searches {
        settle: Span,
        repeat_window: Span,
        empty_queries: bool,
        memory: Span,
        wait_for_search: Span,
        recover_query_ids: bool,
        recover_confidence: f64,
        forget_demand_after: Span,
        bought_within: Span,
        new_searcher_wait: Span,
        probes_per_hour: u32,
    }
}
section! {
    /// `[duplicates]`
    Duplicates { window: Span, untimed_window: Span, remember: usize, }
}
section! {
    /// `[limits]`
    Limits { bodies_in_memory: Size, body_timeout: Span, connections: usize, backlog: Size, }
}
section! {
    /// `[delivery]`
    Delivery {
        linger: Span,
        concurrency: usize,
        timeout: Span,
        retry_first: Span,
        retry_longest: Span,
        give_up_after: Span,
        drain: Span,
        window: Size,
    }
}
section! {
    /// `[alerts]`
    Alerts {
        name: String,
        link: Option<String>,
        every: Span,
        hold: Span,
        recover: Span,
        remind: Span,
        grown: f64,
        off: Vec<Condition>,
        slack: BTreeMap<String, Slack>,
        email: BTreeMap<String, Email>,
        webhook: BTreeMap<String, AlertWebhook>,
        pagerduty: BTreeMap<String, PagerDuty>,
        thresholds: Thresholds,
        quiet_hours: QuietHours,
    }
}
section! {
    /// `[alerts.slack.NAME]`
    Slack { url: Secret, at_least: Option<Severity>, }
}
section! {
    /// `[alerts.email.NAME]`
    Email {
        host: String,
        port: Option<u16>,
        tls: Option<Tls>,
        ca_file: Option<PathBuf>,
        username: Option<String>,
        password: Option<Secret>,
        from: String,
        to: Vec<String>,
        at_least: Option<Severity>,
    }
}
section! {
    /// `[alerts.webhook.NAME]`
    AlertWebhook { url: Secret, secret: Secret, at_least: Option<Severity>, }
}
section! {
    /// `[alerts.pagerduty.NAME]`
    PagerDuty { routing_key: Secret, url: Option<String>, at_least: Option<Severity>, }
}
section! {
    /// `[alerts.thresholds]`
    Thresholds {
        oldest_waiting: Span,
        oldest_waiting_critical: Span,
        backlog: f64,
        dead_letters: u64,
        dead_letters_critical: u64,
        dead_letters_within: Span,
        disk_free: Size,
        key_expires: Span,
    }
}
section! {
    /// `[alerts.quiet_hours]`
    QuietHours { from: Option<String>, to: Option<String>, time_zone: String, critical_passes: bool, }
}
section! {
    /// `[ledger]`
    Ledger { reports: Option<PathBuf>, key: Option<Secret>, time_zone: String, }
}
section! {
    /// `[audit]`
    Audit { retention: Span, }
}
section! {
    /// `[reload]`
    Reload { secrets_every: Span, }
}
section! {
    /// `[telemetry]`
    Telemetry { otlp_url: Option<String>, headers: BTreeMap<String, Secret>, sample: f64, service: String, }
}
section! {
    /// `[log]`
    Log { level: String, format: LogFormat, }
}

/// A vendor's data region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// United States.
    Us,
    /// Europe.
    Eu,
}

/// Names of the recipes' events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Naming {
    /// Our own.
    Search,
    /// Segment's e-commerce spec.
    Ecommerce,
}

/// When request bodies are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Where a network lies between: not on loopback, where compressing costs more than it saves.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
