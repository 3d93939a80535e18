//! What operators and fate do to the process, until all is done.

use crate::client;
use crate::plan::Deed;
use crate::process::Process;
use crate::sim::{Forgetting, Sim, pass};
use causeway::inspect::Ledger;
use causeway_engine::order::{Forget, Order};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// Everything must be delivered this long after the last trouble.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// Clients must be done after this time.
const LONGEST: Duration = Duration::from_secs(600);

/// How long the process stays away after it died by itself.
const AWAY: u64 = 200;

/// Lets clients send and things happen until nobody has anything to do; then calm comes and the process settles.
pub(crate) async fn operate(sim: &Arc<Sim>, process: &mut Process) {
    let began = Instant::now();
    let mut people = JoinSet::new();
    for number in 0..sim.plan.clients {
        people.spawn(client::shop(Arc::clone(sim), number));
    }
    let mut deeds = sim.plan.deeds.clone();
    process.start();
    while !deeds.is_empty() || !people.is_empty() {
        let next = deeds.first().map(|(at, _)| began + Duration::from_millis(*at));
        tokio::select! {
            biased;
            () = sleep_until(began + LONGEST) => return sim.complain("clients are sent away for ever".to_owned()),
            () = sim.broken.notified() => restart(process, AWAY, false).await,
            () = sleep_until(next.unwrap_or(began)), if next.is_some() => {
                let (at, deed) = deeds.remove(0);
                sim.tell(|| format!("{deed:?}"));
                if let Some(follows) = act(sim, process, &mut people, deed).await {
                    deeds.push((at + follows, Deed::Crash(AWAY, false)));
                    deeds.sort_by_key(|(at, _)| *at);
                }
            }
            Some(ended) = people.join_next() => if let Err(error) = ended {
                sim.complain(error.to_string());
            },
        }
    }
    sim.begin_calm();
    sim.tell(|| "calm".to_owned());
    settle(sim, process).await;
}

async fn restart(process: &mut Process, away: u64, power_fails: bool) {
    process.die(power_fails).await;
    sleep(Duration::from_millis(away)).await;
    process.start();
}

/// Does it; answers in how long a restart must follow, if one must.
async fn act(sim: &Arc<Sim>, process: &mut Process, people: &mut JoinSet<()>, deed: Deed) -> Option<u64> {
    match deed {
        Deed::Crash(away, power_fails) => restart(process, away, power_fails).await,
        Deed::Jump(by) => sim.jump(by),
        Deed::NewKey(after) => {
            sim.key.fetch_add(1, Ordering::SeqCst);
            return Some(after);
        }
        Deed::Forget(person) => {
            people.spawn(forget(Arc::clone(sim), person));
        }
    }
    None
}

/// Orders that somebody be forgotten, once ever.
async fn forget(sim: Arc<Sim>, person: usize) {
    let mut dice = sim.dice(900 + person as u64);
    {
        let seen = &mut *sim.seen();
        let before = seen.accepted.get(&person).copied().unwrap_or(0);
        let forgetting = Forgetting { before, after: u32::MAX };
        if seen.forgetting.contains_key(&person) {
            return;
        }
        seen.forgetting.insert(person, forgetting);
    }
    let at = sim.now();
    let order = Order::Forget(Forget::new(&format!("p{person}"), at)).record(at);
    loop {
        let committer = sim.alive.borrow().as_ref().map(|alive| alive.committer.clone());
        if let Some(committer) = committer
            && committer.commit(order.clone(), None).await.is_ok()
        {
            break;
        }
        pass(&mut dice, 50..1_500).await;
    }
    let seen = &mut *sim.seen();
    let after = seen.begun.get(&person).copied().unwrap_or(0);
    seen.forgetting.entry(person).and_modify(|forgetting| forgetting.after = after);
}

/// Waits until everything is processed and nothing is pending.
async fn settle(sim: &Arc<Sim>, process: &mut Process) {
    let began = Instant::now();
    while !is_idle(sim) {
        if began.elapsed() > PATIENCE {
            let alive = sim.alive.borrow().clone().expect("a process");
            let ledger = Ledger::read(&*alive.state, None).unwrap();
            return sim.complain(format!("still pending after {PATIENCE:?}:\n{}", ledger.table()));
        }
        tokio::select! {
            biased;
            () = sim.broken.notified() => restart(process, AWAY, false).await,
            () = sleep(Duration::from_millis(300)) => {}
        }
    }
}

fn is_idle(sim: &Sim) -> bool {
    let alive = sim.alive.borrow();
    let alive = alive.as_ref().expect("a process");
    alive.state.cursor().unwrap() >= alive.tail.last()
        && Ledger::read(&*alive.state, None).unwrap().pending() == 0
}
