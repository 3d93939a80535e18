//! Which flows run, and where each comes from.
//!
//! Three places can say what a flow is: a recipe that is on, a file in the configured directory, and a version in the
//! state store (made by `causeway flow import`, the dashboard, the admin API). A file replaces the recipe of its name, and
//! the active version replaces both, so what was changed last, by whatever means, is what runs. A version with `enabled =
//! false` switches the flow off; a version that says "as configured" hands it back to the recipe or file.
//!
//! A [`Catalogue`] is the outcome of that, compiled. A [`Desk`] is where it is changed, one change at a time, all or
//! nothing.

mod catalogue;
mod change;
mod desk;
mod files;
mod history;

pub use catalogue::{AS_CONFIGURED, Catalogue, document_of};
pub use change::{Change, Effect};
pub use desk::{Desk, Publish, Reach, Shelf, Target, deliverable};
pub use files::{read_directory, read_file};
pub use history::{Past, history};

use causeway_engine::flow::{Document, Fault};
use std::fmt;
use std::path::PathBuf;

/// Where a flow comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A recipe that the configuration switches on.
    Recipe,
    /// A flow file.
    File(PathBuf),
    /// A version in the state store.
    Version(u32),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipe => out.write_str("recipe"),
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Version(number) => write!(out, "version {number}"),
        }
    }
}

/// A flow and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// What it is.
    pub document: Document,
    /// Who says so.
    pub origin: Origin,
}

impl Known {
    /// The flow's name.
    pub fn name(&self) -> &str {
        &self.document.definition().name
    }
}

/// Why flows can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A file or directory can't be read.
    #[error("failed to read {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// They say something that can't be.
    #[error("{}", lines(.0))]
    Faults(Vec<Fault>),
    /// There is no such flow, or no such version of it.
    #[error("{0}")]
    Unknown(String),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] causeway_store::Error),
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl From<Vec<Fault>> for Problem {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Faults(faults)
    }
}
