//! Answers, and the one kind of body that they have: pieces, possibly cut short on purpose.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::Value;
use std::collections::VecDeque;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Shorter bodies are not packed: bytes.
const WORTH_PACKING: u64 = 512;

/// An answer.
pub(crate) type Reply = Response<Content>;

/// How an exchange ends when it doesn't end with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Hangup {
    /// With a TCP reset.
    #[error("the connection is reset on purpose")]
    Reset,
    /// With an ordinary close.
    #[error("the connection is closed on purpose")]
    Close,
}

/// An answer's body.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pieces: VecDeque<Bytes>,
    length: u64,
    cut: Cut,
}

/// Whether and when a body breaks off.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// It doesn't.
    #[default]
    Never,
    /// After the pieces; first they need a chance to be written.
    AfterWriting,
    /// Now.
    Now,
}

impl Content {
    /// A body made of pieces in order.
    pub(crate) fn new(pieces: VecDeque<Bytes>) -> Self {
        let length = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces, length, cut: Cut::Never }
    }

    /// Promises the whole and gives only half of it.
    fn halved(mut self) -> Self {
        let half = self.pieces.pop_front().map(|piece| piece.slice(..piece.len() / 2));
        Self { pieces: half.into_iter().collect(), length: self.length, cut: Cut::AfterWriting }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Hangup;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Hangup>>> {
        if let Some(piece) = self.pieces.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match self.cut {
            Cut::Never => Poll::Ready(None),
            Cut::Now => Poll::Ready(Some(Err(Hangup::Close))),
            Cut::AfterWriting => {
                self.cut = Cut::Now;
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && self.cut == Cut::Never
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

/// An answer with a body of the given type.
pub(crate) fn text(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    pieces(status, content_type, [body.into()].into())
}

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, body: &Value) -> Reply {
    text(status, "application/json", body.to_string())
}

/// An answer with a body in pieces.
pub(crate) fn pieces(status: StatusCode, content_type: &'static str, body: VecDeque<Bytes>) -> Reply {
    let mut reply = Response::new(Content::new(body));
    *reply.status_mut() = status;
    with(reply, CONTENT_TYPE, HeaderValue::from_static(content_type))
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Content::default());
    *reply.status_mut() = status;
    reply
}

/// The answer with one more header.
pub(crate) fn with(mut reply: Reply, name: HeaderName, value: impl Into<HeaderValue>) -> Reply {
    reply.headers_mut().insert(name, value.into());
    reply
}

/// The answer's body packed with gzip, unless it is too small for that to help.
pub(crate) fn packed(reply: Reply) -> Reply {
    let length = reply.body().length;
    if length < WORTH_PACKING || reply.headers().contains_key(CONTENT_ENCODING) {
        return reply;
    }
    let packed = reply.map(|content| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        // Writing to a vector can't fail.
        content.pieces.iter().for_each(|piece| drop(encoder.write_all(piece)));
        Content::new([Bytes::from(encoder.finish().unwrap_or_default())].into())
    });
    with(packed, CONTENT_ENCODING, HeaderValue::from_static("gzip"))
}

/// Half of the answer.
pub(crate) fn truncated(reply: Reply) -> Reply {
    reply.map(Content::halved)
}
