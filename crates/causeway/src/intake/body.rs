//! Reading a request's body within bounds: bytes, time, memory over all requests, and what gzip unfolds to.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How a body could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// More bytes than the limit, before or after unfolding.
    #[error("the body is too large")]
    TooLarge,
    /// The connection broke off, or what claims to be gzip is not.
    #[error("the body can't be read")]
    Malformed,
    /// The client took too long.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// Too many bodies are in memory.
    #[error("too many requests are under way")]
    Overloaded,
    /// An encoding that is neither gzip nor identity.
    #[error("the content encoding is not supported; use gzip or none")]
    UnknownEncoding,
}

/// The memory that all bodies share.
#[derive(Debug, Clone)]
pub struct Budget {
    permits: Arc<Semaphore>,
    total: usize,
}

/// Budgets are counted in units of this many bytes, so that any size fits the semaphore's counter.
const UNIT: usize = 1024;

impl Budget {
    /// So many bytes over all requests.
    pub fn new(bytes: u64) -> Self {
        let total = (bytes as usize / UNIT).clamp(1, Semaphore::MAX_PERMITS);
        Self { permits: Arc::new(Semaphore::new(total)), total }
    }

    /// Sets bytes aside if they are there at once.
    pub fn try_reserve(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_many_owned(self.units(bytes)).ok()
    }

    fn units(&self, bytes: usize) -> u32 {
        bytes.div_ceil(UNIT).clamp(1, self.total) as u32
    }

    /// Sets bytes aside, waiting up to `patience` for them.
    async fn reserve(&self, bytes: usize, patience: Duration) -> Result<OwnedSemaphorePermit, Problem> {
        if let Some(permit) = self.try_reserve(bytes) {
            return Ok(permit);
        }
        let waiting = Arc::clone(&self.permits).acquire_many_owned(self.units(bytes));
        let waiting = tokio::time::timeout(patience, waiting);
        waiting.await.ok().and_then(Result::ok).ok_or(Problem::Overloaded)
    }
}

/// How long a request waits for memory before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(1);

/// A body in memory.
#[derive(Debug)]
pub struct Held {
    /// The bytes, unfolded.
    pub bytes: Bytes,
    /// Its share of the budget, given back when this is dropped.
    pub share: OwnedSemaphorePermit,
}

/// So much of a body that nobody wants is read all the same.
const MAX_DISCARDED: usize = 8 << 20;

/// Reads what is left of a body, within bounds, and throws it away. A client that still writes when its connection closes
/// meets a broken pipe instead of the answer.
pub async fn discard(body: &mut Body, timeout: Duration) {
    let mut rest = Limited::new(body, MAX_DISCARDED);
    let reading = async { while let Some(Ok(_)) = rest.frame().await {} };
    // One that takes longer gets its answer now, and perhaps the broken pipe.
    let _ = tokio::time::timeout(timeout, reading).await;
}

/// Reads the whole body, at most `limit` bytes, within `timeout`, out of the shared budget.
pub async fn read(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    timeout: Duration,
    budget: &Budget,
) -> Result<Held, Problem> {
    let read = read_within(headers, &mut body, limit, timeout, budget).await;
    if matches!(read, Err(Problem::TooLarge | Problem::Overloaded)) {
        discard(&mut body, timeout).await;
    }
    read
}

async fn read_within(
    headers: &HeaderMap,
    body: &mut Body,
    limit: usize,
    timeout: Duration,
    budget: &Budget,
) -> Result<Held, Problem> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(Problem::TooLarge);
    }
    let gzip = is_gzip(headers)?;
    let collecting = collect(Limited::new(body, limit), declared, budget);
    let Held { bytes, mut share } =
        tokio::time::timeout(timeout, collecting).await.map_err(|_| Problem::TooSlow)??;
    if !gzip {
        return Ok(Held { bytes, share });
    }
    // What is unfolded is not known beforehand.
    share.merge(budget.reserve(limit, PATIENCE).await?);
    Ok(Held { bytes: unfold(&bytes, limit)?, share })
}

/// Memory is set aside in steps of this many bytes as a body arrives: who only announces a large one takes none.
const STEP: usize = 16 * 1024;

async fn collect(
    mut body: Limited<&mut Body>,
    declared: Option<usize>,
    budget: &Budget,
) -> Result<Held, Problem> {
    let mut reserved = declared.unwrap_or(STEP).min(STEP);
    let mut share = budget.reserve(reserved, PATIENCE).await?;
    let mut gathered = Gathered { expected: declared.unwrap_or(0), ..Gathered::default() };
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| broken(&*error))?.into_data() else { continue };
        gathered.push(data);
        if gathered.len() > reserved {
            let more = (gathered.len() - reserved).max(STEP);
            share.merge(budget.reserve(more, PATIENCE).await?);
            reserved += more;
        }
    }
    Ok(Held { bytes: gathered.into_bytes(), share })
}

fn broken(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Problem {
    if error.is::<LengthLimitError>() { Problem::TooLarge } else { Problem::Malformed }
}

/// The pieces of a body, joined only if there are several.
#[derive(Default)]
struct Gathered {
    /// Bytes that were announced, within the limit. Room for them is memory only once they are there.
    expected: usize,
    first: Bytes,
    all: BytesMut,
}

impl Gathered {
    fn len(&self) -> usize {
        self.first.len() + self.all.len()
    }

    fn push(&mut self, data: Bytes) {
        if self.len() == 0 {
            self.first = data;
            return;
        }
        if self.all.is_empty() {
            self.all.reserve(self.expected);
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(&data);
    }

    /// A single piece is copied out of the connection's buffer, which would stay in memory as long as the body.
    fn into_bytes(self) -> Bytes {
        if self.all.is_empty() { Bytes::copy_from_slice(&self.first) } else { self.all.freeze() }
    }
}

/// Whether the body is gzip.
pub(crate) fn is_gzip(headers: &HeaderMap) -> Result<bool, Problem> {
    match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase()) {
        None => Ok(false),
        Some(encoding) if encoding == b"identity" || encoding.is_empty() => Ok(false),
        Some(encoding) if encoding == b"gzip" || encoding == b"x-gzip" => Ok(true),
        Some(_) => Err(Problem::UnknownEncoding),
    }
}

/// Unfolds gzip, to at most `limit` bytes.
pub(crate) fn unfold(bytes: &[u8], limit: usize) -> Result<Bytes, Problem> {
    let mut unfolded = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(limit as u64 + 1);
    reader.read_to_end(&mut unfolded).map_err(|_| Problem::Malformed)?;
    if unfolded.len() > limit { Err(Problem::TooLarge) } else { Ok(unfolded.into()) }
}
