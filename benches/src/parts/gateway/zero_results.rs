//! How soon Segment has a search without results, once it has settled.

use super::scene::{PEOPLE_APART, Scene, Way};
use super::searching::Searching;
use crate::figures::{line, ms};
use crate::host::NOTHING;
use crate::http::exchange;
use crate::paced::{self, Paced};
use anyhow::bail;
use std::time::{Duration, Instant};

/// So many people find nothing.
const SEARCHES: usize = 100;

/// One after the other, so far apart.
const APART: Duration = Duration::from_millis(30);

/// A search has settled so long after it (`searches.settle`, its default).
const SETTLE: Duration = Duration::from_millis(1500);

/// How soon each is to be at Segment.
const GOAL: Duration = Duration::from_secs(1);

/// How long is waited for all of them.
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures beside a steady load of other searches.
pub(super) fn measure(scene: &Scene, rate: u32) -> anyhow::Result<()> {
    let server = scene.server(Way::Observed);
    let time = APART * SEARCHES as u32 + SETTLE;
    let load = Paced { server, rate, time, first: PEOPLE_APART };
    let mut late = std::thread::scope(|scope| {
        let others = scope.spawn(|| paced::run(load, &scene.searches(Way::Observed)));
        let followed = follow(scene);
        others.join().expect("the load ended well")?;
        followed
    })?;
    late.sort_unstable();
    let soon = late.iter().filter(|late| **late <= GOAL).count();
    let remark = format!("p50 {}, at most {}   (goal: all)", ms(late[SEARCHES / 2]), ms(late[SEARCHES - 1]));
    line("searches without results at Segment 1 s after settling", &format!("{soon} of {SEARCHES}"), &remark);
    Ok(())
}

/// Sends them, and looks for them at Segment; how late each was.
fn follow(scene: &Scene) -> anyhow::Result<Vec<Duration>> {
    let server = scene.server(Way::Observed);
    let began = Instant::now();
    let (mut sent, mut arrived) = (Vec::new(), vec![None; SEARCHES]);
    while arrived.contains(&None) {
        if sent.len() < SEARCHES && began.elapsed() >= APART * sent.len() as u32 {
            let number = sent.len();
            let mut searching = Searching::new(server, None);
            let request = searching.request(&format!("seeker-{number}"), &query(number));
            let closing =
                String::from_utf8_lossy(request).replacen("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1);
            exchange(server, &closing)?;
            sent.push(Instant::now());
        }
        let messages = scene.observed.vendors_get("/_sandbox/segment/messages")?;
        for (number, sent) in
            sent.iter().enumerate().filter(|(number, _)| messages.contains(&quoted(*number)))
        {
            arrived[number].get_or_insert_with(|| sent.elapsed().saturating_sub(SETTLE));
        }
        if began.elapsed() > PATIENCE {
            bail!("not all searches without results reached Segment");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(arrived.into_iter().flatten().collect())
}

fn query(number: usize) -> String {
    format!("{NOTHING} {number}")
}

fn quoted(number: usize) -> String {
    format!("\"{}\"", query(number))
}
