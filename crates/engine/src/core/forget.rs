//! Forgetting people.

use super::step::{Place, Step};
use crate::forget::{Forgetting, MAX_IDENTIFIERS};
use crate::identity::{self, Identifier, Person};
use crate::profile::{self, Profile};
use causeway_segment::call::Call;
use causeway_store::{BlockId, Position};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Step<'_> {
    /// Segment tells that somebody wants to be forgotten.
    pub(super) fn forget_person_of(&mut self, call: &Call<'_>, place: Place, received_at: i64) {
        let ids: Vec<&str> =
            [&call.user_id, &call.anonymous_id].into_iter().flatten().map(|id| &**id).collect();
        self.forget(&ids, place.id.to_string(), (place.position, received_at));
    }

    /// Forgets who is behind these ids, and leaves a note of what else there is to do.
    pub(super) fn forget(&mut self, asked: &[&str], erasure: String, (position, at): (Position, i64)) {
        // What was made of the person so far is in blocks up to the last; what comes is another one's.
        self.close_blocks(self.hour);
        let block = BlockId(self.engine.next_block - 1);
        let asked_first = asked.first().copied().unwrap_or_default();
        let mut job = Forgetting::new(erasure, asked_first, at, (position, block));
        let ids = self.everybody_behind(asked, at);
        job.facts = identity::forget(&mut self.nodes(), &ids);
        for id in &ids {
            job.facts += usize::from(self.forget_profile(id));
        }
        let texts: BTreeSet<&str> = ids.iter().map(|id| id.id.as_str()).collect();
        for id in texts {
            self.forget_token(id, &mut job);
            job.identifiers.push(id.to_owned());
        }
        self.effects.change.facts.push((Forgetting::key(&job.erasure), Some(job.encode())));
    }

    /// Every identifier of the persons that these ids may mean: each is taken for a user id and for an anonymous id.
    fn everybody_behind(&mut self, asked: &[&str], at: i64) -> BTreeSet<Identifier> {
        let mut ids = BTreeSet::new();
        for id in asked {
            let id = self.id_behind(id).into_owned();
            for asked in [Identifier::user(&id), Identifier::anonymous(&id)] {
                let Person { users, anonymous, .. } = identity::person(&mut self.nodes(), &asked, at);
                ids.insert(asked);
                ids.extend(users.into_iter().map(Identifier::user));
                ids.extend(anonymous.into_iter().map(Identifier::anonymous));
            }
        }
        ids.into_iter().take(MAX_IDENTIFIERS).collect()
    }

    fn forget_profile(&mut self, id: &Identifier) -> bool {
        let key = profile::key(id.kind, &id.id);
        match self.engine.profiles.get(&key, self.facts).map(std::mem::take) {
            Ok(known) if known == Profile::default() => false,
            Ok(_) => {
                self.engine.profiles.changed(&key);
                true
            }
            Err(error) => {
                self.failure = Some(error);
                false
            }
        }
    }

    /// Forgets what an id's token stands for and what Algolia holds under it.
    fn forget_token(&mut self, id: &str, job: &mut Forgetting) {
        let token = self.token_of(id);
        job.facts += self.forget_searches(id) + self.forget_learned(id);
        if token != id {
            job.facts += self.forget_searches(&token) + self.forget_learned(&token);
        }
        if token != id && self.known_token(&token).is_some() {
            self.effects.change.facts.push((identity::token_key(&token), None));
            self.engine.known.tokens.insert(token.as_str().into(), None);
            job.facts += 1;
        }
        let syncs = Arc::clone(&self.engine.settings.syncs);
        for sync in syncs.iter() {
            let held = self.change_held(sync, &token, std::mem::take);
            job.facts += usize::from(!held.is_empty());
            job.records.push((sync.index.to_string(), token.clone()));
        }
        job.records.sort_unstable();
        job.records.dedup();
        job.tokens.push(token);
    }
}
