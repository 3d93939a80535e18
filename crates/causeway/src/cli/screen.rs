//! The demo's live screen: figures and the latest events; plain lines where there is no terminal.

use crate::inspect::Ledger;
use crate::telemetry::Live;
use causeway_sandbox::shoppers::{Action, Outcome, Twist, Verb};
use causeway_store::State;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How many of the latest events are shown.
const SHOWN: usize = 12;

/// How often the screen is drawn.
const EVERY: Duration = Duration::from_millis(500);

/// Without a terminal one line is printed this often.
const EVERY_PLAIN: Duration = Duration::from_secs(1);

/// The screen.
pub(super) struct Screen {
    live: Arc<Live>,
    state: Arc<dyn State>,
    head: String,
    spotlight: watch::Receiver<String>,
    terminal: bool,
    began: Instant,
    before: (Instant, u64, u64),
}

impl Screen {
    /// `head` stands above all, `spotlight` is a line that changes now and then.
    pub(super) fn new(
        live: Arc<Live>,
        state: Arc<dyn State>,
        head: String,
        spotlight: watch::Receiver<String>,
    ) -> Self {
        let now = Instant::now();
        let terminal = std::io::stdout().is_terminal();
        Self { live, state, head, spotlight, terminal, began: now, before: (now, 0, 0) }
    }

    /// Draws until told to stop.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let every = if self.terminal { EVERY } else { EVERY_PLAIN };
        while !*stop.borrow() {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                _ = stop.changed() => {}
            }
            let figures = self.figures().await;
            let text = if self.terminal { self.full(&figures) } else { self.plain(&figures) };
            let mut out = std::io::stdout().lock();
            // A screen that is gone is no reason to stop the demo.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }

    async fn figures(&mut self) -> String {
        let state = Arc::clone(&self.state);
        let pending = tokio::task::spawn_blocking(move || {
            Ledger::read(&*state, None).map_or(0, |ledger| ledger.pending())
        });
        let pending = pending.await.unwrap_or(0);
        let (events, segment) = (Live::get(&self.live.events_in), Live::get(&self.live.to_segment));
        let (insights, profiles) = (Live::get(&self.live.to_insights), Live::get(&self.live.to_profiles));
        let delivered = segment + insights + profiles;
        let (then, events_then, sent_then) = self.before;
        let seconds = then.elapsed().as_secs_f64().max(0.001);
        let rate = |now: u64, before: u64| (now - before) as f64 / seconds;
        let (rate_in, rate_out) = (rate(events, events_then), rate(delivered, sent_then));
        self.before = (Instant::now(), events, delivered);
        format!(
            "{:>4}s  events in {events} ({rate_in:.0}/s)  delivered {delivered} ({rate_out:.0}/s): Segment {segment}, Algolia {insights}, people's records {profiles}  pending {pending}  dead {}",
            self.began.elapsed().as_secs(),
            Live::get(&self.live.dead),
        )
    }

    fn plain(&mut self, figures: &str) -> String {
        if self.spotlight.has_changed().unwrap_or(false) {
            return format!("{figures}\n       {}\n", *self.spotlight.borrow_and_update());
        }
        format!("{figures}\n")
    }

    fn full(&self, figures: &str) -> String {
        let clear = "\x1b[2J\x1b[H";
        let latest = self.live.latest(SHOWN).join("\n");
        format!(
            "{clear}{}\n\n{figures}\n{}\n\nlatest\n{latest}\n\nCtrl-C ends the demo and prints the ledger\n",
            self.head,
            *self.spotlight.borrow()
        )
    }
}

/// One line about what a shopper did.
pub(super) fn describe(action: &Action) -> String {
    let who: String = action.customer.as_deref().unwrap_or(&action.token).chars().take(18).collect();
    let verb = match action.verb {
        Verb::Arrive => "arrives",
        Verb::Search => "searches",
        Verb::SeeResults => "sees results",
        Verb::Filter => "filters",
        Verb::Click => "clicks",
        Verb::View => "views",
        Verb::AddToCart => "adds to cart",
        Verb::LogIn => "logs in",
        Verb::Buy => "buys",
        Verb::Leave => "leaves",
        Verb::EnterAudience => "enters",
        Verb::LeaveAudience => "drops out",
    };
    let query = action.query.as_deref().map(|query| format!("{query:?}")).unwrap_or_default();
    let object = action.object.as_deref().unwrap_or_default();
    let twist = match action.twist {
        Twist::None => "",
        Twist::Duplicate => "  (sent twice)",
        Twist::Invalid => "  (with an invalid event)",
    };
    let answer = match &action.outcome {
        Outcome::Silent => String::new(),
        Outcome::Answered(200) => "  accepted".to_owned(),
        Outcome::Answered(status) => format!("  status {status}"),
        Outcome::Failed(why) => format!("  failed: {why}"),
    };
    format!("  {who:18}  {verb:12}  {query:24}  {object}{twist}{answer}")
}
