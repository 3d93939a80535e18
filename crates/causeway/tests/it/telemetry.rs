//! Traces and logs as a collector of OpenTelemetry gets them.

use crate::events::view;
use crate::process;
use crate::stage::{APP, KEY, Scene};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use causeway_sandbox::{Fault, Target};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A stand-in collector: keeps what is posted, as the protocol's JSON has it.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<(String, HeaderMap, Value)>>>);

impl Collector {
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let take = async |State(collector): State<Self>,
                          Path(signal): Path<String>,
                          headers: HeaderMap,
                          body: Bytes| {
            let body = serde_json::from_slice(&body).unwrap();
            collector.0.lock().unwrap().push((signal, headers, body));
            StatusCode::OK
        };
        let router =
            Router::new().route("/v1/{signal}", axum::routing::post(take)).with_state(collector.clone());
        tokio::spawn(async move { axum_serve(listener, router).await });
        (collector, url)
    }

    /// Everything at this pointer of what came for a signal.
    fn all(&self, signal: &str, pointer: &str) -> Vec<Value> {
        let kept = self.0.lock().unwrap();
        let bodies = kept.iter().filter(|(kind, ..)| kind == signal).map(|(.., body)| body);
        bodies.flat_map(|body| body.pointer(pointer).unwrap().as_array().unwrap().clone()).collect()
    }

    fn spans(&self) -> Vec<Value> {
        self.all("traces", "/resourceSpans/0/scopeSpans/0/spans")
    }

    fn span(&self, name: &str) -> Value {
        self.spans()
            .into_iter()
            .find(|span| span["name"] == name)
            .unwrap_or_else(|| panic!("no {name}: {:?}", self.spans()))
    }
}

async fn axum_serve(listener: tokio::net::TcpListener, router: Router) {
    let (_stop, stopping) = tokio::sync::watch::channel(false);
    causeway::listen::serve(listener, router, 100, stopping).await;
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

#[test]
fn a_request_is_followed_from_its_callers_trace_through_journal_and_engine_to_each_attempt() {
    let (collector, url) = started();
    let told = url.clone();
    Scene::new()
        .with(move |settings| {
            settings.telemetry.otlp_url = Some(told);
            settings.telemetry.sample = 0.0;
            settings.telemetry.headers.insert("x-token".to_owned(), "s3cret".into());
        })
        .play(async |stage| {
            stage.sandbox.set_fault(Fault::status(Target::Segment, 503));
            let sampled = format!("00-{TRACE}-{PARENT}-01");
            let headers = [APP, KEY, ("traceparent", sampled.as_str())];
            let body = json!({"events": [view("person-of-interest", "o-1")]}).to_string();
            assert_eq!(stage.send("POST", "/1/events", &headers, body).await.status, 200);
            let unsampled = format!("00-{}-{PARENT}-00", "1".repeat(32));
            let body = json!({"events": [view("another", "o-2")]}).to_string();
            let headers = [APP, KEY, ("traceparent", unsampled.as_str())];
            assert_eq!(stage.send("POST", "/1/events", &headers, body).await.status, 200);
            stage.until("an attempt", || stage.sandbox.stats().segment.requests > 0).await;
            stage.sandbox.clear_faults();
            stage.settled().await;
            stage.restart().await;

            let (request, journal, engine) =
                (collector.span("POST /1/events"), collector.span("journal"), collector.span("engine"));
            assert_eq!((&request["parentSpanId"], &request["kind"]), (&json!(PARENT), &json!(2)));
            assert_eq!(journal["parentSpanId"], request["spanId"]);
            assert_eq!(engine["parentSpanId"], journal["spanId"]);
            let spans = collector.spans();
            let attempts: Vec<&Value> =
                spans.iter().filter(|span| span["name"] == "deliver segment").collect();
            assert!(attempts.len() > 1, "the failed attempt and the last: {spans:?}");
            assert!(attempts.iter().all(|attempt| attempt["parentSpanId"] == engine["spanId"]));
            assert!(attempts.iter().any(|attempt| attempt["status"]["code"] == 2));
            assert_eq!(collector.span("deliver insights")["parentSpanId"], engine["spanId"]);
            assert!(spans.iter().all(|span| span["traceId"] == TRACE), "the other caller does not sample");
            let kept = collector.0.lock().unwrap();
            assert!(kept.iter().all(|(_, headers, _)| headers["x-token"] == "s3cret"));
            let text: String = kept.iter().map(|(.., body)| body.to_string()).collect();
            for secret in ["person-of-interest", "o-1", KEY.1, "sandbox-write-key", "s3cret"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        });
}

/// A collector on a runtime of its own, which outlives the scene.
fn started() -> (Collector, String) {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tell.send(Collector::start().await).unwrap();
            std::future::pending::<()>().await;
        });
    });
    told.recv_timeout(Duration::from_secs(15)).unwrap()
}

#[test]
fn log_lines_are_exported_at_the_logs_level_and_a_collector_that_is_gone_holds_nothing_up() {
    let (collector, url) = started();
    process::play(async |sandbox, home| {
        home.configure(|text| format!("{text}\n[telemetry]\notlp_url = \"{url}\"\nsample = 1.0\n"));
        let running = home.start().await;
        home.accept(&[view("somebody", "o-1")]).await;
        home.settled().await;
        assert_eq!(running.terminate().await, 0);
        let lines = collector.all("logs", "/resourceLogs/0/scopeLogs/0/logRecords");
        let ready =
            lines.iter().find(|line| line["body"]["stringValue"] == "the bridge is ready").expect("the line");
        assert_eq!(ready["severityText"], "INFO");
        assert_eq!(collector.span("deliver segment")["kind"], 3);

        home.configure(|text| text.replace(&url, "http://127.0.0.1:1"));
        let running = home.start().await;
        home.accept(&[view("somebody", "o-2")]).await;
        home.settled().await;
        home.until_measured("causeway_telemetry_dropped_total{signal=\"spans\"} 5").await;
        assert_eq!(sandbox.messages().len(), 2);
        assert_eq!(running.terminate().await, 0);
    });
}
