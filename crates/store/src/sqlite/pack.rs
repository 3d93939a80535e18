//! How contents are compressed on disk.

use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};

/// Buffers larger than this are given back after use, so that one huge record does not stay in memory.
const KEEP_BYTES: usize = 4 << 20;

/// How stored bytes are to be read. The numbers are on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// As they are.
    Raw = 0,
    /// An LZ4 block.
    Lz4 = 1,
}

/// Contents as they are stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed<'a> {
    pub(super) codec: Codec,
    /// Bytes before packing.
    pub(super) size: usize,
    pub(super) bytes: &'a [u8],
}

/// Compresses one content after the other with the same buffers.
#[derive(Default)]
pub(super) struct Packer {
    table: CompressTable,
    buffer: Vec<u8>,
}

impl Packer {
    /// Compresses contents of at least `worthwhile` bytes, if that saves an eighth: less is not worth the time that every
    /// later read pays.
    pub(super) fn pack<'a>(&'a mut self, raw: &'a [u8], worthwhile: usize) -> Packed<'a> {
        let packed = if raw.len() < worthwhile { None } else { self.compress(raw) };
        match packed {
            Some(length) => Packed { codec: Codec::Lz4, size: raw.len(), bytes: &self.buffer[..length] },
            None => Packed { codec: Codec::Raw, size: raw.len(), bytes: raw },
        }
    }

    fn compress(&mut self, raw: &[u8]) -> Option<usize> {
        let room = get_maximum_output_size(raw.len());
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
        let length = compress_into_with_table(raw, &mut self.buffer, &mut self.table).ok()?;
        (length <= raw.len() / 8 * 7).then_some(length)
    }

    /// Gives memory back after an unusually large content.
    pub(super) fn forget_excess(&mut self) {
        forget_excess(&mut self.buffer);
    }
}

/// Gives back what a buffer holds beyond [`KEEP_BYTES`].
pub(super) fn forget_excess(buffer: &mut Vec<u8>) {
    buffer.truncate(KEEP_BYTES);
    buffer.shrink_to(KEEP_BYTES);
}

/// The contents again, or what is wrong with them. The caller has checked `size` against a checksum: it is allocated.
pub(super) fn unpack(codec: u8, size: usize, stored: &[u8]) -> Result<Vec<u8>, String> {
    match codec {
        0 if stored.len() == size => Ok(stored.to_vec()),
        0 => Err(format!("{} bytes where {size} were written", stored.len())),
        1 => decompress(size, stored),
        unknown => Err(format!("unknown codec {unknown}")),
    }
}

fn decompress(size: usize, stored: &[u8]) -> Result<Vec<u8>, String> {
    let mut raw = vec![0; size];
    match decompress_into(stored, &mut raw) {
        Ok(length) if length == size => Ok(raw),
        Ok(length) => Err(format!("unpacks to {length} bytes where {size} were written")),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};

    proptest! {
        #[test]
        fn contents_come_back_as_they_were(raw in contents(), worthwhile in 0_usize..512) {
            let mut packer = Packer::default();
            packer.pack(b"something before", 0);
            let packed = packer.pack(&raw, worthwhile);
            prop_assert_eq!(unpack(packed.codec as u8, packed.size, packed.bytes), Ok(raw.clone()));
        }
    }

    fn contents() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![prop::collection::vec(any::<u8>(), 0..2000), prop::collection::vec(0..3_u8, 0..2000),]
    }

    #[test]
    fn contents_that_hardly_shrink_stay_raw() {
        let codec = |noise: usize| {
            let raw = [random_bytes(noise), vec![7; 4096 - noise]].concat();
            Packer::default().pack(&raw, 0).codec
        };
        assert_eq!(codec(4096), Codec::Raw);
        assert_eq!(codec(4096 * 15 / 16), Codec::Raw, "a sixteenth is not worth it");
        assert_eq!(codec(4096 * 13 / 16), Codec::Lz4);
    }

    /// Multiples of a constant will not do: their upper bits repeat often enough to be compressed.
    fn random_bytes(count: usize) -> Vec<u8> {
        let mut random = rand::rngs::StdRng::seed_from_u64(1);
        (0..count).map(|_| random.random()).collect()
    }
}
