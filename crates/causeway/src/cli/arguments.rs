//! The command line.

use super::outcome::Failure;
use crate::bulk::Filter;
use crate::moment;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Connects Algolia and Segment: durable, instant, explained.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub(super) struct Arguments {
    /// The configuration file [default: ./causeway.toml, else `$CAUSEWAY_CONFIG`]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the bridge
    Run,
    /// Try everything without an account: bridge, stand-in vendors and simulated shoppers
    Demo(Demo),
    /// Run the stand-ins of both vendors alone
    Sandbox(Sandbox),
    /// Write a commented causeway.toml
    Init(Init),
    /// Check the configuration, flows, mappings, triggers and plans
    Validate(Validate),
    /// Print the effective configuration, secrets masked
    Config(Config),
    /// Look at flows, try them, and change them, version by version
    #[command(subcommand)]
    Flow(Flow),
    /// Hold messages against a tracking plan
    #[command(subcommand)]
    Plan(Plan),
    /// Run a mapping over payloads from standard input (NDJSON)
    Map(Map),
    /// Translate triggers to the public implementation's JSON tree and back
    #[command(subcommand)]
    Fql(Fql),
    /// Show the balance per flow; exit 1 if it does not balance
    Ledger(Ledger),
    /// Show everything about an event or call, found by event id, messageId, queryID, objectID or person
    Trace(Trace),
    /// Send again what a flow makes of events that came, under the same ids; says first what it comes to
    Replay(Replay),
    /// Show what another mapping would make of events that really came; sends nothing; exit 1 if it would be worse
    #[command(name = "whatif")]
    WhatIf(WhatIf),
    /// Erase a person here and at Algolia, and wait until it is done; exit 1 if it is not, or not allowed
    Forget(Forget),
    /// Show what is known of a person, or what a late link changes of events that Segment has
    Person(Person),
    /// List what shoppers ask for in vain, the most wanted first; or show one such query with who waits for it
    ZeroResults(ZeroResults),
    /// List who changed what, newest first
    Audit(Audit),
    /// List what is wrong, try whether notices arrive, or say that you see to it
    #[command(subcommand)]
    Alerts(Alerts),
    /// List, show, retry or discard what could not be delivered
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Copy the store into one file; the bridge may run
    Backup(Backup),
    /// Put a backup in place where there is no store yet
    Restore(Restore),
}

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write
    pub file: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// End after so many seconds; exit 0 only if the ledger balances
    #[arg(long = "for", value_name = "SECONDS")]
    pub seconds: Option<u64>,
    /// How many people shop
    #[arg(long, default_value_t = 40)]
    pub shoppers: usize,
    /// What they search for: one query a line, or the column `query` of a tab-separated table
    #[arg(long, value_name = "FILE")]
    pub queries: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Sandbox {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:7080", value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Count only: keep nothing, for benchmarks
    #[arg(long)]
    pub lean: bool,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Also try every credential and print what it may do
    #[arg(long)]
    pub online: bool,
}

#[derive(Debug, Args)]
pub(super) struct Config {
    /// Print the reference of all keys as Markdown instead
    #[arg(long)]
    pub reference: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Flow {
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
pub(super) struct Events {
    /// A file of Insights events, or of Segment messages for a flow that sees those (NDJSON) [default: standard input]
    #[arg(long, value_name = "EVENTS")]
    pub from: Option<PathBuf>,
    /// The time to take as now, RFC 3339
    #[arg(long, value_name = "RFC3339")]
    pub now: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Plan {
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
pub(super) struct Map {
    /// A file with the mapping (JSON, or TOML by its name)
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// Map only payloads that match
    #[arg(long, value_name = "FQL")]
    pub trigger: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Fql {
    /// From FQL on standard input to the JSON tree
    Parse,
    /// From the JSON tree on standard input to FQL
    Print,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Ledger {
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
pub(super) enum By {
    Hour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Csv,
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Daily {
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
pub(super) struct Audit {
    /// Only changes since: RFC 3339, a date, or 2h, 7d
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub(super) struct Trace {
    /// An event id, messageId, queryID, objectID, or an id of the person
    pub id: String,
}

/// A stretch of time.
#[derive(Debug, Args)]
pub(super) struct Stretch {
    /// Events that came since: RFC 3339, a date, or 2h, 7d
    #[arg(long, value_name = "T")]
    since: String,
    /// Until before this instant [default: now]
    #[arg(long, value_name = "T")]
    until: Option<String>,
}

impl Stretch {
    /// The instants from and to.
    pub(super) fn read(&self, now: i64) -> Result<(i64, i64), Failure> {
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
pub(super) struct Replay {
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
pub(super) struct WhatIf {
    /// The flow
    #[arg(long, value_name = "NAME")]
    pub flow: String,
    /// A file with another mapping for it, or with a whole flow (JSON or TOML)
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    #[command(flatten)]
    pub stretch: Stretch,
}

#[derive(Debug, Args)]
pub(super) struct Forget {
    /// A user id, an anonymous id or an Algolia token of the person
    pub id: String,
    /// Only order it; the receipt is at the admin API
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Args)]
pub(super) struct Person {
    /// A user id, an anonymous id, or an Algolia token
    pub id: String,
    /// Send to Segment again what was sent as another person's, under ids of its own
    #[arg(long)]
    pub repair: bool,
    /// With --repair: only list it; exit 1 if there is anything
    #[arg(long, requires = "repair")]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct ZeroResults {
    /// The failed query's id [default: list them]
    pub id: Option<String>,
    /// Only this index's
    #[arg(long)]
    pub index: Option<String>,
    /// Only those that have results by now, or only those that have none
    #[arg(long, value_name = "true|false")]
    pub has_results: Option<bool>,
    /// At most so many
    #[arg(long, default_value_t = crate::demand::listing::LIMIT)]
    pub limit: usize,
    /// Pass over so many
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
}

#[derive(Debug, Subcommand)]
pub(super) enum Alerts {
    /// List what is wrong and what was lately; exit 1 if something is wrong
    List,
    /// Send a notice that nothing is wrong; exit 1 if it does not arrive everywhere
    Test {
        /// A receiver's name, with or without its kind: `ops`, `slack.ops` [default: all]
        name: Option<String>,
    },
    /// Say that you see to an alert: there are no reminders then
    Acknowledge {
        /// The alert's key, as in `vendor/segment`
        key: String,
        /// Who you are
        #[arg(long, env = "USER", default_value = "an operator")]
        by: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum DeadLetters {
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
pub(super) struct Chosen {
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
    pub(super) fn filter(&self) -> Filter {
        let Self { all, flow, error, problem } = self;
        Filter { all: *all, flow: flow.clone(), error: error.clone(), problem: problem.clone() }
    }
}
