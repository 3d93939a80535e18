//! What a backup holds, said at its beginning.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::path::Path;

/// The store's files, in the order in which they are packed and put in place.
pub(super) const FILES: [&str; 2] = ["state.db", "journal.db"];

/// The form of the archive.
const FORMAT: u32 = 1;

/// The manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    causeway: String,
    /// In milliseconds since the Unix epoch.
    pub(super) made_at: i64,
    files: Vec<Packed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Packed {
    name: String,
    bytes: u64,
    sha256: String,
}

impl Manifest {
    /// What is in the directory.
    pub(super) fn of(directory: &Path, made_at: i64) -> io::Result<Self> {
        let packed = FILES.iter().map(|name| Packed::of(directory, name)).collect::<io::Result<_>>()?;
        let causeway = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Self { format: FORMAT, causeway, made_at, files: packed })
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Whether the directory holds just that; the error is a sentence.
    pub(super) fn check(&self, directory: &Path) -> Result<(), String> {
        if self.format != FORMAT {
            let Self { format, causeway, .. } = self;
            return Err(format!("its form {format} is not known here; Causeway {causeway} wrote it"));
        }
        for name in FILES {
            let told = self.files.iter().find(|file| file.name == name);
            let told = told.ok_or_else(|| format!("it lacks {name}"))?;
            let found = Packed::of(directory, name).map_err(|error| format!("it lacks {name}: {error}"))?;
            if found != *told {
                return Err(format!("its {name} is not as it was written; take another backup"));
            }
        }
        Ok(())
    }
}

impl Packed {
    fn of(directory: &Path, name: &str) -> io::Result<Self> {
        let mut sum = Sha256::new();
        let bytes = io::copy(&mut File::open(directory.join(name))?, &mut Sum(&mut sum))?;
        Ok(Self { name: name.to_owned(), bytes, sha256: hex::encode(sum.finalize()) })
    }
}

struct Sum<'s>(&'s mut Sha256);

impl io::Write for Sum<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
