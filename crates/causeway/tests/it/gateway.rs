//! The search gateway: what it passes on, and to which host.

use crate::stage::{APP, KEY, Scene, Stage};
use crate::upstream::Upstream;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use causeway::config::units::Span;
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

const QUERY: &str = "/1/indexes/products/query";

/// A scene whose gateway forwards to these hosts and, but for what is said otherwise, adds nothing.
fn scene(hosts: &[&Upstream]) -> Scene {
    let hosts: Vec<String> = hosts.iter().map(|host| host.url()).collect();
    Scene::new().with(move |settings| {
        settings.algolia.search_hosts = Some(hosts);
        let gateway = &mut settings.gateway;
        (gateway.click_analytics, gateway.user_token) = (false, false);
        (gateway.search_context, gateway.observe) = (false, false);
    })
}

/// Hosts are started before the scene and outlive it.
pub(crate) fn with_hosts<const N: usize>(
    scene: impl FnOnce(&[&Upstream; N]) -> Scene,
    story: impl AsyncFnOnce(&mut Stage, &[&Upstream; N]),
) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let hosts: [Upstream; N] = std::array::from_fn(|_| runtime.block_on(Upstream::start()));
    let hosts = std::array::from_fn(|place| &hosts[place]);
    scene(&hosts).play(async |stage| story(stage, &hosts).await);
}

#[test]
fn a_request_and_its_answer_pass_as_they_are() {
    with_hosts(
        |[host]| scene(&[host]),
        async |stage, [host]| {
            let gzip = Bytes::from_static(b"\x1f\x8b\x08\x00not really gzip\xff\x00");
            let answered = gzip.clone();
            host.replies(move |_, _| {
                Response::builder()
                    .status(203)
                    .header("content-encoding", "gzip")
                    .header("content-type", "application/json; charset=UTF-8")
                    .header("x-alg-pt", "1")
                    .header("x-alg-pt", "2")
                    .header("connection", "x-mine")
                    .header("x-mine", "1")
                    .body(Body::from(answered.clone()))
                    .unwrap()
            });
            let target = "/1/indexes/a%2Fb%20c*/query?x-algolia-agent=Algolia%20for%20JS%20(5.1)&z=a+b&z";
            let body = "{ \"query\" : \"\\u00e9\", \"page\":1.0,\n\"x\":[] }";
            let headers = [
                APP,
                KEY,
                ("accept-encoding", "br, gzip"),
                ("x-algolia-usertoken", "me"),
                ("content-type", "text/plain"),
                ("cookie", "a=b"),
                ("te", "trailers"),
            ];
            let answer = stage.send("POST", target, &headers, body).await;
            assert_eq!((answer.status, &answer.body), (203, &gzip));
            assert_eq!(answer.headers.get_all("x-alg-pt").iter().count(), 2);
            assert_eq!(answer.header("content-encoding"), "gzip");
            assert_eq!(answer.header("content-type"), "application/json; charset=UTF-8");
            assert_eq!(answer.header("x-mine"), "", "it concerned the other connection");

            let arrived = host.only();
            assert_eq!((arrived.method.as_str(), arrived.target.as_str()), ("POST", target));
            assert_eq!(arrived.text(), body);
            for (name, value) in headers.iter().filter(|(name, _)| *name != "te") {
                assert_eq!(arrived.header(name), *value, "{name}");
            }
            assert_eq!(arrived.header("host"), host.address.to_string());
            assert_eq!(
                (arrived.header("te"), arrived.header("content-length")),
                ("", body.len().to_string().as_str())
            );
        },
    );
}

#[test]
fn every_read_passes_and_no_write_does() {
    with_hosts(
        |[host]| scene(&[host]),
        async |stage, [host]| {
            let reads = [
                ("POST", "/1/indexes/*/queries"),
                ("GET", "/1/indexes/products?query=a"),
                ("GET", "/1/indexes/products/object-1"),
                ("POST", "/1/indexes/*/objects"),
                ("POST", "/1/indexes/products/facets/brand/query"),
                ("POST", "/1/indexes/products/browse"),
                ("GET", "/1/indexes/products/browse"),
                ("POST", "/1/indexes/*/recommendations"),
                ("GET", "/1/indexes"),
                ("GET", "/1/keys/some-key"),
                ("GET", "/1/indexes/products/settings"),
                ("OPTIONS", QUERY),
            ];
            for (method, target) in reads {
                let answer = stage.send(method, target, &[APP, KEY], "").await;
                let arrived = host.only();
                assert_eq!(answer.status, 200, "{method} {target}");
                assert_eq!((arrived.method.as_str(), arrived.target.as_str()), (method, target));
            }
            let writes = [
                ("POST", "/1/indexes/products"),
                ("POST", "/1/indexes/products/batch"),
                ("PUT", "/1/indexes/products/settings"),
                ("DELETE", "/1/indexes/products"),
            ];
            for (method, target) in writes {
                let answer = stage.send(method, target, &[APP, KEY], "{}").await;
                assert_eq!(answer.status, 405, "{method} {target}");
                assert!(answer.message().contains("send writes to Algolia"), "{}", answer.text());
            }
            assert!(host.arrived().is_empty());
        },
    );
}

#[test]
fn another_application_is_not_served() {
    with_hosts(
        |[host]| scene(&[host]),
        async |stage, [host]| {
            let other = ("x-algolia-application-id", "OTHERAPP");
            for headers in [vec![other, KEY], vec![KEY]] {
                let answer = stage.send("POST", QUERY, &headers, "{}").await;
                assert_eq!((answer.status, answer.json()["status"].as_u64()), (403, Some(403)));
                assert_eq!(answer.message(), "Invalid Application-ID or API key");
                assert!(answer.header("causeway-detail").contains("algolia.app_id"));
                assert_eq!(answer.header("access-control-allow-origin"), "*");
            }
            assert!(host.arrived().is_empty());
            let in_query = format!("{QUERY}?X-Algolia-Application-Id=SANDBOXAPP&x-algolia-api-key=any");
            assert_eq!(stage.send("POST", &in_query, &[], "{}").await.status, 200);
        },
    );
}

#[test]
fn a_host_that_was_passed_over_is_asked_last_and_answers_if_no_other_does() {
    let impatient = |hosts: &[&Upstream]| {
        scene(hosts).with(|settings| {
            settings.gateway.host_failures = 1;
            settings.gateway.host_rest = Span::ms(3_600_000);
        })
    };
    with_hosts(
        |[first, second]| impatient(&[first, second]),
        async |stage, [first, second]| {
            first.says(503);
            assert_eq!(stage.send("POST", QUERY, &[APP, KEY], "{}").await.status, 200);
            first.says(200);
            second.arrived();
            first.arrived();
            assert_eq!(stage.send("POST", QUERY, &[APP, KEY], "{}").await.status, 200);
            second.only();
            assert!(first.arrived().is_empty(), "it is passed over");

            second.says(500);
            assert_eq!(stage.send("POST", QUERY, &[APP, KEY], "{}").await.status, 200);
            second.only();
            first.only();
            assert_eq!(stage.send("POST", QUERY, &[APP, KEY], "{}").await.status, 200);
            first.only();
            assert!(second.arrived().is_empty(), "now the first is back, and the second passed over");
        },
    );
}

#[test]
fn an_answers_first_piece_arrives_before_the_last_is_sent() {
    with_hosts(
        |[host]| scene(&[host]),
        async |stage, [host]| {
            let (send, receive) = mpsc::channel(1);
            let pieces = Mutex::new(Some(Pieces(receive)));
            host.replies(move |_, _| Response::new(Body::new(pieces.lock().unwrap().take().unwrap())));
            send.send("{\"hits\":").await.unwrap();
            let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
            let request = http::Request::post(format!("http://{}{QUERY}", stage.bridge().public))
                .header(APP.0, APP.1)
                .body(Full::new(Bytes::from_static(b"{}")))
                .unwrap();
            let mut body = client.request(request).await.unwrap().into_body();
            let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(first, "{\"hits\":");
            send.send("[]}").await.unwrap();
            drop(send);
            assert_eq!(body.collect().await.unwrap().to_bytes(), "[]}");
        },
    );
}

/// A body of pieces that somebody sends in their own time.
struct Pieces(mpsc::Receiver<&'static str>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| Some(Ok(Frame::data(Bytes::from_static(piece?.as_bytes())))))
    }
}
