//! An answer's bytes as they were before they were compressed.

use brotli_decompressor::Decompressor;
use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderValue;
use std::borrow::Cow;
use std::io::Read;

/// An answer may unfold to so many bytes: a thousand objects of the 10 KB that an ordinary record may have would be more,
/// which no page of results is. Bounds what a few compressed bytes can cost.
pub(super) const MAX_UNFOLDED: usize = 4 << 20;

/// Bytes that brotli takes from what it reads at once.
const BROTLI_BUFFER: usize = 4096;

/// Unfolds what came in pieces; nothing if the encoding is unknown, the bytes are none of it, or there are too many.
pub(super) fn unfold<'b>(encoding: Option<&HeaderValue>, pieces: &'b [Bytes]) -> Option<Cow<'b, [u8]>> {
    let whole = match pieces {
        [one] => Cow::Borrowed(one.as_ref()),
        many => Cow::Owned(many.concat()),
    };
    let encoding = encoding.map_or(&b""[..], HeaderValue::as_bytes).trim_ascii().to_ascii_lowercase();
    match encoding.as_slice() {
        b"" | b"identity" => Some(whole).filter(|whole| whole.len() <= MAX_UNFOLDED),
        b"gzip" | b"x-gzip" => read(MultiGzDecoder::new(&*whole)),
        b"br" => read(Decompressor::new(&*whole, BROTLI_BUFFER)),
        b"deflate" if has_zlib_head(&whole) => read(ZlibDecoder::new(&*whole)),
        b"deflate" => read(DeflateDecoder::new(&*whole)),
        _ => None,
    }
}

/// `deflate` means zlib's format (RFC 9110, 8.4.1.2); some servers leave its frame off. The frame's two first bytes name
/// the method, 8, and are a multiple of 31 (RFC 1950, 2.2).
fn has_zlib_head(bytes: &[u8]) -> bool {
    let head = bytes.first_chunk().map(|head| u16::from_be_bytes(*head));
    head.is_some_and(|head| (head >> 8) & 0x0f == 8 && head.is_multiple_of(31))
}

fn read<'b>(decoder: impl Read) -> Option<Cow<'b, [u8]>> {
    let mut unfolded = Vec::new();
    decoder.take(MAX_UNFOLDED as u64 + 1).read_to_end(&mut unfolded).ok()?;
    (unfolded.len() <= MAX_UNFOLDED).then_some(Cow::Owned(unfolded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Write;

    const TEXT: &[u8] = br#"{"hits":[{"objectID":"a"},{"objectID":"b"},{"objectID":"c"}],"nbHits":3}"#;

    /// [`TEXT`] as brotli's own library compresses it.
    const BROTLI: &[u8] = &[
        0x1b, 0x47, 0x00, 0xf8, 0x2d, 0x0e, 0xec, 0x36, 0x2f, 0x5f, 0x04, 0x87, 0xa9, 0x66, 0x87, 0x43, 0xb0,
        0x9d, 0xaf, 0x45, 0xf6, 0xb6, 0x66, 0x76, 0x98, 0xd8, 0x98, 0x9b, 0xd2, 0xe9, 0x4b, 0x16, 0xa2, 0xae,
        0x14, 0x41, 0x4a, 0x82, 0x0d, 0x38, 0x8d, 0x79, 0xc7, 0x84, 0xb7, 0x9d, 0x6e, 0x10, 0x9a, 0xd8, 0x84,
        0x18, 0x66, 0x2a, 0x4f, 0xff, 0x03, 0x22, 0x4a, 0x33, 0x9b, 0x2e,
    ];

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unfolded(encoding: &'static str, bytes: &[u8]) -> Option<Vec<u8>> {
        let (start, end) = bytes.split_at(bytes.len() / 2);
        let pieces = [Bytes::copy_from_slice(start), Bytes::copy_from_slice(end)];
        unfold(Some(&HeaderValue::from_static(encoding)), &pieces).map(Cow::into_owned)
    }

    #[test]
    fn every_encoding_that_a_browser_asks_for_is_unfolded_and_any_other_is_not_guessed_at() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(TEXT).unwrap();
        let (zlib, raw) = (zlib.finish().unwrap(), raw.finish().unwrap());
        let all: [(_, &[u8]); 6] = [
            ("", TEXT),
            ("identity", TEXT),
            ("GZip", &gzip(TEXT)),
            ("deflate", &zlib),
            ("deflate", &raw),
            ("br", BROTLI),
        ];
        for (encoding, bytes) in all {
            assert_eq!(unfolded(encoding, bytes).as_deref(), Some(TEXT), "{encoding}");
        }
        for encoding in ["gzip", "br", "zstd", "gzip, br"] {
            assert_eq!(unfolded(encoding, TEXT), None, "{encoding}");
        }
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let bomb = gzip(&vec![b' '; 8 << 20]);
        assert!(bomb.len() < 20_000);
        assert_eq!(unfolded("gzip", &bomb), None);
        assert!(unfolded("gzip", &gzip(&vec![b' '; MAX_UNFOLDED])).is_some());
    }
}
