//! Request bodies: bounded, and unpacked when they come compressed.

use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, HeaderMap};
use std::io::Read;

/// How much of an oversize body is read and thrown away, so that the sender gets to read the refusal. Beyond it the
/// connection is closed.
const PATIENCE: usize = 32 << 20;

/// Why a body can't be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadBody {
    /// Over the limit, as it came or unpacked.
    TooLarge,
    /// The connection broke, the compression is unknown or its data is damaged.
    Unreadable,
}

/// Reads a body of at most `limit` bytes, both as it comes and unpacked.
pub(crate) async fn read(headers: &HeaderMap, body: Incoming, limit: usize) -> Result<Bytes, BadBody> {
    let packed = collect(body, limit).await?;
    match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase()).as_deref() {
        None | Some(b"" | b"identity") => Ok(packed),
        Some(b"gzip" | b"x-gzip") => unpack(&packed, limit),
        Some(_) => Err(BadBody::Unreadable),
    }
}

/// Reads a body to nowhere, so that the connection can be used again.
pub(crate) async fn discard(mut body: Incoming) {
    let mut patience = PATIENCE;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = patience.checked_sub(length) else { return };
        patience = rest;
    }
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, BadBody> {
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX).min(limit);
    let mut all = BytesMut::with_capacity(expected);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BadBody::Unreadable)?.into_data() else { continue };
        if all.len() + data.len() > limit {
            discard(body).await;
            return Err(BadBody::TooLarge);
        }
        all.extend_from_slice(&data);
    }
    Ok(all.freeze())
}

fn unpack(packed: &[u8], limit: usize) -> Result<Bytes, BadBody> {
    let mut all = Vec::new();
    let bounded = MultiGzDecoder::new(packed).take(limit as u64 + 1).read_to_end(&mut all);
    match bounded {
        Ok(length) if length > limit => Err(BadBody::TooLarge),
        Ok(_) => Ok(all.into()),
        Err(_) => Err(BadBody::Unreadable),
    }
}
