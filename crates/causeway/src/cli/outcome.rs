//! How a command ends.

use crate::bridge::StartError;
use crate::config::Problem;
use crate::flows;

/// It ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// And all is well.
    Fine,
    /// And the thing asked about is not fine.
    Findings,
}

impl Outcome {
    /// Fine if this is true.
    pub(super) fn fine_if(fine: bool) -> Self {
        if fine { Self::Fine } else { Self::Findings }
    }
}

/// It could not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Usage or bad configuration.
    #[error("{0}")]
    Usage(String),
    /// A vendor, store or file can't be reached.
    #[error("{0}")]
    Unreachable(String),
}

impl Failure {
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Unreachable(_) => 3,
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "so that map_err takes it as it is")]
    pub(super) fn usage(message: impl ToString) -> Self {
        Self::Usage(message.to_string())
    }

    #[expect(clippy::needless_pass_by_value, reason = "so that map_err takes it as it is")]
    pub(super) fn unreachable(message: impl ToString) -> Self {
        Self::Unreachable(message.to_string())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        // A configuration that is missing or wrong is the user's to mend, either way.
        Self::usage(problem)
    }
}

impl From<causeway_store::Error> for Failure {
    fn from(error: causeway_store::Error) -> Self {
        Self::unreachable(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::unreachable(error)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match &error {
            StartError::Flows(flows::Problem::Faults(_)) => Self::usage(error),
            _ => Self::unreachable(error),
        }
    }
}

impl From<flows::Problem> for Failure {
    fn from(problem: flows::Problem) -> Self {
        match problem {
            flows::Problem::Unreadable { .. } | flows::Problem::Store(_) => Self::unreachable(problem),
            flows::Problem::Faults(_) | flows::Problem::Unknown(_) => Self::usage(problem),
        }
    }
}
