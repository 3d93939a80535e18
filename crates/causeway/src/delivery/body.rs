//! A request's body in a few pieces, so that an envelope is put around messages without copying them.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How many pieces a body has: what stands before the messages, the messages, what stands after.
const PIECES: usize = 3;

/// The body. Its length is known, so no chunked encoding is used.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    pieces: [Bytes; PIECES],
    next: usize,
}

impl Pieces {
    /// The messages between a prefix and a suffix.
    pub fn new(prefix: &'static str, messages: Bytes, suffix: Bytes) -> Self {
        Self { pieces: [Bytes::from_static(prefix.as_bytes()), messages, suffix], next: 0 }
    }

    /// The pieces in order.
    pub fn iter(&self) -> impl Iterator<Item = &Bytes> {
        self.pieces[self.next..].iter()
    }

    fn left(&self) -> usize {
        self.iter().map(Bytes::len).sum()
    }
}

impl From<Vec<u8>> for Pieces {
    fn from(whole: Vec<u8>) -> Self {
        Self::new("", whole.into(), Bytes::new())
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        while self.next < PIECES {
            let next = self.next;
            self.next += 1;
            let piece = std::mem::take(&mut self.pieces[next]);
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn the_pieces_arrive_as_one_body_of_known_length() {
        let body = Pieces::new("[", Bytes::from_static(b"1,2"), Bytes::from_static(b"]"));
        assert_eq!(body.size_hint().exact(), Some(5));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "[1,2]");
        assert!(Pieces::from(Vec::new()).is_end_stream());
    }
}
