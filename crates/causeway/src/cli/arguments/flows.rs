//! Of flows, mappings, triggers and plans, and of what they make of past events.

use crate::cli::outcome::Failure;
use crate::moment;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Flow {
    /// List the flows, where each comes from, and its version
    List,
    /// Print a flow's definition
    Show {
        /// The flow, or a flow file
        name: String,
    },
    /// Run events from standard input (NDJSON) through a flow; nothing is sent or stored
    Test {
        /// The flow, or a flow file
        name: String,
        /// The time to take as now, RFC 3339
        #[arg(long, value_name = "RFC3339")]
        now: Option<String>,
    },
    /// Write flows as files, each with its tracking plan beside it
    Export {
        /// The flows [default: all]
        names: Vec<String>,
        /// A directory, or `stdout` for a single flow
        #[arg(long, value_name = "DIR|stdout", default_value = "stdout")]
        to: String,
    },
    /// Make flow files the versions that run, all or none of them; shows first what changes
    Import {
        /// The flow files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
        /// Don't ask
        #[arg(long)]
        yes: bool,
    },
    /// List a flow's versions and what each changed
    History {
        /// The flow
        name: String,
    },
    /// Watch events go through a flow: paths that never matched, dead conditions, planned fields never filled, values cut
    /// or turned into text; exit 1 if anything is found
    Lint {
        /// The flow, or a flow file
        name: String,
        #[command(flatten)]
        events: Events,
    },
    /// Propose a flow from real events to what a tracking plan wants, to be edited by a person
    Suggest {
        /// Segment's tracking plan (JSON)
        #[arg(long, value_name = "PLAN")]
        plan: PathBuf,
        /// The planned event to map to [default: every one that something fits]
        #[arg(long, value_name = "NAME")]
        event: Option<String>,
        #[command(flatten)]
        events: Events,
    },
    /// Go back to a version
    Rollback {
        /// The flow
        name: String,
        /// The version's number, or `configured` for the recipe or file again
        #[arg(value_name = "VERSION")]
        to: String,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Events {
    /// A file of Insights events, or of Segment messages for a flow that sees those (NDJSON) [default: standard input]
    #[arg(long, value_name = "EVENTS")]
    pub from: Option<PathBuf>,
    /// The time to take as now, RFC 3339
    #[arg(long, value_name = "RFC3339")]
    pub now: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Plan {
    /// Report violations per event: kind, field, share, example; exit 1 if there are any.
    ///
    /// Without --flow the input is Segment messages. With it, Insights events: the messages that the flow makes of them
    /// are checked, before the flow does anything about violations.
    Report {
        /// Segment's tracking plan (JSON) [default: the flow's own]
        #[arg(long, value_name = "PLAN", required_unless_present = "flow")]
        plan: Option<PathBuf>,
        /// A flow, or a flow file, to make messages of Insights events
        #[arg(long, value_name = "NAME|FILE")]
        flow: Option<String>,
        #[command(flatten)]
        events: Events,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Map {
    /// A file with the mapping (JSON, or TOML by its name)
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// Map only payloads that match
    #[arg(long, value_name = "FQL")]
    pub trigger: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Fql {
    /// From FQL on standard input to the JSON tree
    Parse,
    /// From the JSON tree on standard input to FQL
    Print,
}

/// A stretch of time.
#[derive(Debug, Args)]
pub(in crate::cli) struct Stretch {
    /// Events that came since: RFC 3339, a date, or 2h, 7d
    #[arg(long, value_name = "T")]
    since: String,
    /// Until before this instant [default: now]
    #[arg(long, value_name = "T")]
    until: Option<String>,
}

impl Stretch {
    /// The instants from and to.
    pub(in crate::cli) fn read(&self, now: i64) -> Result<(i64, i64), Failure> {
        let instant = |key: &str, text: &str| {
            moment::parse(text, now).map_err(|message| Failure::usage(format!("--{key}: {message}")))
        };
        let until = self.until.as_deref().map_or(Ok(now), |text| instant("until", text))?;
        match instant("since", &self.since)? {
            since if since < until => Ok((since, until)),
            _ => Err(Failure::usage("--until: it is not after --since")),
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Replay {
    /// The flow
    #[arg(long, value_name = "NAME")]
    pub flow: String,
    #[command(flatten)]
    pub stretch: Stretch,
    /// Only tell what it would come to
    #[arg(long)]
    pub dry_run: bool,
    /// Send to Algolia too, though it counts again what it has
    #[arg(long)]
    pub count_again: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct WhatIf {
    /// The flow
    #[arg(long, value_name = "NAME")]
    pub flow: String,
    /// A file with another mapping for it, or with a whole flow (JSON or TOML)
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    #[command(flatten)]
    pub stretch: Stretch,
}
