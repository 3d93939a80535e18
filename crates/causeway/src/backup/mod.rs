//! The embedded store as one file, written while the bridge runs, and put back.
//!
//! The file is a gzipped tar: first `manifest.json`, then the store's files. A file that was cut or changed is found by the
//! manifest's sums before anything is put in place.

mod archive;
mod manifest;

use crate::clock::Clock;
use causeway_store::sqlite;
use manifest::Manifest;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempDir};

/// Why there is no backup, or why it was not put back.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// There is such a file already.
    #[error("{} exists; name another file, or say --force to replace it", .0.display())]
    Exists(PathBuf),
    /// The directory holds a store.
    #[error("there is a store in {}; stop the bridge and move that directory away first", .0.display())]
    Occupied(PathBuf),
    /// The file is no backup, or not as it was written.
    #[error("{} can't be restored: {}", .0.display(), .1)]
    Unfit(PathBuf, String),
    /// A file can't be read or written.
    #[error("{}: {}", .0.display(), .1)]
    Io(PathBuf, io::Error),
    /// The store can't be read.
    #[error(transparent)]
    Store(#[from] causeway_store::Error),
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// When it was made, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Bytes of the store's files in it, before compression.
    pub bytes: u64,
    /// The newest record of the journal.
    pub last: u64,
}

/// Copies the store in this directory, whether or not a bridge writes to it, into one file that only its owner may read.
/// Needs room beside the file for a copy of the store. `force` replaces a file that is there.
pub fn write(store: &Path, to: &Path, force: bool, clock: &Clock) -> Result<Made, Problem> {
    if to.exists() && !force {
        return Err(Problem::Exists(to.to_owned()));
    }
    let beside = directory_of(to);
    // A temporary file's error would name a file that nobody asked for.
    fs::metadata(&beside).map_err(|error| Problem::Io(beside.clone(), error))?;
    let copy = TempDir::new_in(&beside).map_err(|error| Problem::Io(beside.clone(), error))?;
    sqlite::open_read_only(store)?.backup(copy.path())?;
    let manifest =
        Manifest::of(copy.path(), clock.now()).map_err(|error| Problem::Io(to.to_owned(), error))?;
    // What came in last while the copy was made is in it: the count is the copy's own.
    let last = sqlite::open_read_only(copy.path()).and_then(|copy| last_of(&copy))?;
    pack(&manifest, copy.path(), to, &beside).map_err(|error| Problem::Io(to.to_owned(), error))?;
    Ok(Made { at: manifest.made_at, bytes: manifest.bytes(), last })
}

/// Puts a backup in place as the store of this directory, which must not hold one.
pub fn restore(from: &Path, store: &Path) -> Result<Made, Problem> {
    let occupied = manifest::FILES.iter().any(|file| store.join(file).exists());
    if occupied {
        return Err(Problem::Occupied(store.to_owned()));
    }
    fs::create_dir_all(store).map_err(|error| Problem::Io(store.to_owned(), error))?;
    let unpacked = TempDir::new_in(store).map_err(|error| Problem::Io(store.to_owned(), error))?;
    let manifest = unpack(from, unpacked.path())?;
    let last = sqlite::open_read_only(unpacked.path()).and_then(|copy| last_of(&copy))?;
    put_in_place(unpacked.path(), store).map_err(|error| Problem::Io(store.to_owned(), error))?;
    Ok(Made { at: manifest.made_at, bytes: manifest.bytes(), last })
}

fn last_of(store: &sqlite::Store) -> Result<u64, causeway_store::Error> {
    use causeway_store::Journal;
    Ok(store.journal.extent()?.last.0)
}

/// Under its own name only when it is whole and on the disk.
fn pack(manifest: &Manifest, files: &Path, to: &Path, beside: &Path) -> io::Result<()> {
    let archive = NamedTempFile::new_in(beside)?;
    archive::write(manifest, files, archive.as_file())?;
    archive.as_file().sync_all()?;
    archive.persist(to).map_err(|error| error.error)?;
    File::open(beside)?.sync_all()
}

fn unpack(from: &Path, to: &Path) -> Result<Manifest, Problem> {
    let file = File::open(from).map_err(|error| Problem::Io(from.to_owned(), error))?;
    let unfit = |what: String| Problem::Unfit(from.to_owned(), what);
    let manifest = archive::read(file, to).map_err(|error| unfit(error.to_string()))?;
    manifest.check(to).map_err(unfit)?;
    Ok(manifest)
}

/// The journal comes last: without it there is no store yet, and the next attempt may begin anew.
fn put_in_place(from: &Path, to: &Path) -> io::Result<()> {
    for file in manifest::FILES {
        fs::rename(from.join(file), to.join(file))?;
    }
    File::open(to)?.sync_all()
}

fn directory_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
