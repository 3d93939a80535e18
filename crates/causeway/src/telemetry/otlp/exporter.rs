//! The background: gathers, and sends to a collector.

use super::encode::{self, Resource};
use super::{Item, Tracer};
use crate::delivery::body::Pieces;
use crate::delivery::client::Client;
use crate::secret::Secret;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Signal;
use http::header::CONTENT_TYPE;
use http::{HeaderName, Request};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// At most so many spans and lines go in one request.
const BATCH: usize = 512;

/// How long the first waits for others.
const LINGER: Duration = Duration::from_millis(500);

/// How long the collector may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Attempts in all.
const ATTEMPTS: u32 = 3;

/// The wait between them.
const PAUSE: Duration = Duration::from_secs(1);

/// Where to export to.
#[derive(Debug, Clone)]
pub struct Target {
    /// The collector's address without `/v1/…`.
    pub url: String,
    /// Further headers, such as a token.
    pub headers: Vec<(HeaderName, Secret)>,
    /// The share of requests that are followed if their caller does not say.
    pub sample: f64,
    /// What the service is called.
    pub service: String,
}

/// A running exporter.
#[derive(Debug)]
pub struct Exporter {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Exporter {
    /// Starts exporting; answers where spans are handed in. Must be called on a runtime.
    pub fn start(target: Target, metrics: Arc<Metrics>) -> std::io::Result<(Tracer, Self)> {
        let client = Client::new(TIMEOUT)?;
        let (tracer, items) = Tracer::new(target.sample, Arc::clone(&metrics));
        let (stop, stopping) = watch::channel(false);
        let resource = Resource { service: target.service.clone() };
        let background = Background { target, resource, client, metrics, failing: false };
        Ok((tracer, Self { task: tokio::spawn(background.run(items, stopping)), stop }))
    }

    /// Sends what was handed in, and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = tokio::time::timeout(TIMEOUT, self.task).await;
    }
}

struct Background {
    target: Target,
    resource: Resource,
    client: Client,
    metrics: Arc<Metrics>,
    failing: bool,
}

impl Background {
    async fn run(mut self, mut items: mpsc::Receiver<Item>, mut stop: watch::Receiver<bool>) {
        let mut gathered = Vec::new();
        while !*stop.borrow() {
            tokio::select! {
                got = items.recv_many(&mut gathered, BATCH) => if got == 0 { return },
                _ = stop.changed() => {}
            }
            let linger = tokio::time::sleep(LINGER);
            tokio::pin!(linger);
            while gathered.len() < BATCH && !*stop.borrow() {
                let room = BATCH - gathered.len();
                tokio::select! {
                    got = items.recv_many(&mut gathered, room) => if got == 0 { break },
                    () = &mut linger => break,
                    _ = stop.changed() => {}
                }
            }
            self.send(std::mem::take(&mut gathered)).await;
        }
        while let Ok(item) = items.try_recv() {
            gathered.push(item);
        }
        self.send(gathered).await;
    }

    async fn send(&mut self, items: Vec<Item>) {
        let (mut spans, mut logs) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                Item::Span(span) => spans.push(span),
                Item::Log(log) => logs.push(log),
            }
        }
        if !spans.is_empty() {
            let body = encode::spans(&self.resource, &spans);
            self.post("/v1/traces", &body, ("spans", spans.len())).await;
        }
        if !logs.is_empty() {
            let body = encode::logs(&self.resource, &logs);
            self.post("/v1/logs", &body, ("logs", logs.len())).await;
        }
    }

    async fn post(&mut self, path: &str, body: &Value, (signal, count): (&'static str, usize)) {
        for attempt in 1..=ATTEMPTS {
            match self.attempt(path, body).await {
                Ok(()) => {
                    self.failing = false;
                    return;
                }
                Err((words, again)) => {
                    if !std::mem::replace(&mut self.failing, true) {
                        tracing::warn!(words, "telemetry can't be exported");
                    }
                    if !again || attempt == ATTEMPTS {
                        break;
                    }
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.metrics.telemetry_dropped.get_or_create(&Signal { signal }).inc_by(count as u64);
    }

    /// Sends once; the error says whether another attempt may help.
    async fn attempt(&self, path: &str, body: &Value) -> Result<(), (String, bool)> {
        let url = format!("{}{path}", self.target.url.trim_end_matches('/'));
        let mut request = Request::post(url).header(CONTENT_TYPE, "application/json");
        for (name, value) in &self.target.headers {
            request = request.header(name, value.expose());
        }
        let request: Request<Pieces> =
            request.body(body.to_string().into_bytes().into()).map_err(|error| (error.to_string(), false))?;
        let answer = self.client.exchange(request).await.map_err(|words| (words, true))?;
        match answer.status {
            status if status.is_success() => Ok(()),
            status => Err((format!("status {status}"), status.is_server_error() || status.as_u16() == 429)),
        }
    }
}
