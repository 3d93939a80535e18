//! How well intents are told, on simulated typing; and that it does not matter how searches are put into records and steps.

use super::typist::{Asked, Dice, Habits, Meant, session};
use super::world::{START, World, record, tick};
use causeway_engine::{Settings, Source};
use causeway_store::Record;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What shoppers ask in the test that every run has: own words, long and short, with numbers and accents.
const QUERIES: [&str; 24] = [
    "red shoes",
    "running shoes women",
    "lamp",
    "floor lamp with shelf",
    "sofa",
    "corner sofa grey",
    "tv stand 65 inch",
    "desk",
    "standing desk electric",
    "rug",
    "blue rug 8x10",
    "café table",
    "bar stools set of 2",
    "kids bed",
    "outdoor chair",
    "headboard queen",
    "mirror round gold",
    "led bulb e27",
    "wall clock",
    "garden hose 30 m",
    "pillow",
    "down pillow king size",
    "coffee machine",
    "espresso cups",
];

/// Precision and recall of what is told, and how many were meant.
struct Score {
    told: usize,
    right: usize,
    meant: usize,
}

impl Score {
    fn precision(&self) -> f64 {
        self.right as f64 / self.told as f64
    }

    fn recall(&self) -> f64 {
        self.right as f64 / self.meant as f64
    }
}

fn measure(queries: &[String], sessions: u64, habits: Habits) -> Score {
    let mut dice = Dice(7);
    let mut score = Score { told: 0, right: 0, meant: 0 };
    for number in 0..sessions {
        let drawn = session(&mut dice, queries, habits, START);
        let token = format!("p{number}");
        let mut world = World::new();
        let mut asked: Vec<&Asked> = drawn.asked.iter().collect();
        asked.sort_by_key(|asked| asked.at);
        for one in asked {
            while let Some(due) = world.next_due().filter(|due| *due < one.at + 50) {
                world.take(vec![tick(due)]);
            }
            world.take(vec![record(Source::Searches, one.at + 50, json!({"searches": [one.json(&token)]}))]);
        }
        world.rest();
        add(&mut score, &world.told(), &drawn.meant);
    }
    score
}

fn add(score: &mut Score, told: &[Value], meant: &[Meant]) {
    let mut left: BTreeMap<(String, String, u64, String), usize> = BTreeMap::new();
    for (index, query, page, filters) in meant {
        let key =
            ((*index).to_owned(), query.clone(), u64::from(*page), filters.unwrap_or_default().to_owned());
        *left.entry(key).or_default() += 1;
    }
    score.meant += meant.len();
    score.told += told.len();
    for one in told {
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let key = (text("index"), text("query"), one["page"].as_u64().unwrap(), text("filters"));
        if let Some(count) = left.get_mut(&key).filter(|count| **count > 0) {
            *count -= 1;
            score.right += 1;
        }
    }
}

fn own_queries() -> Vec<String> {
    QUERIES.map(str::to_owned).to_vec()
}

const WINDOW: Option<i64> = Some(1_500);

#[test]
fn of_a_typists_searches_each_is_told_once() {
    for debounce in [0, 200] {
        let score = measure(&own_queries(), 250, Habits { debounce, window: WINDOW });
        assert!(score.meant > 700, "{} searches", score.meant);
        let (precision, recall) = (score.precision(), score.recall());
        assert!(
            precision >= 0.99 && recall >= 0.99,
            "debounce {debounce}: precision {precision}, recall {recall}"
        );
    }
}

/// The larger measurement: `CAUSEWAY_QUERIES` names a file of queries, tab-separated with the text second, a line of heads.
#[test]
#[ignore = "reads a file of queries that is not in the repository"]
fn of_many_typists_searches_each_is_told_once() {
    let path = std::env::var("CAUSEWAY_QUERIES").unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let queries: Vec<String> =
        text.lines().skip(1).filter_map(|line| Some(line.split('\t').nth(1)?.to_owned())).collect();
    for (debounce, window) in [(0, WINDOW), (200, WINDOW), (0, None), (200, None)] {
        let score = measure(&queries, 3_000, Habits { debounce, window });
        println!(
            "debounce {debounce} ms, pauses {}: {} searches meant, {} told, precision {:.4}, recall {:.4}",
            if window.is_some() { "within the window" } else { "unbounded" },
            score.meant,
            score.told,
            score.precision(),
            score.recall()
        );
        assert!(window.is_none() || (score.precision() >= 0.99 && score.recall() >= 0.99));
    }
}

/// The sessions of a few people, side by side: each search with who asked it, by time.
fn crowd(seed: u64) -> Vec<(i64, Value)> {
    let mut dice = Dice(seed);
    let mut all = Vec::new();
    for person in 0..4 {
        let start = START + dice.below(3_000) as i64;
        let drawn = session(&mut dice, &own_queries(), Habits { debounce: 0, window: WINDOW }, start);
        all.extend(drawn.asked.iter().map(|asked| (asked.at, asked.json(&format!("p{person}")))));
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

/// Puts the searches into records that are at most a tenth of a second long, as drawn.
fn records(searches: &[(i64, Value)], cuts: &[bool]) -> Vec<Record> {
    let mut records = Vec::new();
    let mut body: Vec<Value> = Vec::new();
    let mut first = 0;
    for (place, (at, search)) in searches.iter().enumerate() {
        if body.is_empty() {
            first = *at;
        }
        body.push(search.clone());
        let next = searches.get(place + 1).map_or(i64::MAX, |(next, _)| *next);
        if cuts[place % cuts.len()] || next - first > 100 {
            let received_at = at + 60;
            records.push(record(
                Source::Searches,
                received_at,
                json!({"searches": std::mem::take(&mut body)}),
            ));
        }
    }
    records
}

/// What is told when the records come in these steps, with restarts and ticks in between.
fn told(records: Vec<Record>, steps: &[usize], restarts: &[bool], ticks: bool) -> Vec<String> {
    let mut world = World::with(Settings::default());
    let mut records = records.into_iter().peekable();
    let mut number = 0;
    while let Some(next) = records.peek() {
        if let Some(due) = world.next_due().filter(|due| ticks && *due < next.received_at) {
            world.take(vec![tick(due)]);
            continue;
        }
        let step: Vec<Record> = records.by_ref().take(steps[number % steps.len()]).collect();
        world.take(step);
        if restarts[number % restarts.len()] {
            world.restart();
        }
        number += 1;
    }
    world.rest();
    let mut told: Vec<String> = world
        .messages()
        .iter()
        .map(|message| format!("{} {} {}", message["messageId"], message["timestamp"], message["properties"]))
        .collect();
    told.sort();
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn records_steps_ticks_and_restarts_make_no_difference(
        seed in any::<u64>(),
        cuts in prop::collection::vec(any::<bool>(), 1..20),
        steps in prop::collection::vec(1_usize..12, 1..6),
        restarts in prop::collection::vec(any::<bool>(), 1..8),
        ticks in any::<bool>(),
    ) {
        let searches = crowd(seed);
        let plain = told(records(&searches, &[true]), &[1], &[false], true);
        let other = told(records(&searches, &cuts), &steps, &restarts, ticks);
        prop_assert_eq!(plain, other);
    }
}
