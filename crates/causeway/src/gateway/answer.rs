//! An answer on its way to the caller.

use super::watch::{Observed, Watcher};
use crate::intake::body::Budget;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};

/// An answer's body that passes piece by piece, each within a time after the one before. Whoever observes gets the pieces
/// after the last one was handed on.
pub(super) struct Passing {
    body: Incoming,
    patience: Duration,
    /// Runs while a piece is waited for.
    waiting: Option<Pin<Box<Sleep>>>,
    observer: Option<Observer>,
    ended: bool,
}

/// Why an answer breaks off.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// It broke off at the host.
    #[error(transparent)]
    Host(#[from] hyper::Error),
    /// The next piece did not come in time.
    #[error("the host's answer stopped")]
    Stopped,
}

impl Passing {
    pub(super) fn new(body: Incoming, patience: Duration, observer: Option<Observer>) -> Self {
        let ended = http_body::Body::is_end_stream(&body);
        Self { body, patience, waiting: None, observer, ended }
    }

    /// Waits for the next piece, for a while.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(patience)));
        waiting.as_mut().poll(context).map(|()| Some(Err(Broken::Stopped)))
    }

    fn passed(&mut self, frame: &Frame<Bytes>) {
        self.waiting = None;
        self.ended = http_body::Body::is_end_stream(&self.body);
        if let (Some(observer), Some(piece)) = (&mut self.observer, frame.data_ref()) {
            observer.keep(piece);
        }
    }
}

impl http_body::Body for Passing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending => self.wait(context),
            Poll::Ready(Some(Ok(frame))) => {
                self.passed(&frame);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body is let go of once its last piece is on the caller's connection, or never will be.
impl Drop for Passing {
    fn drop(&mut self) {
        if let Some(observer) = self.observer.take().filter(|_| self.ended) {
            observer.tell();
        }
    }
}

/// Larger answers are not observed.
const MAX_KEPT: usize = 2 << 20;

/// Keeps the pieces for whoever watches.
pub(super) struct Observer {
    watcher: Watcher,
    /// What is known before the answer; `took` and `body` follow.
    observed: Observed,
    began: Instant,
    budget: Budget,
    shares: Vec<OwnedSemaphorePermit>,
    kept: usize,
    /// Whether the answer is too large, or memory too short.
    given_up: bool,
}

impl Observer {
    pub(super) fn new(watcher: Watcher, observed: Observed, began: Instant, budget: Budget) -> Self {
        Self { watcher, observed, began, budget, shares: Vec::new(), kept: 0, given_up: false }
    }

    fn keep(&mut self, piece: &Bytes) {
        self.kept += piece.len();
        let share = if self.kept > MAX_KEPT { None } else { self.budget.try_reserve(piece.len()) };
        match share {
            Some(share) if !self.given_up => {
                self.shares.push(share);
                self.observed.body.push(piece.clone());
            }
            _ => self.give_up(),
        }
    }

    fn give_up(&mut self) {
        if !std::mem::replace(&mut self.given_up, true) {
            self.watcher.missed(&self.observed.asked);
        }
        self.observed.body.clear();
        self.shares.clear();
    }

    fn tell(mut self) {
        if !self.given_up {
            self.observed.took = self.began.elapsed();
            self.watcher.saw(self.observed);
        }
    }
}
