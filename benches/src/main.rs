//! How fast Causeway is, beside what the machine can do at most, all measured in one run.
//!
//! ```text
//! cargo run --release -p causeway-benches              everything, about four minutes
//! cargo run --release -p causeway-benches -- intake    one part
//! ```
//!
//! Our server runs as a process of its own on the first processor; the load and the stand-in vendors run on the second.
//! Machines are noisy: the figures to quote are the ratios, and the CPU-seconds that a million events cost.

mod bare;
mod bridge;
mod child;
mod figures;
mod host;
mod http;
mod load;
mod machine;
mod paced;
mod parts;
mod traffic;

use clap::{Parser, ValueEnum};
use std::process::ExitCode;
use std::time::Duration;

/// The allocator that the real program uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Causeway and the machine under it.
#[derive(Debug, Parser)]
struct Arguments {
    /// The parts to measure; all by default.
    parts: Vec<Part>,
    /// How long each load lasts, in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many events the parts that need many begin with: 1,000,000, but for `trace` 200,000.
    #[arg(long)]
    events: Option<u64>,
    /// Searches a second through the gateway.
    #[arg(long, default_value_t = 2_000)]
    rate: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What the machine can do: fsync, JSON, a bare HTTP server.
    Machine,
    /// The mapping of `search-events` alone.
    Mapping,
    /// Durable intake alone, of 1-event and 100-event requests.
    Intake,
    /// Intake to both vendors' stand-ins.
    Pipeline,
    /// Working off what gathered during an outage.
    Drain,
    /// Start, and memory at rest.
    Rest,
    /// What the search gateway adds to a search.
    Gateway,
    /// What it costs to hold what Segment does not take, and how it goes out.
    Pending,
    /// A start after the process was killed.
    Recovery,
    /// Finding an event again in a large store.
    Trace,
    /// The other way: calls from Segment, search contexts, records at Algolia.
    Segment,
}

/// Events that wait, or are in the journal.
const MANY: u64 = 1_000_000;

/// Events that traces are looked for among.
const TRACED: u64 = 200_000;

fn main() -> ExitCode {
    if let Some(role) = child::role() {
        return role.run();
    }
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the benchmark failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    child::pin(child::LOAD_CPU);
    let time = Duration::from_secs(arguments.seconds);
    let wanted = |part| arguments.parts.is_empty() || arguments.parts.contains(&part);
    if wanted(Part::Machine) {
        machine::measure()?;
    }
    if wanted(Part::Mapping) {
        parts::mapping::measure()?;
    }
    if wanted(Part::Rest) {
        parts::rest::measure()?;
    }
    if wanted(Part::Intake) {
        parts::intake::measure(time)?;
    }
    if wanted(Part::Pipeline) {
        parts::pipeline::measure(time)?;
    }
    if wanted(Part::Segment) {
        parts::segment::measure(time)?;
    }
    if wanted(Part::Gateway) {
        parts::gateway::measure(arguments.rate, time)?;
    }
    let many = arguments.events.unwrap_or(MANY);
    if wanted(Part::Drain) {
        parts::drain::measure(many)?;
    }
    if wanted(Part::Pending) {
        parts::pending::measure(many, time)?;
    }
    if wanted(Part::Recovery) {
        parts::recovery::measure(many)?;
    }
    if wanted(Part::Trace) {
        parts::trace::measure(arguments.events.unwrap_or(TRACED))?;
    }
    Ok(())
}
