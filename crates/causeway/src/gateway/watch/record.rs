//! Writes searches into records.

use super::{NAME, Observed, Reason, Unseen, pair, unfold};
use crate::pipeline::commit::Refused;
use crate::telemetry::metrics::Intake;
use bytes::Bytes;
use causeway_algolia::search;
use causeway_engine::searches::Search;
use std::sync::Arc;
use std::time::Duration;

/// A record with so many bytes is full.
const RECORD_BYTES: usize = 256 << 10;

/// For so long nothing is handed to a journal that has just refused something. What comes meanwhile waits as far as there is
/// room for it.
const PAUSE: Duration = Duration::from_secs(1);

/// Reads what was seen, and hands records to `keep`.
pub(super) struct Recorder<K> {
    keep: K,
    unseen: Arc<Unseen>,
    /// The record that is being written.
    body: Vec<u8>,
    searches: usize,
    requests: usize,
}

impl<K: AsyncFnMut(Bytes) -> Result<(), Refused>> Recorder<K> {
    pub(super) fn new(keep: K, unseen: Arc<Unseen>) -> Self {
        Self { keep, unseen, body: Vec::new(), searches: 0, requests: 0 }
    }

    /// Adds the searches of a request. A full record is handed on.
    pub(super) async fn add(&mut self, observed: &Observed) {
        match self.write(observed) {
            Some(()) => self.requests += 1,
            None => self.unseen.count(Reason::Unreadable, observed.searches()),
        }
        if self.body.len() >= RECORD_BYTES {
            self.flush().await;
        }
    }

    /// Nothing if the answer can't be read, or answers something else.
    fn write(&mut self, observed: &Observed) -> Option<()> {
        let answer = unfold::unfold(observed.encoding.as_ref(), &observed.body)?;
        let answers = search::read(&answer).ok()?;
        if answers.len() != observed.asked.len() {
            return None;
        }
        for search in pair::searches(observed, answers) {
            self.push(&search);
        }
        Some(())
    }

    /// The form is that of [`Seen`](causeway_engine::searches::Seen), written as it comes: an answer's memory is free again
    /// before the next is unfolded.
    fn push(&mut self, search: &Search<'_>) {
        self.body.extend_from_slice(if self.searches == 0 { br#"{"searches":["# } else { b"," });
        serde_json::to_writer(&mut self.body, search).expect("texts and numbers can be written");
        self.searches += 1;
    }

    /// Hands on what was written, if anything was.
    pub(super) async fn flush(&mut self) {
        let (searches, requests) = (std::mem::take(&mut self.searches), std::mem::take(&mut self.requests));
        if searches == 0 {
            return;
        }
        self.body.extend_from_slice(b"]}");
        let body = Bytes::copy_from_slice(&self.body);
        self.body.clear();
        match (self.keep)(body).await {
            Ok(()) => self.count(searches, requests),
            Err(refused) => {
                self.unseen.count(reason(&refused), searches);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    fn count(&self, searches: usize, requests: usize) {
        let label = Intake { intake: NAME };
        self.unseen.metrics.requests.get_or_create(&label).inc_by(requests as u64);
        self.unseen.metrics.events.get_or_create(&label).inc_by(searches as u64);
    }
}

fn reason(refused: &Refused) -> Reason {
    if *refused == Refused::Full { Reason::Disk } else { Reason::Journal }
}
