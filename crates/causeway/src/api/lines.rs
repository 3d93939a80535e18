//! An answer of several lines of JSON, each sent when it is known.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body::Frame;
use serde_json::Value;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Lines that are known and not sent; who makes more waits.
const AHEAD: usize = 16;

/// Where lines go. Nobody reads any more when [`Sender::is_gone`].
#[derive(Debug, Clone)]
pub(super) struct Sender(mpsc::Sender<Bytes>);

impl Sender {
    pub(super) async fn line(&self, line: &Value) {
        // Who has hung up is noticed by `is_gone`.
        let _ = self.0.send(format!("{line}\n").into()).await;
    }

    pub(super) fn is_gone(&self) -> bool {
        self.0.is_closed()
    }
}

/// The answer that `work` writes. It goes on beside; it has to end when nobody reads any more.
pub(super) fn answer<F>(work: impl FnOnce(Sender) -> F) -> Response
where
    F: Future<Output = ()> + Send + 'static,
{
    let (lines, made) = mpsc::channel(AHEAD);
    tokio::spawn(work(Sender(lines)));
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::new(Lines(made))).into_response()
}

struct Lines(mpsc::Receiver<Bytes>);

impl http_body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|line| line.map(|line| Ok(Frame::data(line))))
    }
}
