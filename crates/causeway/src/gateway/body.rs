//! A caller's body: read whole if it is small enough, else passed on as it comes.

use crate::intake::{self, body::Budget};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// What came of reading.
#[derive(Debug)]
pub(super) enum Taken {
    /// All of it is in memory.
    Whole(Bytes, Option<OwnedSemaphorePermit>),
    /// It is large, or memory is short: it goes on as it comes.
    Stream(Body),
}

/// The caller broke off or took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// Memory is set aside in steps of this many bytes as a body arrives.
const STEP: usize = 16 * 1024;

/// Reads up to `limit` bytes, each piece within `timeout`, out of the budget.
pub(super) async fn take(
    mut body: Body,
    limit: usize,
    timeout: Duration,
    budget: &Budget,
) -> Result<Taken, Broken> {
    let mut gathered = Gathered::default();
    loop {
        let piece = tokio::time::timeout(timeout, body.frame()).await.map_err(|_| Broken)?;
        match piece.transpose().map_err(|_| Broken)?.map(Frame::into_data) {
            None => return Ok(gathered.whole()),
            Some(Err(_trailers)) => {}
            Some(Ok(piece)) => {
                if !gathered.push(piece, limit, budget) {
                    return Ok(Taken::Stream(Body::new(Joined { first: gathered.bytes(), rest: body })));
                }
            }
        }
    }
}

/// The text of a whole body, unfolded if it came as gzip; nothing if it can't be had within `limit`.
pub(super) fn plain(headers: &HeaderMap, body: &Bytes, limit: usize) -> Option<Bytes> {
    if intake::body::is_gzip(headers).ok()? {
        return intake::body::unfold(body, limit).ok();
    }
    Some(body.clone())
}

/// The pieces so far, joined only if there are several.
#[derive(Debug, Default)]
struct Gathered {
    first: Bytes,
    all: BytesMut,
    reserved: usize,
    share: Option<OwnedSemaphorePermit>,
}

impl Gathered {
    /// Adds a piece; false if that is more than may be in memory, for which it was added all the same.
    fn push(&mut self, piece: Bytes, limit: usize, budget: &Budget) -> bool {
        if self.first.is_empty() && self.all.is_empty() {
            self.first = piece;
        } else {
            if self.all.is_empty() {
                self.all.extend_from_slice(&std::mem::take(&mut self.first));
            }
            self.all.extend_from_slice(&piece);
        }
        let length = self.first.len() + self.all.len();
        length <= limit && self.reserve(length, budget)
    }

    fn reserve(&mut self, length: usize, budget: &Budget) -> bool {
        if length <= self.reserved {
            return true;
        }
        let more = (length - self.reserved).max(STEP);
        let Some(share) = budget.try_reserve(more) else { return false };
        self.reserved += more;
        match &mut self.share {
            Some(all) => all.merge(share),
            none => *none = Some(share),
        }
        true
    }

    fn bytes(&mut self) -> Bytes {
        if self.all.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            std::mem::take(&mut self.all).freeze()
        }
    }

    fn whole(mut self) -> Taken {
        Taken::Whole(self.bytes(), self.share.take())
    }
}

/// A body of which the beginning was read already.
struct Joined {
    first: Bytes,
    rest: Body,
}

impl http_body::Body for Joined {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.first.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.first)))));
        }
        Pin::new(&mut self.rest).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, first) = (self.rest.size_hint(), self.first.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + first);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + first);
        }
        hint
    }
}
