//! What the parts of a run share: its time, its chance, its log, and what was seen.

use crate::plan::{CALM, Plan, Vendor};
use axum::Router;
use causeway::pipeline::{Committer, Tail};
use causeway_store::State;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// When runs begin, in milliseconds since the Unix epoch.
const BEGINNING: i64 = 1_790_000_000_000;

/// A living process, as those outside see it.
#[derive(Clone)]
pub(crate) struct Alive {
    pub(crate) router: Router,
    pub(crate) committer: Committer,
    pub(crate) tail: Arc<Tail>,
    pub(crate) state: Arc<dyn State>,
}

/// A message, or an event, that a vendor took.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) object: String,
    pub(crate) message_id: String,
    /// The request that it came in.
    pub(crate) begun: Begun,
    /// Whether the whole answer was written well in time.
    pub(crate) told: bool,
}

/// When a request was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) generation: u32,
    pub(crate) number: u64,
    pub(crate) at: u64,
}

/// What was seen by everybody outside of the bridge.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) segment: Vec<Taken>,
    pub(crate) insights: Vec<Taken>,
    /// What clients sent, in the order of each person.
    pub(crate) sent: Vec<Sent>,
    pub(crate) complaints: Vec<String>,
    /// How many events of each person were begun to be sent, and accepted.
    pub(crate) begun: HashMap<usize, u32>,
    pub(crate) accepted: HashMap<usize, u32>,
    pub(crate) forgetting: HashMap<usize, Forgetting>,
    /// Since which request forgotten persons are not to be sent, as the state has it.
    pub(crate) forgotten: HashMap<usize, u64>,
}

/// An order to forget somebody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forgetting {
    /// What was accepted before is not to be sent once the order is carried out.
    pub(crate) before: u32,
    /// What was sent from here on is a new person's.
    pub(crate) after: u32,
}

/// What a client sent until it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) object: String,
    pub(crate) kind: Kind,
    pub(crate) fate: Fate,
    /// How often it was sent.
    pub(crate) times: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An Insights event, which goes to both vendors.
    Event,
    /// One object of it is refused by Segment.
    PoisonForSegment,
    /// It is refused by Algolia.
    PoisonForAlgolia,
    /// An Insights event that breaks a rule.
    Invalid,
    /// A webhook of Segment's, which goes to Algolia.
    Webhook,
    /// A call of a Segment library, which goes on to Segment.
    Call,
    /// One that is about as large as Segment takes.
    LargeCall,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepted,
    Refused,
}

pub(crate) struct Sim {
    pub(crate) seed: u64,
    pub(crate) plan: Plan,
    pub(crate) alive: watch::Sender<Option<Alive>>,
    /// Something of the process failed for good.
    pub(crate) broken: Notify,
    /// The key that Algolia takes.
    pub(crate) key: AtomicU64,
    pub(crate) generation: AtomicU64,
    pub(crate) commits: AtomicU64,
    calm: AtomicBool,
    begun: Instant,
    ahead: AtomicI64,
    requests: AtomicU64,
    connections: AtomicU64,
    seen: Mutex<Seen>,
    trace: Mutex<(u64, DefaultHasher)>,
    loud: bool,
}

thread_local! {
    static HERE: RefCell<Option<Arc<Sim>>> = const { RefCell::new(None) };
}

/// The time of the run on this thread.
pub(crate) fn clock() -> i64 {
    HERE.with_borrow(|sim| sim.as_ref().map_or(0, |sim| sim.now()))
}

impl Sim {
    pub(crate) fn begin(seed: u64, loud: bool) -> Arc<Self> {
        let sim = Arc::new(Self {
            seed,
            plan: Plan::draw(seed),
            alive: watch::Sender::new(None),
            broken: Notify::new(),
            key: AtomicU64::new(0),
            generation: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            calm: AtomicBool::new(false),
            begun: Instant::now(),
            ahead: AtomicI64::new(0),
            requests: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            seen: Mutex::default(),
            trace: Mutex::default(),
            loud,
        });
        HERE.set(Some(Arc::clone(&sim)));
        sim
    }

    /// Milliseconds since the run began.
    pub(crate) fn elapsed(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64
    }

    /// What the bridge's clock says.
    pub(crate) fn now(&self) -> i64 {
        self.true_now() + self.ahead.load(Ordering::SeqCst)
    }

    /// What everybody else's clock says.
    pub(crate) fn true_now(&self) -> i64 {
        BEGINNING + self.elapsed() as i64
    }

    pub(crate) fn jump(&self, by: i64) {
        self.ahead.fetch_add(by, Ordering::SeqCst);
    }

    pub(crate) fn begin_calm(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::SeqCst) || self.elapsed() >= CALM
    }

    /// Chance of its own for a part of the run.
    pub(crate) fn dice(&self, part: u64) -> StdRng {
        StdRng::seed_from_u64(self.seed.wrapping_mul(1 << 20).wrapping_add(part))
    }

    /// A request begins.
    pub(crate) fn begin_request(&self) -> Begun {
        let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        Begun { generation: self.generation(), number, at: self.elapsed() }
    }

    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn last_request(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Ordering::SeqCst) as u32
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    pub(crate) fn complain(&self, what: String) {
        self.tell(|| format!("COMPLAINT {what}"));
        self.seen().complaints.push(what);
    }

    /// Notes what happens.
    pub(crate) fn tell(&self, what: impl Fn() -> String) {
        let text = format!("{:>7} {}", self.elapsed(), what());
        if self.loud {
            println!("{text}");
        }
        let (steps, trace) = &mut *self.trace.lock().unwrap();
        *steps += 1;
        text.hash(trace);
    }

    /// How many things happened, and a hash of all of them.
    pub(crate) fn trace(&self) -> (u64, u64) {
        let (steps, trace) = &*self.trace.lock().unwrap();
        (*steps, trace.finish())
    }
}

impl Seen {
    pub(crate) fn taken(&mut self, vendor: Vendor) -> &mut Vec<Taken> {
        match vendor {
            Vendor::Segment => &mut self.segment,
            Vendor::Insights => &mut self.insights,
        }
    }
}

/// Names of things: `o.PERSON.NUMBER.PART`.
pub(crate) fn object(person: usize, number: u32, part: u32) -> String {
    format!("o.{person}.{number}.{part}")
}

/// Person, number and part of an object.
pub(crate) fn parts(object: &str) -> Option<(usize, u32, u32)> {
    let mut parts = object.strip_prefix("o.")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

pub(crate) async fn pass(dice: &mut StdRng, ms: std::ops::Range<u64>) {
    tokio::time::sleep(Duration::from_millis(dice.random_range(ms))).await;
}
