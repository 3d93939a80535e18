//! Book and post as facts of the state, so that a restart tells nothing twice and forgets no recovery.

use super::{Book, Post};
use causeway_store::state::Change;
use causeway_store::{Error, State};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is open and what was.
const BOOK: &str = "alerts/book";

/// What no receiver has taken yet.
const POST: &str = "alerts/post";

/// What is kept, as it was kept last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// What is wrong, and what was.
    pub book: Book,
    /// What waits for receivers.
    pub post: Post,
}

impl Kept {
    /// Reads what an earlier run left. What can't be understood is told in the log and begun anew: notices that come twice
    /// are better than none.
    pub fn read(state: &dyn State) -> Result<Self, Error> {
        let mut facts =
            state.facts(&[BOOK.as_bytes(), POST.as_bytes()])?.into_iter().map(Option::unwrap_or_default);
        let (book, post) = (facts.next().unwrap_or_default(), facts.next().unwrap_or_default());
        Ok(Self { book: decoded(BOOK, &book), post: decoded(POST, &post) })
    }

    /// What differs from `before`, to be committed.
    pub fn change_since(&self, before: &Self) -> Option<Change> {
        let mut facts = Vec::new();
        if self.book != before.book {
            facts.push(fact(BOOK, &self.book));
        }
        if self.post != before.post {
            facts.push(fact(POST, &self.post));
        }
        (!facts.is_empty()).then(|| Change { facts, ..Change::default() })
    }
}

fn fact(key: &str, value: &impl Serialize) -> (Vec<u8>, Option<Vec<u8>>) {
    // Texts and numbers can always be JSON.
    (key.as_bytes().to_vec(), Some(serde_json::to_vec(value).unwrap_or_default()))
}

fn decoded<T: DeserializeOwned + Default>(key: &str, fact: &[u8]) -> T {
    if fact.is_empty() {
        return T::default();
    }
    serde_json::from_slice(fact).unwrap_or_else(|error| {
        tracing::error!(key, %error, "what was kept of alerts can't be read; it begins anew");
        T::default()
    })
}
