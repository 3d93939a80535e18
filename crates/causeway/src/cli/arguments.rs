//! The command line.

mod dead_letters;
mod flows;
mod ledger;
mod people;

pub(super) use dead_letters::{Chosen, DeadLetters};
pub(super) use flows::{Events, Flow, Fql, Map, Plan, Replay, WhatIf};
pub(super) use ledger::{Audit, By, Daily, Format, Ledger, Trace};
pub(super) use people::{Forget, Person, ZeroResults};

use clap::{Args, Parser, Subcommand};
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
