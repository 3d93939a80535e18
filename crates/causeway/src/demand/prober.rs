//! The background: asks Algolia for the queries that people wait for, one at a time, within the budget.
//!
//! What Algolia answers enters the journal as a search of nobody's ([`Via::Probe`]); who is told, and that it is once, is the
//! engine's. What can't be kept is lost with the question: the query is asked for again later.

use super::schedule::{Next, Schedule};
use crate::clock::Clock;
use crate::config::ProbeTarget;
use crate::delivery::client::Client;
use crate::delivery::destination::{AGENT, signed};
use crate::delivery::hosts::Hosts;
use crate::pipeline::Committer;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Outcome;
use causeway_algolia::records::IndexName;
use causeway_algolia::search::{Probe, Probed};
use causeway_engine::Source;
use causeway_engine::lookup::StoredFacts;
use causeway_engine::searches::demand::{self, Demand, DemandId, Row};
use causeway_engine::searches::{Search, Seen, Via};
use causeway_store::{Error, Record, State};
use http::Request;
use http::header::{CONTENT_TYPE, USER_AGENT};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The clock is looked at after so long, since it may be set, or the machine may have slept.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// For so long nothing is asked after the key was refused, in milliseconds.
const DENIED_MS: i64 = 60 * 60 * 1_000;

/// For so long nothing is asked after Algolia had too much to do or the store could not be read, in milliseconds, unless
/// Algolia says how long.
const BUSY_MS: i64 = 60 * 1_000;

/// What the background needs.
pub struct Parts {
    /// Who is asked, and how often.
    pub target: ProbeTarget,
    /// Algolia's hosts in the order to try them.
    pub hosts: Hosts,
    /// How.
    pub client: Client,
    /// After how long a query is nobody's, in milliseconds.
    pub expire_ms: i64,
    /// Where the ledger is read.
    pub state: Arc<dyn State>,
    /// Makes findings durable.
    pub committer: Committer,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What time it is.
    pub clock: Clock,
}

/// Asks until `stop` says so.
pub async fn run(parts: Parts, mut stop: watch::Receiver<bool>) {
    let schedule = Schedule::new(parts.target.per_hour, parts.expire_ms);
    tokio::select! {
        () = Prober { parts, schedule }.turns() => {}
        _ = stop.wait_for(|stopping| *stopping) => {}
    }
}

struct Prober {
    parts: Parts,
    schedule: Schedule,
}

impl Prober {
    async fn turns(mut self) {
        let (mut looked, mut again) = (i64::MIN, i64::MIN);
        loop {
            let now = self.parts.clock.now();
            // A clock that was set back would have us wait for long.
            if now >= again || now < looked {
                (looked, again) = (now, self.turn(now).await);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Asks for one query if it is time to; answers when to look again.
    async fn turn(&mut self, now: i64) -> i64 {
        match self.choose(now).await {
            Ok(Next::Wait(until)) => until,
            Ok(Next::Ask(id)) => {
                self.schedule.asked(id, now);
                if let Err(error) = self.ask_for(id, now).await {
                    tracing::warn!(%error, "failed to read a failed query; it is asked for later");
                }
                now
            }
            Err(error) => {
                tracing::warn!(%error, "failed to read the failed queries; they are looked at again in a minute");
                now + BUSY_MS
            }
        }
    }

    async fn choose(&self, now: i64) -> Result<Next, Error> {
        let rows: Vec<Row> = self.read(|state| demand::rows(&StoredFacts(state))).await?;
        Ok(self.schedule.next(&rows, now))
    }

    async fn ask_for(&mut self, id: DemandId, now: i64) -> Result<(), Error> {
        let demand = self.read(move |state| demand::demand(&StoredFacts(state), id)).await?;
        let index = demand.as_ref().and_then(|demand| IndexName::parse(&demand.index).ok());
        if let (Some(demand), Some(index)) = (demand, index) {
            let began = Instant::now();
            let probed = self.ask(&demand, &index, now).await;
            self.parts.metrics.probes.get_or_create(&Outcome { outcome: outcome(&probed) }).inc();
            self.follow(&demand, probed, now, began.elapsed()).await;
        }
        Ok(())
    }

    async fn ask(&self, demand: &Demand, index: &IndexName, now: i64) -> Probed {
        let Parts { target, hosts, client, .. } = &self.parts;
        let probe = Probe { index, query: &demand.query, filters: demand.filters.as_deref() };
        let host = hosts.current(Instant::now());
        let request = Request::post(format!("{host}{}", probe.path()))
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, AGENT);
        let answer = match signed(request, target.app_id.as_str(), &target.key).body(probe.body().into()) {
            Ok(request) => client.exchange(request).await,
            Err(error) => Err(error.to_string()),
        };
        let probed = match answer {
            Ok(answer) => {
                Probed::read(answer.status.as_u16(), answer.retry_after.as_deref(), &answer.body, now)
            }
            Err(message) => Probed::Failed { message },
        };
        if matches!(probed, Probed::Failed { .. }) {
            hosts.failed(&host, Instant::now());
        }
        probed
    }

    /// Keeps what was found out; else says what is wrong, once for each question.
    async fn follow(&mut self, demand: &Demand, probed: Probed, now: i64, took: Duration) {
        let (index, query) = (&demand.index, &demand.query);
        match probed {
            Probed::Hits(nb_hits) => self.keep(found(demand, nb_hits, now, took), now).await,
            Probed::Refused { message } => {
                tracing::info!(index, query, message, "Algolia can not be asked for a failed query");
            }
            Probed::Failed { message } => {
                tracing::warn!(
                    index,
                    message,
                    "Algolia does not say whether a failed query has results by now"
                );
            }
            Probed::Denied { message } => {
                self.schedule.pause(now, DENIED_MS);
                tracing::warn!(
                    message,
                    "algolia.api_key may not search, so failed queries are not asked for; tried again in an hour"
                );
            }
            Probed::Busy(wait) => {
                let wait = wait.and_then(|wait| i64::try_from(wait.as_millis()).ok());
                self.schedule.pause(now, wait.unwrap_or(BUSY_MS));
            }
        }
    }

    async fn keep(&self, search: Search<'_>, now: i64) {
        let body = serde_json::to_vec(&Seen { searches: vec![search] }).expect("texts and numbers are JSON");
        let source = Source::Searches.into();
        let record = Record { source, received_at: now, meta: bytes::Bytes::new(), body: body.into() };
        if let Err(error) = self.parts.committer.commit(record, None).await {
            tracing::warn!(%error, "failed to keep whether a failed query has results; it is asked for again");
        }
    }

    /// Reads the store off the server's threads.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn State) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let state = Arc::clone(&self.parts.state);
        let read = tokio::task::spawn_blocking(move || read(&*state)).await;
        read.unwrap_or_else(|error| Err(Error::Poisoned(error.to_string())))
    }
}

/// The search as the journal keeps it: nobody's.
fn found(demand: &Demand, nb_hits: u64, now: i64, took: Duration) -> Search<'_> {
    Search {
        at: now,
        index: demand.index.as_str().into(),
        query: demand.query.as_str().into(),
        filters: demand.filters.as_deref().map(Into::into),
        nb_hits,
        took_ms: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
        via: Via::Probe,
        ..Search::default()
    }
}

/// The metric's word.
fn outcome(probed: &Probed) -> &'static str {
    match probed {
        Probed::Hits(0) => "none",
        Probed::Hits(_) => "found",
        Probed::Refused { .. } => "refused",
        Probed::Denied { .. } => "denied",
        Probed::Busy(_) => "busy",
        Probed::Failed { .. } => "failed",
    }
}
