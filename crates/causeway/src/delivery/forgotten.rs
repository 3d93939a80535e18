//! Persons whose messages are not sent any more.

use causeway_engine::forget::{Forgetting, Names};
use causeway_store::BlockId;
use std::sync::Arc;
use tokio::sync::watch;

/// Tells the lanes and what is under way whom to leave out. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Forgotten(watch::Sender<Persons>);

/// Who is told of it.
pub type Told = watch::Receiver<Persons>;

/// All who are to be left out.
#[derive(Debug, Clone, Default)]
pub struct Persons(Arc<Vec<Person>>);

#[derive(Debug, Clone)]
struct Person {
    names: Names,
    last: BlockId,
}

impl Forgotten {
    /// Leaves out one more person.
    pub fn add(&self, job: &Forgetting) {
        let person = Person { names: job.names(), last: job.block() };
        self.0.send_modify(|persons| Arc::make_mut(&mut persons.0).push(person));
    }

    /// No block before this one is unfinished: who has none from here on need not be looked for any more.
    pub fn finished_before(&self, first: BlockId) {
        self.0.send_if_modified(|persons| {
            Arc::make_mut(&mut persons.0).retain(|person| person.last >= first);
            // Nobody has anything to do because of this.
            false
        });
    }

    /// To be told from now on.
    pub fn subscribe(&self) -> Told {
        self.0.subscribe()
    }
}

impl Persons {
    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an entry of this block is one of theirs: by its messages, or because these were wiped in the outbox.
    pub fn own(&self, block: BlockId, messages: &[u8]) -> bool {
        is_wiped(messages)
            || self.0.iter().any(|person| block <= person.last && person.names.own_any(messages))
    }
}

/// Whether an entry's messages were wiped.
pub fn is_wiped(messages: &[u8]) -> bool {
    !messages.is_empty() && messages.iter().all(|byte| *byte == b' ')
}

/// Wipes an entry's messages.
pub fn wipe(messages: &mut [u8]) {
    messages.fill(b' ');
}
