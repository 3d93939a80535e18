//! The process: started on what the disk holds, and dead at any instant.

use crate::network::{Network, Tasks};
use crate::sim::{Alive, Sim, clock, pass};
use crate::trouble::Trouble;
use crate::vendor::key;
use crate::witness::Witness;
use causeway::bridge::parts::Parts;
use causeway::clock::Clock;
use causeway::config::settings::Settings;
use causeway::config::{Config, source};
use causeway::pipeline::Worker;
use causeway::pipeline::commit::Keeper;
use causeway::world::{Aside, Chance, World};
use causeway_store::sqlite::{self, Options};
use causeway_store::{Error, State};
use rand::RngExt;
use rand::rngs::StdRng;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;

/// So often everybody gets a turn to let go of a dead process.
const TURNS: u32 = 10_000;

/// A worker with nothing to do looks around this often at last, in milliseconds.
const IDLE: u64 = 200;

pub(crate) struct Process {
    sim: Arc<Sim>,
    home: TempDir,
    witness: Arc<Witness>,
    tasks: Tasks,
    state: std::sync::Weak<dyn State>,
    /// Never told to stop: it only dies.
    running: Option<[watch::Sender<bool>; 2]>,
}

const TEXT: &str = r#"
    listen = "127.0.0.1:0"
    [admin]
    listen = "127.0.0.1:0"
    [algolia]
    app_id = "APP"
    api_key = "intake"
    insights_url = "http://insights.test"
    [segment]
    write_key = "write-key"
    tracking_url = "http://segment.test"
    webhook_token = "token"
    forward_calls = true
    [recipes]
    search-events = true
    commerce-events = true
    [duplicates]
    remember = 4096
"#;

/// The configuration that all runs begin with; checking it takes a while.
fn checked() -> Config {
    static CHECKED: OnceLock<Config> = OnceLock::new();
    let check = || {
        let settings: Settings = source::parse(TEXT, std::iter::empty(), &source::Nowhere).unwrap();
        Config::check(settings, Path::new("")).unwrap()
    };
    CHECKED.get_or_init(check).clone()
}

/// Where stores are kept: in memory if the system has such a place.
fn home() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}

impl Process {
    pub(crate) fn new(sim: &Arc<Sim>) -> Self {
        let home = home();
        let witness = Arc::new(Witness::new(sim, home.path()));
        let state = std::sync::Weak::<sqlite::SqliteState>::new();
        Self { sim: Arc::clone(sim), home, witness, tasks: Tasks::default(), state, running: None }
    }

    fn config(&self) -> Config {
        let (mut config, plan) = (checked(), &self.sim.plan);
        config.store = self.home.path().join("data");
        config.settings.limits.backlog.0 = plan.backlog;
        config.settings.delivery.window.0 = plan.window;
        let key = key(self.sim.key.load(Ordering::SeqCst));
        config.insights.iter_mut().for_each(|target| {
            (target.compress, target.key) = (plan.compress, key.as_str().into());
        });
        config.segment.iter_mut().for_each(|target| target.compress = plan.compress);
        config
    }

    /// Starts it on what is there.
    pub(crate) fn start(&mut self) {
        let generation = self.sim.generation.fetch_add(1, Ordering::SeqCst) + 1;
        self.sim.tell(|| format!("start {generation}"));
        let config = self.config();
        let options = Options { reserve_bytes: 0, readers: 1, clock, ..Options::default() };
        let store = sqlite::open(&config.store, &options).unwrap();
        let trouble = Trouble { witness: Some(Arc::clone(&self.witness) as Arc<_>), ..Trouble::default() };
        let (journal, state) = trouble.around(store);
        self.state = Arc::downgrade(&state);
        let parts = Parts::new(journal, Arc::clone(&state), &config, self.clock(), self.world(generation));
        let Parts { intake, committer, keeper, answering, tail, worker, lanes, due, finish_lanes } =
            parts.unwrap();
        let (stop, stopping) = watch::channel(false);
        self.running = Some([stop, finish_lanes]);
        self.tasks.spawn(answering);
        self.tasks.spawn(keep(keeper, self.sim.dice(10 * generation)));
        self.tasks.spawn(work(Arc::clone(&self.sim), worker, due, self.sim.dice(10 * generation + 1)));
        for lane in lanes {
            self.tasks.spawn(lane.run(stopping.clone()));
        }
        self.sim.alive.send_replace(Some(Alive { router: intake, committer, tail, state }));
    }

    fn clock(&self) -> Clock {
        let sim = Arc::clone(&self.sim);
        Clock::from_fn(move || sim.now())
    }

    fn world(&self, generation: u64) -> World {
        let mut dice = self.sim.dice(10 * generation + 2);
        let reading = dice.random_range(0..50);
        let dice = Mutex::new(dice);
        World {
            chance: Chance::from_fn(move || dice.lock().unwrap().random()),
            aside: Aside::Tasks(Duration::from_millis(reading)),
            transport: Some(Arc::new(Network::new(&self.sim, &self.tasks))),
        }
    }

    /// It dies; with `power_fails` the state loses its last commits too.
    pub(crate) async fn die(&mut self, power_fails: bool) {
        self.sim.tell(|| format!("death, power fails: {power_fails}"));
        self.sim.alive.send_replace(None);
        for panic in self.tasks.end().await {
            self.sim.complain(panic);
        }
        // Those who were talking to it find out, and let go.
        for turn in 0.. {
            if self.state.strong_count() == 0 {
                break;
            }
            assert!(turn < TURNS, "somebody holds on to the store of a dead process");
            tokio::task::yield_now().await;
        }
        if power_fails {
            self.witness.cut_power();
        }
    }
}

/// Writes groups, with the time that a disk takes.
async fn keep(mut keeper: Keeper, mut dice: StdRng) {
    while keeper.step(pass(&mut dice, 0..15)).await {}
}

async fn work<D: Send>(sim: Arc<Sim>, mut worker: Worker, due: D, mut dice: StdRng) {
    let mut idle = 5;
    loop {
        let before = sim.commits.load(Ordering::SeqCst);
        match worker.step(Duration::ZERO) {
            Ok(rest) => tokio::time::sleep(rest).await,
            Err(error) => {
                sim.tell(|| format!("the engine stops: {error}"));
                if !matches!(error, Error::Poisoned(_)) {
                    sim.complain(format!("the engine stopped: {error}"));
                }
                sim.broken.notify_one();
                drop(due);
                return;
            }
        }
        idle = if sim.commits.load(Ordering::SeqCst) > before { 5 } else { (idle * 2).min(IDLE) };
        pass(&mut dice, 0..idle).await;
    }
}
