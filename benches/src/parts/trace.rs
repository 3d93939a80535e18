//! How long it takes to find an event again in a large store, by each of the ids that somebody may have.

use crate::bridge::{Bridge, Work};
use crate::figures::{heading, line, ms, rate};
use crate::load::{self, Load, Until};
use crate::traffic::{self, Traffic};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::time::{Duration, Instant};

/// So many are looked for by each kind of id.
const QUESTIONS: u64 = 100;

/// Measures and prints with so many events in the store.
pub(crate) fn measure(events: u64) -> anyhow::Result<()> {
    heading("Traces");
    let bridge = Bridge::start(Work::Segment)?;
    let events = built(&bridge, events)?;
    let mut asking = Asking { bridge: &bridge, random: SEED };
    let (people, found) = asking.people(events)?;
    report("a person", people);
    let kinds: [(&str, IdOf); 3] = [
        ("an event's id", |event| Some(event.id.clone())),
        ("a messageId", |event| event.deliveries.first()?.message_ids.first().cloned()),
        ("a queryID", |event| event.payload.query_id.clone()),
    ];
    for (name, id) in kinds {
        let ids: Vec<String> = found.iter().filter_map(id).collect();
        report(name, asking.each(&ids)?);
    }
    Ok(())
}

/// One of an event's ids, if it has one of the kind.
type IdOf = fn(&Event) -> Option<String>;

fn built(bridge: &Bridge, events: u64) -> anyhow::Result<u64> {
    let began = Instant::now();
    let load = Load {
        server: bridge.server,
        traffic: Traffic::Attributed,
        connections: 8,
        events: 100,
        until: Until::Events(events),
    };
    let events = load::run(load)?.events;
    bridge.wait_until_vendors_have(events)?;
    bridge.wait_until_processed(events)?;
    let per_second = events as f64 / began.elapsed().as_secs_f64();
    line("events taken in and sent before the traces", &events.to_string(), &rate(per_second));
    Ok(events)
}

fn report(by: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    line(&format!("trace by {by}: p99"), &ms(at(99)), &format!("p50 {}   (goal: 100 ms)", ms(at(50))));
}

#[derive(Debug, Deserialize)]
struct Answer {
    events: Vec<Event>,
}

#[derive(Debug, Clone, Deserialize)]
struct Event {
    #[serde(rename = "event")]
    id: String,
    payload: Payload,
    deliveries: Vec<Delivery>,
}

#[derive(Debug, Clone, Deserialize)]
struct Payload {
    #[serde(rename = "queryID")]
    query_id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Delivery {
    message_ids: Vec<String>,
}

struct Asking<'b> {
    bridge: &'b Bridge,
    random: u64,
}

/// The same questions in every run.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

impl Asking<'_> {
    /// Looks for random people; the times, and of each one a random event that was found, one with a queryID if it has one.
    fn people(&mut self, events: u64) -> anyhow::Result<(Vec<Duration>, Vec<Event>)> {
        let (mut times, mut found) = (Vec::new(), Vec::new());
        while times.len() < QUESTIONS as usize {
            let person = traffic::person(self.below(events.min(traffic::PEOPLE)));
            let (took, mut events) = self.ask(&person)?;
            times.push(took);
            let random = self.below(events.len() as u64) as usize;
            let clicked = events.iter().position(|event| event.payload.query_id.is_some());
            found.push(events.swap_remove(clicked.unwrap_or(random)));
        }
        Ok((times, found))
    }

    fn each(&self, ids: &[String]) -> anyhow::Result<Vec<Duration>> {
        ids.iter().map(|id| Ok(self.ask(id)?.0)).collect()
    }

    fn ask(&self, id: &str) -> anyhow::Result<(Duration, Vec<Event>)> {
        let began = Instant::now();
        let answer = self.bridge.admin_get(&format!("/api/events/{id}"))?;
        let took = began.elapsed();
        let Answer { events } = serde_json::from_str(&answer).with_context(|| answer.clone())?;
        ensure!(!events.is_empty(), "nothing was found of {id}");
        Ok((took, events))
    }

    /// A random number below this one (xorshift).
    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound.max(1)
    }
}
