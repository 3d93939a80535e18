//! What can go wrong with a store.

/// A failure of the store. Each variant is something that an operator can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk has no room for another write; nothing was written.
    #[error("the disk that holds {path} is full")]
    Full {
        /// The store's directory.
        path: String,
    },
    /// Another process has this store open for writing.
    #[error("{path} is in use by another process")]
    Locked {
        /// The store's directory.
        path: String,
    },
    /// Bytes on disk are not what was written.
    #[error("{what} is damaged: {detail}")]
    Damaged {
        /// The thing that is damaged, with its position.
        what: String,
        /// What the check found.
        detail: String,
    },
    /// The store was written by a newer version of Causeway.
    #[error("{path} has format {found}, this version reads up to {supported}; start the newer version")]
    TooNew {
        /// The file.
        path: String,
        /// The format found in the file.
        found: u32,
        /// The newest format that this version knows.
        supported: u32,
    },
    /// Writes are refused since an earlier write failed; a restart re-reads what is on disk.
    #[error("the store refuses writes after an earlier failure: {0}")]
    Poisoned(String),
    /// The store was opened for reading only.
    #[error("{path} is open for reading only; run this where the store is open for writing")]
    ReadOnly {
        /// The store's directory.
        path: String,
    },
    /// What was named does not exist.
    #[error("there is no {0}")]
    NotFound(String),
    /// Anything else that the backend reports.
    #[error("{doing} failed: {source}")]
    Backend {
        /// What was being done.
        doing: &'static str,
        /// The backend's own error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
