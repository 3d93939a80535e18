//! Of what became of events, and who changed what.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Ledger {
    /// Only events accepted since: RFC 3339, a date, or 2h, 7d
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// A line each hour and flow instead of each flow
    #[arg(long, value_name = "hour")]
    pub by: Option<By>,
    /// How it is written [default: table; with --by hour, csv]
    #[arg(long)]
    pub format: Option<Format>,
    #[command(subcommand)]
    pub command: Option<Daily>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum By {
    Hour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    Table,
    Csv,
    Json,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Daily {
    /// Whether the daily reports are all there, unchanged and in order; exit 1 and the name of each that is not
    Verify {
        /// A directory of reports [default: those in the store]
        directory: Option<PathBuf>,
        /// The public key that they must be signed with [default: the store's or the configured one, if it can be read]
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
    },
    /// Print the report of a day
    Report {
        /// As in 2026-11-24
        day: String,
    },
    /// Print the public key that reports are signed with
    Key,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Audit {
    /// Only changes since: RFC 3339, a date, or 2h, 7d
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Trace {
    /// An event id, messageId, queryID, objectID, or an id of the person
    pub id: String,
}
