//! Stands between the bridge and its store: the disk's troubles, death in the middle of a write, a look at the books after
//! commits, and what a loss of power leaves of the state.

use crate::sim::{Sim, parts};
use crate::trouble;
use causeway::inspect::Ledger;
use causeway_engine::forget::{FORGETTING, Forgetting};
use causeway_store::state::Change;
use causeway_store::{Error, State};
use rand::RngExt;
use rand::rngs::StdRng;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// The books are looked at after one in so many commits, and the state is synced.
const LOOK: u32 = 6;

/// The files of the state that a power cut sets back.
const FILES: [&str; 2] = ["state.db", "state.db-wal"];

pub(crate) struct Witness {
    sim: Arc<Sim>,
    store: PathBuf,
    synced: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    dice: StdRng,
    /// Who was forgotten when the state was synced.
    forgotten: HashMap<usize, u64>,
}

fn full() -> Error {
    Error::Full { path: "the simulated disk".to_owned() }
}

impl Witness {
    pub(crate) fn new(sim: &Arc<Sim>, home: &Path) -> Self {
        let (store, synced) = (home.join("data"), home.join("synced"));
        fs::create_dir_all(&synced).unwrap();
        let inner = Inner { dice: sim.dice(1), forgotten: HashMap::new() };
        Self { sim: Arc::clone(sim), store, synced, inner: Mutex::new(inner) }
    }

    fn chance(&self, share: f64) -> bool {
        share > 0.0 && self.inner.lock().unwrap().dice.random_bool(share)
    }

    /// The process dies here.
    fn die(&self, whence: &str) -> Result<(), Error> {
        if self.sim.is_calm() || !self.chance(self.sim.plan.death) {
            return Ok(());
        }
        self.sim.tell(|| format!("the process dies {whence}"));
        self.sim.broken.notify_one();
        Err(Error::Poisoned("the process died".to_owned()))
    }

    fn sync(&self) {
        for file in FILES {
            let (from, to) = (self.store.join(file), self.synced.join(file));
            if from.exists() {
                fs::copy(from, to).unwrap();
            } else {
                let _ = fs::remove_file(to);
            }
        }
        self.inner.lock().unwrap().forgotten.clone_from(&self.sim.seen().forgotten);
    }

    /// Sets the state back to what was synced last; nobody may have it open.
    pub(crate) fn cut_power(&self) {
        for file in ["state.db", "state.db-wal", "state.db-shm"] {
            let _ = fs::remove_file(self.store.join(file));
            if self.synced.join(file).exists() {
                fs::copy(self.synced.join(file), self.store.join(file)).unwrap();
            }
        }
        self.sim.seen().forgotten.clone_from(&self.inner.lock().unwrap().forgotten);
    }

    fn look(&self, state: &dyn State) {
        let ledger = Ledger::read(state, None).unwrap();
        self.sim.tell(|| format!("ledger: {} pending", ledger.pending()));
        if !ledger.balances() {
            self.sim.complain(format!("the ledger does not balance:\n{}", ledger.table()));
        }
    }

    /// From now on the persons of these orders are not to be sent.
    fn note_forgotten(&self, change: &Change) {
        let noted = change.facts.iter().filter(|(key, _)| key.starts_with(FORGETTING.as_bytes()));
        for job in noted.filter_map(|(_, value)| Forgetting::decode(value.as_deref()?).ok()) {
            let (person, _, _) = parts(&format!("o.{}.0.0", &job.asked[1..])).unwrap();
            self.sim.tell(|| format!("{} is forgotten", job.asked));
            let last = self.sim.last_request();
            self.sim.seen().forgotten.entry(person).or_insert(last);
        }
    }
}

impl trouble::Witness for Witness {
    fn before_append(&self) -> Result<(), Error> {
        if !self.sim.is_calm() && self.sim.plan.journal_full.contains(&self.sim.elapsed()) {
            return Err(full());
        }
        self.die("before an append")
    }

    fn after_append(&self) -> Result<(), Error> {
        self.die("after an append")
    }

    fn before_commit(&self) -> Result<(), Error> {
        if !self.sim.is_calm() && self.sim.plan.state_full.contains(&self.sim.elapsed()) {
            return Err(full());
        }
        self.die("before a commit")
    }

    fn after_commit(&self, state: &dyn State, change: &Change) -> Result<(), Error> {
        let number = self.sim.commits.fetch_add(1, Ordering::SeqCst);
        self.sim.tell(|| format!("commit {number}: cursor {:?}", change.cursor));
        self.note_forgotten(change);
        if self.chance(1.0 / f64::from(LOOK)) {
            self.look(state);
            self.sync();
        }
        self.die("after a commit")
    }
}
