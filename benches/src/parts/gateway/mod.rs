//! What the search gateway adds to a search: the same steady load straight to a host and through gateways that do more and
//! more, in turns, so that what else happens on the machine meets all of them.

mod scene;
mod searching;
mod stall;
mod zero_results;

use crate::figures::{fine_ms, heading, line};
use crate::paced::{self, Latencies, Paced};
use scene::{Scene, Way};
use std::time::Duration;

/// How long one way is measured before the next has its turn.
const TURN: Duration = Duration::from_secs(1);

/// How long a way is used before it is measured, so that its own engine settles searches while it is: longer than
/// `searches.settle` and what is waited for late ones.
const LEAD: Duration = Duration::from_millis(2_500);

/// How long nobody searches after a turn, so that no gateway settles searches in another's.
const REST: Duration = Duration::from_millis(2_500);

/// At least so many rounds.
const ROUNDS: u64 = 5;

/// What one way did in one round.
#[derive(Debug)]
struct Turn {
    latencies: Latencies,
    /// Processor time of the gateway, a search.
    cpu: Duration,
}

/// Measures and prints it all; every way has so much time.
pub(crate) fn measure(rate: u32, time: Duration) -> anyhow::Result<()> {
    heading(&format!("Searches through the gateway ({rate} a second, counted from when each was due)"));
    let scene = Scene::start()?;
    let mut first = 0;
    let mut turn = |way| {
        first += scene::PEOPLE_APART;
        turn(&scene, way, Paced { server: scene.server(way), rate, time: TURN, first })
    };
    for way in Way::ALL {
        turn(way)?;
    }
    let mut rounds = Vec::new();
    for _ in 0..time.as_secs().max(ROUNDS) {
        rounds.push(Way::ALL.into_iter().map(&mut turn).collect::<anyhow::Result<Vec<_>>>()?);
    }
    for (place, way) in Way::ALL.into_iter().enumerate() {
        report(way, place, &rounds);
    }
    stalled(&scene, rate)?;
    zero_results::measure(&scene, rate)
}

/// A lead, the turn, and a rest; the direct way has no engine, so it needs neither.
fn turn(scene: &Scene, way: Way, load: Paced) -> anyhow::Result<Turn> {
    if way == Way::Direct {
        return measured(scene, way, load);
    }
    let lead = Paced { time: LEAD, first: load.first + scene::LEAD_APART, ..load };
    paced::run(lead, &scene.searches(way))?;
    let turn = measured(scene, way, load)?;
    std::thread::sleep(REST);
    Ok(turn)
}

fn measured(scene: &Scene, way: Way, load: Paced) -> anyhow::Result<Turn> {
    let before = scene.cpu(way)?;
    let latencies = paced::run(load, &scene.searches(way))?;
    let cpu = scene.cpu(way)?.saturating_sub(before) / latencies.count().max(1) as u32;
    Ok(Turn { latencies, cpu })
}

/// Prints what the way adds to the direct one of the same round; of all rounds the middle one counts.
fn report(way: Way, place: usize, rounds: &[Vec<Turn>]) {
    let over = |figure: &dyn Fn(&[Turn]) -> f64| middle(rounds.iter().map(|round| figure(round)).collect());
    let at = |share| over(&|round| round[place].latencies.at(share).as_secs_f64());
    let added = |share| {
        over(&|round| {
            let direct = round[0].latencies.at(share).as_secs_f64();
            round[place].latencies.at(share).as_secs_f64() - direct
        })
    };
    if way == Way::Direct {
        return line("straight to the host: p50", &fine_ms(at(0.5)), &format!("p99 {}", fine_ms(at(0.99))));
    }
    let cpu = over(&|round| round[place].cpu.as_secs_f64()) * 1e6;
    let remark = format!(
        "added p99 {}; p50 {}, p99 {}, {cpu:.0} µs CPU a search   ({})",
        fine_ms(added(0.99)),
        fine_ms(at(0.5)),
        fine_ms(at(0.99)),
        way.goal()
    );
    line(&format!("{}: added p50", way.name()), &fine_ms(added(0.5)), &remark);
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// People that memory does not know search, while the store answers nobody.
fn stalled(scene: &Scene, rate: u32) -> anyhow::Result<()> {
    let load = |way, first| Paced { server: scene.server(way), rate, time: TURN, first };
    let direct = measured(scene, Way::Direct, load(Way::Direct, 0))?.latencies;
    let before = scene.lookups()?;
    let stall = stall::Stall::begin(&scene.personalised.data())?;
    let stalled = measured(scene, Way::Strangers, load(Way::Strangers, scene::STALLED))?.latencies;
    drop(stall);
    let after = scene.lookups()?;
    let remark = format!(
        "p99 {}; look-ups given up {}, not begun {}; straight to the host at most {}   (goal: 5 ms)",
        fine_ms(stalled.at(0.99).as_secs_f64() - direct.at(0.99).as_secs_f64()),
        after.late - before.late,
        after.busy - before.busy,
        fine_ms(direct.longest().as_secs_f64())
    );
    let most = stalled.longest().as_secs_f64() - direct.at(0.5).as_secs_f64();
    line("the store stalls: added at most", &fine_ms(most), &remark);
    Ok(())
}
