//! Segment is down for long: what it costs to hold what waits, and how it goes out while new events come.

use crate::bridge::{Bridge, Work};
use crate::figures::{heading, line, ms, rate};
use crate::load::{self, Load, Until};
use crate::paced::{self, Latencies, Paced};
use crate::traffic::{Template, Traffic};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// New events a second, one a request, whose time to the answer is looked at.
const NEW: u32 = 500;

/// Numbers of new events, far from all others.
const NUMBERS: [u64; 3] = [4_000_000_000, 5_000_000_000, 6_000_000_000];

/// Measures and prints with so many events pending.
pub(crate) fn measure(events: u64, time: Duration) -> anyhow::Result<()> {
    heading("Segment is down");
    let normal = pipeline(time)?;
    let bridge = Bridge::start(Work::Segment)?;
    let [first, second, third] = NUMBERS;
    let empty = new_events(bridge.server, time, first)?;
    bridge.wait_until_vendors_have(empty.count())?;
    let waiting = filled(&bridge, events, empty.count())?;
    let full = new_events(bridge.server, time, second)?;
    let ratio = full.at(0.99).as_secs_f64() / empty.at(0.99).as_secs_f64();
    let remark = format!("{ratio:.2} of {} on an empty store   (goal: 2)", ms(empty.at(0.99)));
    line("then a new event is answered: p99", &ms(full.at(0.99)), &remark);
    let accepted = empty.count() + waiting + full.count();
    bridge.wait_until_processed(accepted)?;
    let during = drained(&bridge, waiting + full.count(), normal, (time, third))?;
    let remark =
        format!("{:.2} of an empty store's", during.at(0.99).as_secs_f64() / empty.at(0.99).as_secs_f64());
    line("meanwhile a new event is answered: p99", &ms(during.at(0.99)), &remark);
    bridge.wait_until_vendors_have(waiting + full.count() + during.count())?;
    bridge.wait_until_processed(accepted + during.count())
}

/// Events a second that the whole way takes while all is well.
fn pipeline(time: Duration) -> anyhow::Result<f64> {
    let bridge = Bridge::start(Work::Segment)?;
    let began = Instant::now();
    let events = crowd(bridge.server, Until::Time(time))?;
    bridge.wait_until_vendors_have(events)?;
    Ok(events as f64 / began.elapsed().as_secs_f64())
}

fn crowd(server: SocketAddr, until: Until) -> anyhow::Result<u64> {
    let load = Load { server, traffic: Traffic::Insights, connections: 8, events: 100, until };
    Ok(load::run(load)?.events)
}

fn new_events(server: SocketAddr, time: Duration, first: u64) -> anyhow::Result<Latencies> {
    paced::run(Paced { server, rate: NEW, time, first }, &Template::new(server, Traffic::Insights, 1))
}

/// Fills the outbox while Segment is down; how many wait.
fn filled(bridge: &Bridge, events: u64, before: u64) -> anyhow::Result<u64> {
    bridge.vendors_fault(r#""status":503"#)?;
    let waiting = crowd(bridge.server, Until::Events(events))?;
    bridge.wait_until_processed(before + waiting)?;
    let (now, highest) = bridge.process.memory()?;
    let remark = format!("at most {highest} MiB while filling   (goal: 150 MiB)");
    line(&format!("memory with {waiting} events pending"), &format!("{now} MiB"), &remark);
    Ok(waiting)
}

/// Segment is back: how what waits goes out beside new events, whose times are answered.
fn drained(
    bridge: &Bridge,
    waiting: u64,
    normal: f64,
    (time, first): (Duration, u64),
) -> anyhow::Result<Latencies> {
    bridge.vendors_reset()?;
    // The clock starts when the first probe finds it well again.
    bridge.wait_until_vendors_have(1)?;
    std::thread::scope(|scope| {
        let new = scope.spawn(|| new_events(bridge.server, time, first));
        let began = Instant::now();
        bridge.wait_until_vendors_have(waiting)?;
        let per_second = waiting as f64 / began.elapsed().as_secs_f64();
        let (_, highest) = bridge.process.memory()?;
        let remark = format!(
            "{:.2} of the whole way's {}, memory at most {highest} MiB   (goal: 0.8)",
            per_second / normal,
            rate(normal)
        );
        line(&format!("drain beside {NEW} new events a second"), &rate(per_second), &remark);
        new.join().expect("the load ended well")
    })
}
