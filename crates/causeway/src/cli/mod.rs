//! The commands.
//!
//! Exit codes: 0 fine, 1 the thing asked about is not fine, 2 usage or bad configuration, 3 a vendor, store or file could
//! not be reached.

mod alerts;
mod arguments;
mod audit;
mod backup;
mod config;
mod dead_letters;
mod demo;
mod flow;
mod forget;
mod fql;
mod init;
mod ledger;
mod map;
mod outcome;
mod person;
mod plan;
mod remote;
mod replay;
mod run;
mod sandbox;
mod streams;
mod trace;
mod validate;
mod whatif;
mod zero_results;

use arguments::{Arguments, Command};
use clap::Parser;
use outcome::{Failure, Outcome};
use std::process::ExitCode;

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(arguments) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(failure) => {
            streams::tell(&format!("causeway: {failure}"));
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<Outcome, Failure> {
    let Arguments { config: file, json, command } = arguments;
    let path = crate::config::locate(file.as_deref());
    match command {
        Command::Run => run::run(&path),
        Command::Demo(options) => demo::run(&options),
        Command::Sandbox(options) => sandbox::run(&options),
        Command::Init(options) => init::run(&options, file.as_deref()),
        Command::Validate(options) => validate::run(&path, &options, json),
        Command::Config(options) => config::run(&path, &options, json),
        Command::Flow(command) => flow::run(&path, &command, json),
        Command::Plan(command) => plan::run(&path, &command, json),
        Command::Forget(options) => forget::run(&path, &options, json),
        Command::Map(options) => map::run(&options),
        Command::Fql(command) => fql::run(&command),
        Command::Ledger(options) => ledger::run(&path, &options, json),
        Command::Replay(options) => replay::run(&path, &options, json),
        Command::WhatIf(options) => whatif::run(&path, &options, json),
        Command::Trace(options) => trace::run(&path, &options, json),
        Command::Person(options) => person::run(&path, &options, json),
        Command::Audit(options) => audit::run(&path, &options, json),
        Command::Alerts(command) => alerts::run(&path, &command, json),
        Command::ZeroResults(options) => zero_results::run(&path, &options, json),
        Command::Backup(options) => backup::write(&path, &options.file, options.force, json),
        Command::Restore(options) => backup::restore(&path, &options.file, json),
        Command::DeadLetters(command) => dead_letters::run(&path, &command, json),
    }
}
