//! Where the tests play: a bridge, both vendors, a client.

use crate::events::now;
use crate::http::{Answer, Http};
use crate::trouble::Trouble;
use bytes::Bytes;
use causeway::bridge::Bridge;
use causeway::clock::Clock;
use causeway::config::settings::Settings;
use causeway::config::units::Span;
use causeway::config::{Config, source};
use causeway::inspect::{HourlyLedger, Ledger};
use causeway_sandbox::{Options, Sandbox};
use causeway_store::{Error, sqlite};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const APP: (&str, &str) = ("x-algolia-application-id", "SANDBOXAPP");
pub(crate) const KEY: (&str, &str) = ("x-algolia-api-key", "sandbox-search-key");

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(15);

type SettingsChange = Box<dyn FnOnce(&mut Settings)>;

/// What differs from the usual scene.
#[derive(Default)]
pub(crate) struct Scene {
    changes: Vec<SettingsChange>,
    vendors: Options,
    files: Vec<(&'static str, String)>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Other settings.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Settings) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Other vendors.
    pub(crate) fn vendors(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.vendors);
        self
    }

    /// A file beside the configuration.
    pub(crate) fn file(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.files.push((name, text.into()));
        self
    }

    /// Plays the story; at its end the ledger must balance with nothing pending, and Segment must have thrown nothing
    /// away without a word.
    pub(crate) fn play(self, story: impl AsyncFnOnce(&mut Stage)) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut stage = self.build().await;
            stage.raise().await;
            story(&mut stage).await;
            stage.finish().await;
        });
    }

    async fn build(self) -> Stage {
        let home = TempDir::new().unwrap();
        for (name, text) in &self.files {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let sandbox = Sandbox::start(self.vendors).await.unwrap();
        let mut settings = settings(&sandbox.url());
        self.changes.into_iter().for_each(|change| change(&mut settings));
        Stage {
            sandbox,
            trouble: Trouble::default(),
            settings,
            home,
            bridge: None,
            http: Http::new(),
            ahead: Arc::default(),
        }
    }
}

/// A story on the usual scene.
pub(crate) fn play(story: impl AsyncFnOnce(&mut Stage)) {
    Scene::new().play(story);
}

/// The defaults with the sandbox as both vendors, free ports, and short waits.
fn settings(vendors: &str) -> Settings {
    let mut settings: Settings = source::parse("", std::iter::empty(), &source::Nowhere).unwrap();
    "127.0.0.1:0".clone_into(&mut settings.listen);
    "127.0.0.1:0".clone_into(&mut settings.admin.listen);
    settings.store.path = "data".into();
    settings.algolia.app_id = Some(APP.1.to_owned());
    settings.algolia.api_key = Some(KEY.1.into());
    settings.algolia.insights_url = Some(vendors.to_owned());
    settings.segment.write_key = Some("sandbox-write-key".into());
    settings.segment.tracking_url = Some(vendors.to_owned());
    settings.recipes.insert("search-events".to_owned(), true.into());
    settings.delivery.linger = Span::ms(5);
    settings.delivery.retry_first = Span::ms(10);
    settings.delivery.retry_longest = Span::ms(50);
    settings.delivery.drain = Span::ms(500);
    settings
}

/// Opens the store. A process that another test is just starting holds a copy of this one's lock until it becomes the
/// program it is to be, so a locked store is tried again for a moment.
pub(crate) fn open_store(path: &Path) -> sqlite::Store {
    let options = sqlite::Options { reserve_bytes: 0, ..sqlite::Options::default() };
    let began = Instant::now();
    loop {
        match sqlite::open(path, &options) {
            Err(Error::Locked { .. }) if began.elapsed() < Duration::from_secs(2) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            opened => return opened.unwrap(),
        }
    }
}

/// Everything that a test works with.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) trouble: Trouble,
    pub(crate) settings: Settings,
    pub(crate) home: TempDir,
    bridge: Option<Bridge>,
    http: Http,
    ahead: Arc<AtomicI64>,
}

impl Stage {
    async fn raise(&mut self) {
        let config = Config::check(self.settings.clone(), self.home.path()).unwrap();
        let (journal, state) = self.trouble.around(open_store(&config.store));
        let ahead = Arc::clone(&self.ahead);
        let clock = Clock::from_fn(move || now() + ahead.load(Ordering::SeqCst));
        self.bridge = Some(Bridge::start_on(journal, state, config, clock).await.unwrap());
    }

    async fn finish(mut self) {
        self.settled().await;
        let ledger = self.ledger();
        assert!(ledger.balances(), "the ledger does not balance:\n{}", ledger.table());
        let hours = HourlyLedger::read(&*self.bridge().state, None).unwrap();
        assert!(hours.balances(), "an hour of the ledger does not balance:\n{}", hours.csv());
        self.stop().await;
        let lost = self.sandbox.dropped().into_iter().filter(|dropped| dropped["reason"] != "duplicate");
        let lost: Vec<Value> = lost.collect();
        assert!(lost.is_empty(), "Segment threw away {lost:?}");
        self.sandbox.stop().await;
    }

    pub(crate) fn bridge(&self) -> &Bridge {
        self.bridge.as_ref().unwrap()
    }

    pub(crate) async fn stop(&mut self) {
        self.bridge.take().unwrap().stop().await.unwrap();
    }

    /// Stops the bridge and starts it again on the same store.
    pub(crate) async fn restart(&mut self) {
        if self.bridge.is_some() {
            self.stop().await;
        }
        self.raise().await;
    }

    /// Ends the bridge after its engine has failed.
    pub(crate) async fn crash(&mut self) {
        let ended = self.bridge.take().unwrap().stop().await;
        assert!(ended.is_err(), "the engine's failure is reported at the stop");
    }

    /// Moves the bridge's clock.
    pub(crate) fn pass(&self, ms: i64) {
        self.ahead.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// A request to the public side.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let url = format!("http://{}{path}", self.bridge().public);
        self.http.try_send(method, &url, headers, body).await.expect("an answer")
    }

    /// Posts a body as an Algolia client does.
    pub(crate) async fn post(&self, body: impl Into<Bytes>) -> Answer {
        self.send("POST", "/1/events", &[APP, KEY], body).await
    }

    /// Posts events.
    pub(crate) async fn events(&self, events: &[Value]) -> Answer {
        self.post(json!({ "events": events }).to_string()).await
    }

    /// Posts events that must all be accepted.
    pub(crate) async fn accept(&self, events: &[Value]) {
        let answer = self.events(events).await;
        assert_eq!((answer.status, answer.header("causeway-quarantined")), (200, ""), "{}", answer.text());
    }

    /// A request to the admin side.
    pub(crate) async fn admin(&self, method: &str, path: &str) -> Answer {
        self.admin_with(method, path, &[], "").await
    }

    pub(crate) async fn admin_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let url = format!("http://{}{path}", self.bridge().admin);
        self.http.try_send(method, &url, headers, body).await.expect("an answer")
    }

    /// The dead letters that wait for a decision.
    pub(crate) async fn dead_letters(&self) -> Vec<Value> {
        let mut answer = self.admin("GET", "/api/dead-letters").await.json();
        let Value::Array(letters) = answer["dead_letters"].take() else { panic!("{answer}") };
        letters
    }

    pub(crate) async fn retry(&self, letter: &Value, body: &Value) -> Answer {
        let path = format!("/api/dead-letters/{}/retry", letter["id"].as_str().unwrap());
        self.admin_with("POST", &path, &[], body.to_string()).await
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::read(&*self.bridge().state, None).unwrap()
    }

    /// How many requests the journal holds.
    pub(crate) fn journal_length(&self) -> u64 {
        let store = sqlite::open_read_only(&self.home().join("data")).unwrap();
        causeway_store::Journal::extent(&store.journal).unwrap().last.0
    }

    /// One flow's accepted, delivered, filtered, dead-lettered and pending events.
    pub(crate) fn balance(&self, flow: &str) -> [i64; 5] {
        let ledger = self.ledger();
        let balance = ledger.flows.iter().find(|balance| balance.flow == flow);
        balance.map_or([0; 5], |b| [b.accepted, b.delivered, b.filtered, b.dead_lettered, b.pending])
    }

    /// Waits until everything accepted is processed and nothing is pending.
    pub(crate) async fn settled(&self) {
        let began = Instant::now();
        while !self.bridge().is_idle().await.unwrap() {
            assert!(began.elapsed() < PATIENCE, "still pending:\n{}", self.ledger().table());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until it is so.
    pub(crate) async fn until(&self, what: &str, so: impl Fn() -> bool) {
        until(what, so).await;
    }

    /// The messages that reached Segment and are no identify calls.
    pub(crate) fn tracks(&self) -> Vec<Value> {
        self.sandbox.messages().into_iter().filter(|message| message["type"] == "track").collect()
    }
}

/// Waits until it is so.
pub(crate) async fn until(what: &str, so: impl Fn() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "it never came to pass: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The strings at a JSON pointer of each value, sorted.
pub(crate) fn sorted(values: &[Value], pointer: &str) -> Vec<String> {
    let mut found: Vec<String> = texts(values, pointer);
    found.sort();
    found
}

/// The strings at a JSON pointer of each value.
pub(crate) fn texts(values: &[Value], pointer: &str) -> Vec<String> {
    let text = |value: &Value| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    values.iter().map(text).collect()
}
