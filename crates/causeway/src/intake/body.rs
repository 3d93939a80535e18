//! Reading a request's body within bounds: bytes, time, memory over all requests, and what gzip unfolds to.

use axum::body::Body;
use bytes::Bytes;
use flate2::read::GzDecoder;
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

    /// Sets bytes aside, waiting up to `patience` for them.
    async fn reserve(&self, bytes: usize, patience: Duration) -> Result<OwnedSemaphorePermit, Problem> {
        let units = bytes.div_ceil(UNIT).clamp(1, self.total) as u32;
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_many_owned(units) {
            return Ok(permit);
        }
        let waiting = tokio::time::timeout(patience, Arc::clone(&self.permits).acquire_many_owned(units));
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
    // What is unfolded from gzip is not known beforehand, nor is the length of a chunked body.
    let reserved = if gzip { limit } else { declared.unwrap_or(limit) };
    let share = budget.reserve(reserved, PATIENCE).await?;
    let collected = tokio::time::timeout(timeout, Limited::new(body, limit).collect()).await;
    let bytes = match collected {
        Err(_) => return Err(Problem::TooSlow),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Problem::TooLarge),
        Ok(Err(_)) => return Err(Problem::Malformed),
        Ok(Ok(collected)) => collected.to_bytes(),
    };
    let bytes = if gzip { unfold(&bytes, limit)? } else { bytes };
    Ok(Held { bytes, share })
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, Problem> {
    match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase()) {
        None => Ok(false),
        Some(encoding) if encoding == b"identity" || encoding.is_empty() => Ok(false),
        Some(encoding) if encoding == b"gzip" || encoding == b"x-gzip" => Ok(true),
        Some(_) => Err(Problem::UnknownEncoding),
    }
}

fn unfold(bytes: &[u8], limit: usize) -> Result<Bytes, Problem> {
    let mut unfolded = Vec::new();
    let mut reader = GzDecoder::new(bytes).take(limit as u64 + 1);
    reader.read_to_end(&mut unfolded).map_err(|_| Problem::Malformed)?;
    if unfolded.len() > limit { Err(Problem::TooLarge) } else { Ok(unfolded.into()) }
}
