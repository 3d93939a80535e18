//! The demo's figures: what came in, what was delivered, what waits.

use crate::bridge::Bridge;
use crate::gateway::watch;
use crate::inspect::Ledger;
use crate::telemetry::metrics::Intake;
use crate::telemetry::{Live, Metrics};
use causeway_store::State;
use std::sync::Arc;
use std::time::Instant;

/// Where figures are read.
#[derive(Clone)]
pub(super) struct Gauges {
    pub(super) live: Arc<Live>,
    metrics: Arc<Metrics>,
    state: Arc<dyn State>,
}

/// The figures of one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    at: Instant,
    events: u64,
    searches: u64,
    segment: u64,
    insights: u64,
    profiles: u64,
    pending: i64,
    dead: u64,
}

impl Gauges {
    /// Those of a bridge.
    pub(super) fn of(bridge: &Bridge) -> Self {
        let (live, metrics) = (Arc::clone(&bridge.live), Arc::clone(&bridge.metrics));
        Self { live, metrics, state: Arc::clone(&bridge.state) }
    }

    /// Reads them now.
    pub(super) async fn read(&self) -> Figures {
        let (live, state) = (&self.live, Arc::clone(&self.state));
        let pending = tokio::task::spawn_blocking(move || {
            Ledger::read(&*state, None).map_or(0, |ledger| ledger.pending())
        });
        let pending = pending.await.unwrap_or(0);
        Figures {
            at: Instant::now(),
            events: Live::get(&live.events_in),
            searches: self.searches(),
            segment: Live::get(&live.to_segment),
            insights: Live::get(&live.to_insights),
            profiles: Live::get(&live.to_profiles),
            pending,
            dead: Live::get(&live.dead),
        }
    }

    /// How many searches that passed the gateway became durable.
    pub(super) fn searches(&self) -> u64 {
        self.metrics.events.get_or_create(&Intake { intake: watch::NAME }).get()
    }
}

impl Figures {
    /// Before anything happened.
    pub(super) fn none() -> Self {
        let at = Instant::now();
        Self { at, events: 0, searches: 0, segment: 0, insights: 0, profiles: 0, pending: 0, dead: 0 }
    }

    /// One line, with the rate since `before`. Searches are events, too.
    pub(super) fn line(&self, began: Instant, before: &Self) -> String {
        let Self { searches, pending, dead, .. } = self;
        let (seconds, rate) = ((self.at - began).as_secs(), self.rate(before, Self::came_in));
        let (came_in, delivered) = (self.came_in(), self.delivered());
        format!(
            "{seconds:>4}s  events in {came_in} ({rate:.0}/s), {searches} searches  delivered {delivered}  \
             pending {pending}  dead {dead}"
        )
    }

    /// What of the delivered went where.
    pub(super) fn destinations(&self, before: &Self) -> String {
        let Self { segment, insights, profiles, .. } = self;
        let rate = self.rate(before, Self::delivered);
        format!(
            "       delivered {rate:.0}/s: Segment {segment}, Algolia {insights}, people's records {profiles}"
        )
    }

    fn came_in(&self) -> u64 {
        self.events + self.searches
    }

    fn delivered(&self) -> u64 {
        self.segment + self.insights + self.profiles
    }

    fn rate(&self, before: &Self, figure: impl Fn(&Self) -> u64) -> f64 {
        let seconds = (self.at - before.at).as_secs_f64().max(0.001);
        figure(self).saturating_sub(figure(before)) as f64 / seconds
    }
}
