//! The background that carries an erasure through, here and at Algolia.
//!
//! What is open is a fact under [`FORGETTING`]. Its value is the whole [`Forgetting`] while the store is wiped; then it is
//! empty, so that no id is left here, and stands until Algolia's side has ended as well. A restart goes on from there.

use super::account::{Account, Erasure};
use super::eraser::Eraser;
use super::here::Store;
use super::job::Order;
use crate::clock::Clock;
use crate::delivery::Forgotten;
use crate::pipeline::worker;
use causeway_algolia::erasure::Token;
use causeway_algolia::records::{IndexName, ObjectId};
use causeway_engine::forget::{FORGETTING, Forgetting};
use causeway_store::state::Change;
use causeway_store::{BlockId, Error, Journal, State};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Open erasures that are worked on together.
const AT_ONCE: u32 = 100;

/// How often Algolia's side is looked at.
const EVERY: Duration = Duration::from_millis(250);

/// How long until it is tried again when the store could not be read or written.
const PAUSE: Duration = Duration::from_secs(10);

/// Looks up erasures, and works on those that are open.
#[derive(Clone)]
pub struct Forgetter {
    store: Store,
    eraser: Eraser,
    forgotten: Forgotten,
    clock: Clock,
}

/// Erasures that are open.
#[derive(Default)]
struct Open {
    /// Those of which something is left in the store.
    here: Vec<Forgetting>,
    /// Those that only Algolia has to end.
    there: Vec<String>,
}

impl Forgetter {
    /// Over this store, with Algolia's side in these hands.
    pub fn new(
        (journal, state): (Arc<dyn Journal>, Arc<dyn State>),
        worker: worker::Handle,
        eraser: Eraser,
        forgotten: Forgotten,
        clock: Clock,
    ) -> Self {
        Self { store: Store { journal, state, worker }, eraser, forgotten, clock }
    }

    /// The receipt of an erasure, as far as it has come.
    pub async fn find(&self, id: &str) -> Result<Option<Erasure>, Error> {
        let (state, key) = (Arc::clone(&self.store.state), id.to_owned());
        let account = blocking(move || account(&*state, &key)).await?;
        let Some(account) = account else { return Ok(None) };
        let algolia = self.eraser.find(id).await?;
        Ok(Some(account.shown(algolia)))
    }

    /// Works until `stop` says so; a step that is under way then is ended first.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut told = self.forgotten.subscribe();
        let mut scrubbed = HashSet::new();
        while !*stop.borrow() {
            let wait = match self.round(&mut scrubbed).await {
                Ok(true) => Some(EVERY),
                Ok(false) => None,
                Err(error) => {
                    tracing::error!(%error, "an erasure could not go on; it is tried again");
                    Some(PAUSE)
                }
            };
            tokio::select! {
                _ = told.changed() => {}
                () = pause(wait) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Brings every open erasure as far as it goes now; answers whether any is still open. `scrubbed` are those whose rests
    /// were wiped since the start.
    async fn round(&self, scrubbed: &mut HashSet<String>) -> Result<bool, Error> {
        let state = Arc::clone(&self.store.state);
        let Open { here, mut there } = blocking(move || open(&*state)).await?;
        there.extend(self.erase_here(here).await?);
        if there.iter().any(|id| !scrubbed.contains(id)) {
            self.scrub().await?;
            scrubbed.extend(there.iter().cloned());
        }
        let mut ended = Vec::new();
        for id in &there {
            let receipt = self.eraser.find(id).await?;
            ended.extend(receipt.is_none_or(|receipt| receipt.finished_at.is_some()).then(|| id.clone()));
        }
        self.close(&ended).await?;
        self.let_lanes_go().await?;
        Ok(there.len() > ended.len())
    }

    /// Wipes the persons here, and hands them on to Algolia's side; answers their names.
    ///
    /// The state goes first, durably: a journal without an order must not be read again by an engine that has not seen it.
    async fn erase_here(&self, jobs: Vec<Forgetting>) -> Result<Vec<String>, Error> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let store = self.store.clone();
        let jobs = blocking(move || {
            let mut jobs: Vec<_> = jobs.into_iter().map(|job| (Account::of(&job), job)).collect();
            for (account, job) in &mut jobs {
                store.erase_letters(job, account)?;
                store.erase_outbox(job, account)?;
            }
            store.state.scrub()?;
            let mut jobs: Vec<_> = jobs.into_iter().map(|(account, job)| (job, account)).collect();
            store.erase_journal(&mut jobs)?;
            Ok(jobs)
        });
        let mut ids = Vec::new();
        for (job, _) in jobs.await? {
            self.eraser.start(order(&job)).await?;
            self.commit(vec![(Forgetting::key(&job.erasure), Some(Vec::new()))]).await?;
            ids.push(job.erasure);
        }
        Ok(ids)
    }

    async fn scrub(&self) -> Result<(), Error> {
        let store = self.store.clone();
        blocking(move || store.journal.scrub().and_then(|()| store.state.scrub())).await
    }

    /// Nothing is left of these: wipes what was kept for Algolia's side, and closes the accounts.
    async fn close(&self, ended: &[String]) -> Result<(), Error> {
        if ended.is_empty() {
            return Ok(());
        }
        self.scrub().await?;
        for id in ended {
            let (state, key) = (Arc::clone(&self.store.state), id.clone());
            let Some(mut account) = blocking(move || account(&*state, &key)).await? else { continue };
            account.finished_at = Some(self.clock.now());
            self.commit(vec![account.fact(), (Forgetting::key(id), None)]).await?;
            tracing::info!(erasure = id, "an erasure is finished");
        }
        Ok(())
    }

    /// Who has no message waiting any more is not looked for any more.
    async fn let_lanes_go(&self) -> Result<(), Error> {
        let state = Arc::clone(&self.store.state);
        let first = blocking(move || {
            let mut first = BlockId(u64::MAX);
            state.pending(&mut |block| first = first.min(block.id))?;
            Ok(first)
        });
        self.forgotten.finished_before(first.await?);
        Ok(())
    }

    async fn commit(&self, facts: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), Error> {
        let store = self.store.clone();
        blocking(move || store.commit(Change { facts, ..Change::default() })).await
    }
}

/// Who was being forgotten when the bridge stopped: the lanes leave them out from the start.
pub fn leave_out(state: &dyn State, forgotten: &Forgotten) -> Result<(), Error> {
    open(state)?.here.iter().for_each(|job| forgotten.add(job));
    Ok(())
}

fn open(state: &dyn State) -> Result<Open, Error> {
    let mut open = Open::default();
    for (key, value) in state.facts_with_prefix(FORGETTING.as_bytes(), None, AT_ONCE)? {
        if value.is_empty() {
            open.there.push(String::from_utf8_lossy(&key[FORGETTING.len()..]).into_owned());
        } else {
            open.here.push(Forgetting::decode(&value).map_err(unreadable)?);
        }
    }
    Ok(open)
}

/// What is kept of an erasure; of one that has just been ordered, what is known of it.
fn account(state: &dyn State, id: &str) -> Result<Option<Account>, Error> {
    let (kept, job) = (Account::key(id), Forgetting::key(id));
    let mut facts = state.facts(&[&kept, &job])?.into_iter();
    match (facts.next().flatten(), facts.next().flatten()) {
        (Some(account), _) => serde_json::from_slice(&account).map(Some).map_err(unreadable),
        (None, Some(job)) if !job.is_empty() => {
            Forgetting::decode(&job).map(|job| Some(Account::of(&job))).map_err(unreadable)
        }
        (None, _) => Ok(None),
    }
}

/// What Algolia is to erase. A name that is no token, and an objectID that is none, can't be kept there.
fn order(job: &Forgetting) -> Order {
    let record =
        |(index, id): &(String, String)| Some((IndexName::parse(index).ok()?, ObjectId::parse(id).ok()?));
    Order {
        id: job.erasure.clone(),
        tokens: job.tokens.iter().filter_map(|token| Token::parse(token).ok()).collect(),
        records: job.records.iter().filter_map(record).collect(),
    }
}

fn unreadable(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Backend { doing: "reading an erasure", source: Box::new(source) }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(unreadable)?
}

async fn pause(length: Option<Duration>) {
    match length {
        Some(length) => tokio::time::sleep(length).await,
        None => std::future::pending().await,
    }
}
