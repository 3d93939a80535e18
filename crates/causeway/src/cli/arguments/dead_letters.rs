//! Of what could not be delivered.

use crate::bulk::Filter;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DeadLetters {
    /// List them, newest first
    List {
        /// Only this flow's
        #[arg(long)]
        flow: Option<String>,
        /// Only those whose reason holds this text
        #[arg(long, value_name = "TEXT")]
        error: Option<String>,
        /// dead, retried, discarded or all
        #[arg(long, default_value = "dead")]
        status: String,
        /// At most so many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Group those that wait for a decision by what is wrong: how many, since when, an example, what to do
    Problems,
    /// Show one with its payload and attempts
    Show {
        /// The dead letter's id
        id: String,
    },
    /// Send again
    Retry {
        /// The dead letters' ids
        ids: Vec<String>,
        #[command(flatten)]
        chosen: Chosen,
        /// Send what this file holds (JSON) instead of what died; for one dead letter
        #[arg(long, value_name = "FILE", conflicts_with = "all")]
        payload: Option<PathBuf>,
        /// Only tell what it would come to
        #[arg(long)]
        dry_run: bool,
    },
    /// Give up
    Discard {
        /// The dead letters' ids
        ids: Vec<String>,
        #[command(flatten)]
        chosen: Chosen,
        /// Why
        #[arg(long, default_value = "discarded by an operator")]
        note: String,
        /// Only tell how many it would be
        #[arg(long)]
        dry_run: bool,
    },
    /// Show what vendors have refused before, by which later events are sent apart
    Patterns {
        /// Forget this one
        #[arg(long, value_name = "ID")]
        forget: Option<String>,
    },
}

/// Dead letters by what they have in common.
#[derive(Debug, Args)]
pub(in crate::cli) struct Chosen {
    /// All that fit --flow, --error and --problem
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// With --all: only this flow's
    #[arg(long, requires = "all")]
    pub flow: Option<String>,
    /// With --all: only those whose reason holds this text
    #[arg(long, value_name = "TEXT", requires = "all")]
    pub error: Option<String>,
    /// With --all: only those of this problem
    #[arg(long, value_name = "ID", requires = "all")]
    pub problem: Option<String>,
}

impl Chosen {
    /// The same as it is asked of a bridge.
    pub(in crate::cli) fn filter(&self) -> Filter {
        let Self { all, flow, error, problem } = self;
        Filter { all: *all, flow: flow.clone(), error: error.clone(), problem: problem.clone() }
    }
}
