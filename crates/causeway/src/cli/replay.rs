//! `causeway replay`: what a flow makes of past events, sent again.

use super::outcome::{Failure, Outcome};
use super::streams::{print, tell};
use super::{arguments, flow, remote};
use crate::api::replays::COUNTS_AGAIN;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::replay::{self, Job, Planned, Progress, Step, Steps};
use crate::{bridge, moment};
use causeway_engine::flow::{Destination, Flow};
use causeway_store::sqlite::{self, Options, Store};
use causeway_store::{BlockId, Error, State};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(path: &Path, arguments: &arguments::Replay, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let flow = flow::compiled(&config, &arguments.flow)?;
    let now = Clock::system().now();
    let job = Job::new(flow.name(), arguments.stretch.read(now)?, now);
    let planned = plan(&config, &job, &flow, now)?;
    tell_plan(&job, &planned, json && arguments.dry_run)?;
    if arguments.dry_run || planned.sent == 0 {
        return Ok(Outcome::Fine);
    }
    if flow.destination() == Destination::Insights && !arguments.count_again {
        return Err(Failure::usage(COUNTS_AGAIN));
    }
    let done = match sqlite::open(&config.store, &Options::default()) {
        Ok(store) => here(&config, &store, job, &flow)?,
        Err(Error::Locked { .. }) => there(&config, &job, arguments)?,
        Err(error) => return Err(error.into()),
    };
    print(&if json { json!(done).to_string() } else { summary(&done) })?;
    Ok(Outcome::fine_if(done.progress == Progress::Done))
}

fn plan(config: &Config, job: &Job, flow: &Arc<Flow>, now: i64) -> Result<Planned, Failure> {
    let store = sqlite::open_read_only(&config.store)?;
    let settings = bridge::engine_settings(config);
    Ok(replay::plan(job, (&store.journal, &store.state), &settings, flow, now)?)
}

/// What it will do goes to standard error unless it is what was asked for, so that programs read the outcome alone.
fn tell_plan(job: &Job, planned: &Planned, json: bool) -> Result<(), Failure> {
    if json {
        return print(&json!(planned).to_string());
    }
    let Planned { events, sent, refused, messages, bytes, calls } = planned;
    tell(&format!(
        "{}: of {events} events from {} to {}, {sent} are sent again: {messages} messages in {calls} calls or more, \
         {bytes} bytes; {refused} can't be mapped and stay dead letters",
        job.flow,
        moment::print(job.since),
        moment::print(job.until)
    ));
    Ok(())
}

fn summary(job: &Job) -> String {
    let Job { id, sent, messages, error, progress, .. } = job;
    match progress {
        Progress::Done => format!("{sent} events, {messages} messages are on their way again (replay {id})"),
        Progress::Stopped => format!("stopped after {sent} events (replay {id})"),
        Progress::Failed => format!("failed after {sent} events: {error} (replay {id})"),
        Progress::Running => format!("{sent} events so far; the bridge goes on with replay {id}"),
    }
}

/// Without a bridge: into the outbox, for the next start. If this is interrupted, the bridge goes on with it then.
fn here(config: &Config, store: &Store, job: Job, flow: &Arc<Flow>) -> Result<Job, Failure> {
    let settings = bridge::engine_settings(config);
    let read = (&store.journal as &dyn causeway_store::Journal, &store.state as &dyn State);
    let mut steps = Steps::new(job, read, &settings, Arc::clone(flow), Clock::system().now())?;
    while let Some(Step { block, mut change }) = steps.next(Clock::system().now())? {
        let next = BlockId(store.state.last_block()?.0 + 1);
        change.outbox = block.map(|builder| builder.build(next)).into_iter().collect();
        store.state.commit(&change)?;
        progress(steps.job());
    }
    Ok(steps.job().clone())
}

fn there(config: &Config, job: &Job, arguments: &arguments::Replay) -> Result<Job, Failure> {
    let body = json!({
        "since": moment::print(job.since), "until": moment::print(job.until), "count_again": arguments.count_again,
    });
    let told = |line: &Value| {
        if let Ok(job) = serde_json::from_value(line.clone()) {
            progress(&job);
        }
    };
    let last = remote::lines(config, &format!("/api/flows/{}/replay", job.flow), &body, told)?;
    serde_json::from_value(last)
        .map_err(|_| Failure::unreachable("the running bridge did not say how it went"))
}

fn progress(job: &Job) {
    tell(&format!("causeway: {} events, {} messages, up to record {}", job.sent, job.messages, job.position));
}
