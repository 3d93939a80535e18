//! One run: a runtime of one thread whose time stands still until nobody has anything to do.

use crate::operator::operate;
use crate::process::Process;
use crate::sim::Sim;
use crate::verdict;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What came of a run.
pub(crate) struct Told {
    pub(crate) complaints: Vec<String>,
    pub(crate) steps: u64,
    pub(crate) trace: u64,
}

/// Runs a seed; `loud` prints what happens.
pub(crate) fn run(seed: u64, loud: bool) -> Told {
    catch_unwind(AssertUnwindSafe(|| simulate(seed, loud))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()));
        let complaints = vec![format!("a panic: {}", text.unwrap_or_default())];
        Told { complaints, steps: 0, trace: 0 }
    })
}

fn simulate(seed: u64, loud: bool) -> Told {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let sim = Sim::begin(seed, loud);
        sim.tell(|| format!("{:?}", sim.plan));
        let mut process = Process::new(&sim);
        operate(&sim, &mut process).await;
        let state = sim.alive.borrow().as_ref().map(|alive| std::sync::Arc::clone(&alive.state)).unwrap();
        verdict::judge(&sim, &*state);
        drop(state);
        process.die(false).await;
        let (steps, trace) = sim.trace();
        let complaints = std::mem::take(&mut sim.seen().complaints);
        Told { complaints, steps, trace }
    })
}
