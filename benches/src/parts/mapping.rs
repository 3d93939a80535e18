//! `search-events` alone, JSON in to JSON out, beside reading and writing the same events without mapping them.

use crate::figures::{heading, line, rate};
use crate::traffic;
use anyhow::Context;
use causeway_algolia::insights::{self, Rules};
use causeway_engine::flow::{Definition, Flow};
use causeway_engine::{recipes, trial};
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const TIME: Duration = Duration::from_secs(2);

/// Measures and prints.
pub(crate) fn measure() -> anyhow::Result<()> {
    heading("Mapping, one core");
    let flow = recipe()?;
    let rules = Rules::default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64;
    let body = traffic::body(100);
    let whole =
        insights::parse(body.as_bytes(), &rules, now).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    let events: Vec<&str> = whole.events.iter().flatten().map(|event| event.raw).collect();
    let mapped =
        repeat(&events, |event| trial::run(&flow, event.as_bytes(), &trial::Conditions::at(now)).len());
    let read = repeat(&events, |event| {
        let event = insights::parse_event(event, &rules, now);
        let mut out = Vec::with_capacity(512);
        if let Ok(event) = black_box(event) {
            event.write_json(now, &mut out);
        }
        out.len()
    });
    let remark = format!(
        "{:.2} of read, checked and written unmapped at {}   (goal: 400 k/s)",
        mapped / read,
        rate(read)
    );
    line("search-events, JSON in to JSON out: events", &rate(mapped), &remark);
    Ok(())
}

fn recipe() -> anyhow::Result<Flow> {
    let text =
        recipes::definition(recipes::SEARCH_EVENTS, recipes::Naming::Search).context("no such recipe")?;
    let compiled = Definition::parse(text, recipes::SEARCH_EVENTS)
        .and_then(|definition| Flow::compile(&definition, &|name| Err(format!("no plan {name}"))));
    compiled.map_err(|faults| anyhow::anyhow!("the recipe has faults: {faults:?}"))
}

/// Events a second.
fn repeat(events: &[&str], run: impl Fn(&str) -> usize) -> f64 {
    let (began, mut done) = (Instant::now(), 0);
    while began.elapsed() < TIME {
        for event in events {
            black_box(run(black_box(event)));
        }
        done += events.len();
    }
    done as f64 / began.elapsed().as_secs_f64()
}
