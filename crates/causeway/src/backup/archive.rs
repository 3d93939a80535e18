//! The form of the file: a gzipped tar.

use super::manifest::{FILES, Manifest};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use tar::{Archive, Builder, Entry, Header};

const MANIFEST: &str = "manifest.json";

/// A manifest is never longer.
const MANIFEST_BYTES: u64 = 64 << 10;

/// Packs the directory's files behind their manifest.
pub(super) fn write(manifest: &Manifest, files: &Path, to: &File) -> io::Result<()> {
    let packed = GzEncoder::new(BufWriter::new(to), Compression::fast());
    let mut archive = Builder::new(packed);
    let text = serde_json::to_vec_pretty(manifest)?;
    archive.append_data(&mut header(text.len() as u64), MANIFEST, text.as_slice())?;
    for name in FILES {
        let mut file = File::open(files.join(name))?;
        let length = file.metadata()?.len();
        archive.append_data(&mut header(length), name, &mut file)?;
    }
    archive.into_inner()?.finish()?.flush()
}

fn header(bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(bytes);
    // Whoever reads the store reads everything that came in.
    header.set_mode(0o600);
    header
}

/// Unpacks the files into a directory and answers their manifest. Takes nothing but the names that a store has.
pub(super) fn read(from: File, to: &Path) -> io::Result<Manifest> {
    let mut archive = Archive::new(GzDecoder::new(BufReader::new(from)));
    let mut manifest = None;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        match name.as_str() {
            MANIFEST => manifest = Some(manifest_of(&mut entry)?),
            name if FILES.contains(&name) => io::copy(&mut entry, &mut File::create_new(to.join(name))?)
                .and_then(|_| File::open(to.join(name))?.sync_all())?,
            other => {
                return Err(io::Error::other(format!("it holds {other:?}, which is no part of a store")));
            }
        }
    }
    // The sum over all of it stands behind the end of the tar, where nobody reads who only wants files.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    manifest.ok_or_else(|| io::Error::other(format!("it has no {MANIFEST}")))
}

fn manifest_of(entry: &mut Entry<'_, impl Read>) -> io::Result<Manifest> {
    Ok(serde_json::from_reader(entry.take(MANIFEST_BYTES))?)
}
