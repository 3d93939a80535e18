//! The other way: how fast calls are taken in, how soon they change a search and a record at Algolia, and that those which
//! change nothing cost nothing.

use crate::bridge::{Bridge, WRITE_KEY, Work};
use crate::figures::{cpu_per_million, heading, line, ms, rate};
use crate::http::{get, post_with};
use crate::load::{self, Load, Outcome, Until};
use crate::traffic::{Traffic, WEBHOOK_SECRET};
use anyhow::{Context, bail};
use causeway_segment::{batch, webhook};
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Measures and prints all of it.
pub(crate) fn measure(time: Duration) -> anyhow::Result<()> {
    heading("Calls from Segment (durable intake alone, beside the Insights intake of the same run)");
    for (connections, events) in [(16, 1), (256, 1), (8, 100)] {
        intake(time, connections, events)?;
    }
    heading("What a call changes");
    freshness(time)?;
    nothing_new()
}

/// The loads that are compared take turns, so often each, and the middle one of the ratios counts: what else happens on
/// the machine meets all of them.
const ROUNDS: u32 = 5;

/// Calls beside Insights events: of as many bytes, of as many people, under ids that never repeat, in requests of as many.
/// Each is sent as its sender does: one call to `/v1/track`, several to `/v1/batch`, webhooks signed.
fn intake(time: Duration, connections: usize, events: usize) -> anyhow::Result<()> {
    let (mut tracking, mut webhooks) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let measured = |traffic| one(time / ROUNDS, traffic, connections, events);
        let yardstick = measured(Traffic::Insights)?;
        tracking.push(measured(Traffic::Tracking)?.beside(&yardstick));
        webhooks.push(measured(Traffic::Webhook)?.beside(&yardstick));
    }
    for (compared, name) in [(tracking, "/v1"), (webhooks, "webhook")] {
        let Compared { measured: Measured { outcome, cpu }, ratio, cpu_ratio } = middle(compared);
        let (p99, cpu) = (ms(outcome.p99), cpu_per_million(cpu, outcome.events));
        let remark = format!(
            "{ratio:.2} of Insights, p99 {p99}, {cpu}, {cpu_ratio:.2} times Insights'   (goal: 0.85)"
        );
        let what = format!("{name}, {events} a request, {connections} connections: calls");
        line(&what, &rate(outcome.events_per_second()), &remark);
    }
    Ok(())
}

/// A load, and the processor time that the server used until all of it was processed.
struct Measured {
    outcome: Outcome,
    cpu: Duration,
}

/// A load beside the yardstick of the same round.
struct Compared {
    measured: Measured,
    /// Its events a second in those of the yardstick.
    ratio: f64,
    /// The processor time of one event in that of the yardstick's.
    cpu_ratio: f64,
}

impl Measured {
    fn beside(self, yardstick: &Self) -> Compared {
        let each = |measured: &Self| measured.cpu.as_secs_f64() / measured.outcome.events.max(1) as f64;
        let ratio = self.outcome.events_per_second() / yardstick.outcome.events_per_second();
        Compared { ratio, cpu_ratio: each(&self) / each(yardstick), measured: self }
    }
}

/// The one with the middle ratio.
fn middle(mut compared: Vec<Compared>) -> Compared {
    compared.sort_by(|one, other| one.ratio.total_cmp(&other.ratio));
    compared.swap_remove(compared.len() / 2)
}

fn one(time: Duration, traffic: Traffic, connections: usize, events: usize) -> anyhow::Result<Measured> {
    let bridge = Bridge::start(Work::Nothing)?;
    let before = bridge.process.cpu()?;
    let until = Until::Time(time);
    let outcome = load::run(Load { server: bridge.server, traffic, connections, events, until })?;
    bridge.wait_until_processed(outcome.events)?;
    let cpu = bridge.process.cpu()?.saturating_sub(before);
    Ok(Measured { outcome, cpu })
}

/// Webhooks a second of the load beside which freshness is measured.
const WEBHOOKS_PER_SECOND: u32 = 1_000;

/// Every so many webhooks one is followed to the search context, and every so many of these to the record.
const FOLLOWED: u32 = 20;
const TO_THE_RECORD: u32 = 10;

fn freshness(time: Duration) -> anyhow::Result<()> {
    let bridge = Bridge::start(Work::People)?;
    let (mut contexts, mut records) = (Vec::new(), Vec::new());
    let began = Instant::now();
    let loading = std::thread::scope(|scope| {
        let load = scope.spawn(|| steady(bridge.server, time));
        let mut number = 0;
        while began.elapsed() < time {
            number += 1;
            contexts.push(until_context(bridge.server, number)?);
            if number % TO_THE_RECORD == 0 {
                records.push(until_record(&bridge, number)?);
            }
            std::thread::sleep(Duration::from_secs(1) * FOLLOWED / WEBHOOKS_PER_SECOND);
        }
        load.join().expect("the load ended well")
    })?;
    let per_second = loading as f64 / time.as_secs_f64();
    let what = format!("webhook to search context, beside {per_second:.0} webhooks a second: p99");
    line(&what, &ms(percentile(&mut contexts)), "goal: under 50 ms");
    line("webhook to the record at the stand-in: p99", &ms(percentile(&mut records)), "goal: under 2,000 ms");
    Ok(())
}

fn percentile(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied().unwrap_or_default()
}

/// Sends webhooks at a steady rate, each changing a trait of one of many people; answers how many.
fn steady(server: SocketAddr, time: Duration) -> anyhow::Result<u64> {
    let threads = 8;
    let each = Duration::from_secs(1) * threads / WEBHOOKS_PER_SECOND;
    std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..threads).map(|thread| scope.spawn(move || sender(server, thread, each, time))).collect();
        senders.into_iter().map(|sender| sender.join().expect("a sender ended well")).sum()
    })
}

fn sender(server: SocketAddr, thread: u32, each: Duration, time: Duration) -> anyhow::Result<u64> {
    let began = Instant::now();
    let mut sent = 0;
    while began.elapsed() < time {
        change(server, &format!("other-{thread}-{}", sent % 1_000), sent)?;
        sent += 1;
        let due = each * u32::try_from(sent)?;
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    }
    Ok(sent)
}

/// Segment says that a person's trait has this value now.
fn change(server: SocketAddr, user: &str, version: u64) -> anyhow::Result<()> {
    let call = json!({
        "type": "identify", "messageId": format!("bench-{user}-{version}"), "userId": user,
        "traits": {"version": version},
    });
    let body = call.to_string();
    let signature = webhook::signature(body.as_bytes(), WEBHOOK_SECRET);
    let header = format!("{}: {signature}\r\n", webhook::SIGNATURE);
    post_with(server, "/webhooks/segment", &header, &body).map(drop)
}

/// How long after its 200 a change is in the search context.
fn until_context(server: SocketAddr, version: u32) -> anyhow::Result<Duration> {
    change(server, "followed", version.into())?;
    let (answered, tag) = (Instant::now(), format!("\"v-{version}\""));
    while !get(server, "/v1/search-context/followed")?.contains(&tag) {
        if answered.elapsed() > Duration::from_secs(10) {
            bail!("the change never reached the search context");
        }
    }
    Ok(answered.elapsed())
}

/// How long until the followed person's record has this value too.
fn until_record(bridge: &Bridge, version: u32) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let value = format!("\"version\":{version}");
    while !bridge.vendors_get("/_sandbox/algolia/records?index=people&objectID=followed")?.contains(&value) {
        if began.elapsed() > Duration::from_secs(10) {
            bail!("the change never reached the record");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(began.elapsed())
}

/// Identifies that say again what is known.
const SAID_AGAIN: usize = 100_000;

#[derive(Deserialize)]
struct Stats {
    search: Tally,
}

#[derive(Deserialize)]
struct Tally {
    kept: u64,
}

fn nothing_new() -> anyhow::Result<()> {
    let bridge = Bridge::start(Work::People)?;
    let people = 1_000;
    let header = format!("authorization: {}\r\n", batch::authorization(WRITE_KEY));
    for round in 0..=SAID_AGAIN / people {
        for first in (0..people).step_by(100) {
            let call = |number: usize| {
                json!({
                    "type": "identify", "messageId": format!("again-{round}-{number}"), "userId": format!("u-{number}"),
                    "traits": {"version": 1, "round": round},
                })
            };
            let calls: Vec<_> = (first..first + 100).map(call).collect();
            post_with(bridge.server, "/v1/batch", &header, &json!({ "batch": calls }).to_string())?;
        }
    }
    bridge.wait_until_processed((SAID_AGAIN + people) as u64)?;
    let began = Instant::now();
    while bridge.check_ledger((SAID_AGAIN + people) as u64)? > 0 && began.elapsed() < Duration::from_secs(30)
    {
        std::thread::sleep(Duration::from_millis(20));
    }
    let stats: Stats =
        serde_json::from_str(&bridge.vendors_get("/_sandbox/stats")?).context("the stand-in's counts")?;
    let beyond = stats.search.kept.saturating_sub(people as u64);
    line("operations for 100,000 identifies that change nothing", &beyond.to_string(), "goal: 0");
    Ok(())
}
