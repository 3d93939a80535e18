//! The engine: takes journal entries in order, answers the change that follows from them.

use crate::duplicates::{Seen, Window};
use crate::event::{self, EventId};
use crate::flow::{DESTINATION_INSIGHTS, DESTINATION_SEGMENT, Flow, Outcome, Stamp};
use crate::identity::{self, Links, Noted, Person};
use crate::ledger::{self, Additions};
use crate::outbox::{Builder, Made};
use crate::payload;
use crate::recent::Recent;
use crate::span::Gathering;
use bytes::Bytes;
use causeway_algolia::insights::{self, Event, Invalid};
use causeway_store::state::{Change, DeadLetter, DeadLetterStatus, List, Note};
use causeway_store::{BlockId, Entry, Position, journal};
use std::sync::Arc;

/// Which intake a journal record came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `POST /1/events`: a body of Insights events.
    Insights,
    /// A repaired Insights event, entered again by an operator. The record's meta names the only flow that is to see
    /// it; empty means all. It is never a repetition.
    Repaired,
}

impl From<Source> for journal::Source {
    fn from(source: Source) -> Self {
        Self(match source {
            Source::Insights => 1,
            Source::Repaired => 2,
        })
    }
}

/// What the engine remembers from earlier, read on demand.
pub trait Facts {
    /// What is known under a key.
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, causeway_store::Error>;
}

/// What the engine does beside running flows.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Insights' rules, with the age limit that the operator set.
    pub rules: insights::Rules,
    /// What counts as a repeated event.
    pub duplicates: Window,
    /// Whether every Insights event is handed on to Algolia.
    pub forward: bool,
    /// Whether Segment is told of links between tokens and users.
    pub tell_links: bool,
}

/// What follows from some entries.
#[derive(Debug, Default)]
pub struct Effects {
    /// To be committed as a whole.
    pub change: Change,
    /// Valid events in the entries.
    pub events: u64,
}

/// The ledger's name for what happens before any flow: every event that an intake accepted, delivered to the flows or
/// dead-lettered as invalid.
pub const INTAKE: &str = "intake";

/// The ledger's name for events handed on to Algolia.
pub const FORWARD: &str = "forward-events";

/// The ledger's name for links between a token and a user, told to Segment.
pub const LINKS: &str = "identity-links";

/// How many anonymous ids' links are kept in memory; the rest is read from the store when needed.
const LINKS_IN_MEMORY: usize = 100_000;

/// The engine. One owner drives it; all its state is a cache of what it committed.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    flows: Vec<Arc<Flow>>,
    next_block: u64,
    seen: Seen,
    links: Recent<Box<str>, Links>,
    to_segment: Growth,
    to_insights: Growth,
}

impl Engine {
    /// An engine that continues after `last_block`.
    pub fn new(settings: Settings, flows: Vec<Arc<Flow>>, last_block: BlockId) -> Self {
        let seen = Seen::new(settings.duplicates);
        Self {
            settings,
            flows,
            next_block: last_block.0 + 1,
            seen,
            links: Recent::new(LINKS_IN_MEMORY),
            to_segment: Growth::default(),
            to_insights: Growth::default(),
        }
    }

    /// Puts back what was seen before a restart: the notes of [`List::Seen`], oldest first.
    pub fn restore_seen(&mut self, notes: &[Note]) {
        for note in notes {
            let (hashes, _) = note.data.as_chunks::<8>();
            for hash in hashes {
                self.seen.restore(u64::from_le_bytes(*hash), note.at);
            }
        }
    }

    /// Replaces the flows; events of later entries run through the new ones.
    pub fn set_flows(&mut self, flows: Vec<Arc<Flow>>) {
        self.flows = flows;
    }

    /// A number for a block that is made outside of [`Engine::process`], such as a retried dead letter's.
    pub fn take_block_id(&mut self) -> BlockId {
        let id = BlockId(self.next_block);
        self.next_block += 1;
        id
    }

    /// Works through entries, oldest first, all in one change. The change must be committed before the next call; after
    /// an error the engine is to be made anew, since its memory may be ahead of what is committed.
    pub fn process(
        &mut self,
        entries: &[Entry],
        facts: &dyn Facts,
    ) -> Result<Effects, causeway_store::Error> {
        let bodies = entries.iter().map(|entry| entry.record.body.len()).sum();
        let mut step = Step::new(self, facts, bodies);
        for entry in entries {
            step.entry(entry);
        }
        step.finish(entries)
    }
}

/// How many bytes for a destination come of a byte of bodies, as far as was seen: so that a block's room is right from
/// the start.
#[derive(Debug, Clone, Copy, Default)]
struct Growth(f64);

impl Growth {
    /// A little more is expected than last time.
    const MARGIN: f64 = 1.0 / 16.0;

    /// No more room than this is taken beforehand, whatever was seen.
    const MOST: usize = 4 << 20;

    fn expected(self, bodies: usize) -> usize {
        ((bodies as f64 * self.0 * (1.0 + Self::MARGIN)) as usize).min(Self::MOST)
    }

    fn learn(&mut self, bodies: usize, made: usize) {
        if made > 0 {
            self.0 = made as f64 / bodies.max(1) as f64;
        }
    }
}

/// One call of [`Engine::process`] under way.
struct Step<'e> {
    engine: &'e mut Engine,
    facts: &'e dyn Facts,
    bodies: usize,
    flows: Vec<Arc<Flow>>,
    ledger: Additions,
    segment: Builder,
    insights: Builder,
    hour: i64,
    ids: Gathering,
    seen: Vec<u8>,
    effects: Effects,
    failure: Option<causeway_store::Error>,
}

/// Where an event stands while it is worked on.
#[derive(Clone, Copy)]
struct Place {
    id: EventId,
    position: Position,
    time: i64,
    slot: u16,
}

impl<'e> Step<'e> {
    fn new(engine: &'e mut Engine, facts: &'e dyn Facts, bodies: usize) -> Self {
        let flows = engine.flows.clone();
        Self {
            engine,
            facts,
            bodies,
            flows,
            ledger: Additions::default(),
            segment: Builder::new(DESTINATION_SEGMENT, 0),
            insights: Builder::new(DESTINATION_INSIGHTS, 0),
            hour: 0,
            ids: Gathering::default(),
            seen: Vec::new(),
            effects: Effects::default(),
            failure: None,
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.enter_hour(ledger::hour_of(entry.record.received_at));
        match entry.record.source {
            source if source == Source::Insights.into() => self.insights_body(entry, None),
            source if source == Source::Repaired.into() => {
                let only = String::from_utf8_lossy(&entry.record.meta).into_owned();
                self.insights_body(entry, Some(&only));
            }
            journal::Source(number) => self.unreadable(entry, &format!("no intake has the number {number}")),
        }
    }

    /// Blocks and ledger rows belong to one hour each.
    fn enter_hour(&mut self, hour: i64) {
        if hour != self.hour {
            self.close_blocks();
            self.hour = hour;
            let room = |growth: Growth| growth.expected(self.bodies);
            self.segment = Builder::with_room(DESTINATION_SEGMENT, hour, room(self.engine.to_segment));
            self.insights = Builder::with_room(DESTINATION_INSIGHTS, hour, room(self.engine.to_insights));
        }
    }

    fn close_blocks(&mut self) {
        self.engine.to_segment.learn(self.bodies, self.segment.payload().len());
        self.engine.to_insights.learn(self.bodies, self.insights.payload().len());
        let empty = || Builder::new("", 0);
        for builder in
            [std::mem::replace(&mut self.segment, empty()), std::mem::replace(&mut self.insights, empty())]
        {
            if !builder.is_empty() {
                let id = self.engine.take_block_id();
                self.effects.change.outbox.push(builder.build(id));
            }
        }
    }

    fn insights_body(&mut self, entry: &Entry, repaired_for: Option<&str>) {
        match insights::parse(&entry.record.body, &self.engine.settings.rules, entry.record.received_at) {
            Ok(batch) => {
                for (item, event) in batch.events.iter().enumerate() {
                    match event {
                        Ok(event) => self.event(entry, item, event, repaired_for),
                        Err(invalid) => self.invalid(entry, item, invalid),
                    }
                }
            }
            Err(refusal) => self.unreadable(entry, &refusal.detail()),
        }
    }

    fn event(&mut self, entry: &Entry, item: usize, event: &Event<'_>, repaired_for: Option<&str>) {
        let received_at = entry.record.received_at;
        let content = insights::identity_hash(event, 0);
        let id = id_of(content, event, entry, item);
        let place = Place {
            id,
            position: entry.position,
            time: event.timestamp.unwrap_or(received_at),
            slot: event::slot(&event.user_token),
        };
        self.gather(id, event);
        self.effects.events += 1;
        self.count_intake();
        let short = content as u64;
        let repeated =
            repaired_for.is_none() && self.engine.seen.repeats(short, event.timestamp.is_some(), received_at);
        if repeated {
            return self.repeated();
        }
        self.seen.extend_from_slice(&short.to_le_bytes());
        let only = repaired_for.filter(|flow| !flow.is_empty());
        if let Some(flow) = only.filter(|flow| !self.runs(flow)) {
            let cause = ("mapping", format!("no flow named {flow:?} runs any more"));
            return self.rejected(flow, event, place, cause);
        }
        self.forward(event, place, received_at, only);
        self.run_flows(event, place, only);
    }

    fn runs(&self, flow: &str) -> bool {
        flow == FORWARD || self.flows.iter().any(|running| running.name() == flow)
    }

    fn count_intake(&mut self) {
        let row = self.ledger.row(INTAKE, self.hour);
        row.accepted += 1;
        row.delivered += 1;
    }

    /// A repeated event is filtered by every flow that would have seen it.
    fn repeated(&mut self) {
        let forward = self.engine.settings.forward.then_some(FORWARD);
        for flow in self.flows.iter().map(|flow| flow.name()).chain(forward) {
            let row = self.ledger.row(flow, self.hour);
            row.accepted += 1;
            row.filtered += 1;
        }
    }

    fn forward(&mut self, event: &Event<'_>, place: Place, received_at: i64, only: Option<&str>) {
        if !self.engine.settings.forward || only.is_some_and(|flow| flow != FORWARD) {
            return;
        }
        let start = self.insights.payload().len();
        event.write_json(received_at, self.insights.payload());
        self.ledger.row(FORWARD, self.hour).accepted += 1;
        self.insights.add(FORWARD, place.id, made(start, 1, place));
    }

    fn run_flows(&mut self, event: &Event<'_>, place: Place, only: Option<&str>) {
        let person = self.person(event, place);
        let context = payload::algolia_context(event);
        let mut payload = None;
        // Taken out for the time of the loop, which needs the rest of the step.
        let flows = std::mem::take(&mut self.flows);
        for flow in flows.iter().filter(|flow| only.is_none_or(|only| only == flow.name())) {
            let payload = payload.get_or_insert_with(|| payload::of_insights(event, &person, place.time));
            let stamp = Stamp {
                event: place.id,
                time: place.time,
                anonymous: person.anonymous,
                user: person.user.as_deref(),
                algolia: &context,
            };
            let start = self.segment.payload().len();
            let outcome = flow.run(payload, stamp, self.segment.payload());
            self.count(flow.name(), event, place, start, outcome);
        }
        self.flows = flows;
    }

    fn count(&mut self, flow: &str, event: &Event<'_>, place: Place, start: usize, outcome: Outcome) {
        if !matches!(outcome, Outcome::Mapped(_)) {
            self.segment.take_back(start);
        }
        match outcome {
            Outcome::Mapped(messages) => {
                self.ledger.row(flow, self.hour).accepted += 1;
                self.segment.add(flow, place.id, made(start, messages, place));
            }
            Outcome::Unmapped(_) => {
                let row = self.ledger.row(flow, self.hour);
                row.accepted += 1;
                row.filtered += 1;
            }
            Outcome::Rejected(cause, reason) => self.rejected(flow, event, place, (cause, reason)),
        }
    }

    fn rejected(&mut self, flow: &str, event: &Event<'_>, place: Place, cause: (&str, String)) {
        let row = self.ledger.row(flow, self.hour);
        row.accepted += 1;
        row.dead_lettered += 1;
        let payload = Bytes::copy_from_slice(event.raw.as_bytes());
        let letter = self.dead_letter(flow, place.id.to_string(), place.position, cause, payload);
        self.effects.change.dead_letters.push(DeadLetter { person: event.user_token.to_string(), ..letter });
    }

    /// Who the event belongs to; notes the link if the event carries one, and has Segment told of a new one.
    fn person<'a>(&mut self, event: &'a Event<'a>, place: Place) -> Person<'a> {
        let token = &*event.user_token;
        match event.authenticated_user_token.as_deref() {
            Some(user) if user == token => Person { anonymous: None, user: Some(user.to_owned()) },
            Some(user) => {
                self.note_link(token, user, place);
                Person { anonymous: Some(token), user: Some(user.to_owned()) }
            }
            None => {
                let user = self.links(token).at(place.time).map(str::to_owned);
                Person { anonymous: Some(token), user }
            }
        }
    }

    fn links(&mut self, anonymous: &str) -> &mut Links {
        if self.engine.links.get(anonymous).is_none() {
            let fact = self.facts.fact(&identity::links_key(anonymous));
            let stored = fact.unwrap_or_else(|error| {
                self.failure = Some(error);
                None
            });
            let links = stored.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
            self.engine.links.insert(anonymous.into(), links);
        }
        self.engine.links.get(anonymous).expect("it was just put there")
    }

    fn note_link(&mut self, anonymous: &str, user: &str, place: Place) {
        let links = self.links(anonymous);
        let noted = links.note(place.time, user);
        if noted == Noted::Known {
            return;
        }
        let stored = serde_json::to_vec(links).expect("links are plain data");
        self.effects.change.facts.push((identity::links_key(anonymous), Some(stored)));
        if noted == Noted::New && self.engine.settings.tell_links && !self.flows.is_empty() {
            self.tell_link(anonymous, user, place);
        }
    }

    /// `identify` with both ids, so that Segment's own profile merges as well. Its id comes from the pair: told once.
    fn tell_link(&mut self, anonymous: &str, user: &str, place: Place) {
        let id = identity::link_event(anonymous, user);
        let start = self.segment.payload().len();
        identity::write_identify(anonymous, user, id, place.time, self.segment.payload());
        self.ledger.row(LINKS, self.hour).accepted += 1;
        self.segment.add(LINKS, id, made(start, 1, place));
    }

    fn invalid(&mut self, entry: &Entry, item: usize, invalid: &Invalid<'_>) {
        let row = self.ledger.row(INTAKE, self.hour);
        row.accepted += 1;
        row.dead_lettered += 1;
        let reason = format!("{} (Algolia: {})", invalid.violation.detail(), invalid.violation.message());
        let payload = Bytes::copy_from_slice(invalid.raw.as_bytes());
        let event = format!("{}:{item}", entry.position.0);
        let letter = self.dead_letter(INTAKE, event, entry.position, ("invalid", reason), payload);
        self.effects.change.dead_letters.push(letter);
    }

    fn unreadable(&mut self, entry: &Entry, why: &str) {
        let row = self.ledger.row(INTAKE, self.hour);
        row.accepted += 1;
        row.dead_lettered += 1;
        let event = entry.position.0.to_string();
        let cause = ("invalid", why.to_owned());
        let letter = self.dead_letter(INTAKE, event, entry.position, cause, entry.record.body.clone());
        self.effects.change.dead_letters.push(letter);
    }

    fn dead_letter(
        &self,
        flow: &str,
        event: String,
        position: Position,
        (cause, reason): (&str, String),
        payload: Bytes,
    ) -> DeadLetter {
        DeadLetter {
            id: dead_letter_id(flow, &event, position),
            flow: flow.to_owned(),
            destination: if flow == INTAKE { INTAKE } else { DESTINATION_SEGMENT }.to_owned(),
            event,
            person: String::new(),
            cause: cause.to_owned(),
            reason,
            payload,
            attempts: "[]".to_owned(),
            hour: self.hour,
            died_at: 0,
            position,
            status: DeadLetterStatus::Dead,
            note: String::new(),
        }
    }

    fn gather(&mut self, id: EventId, event: &Event<'_>) {
        self.ids.add_event(id.short());
        self.ids.add(&event.user_token);
        let ids = [&event.authenticated_user_token, &event.query_id];
        ids.into_iter().flatten().for_each(|id| self.ids.add(id));
        if let insights::Subject::Objects(objects) = &event.subject {
            for object in objects {
                self.ids.add(&object.id);
                let query = object.data.as_ref().and_then(|data| data.query_id.as_deref());
                if let Some(query) = query {
                    self.ids.add(query);
                }
            }
        }
    }

    fn finish(mut self, entries: &[Entry]) -> Result<Effects, causeway_store::Error> {
        self.close_blocks();
        if let Some(error) = self.failure {
            return Err(error);
        }
        let mut effects = self.effects;
        effects.change.ledger = self.ledger.into_rows();
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(effects) };
        effects.change.cursor = Some(last.position);
        let at = last.record.received_at;
        effects.change.dead_letters.iter_mut().for_each(|letter| letter.died_at = at);
        if !self.seen.is_empty() {
            effects.change.notes.push(Note { list: List::Seen, at, data: self.seen.into() });
        }
        if let Some(data) = self.ids.build(first.position, last.position) {
            effects.change.notes.push(Note { list: List::Spans, at, data });
        }
        Ok(effects)
    }
}

fn made(start: usize, messages: u8, place: Place) -> Made {
    Made { start, messages, slot: place.slot, time: place.time, position: place.position }
}

/// The id of an event: its content's, and its arrival's if it says no time of its own.
pub(crate) fn event_id(event: &Event<'_>, entry: &Entry, item: usize) -> EventId {
    id_of(insights::identity_hash(event, 0), event, entry, item)
}

/// The id that an event would have if it came alone at this instant.
pub(crate) fn event_id_at(event: &Event<'_>, now: i64) -> EventId {
    let content = insights::identity_hash(event, 0);
    if event.timestamp.is_some() { EventId::timed(content) } else { EventId::untimed(content, now, 0, 0) }
}

fn id_of(content: u128, event: &Event<'_>, entry: &Entry, item: usize) -> EventId {
    match event.timestamp {
        Some(_) => EventId::timed(content),
        None => EventId::untimed(content, entry.record.received_at, entry.position.0, item),
    }
}

/// The id of a dead letter: the same failure of the same event makes the same id.
pub fn dead_letter_id(flow: &str, event: &str, position: Position) -> String {
    let text = format!("{flow}\n{event}\n{}", position.0);
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
}
