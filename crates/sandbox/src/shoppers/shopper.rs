//! One shopper at work.

use super::action::{Action, Outcome, Totals, Twist, Verb};
use super::browser::{self, Browser};
use super::finder::{Finder, Found};
use super::member::{self, Member};
use super::person::Person;
use super::visit::{self, Search, Step};
use super::{Room, Shoppers, mischief};
use crate::catalogue::Catalogue;
use crate::clock::now_ms;
use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long the pause between two letters is, of that between two actions: 0.18 s at a pace of one action a second.
const KEYSTROKE: f64 = 0.18;

/// Apart from each other in the space of seeds, so that neighbours don't shop alike.
const SEED_STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The wall clock at the start plus tokio's since then: event times that a paused clock moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    wall_ms: i64,
    since: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { wall_ms: now_ms(), since: Instant::now() }
    }

    fn now_ms(self) -> i64 {
        self.wall_ms + self.since.elapsed().as_millis() as i64
    }
}

/// A person with randomness, a browser and a shop.
pub(super) struct Shopper {
    number: usize,
    pace: f64,
    duplicates: f64,
    invalid: f64,
    /// For what is planned: apart, so that how things are sent doesn't change what is done.
    plans: StdRng,
    random: StdRng,
    person: Person,
    catalogue: Arc<Catalogue>,
    browser: Browser,
    finder: Finder,
    member: Option<Member>,
    clock: Clock,
}

/// A request that is ready to go.
struct Mail {
    body: Bytes,
    events: usize,
    twist: Twist,
}

impl Shopper {
    pub(super) fn new(number: usize, crowd: &Shoppers, room: &Room, clock: Clock) -> Self {
        let seed = crowd.seed ^ SEED_STRIDE.wrapping_mul(number as u64 + 1);
        let catalogue = Arc::clone(&room.catalogue);
        let member = room.tracker.clone().and_then(|tracker| Member::new(tracker, seed, &catalogue));
        let mut random = StdRng::seed_from_u64(seed);
        let plans = StdRng::seed_from_u64(random.random());
        let person = Person::new(number, &mut random);
        let (browser, finder) = (room.browser.clone(), room.finder.clone());
        let Shoppers { pace, duplicates, invalid, .. } = *crowd;
        Self {
            number,
            pace,
            duplicates,
            invalid,
            plans,
            random,
            person,
            catalogue,
            browser,
            finder,
            member,
            clock,
        }
    }

    /// Visits after visits, until `stopped` loses its sender.
    pub(super) async fn shop(mut self, mut stopped: watch::Receiver<()>, tell: impl Fn(Action)) -> Totals {
        let mut totals = Totals::default();
        let mut told = |action: Action| {
            totals.count(&action);
            tell(action);
        };
        while self.visit(&mut stopped, &mut told).await.is_some() {
            self.leave_audience(&mut told).await;
            self.person.come_back(&mut self.random);
        }
        totals
    }

    /// One visit; nothing when it was broken off.
    async fn visit(
        &mut self,
        stopped: &mut watch::Receiver<()>,
        told: &mut impl FnMut(Action),
    ) -> Option<()> {
        let mut cart = Vec::new();
        self.take(vec![visit::arrive()], stopped, told).await?;
        for _ in 0..visit::searches(&mut self.plans) {
            let found = self.search(stopped, told).await?;
            let steps = visit::browse(&found, &mut cart, &mut self.plans);
            self.take(steps, stopped, told).await?;
        }
        let steps = visit::end(&self.catalogue, &mut cart, &mut self.plans);
        self.take(steps, stopped, told).await
    }

    async fn take(
        &mut self,
        steps: Vec<Step>,
        stopped: &mut watch::Receiver<()>,
        told: &mut impl FnMut(Action),
    ) -> Option<()> {
        for step in steps {
            wait(self.pause(1.0), stopped).await?;
            self.act(step, told).await;
        }
        Some(())
    }

    /// Types a query. Where a server searches, every letter is a search, and the last answer is what is looked at. What was
    /// typed when the shopper is sent home is told all the same.
    async fn search(
        &mut self,
        stopped: &mut watch::Receiver<()>,
        told: &mut impl FnMut(Action),
    ) -> Option<Found> {
        wait(self.pause(1.0), stopped).await?;
        let query = visit::query(&self.catalogue, &mut self.plans);
        let (mut found, mut outcome, mut searches) = (Found::default(), Outcome::Silent, 0);
        let mut typing = Some(());
        for typed in self.typed(&query) {
            if searches > 0 {
                typing = wait(self.pause(KEYSTROKE), stopped).await;
            }
            if typing.is_none() {
                break;
            }
            let query_id = visit::query_id(&mut self.plans);
            (found, outcome) = self.finder.search(typed, &self.person.token, query_id).await;
            searches += 1;
        }
        let searches = if self.finder.is_server() { searches } else { 0 };
        let step = Step { search: Some(Search::of(&found)), object: None, ..Step::about(Verb::Search, "") };
        told(Action { searches, ..self.action(&step, 0, Twist::None, outcome) });
        typing.map(|()| found)
    }

    /// What stands in the search box, letter by letter if that makes a difference.
    fn typed<'a>(&self, query: &'a str) -> Vec<&'a str> {
        if !self.finder.is_server() {
            return vec![query];
        }
        query.char_indices().map(|(at, letter)| &query[..at + letter.len_utf8()]).collect()
    }

    /// Exponential, so that arrivals of a crowd look like arrivals; at most ten times the mean, which is `share` of that
    /// between actions.
    fn pause(&mut self, share: f64) -> Duration {
        let wait = -(1.0 - self.random.random::<f64>()).ln();
        Duration::from_secs_f64(share * wait.min(10.0) / self.pace)
    }

    async fn act(&mut self, step: Step, told: &mut impl FnMut(Action)) {
        if step.verb == Verb::LogIn {
            self.person.log_in();
        }
        if let Some(call) = self.call(&step) {
            return self.track(&step, &call, told).await;
        }
        let Some(event) = &step.event else {
            return told(self.action(&step, 0, Twist::None, Outcome::Silent));
        };
        let mail = self.write(event.clone());
        let outcome = self.browser.send(self.person.transport, mail.body.clone()).await;
        told(self.action(&step, mail.events, mail.twist, outcome));
        if self.random.random_bool(self.duplicates) && mail.twist == Twist::None {
            let outcome = self.browser.send(self.person.transport, mail.body).await;
            told(self.action(&step, mail.events, Twist::Duplicate, outcome));
        }
    }

    /// What a member's browser tells Segment about a step.
    fn call(&mut self, step: &Step) -> Option<Value> {
        let now_ms = self.clock.now_ms();
        self.member.as_mut()?.call(step, &self.person, now_ms)
    }

    async fn track(&mut self, step: &Step, call: &Value, told: &mut impl FnMut(Action)) {
        let Some(member) = &mut self.member else { return };
        let outcome = member.tracker.call(call).await;
        let enters = member.enters(call, &self.person);
        told(Action { calls: 1, ..self.action(step, 0, Twist::None, outcome) });
        if enters {
            self.tell_audience(true, told).await;
        }
    }

    async fn leave_audience(&mut self, told: &mut impl FnMut(Action)) {
        if self.member.as_mut().is_some_and(Member::leaves) {
            self.tell_audience(false, told).await;
        }
    }

    async fn tell_audience(&mut self, entered: bool, told: &mut impl FnMut(Action)) {
        let Some(member) = &mut self.member else { return };
        let ids = member::identifiers(&self.person);
        let (calls, outcome) = member.tell(entered, ids, self.clock.now_ms()).await;
        let verb = if entered { Verb::EnterAudience } else { Verb::LeaveAudience };
        let step = Step::about(verb, member::AUDIENCE);
        told(Action { calls, ..self.action(&step, 0, Twist::None, outcome) });
    }

    fn write(&mut self, event: Value) -> Mail {
        let now_ms = self.clock.now_ms();
        let mut events = vec![self.person.sign(event, now_ms)];
        let spoilt = self.random.random_bool(self.invalid);
        if spoilt {
            events.push(mischief::spoil(&events[0], now_ms, &mut self.random));
        }
        let twist = if spoilt { Twist::Invalid } else { Twist::None };
        Mail { body: browser::body(&events), events: events.len(), twist }
    }

    fn action(&self, step: &Step, events: usize, twist: Twist, outcome: Outcome) -> Action {
        let search = step.search.as_ref();
        Action {
            shopper: self.number,
            token: self.person.token.clone(),
            customer: self.person.customer(),
            verb: step.verb,
            query: search.map(|search| search.query.clone()),
            query_id: search.map(|search| search.query_id.clone()),
            hits: search.map(|search| search.hits),
            object: step.object.clone(),
            position: step.position,
            events,
            calls: 0,
            searches: 0,
            twist,
            outcome,
        }
    }
}

/// Waits; nothing when `stopped` loses its sender meanwhile.
async fn wait(pause: Duration, stopped: &mut watch::Receiver<()>) -> Option<()> {
    tokio::select! {
        () = tokio::time::sleep(pause) => Some(()),
        _ = stopped.changed() => None,
    }
}
