//! The demo's live screen: figures, who finds what, who finds nothing, the latest actions; plain lines where there is no
//! terminal. It fits into 80 columns and 24 lines.

use super::figures::{Figures, Gauges};
use super::width::{COLUMNS, fit};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How many of the latest actions are shown.
const SHOWN: usize = 4;

/// How often the screen is drawn.
const EVERY: Duration = Duration::from_millis(500);

/// Without a terminal one line is printed this often.
const EVERY_PLAIN: Duration = Duration::from_secs(1);

/// The screen.
pub(super) struct Screen {
    gauges: Gauges,
    head: String,
    spotlight: watch::Receiver<Vec<String>>,
    in_vain: watch::Receiver<Vec<String>>,
    terminal: bool,
    began: Instant,
    before: Figures,
}

impl Screen {
    /// `head` stands above all; `spotlight` and `in_vain` are lines that change now and then, the newest of `in_vain` last.
    pub(super) fn new(
        gauges: Gauges,
        head: String,
        spotlight: watch::Receiver<Vec<String>>,
        in_vain: watch::Receiver<Vec<String>>,
    ) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let (began, before) = (Instant::now(), Figures::none());
        Self { gauges, head, spotlight, in_vain, terminal, began, before }
    }

    /// Draws until told to stop.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let every = if self.terminal { EVERY } else { EVERY_PLAIN };
        while !*stop.borrow() {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                _ = stop.changed() => {}
            }
            let figures = self.gauges.read().await;
            let text = if self.terminal { self.full(&figures) } else { self.plain(&figures) };
            self.before = figures;
            let mut out = std::io::stdout().lock();
            // A screen that is gone is no reason to stop the demo.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }

    /// A line of figures, and what is new besides.
    fn plain(&mut self, figures: &Figures) -> String {
        let mut lines = vec![figures.line(self.began, &self.before)];
        if self.in_vain.has_changed().unwrap_or(false) {
            lines.extend(self.in_vain.borrow_and_update().last().map(|line| format!("       {line}")));
        }
        if self.spotlight.has_changed().unwrap_or(false) {
            lines.extend(self.spotlight.borrow_and_update().iter().cloned());
        }
        fitted(&lines)
    }

    fn full(&mut self, figures: &Figures) -> String {
        let clear = "\x1b[2J\x1b[H";
        let figures = [figures.line(self.began, &self.before), figures.destinations(&self.before)];
        let latest = self.gauges.live.latest(SHOWN);
        let parts = [
            self.head.lines().map(str::to_owned).collect(),
            figures.to_vec(),
            self.spotlight.borrow_and_update().clone(),
            self.in_vain.borrow_and_update().clone(),
            latest,
        ];
        let filled = parts.into_iter().filter(|part: &Vec<String>| !part.is_empty());
        let screen = filled.map(|part| fitted(&part)).collect::<Vec<_>>().join("\n");
        format!("{clear}{screen}")
    }
}

fn fitted(lines: &[String]) -> String {
    lines.iter().map(|line| fit(line, COLUMNS) + "\n").collect()
}
