//! Simulated shoppers: people who search, click, view, add, buy and leave, and whose browsers send real Insights
//! requests about it.
//!
//! They carry their shop with them ([`Catalogue`]): without a search address, results are found in it and only events are
//! sent. With one, they type their queries letter by letter, each letter a search, and click what was really found. The
//! same seed and results make the same people plan the same visits. All waiting is tokio's, so
//! that a paused clock makes a day pass in moments, and event times follow that clock.

mod action;
mod browser;
mod call;
mod event;
mod finder;
mod member;
mod mischief;
mod person;
mod segment;
mod shopper;
mod visit;

pub use crate::catalogue::{Catalogue, Product};
pub use action::{Action, Outcome, Totals, Twist, Verb};
pub use event::{CURRENCY, INDEX};
pub use segment::{AudienceWebhook, SegmentShop};

use browser::Browser;
use finder::Finder;
use segment::Tracker;
use shopper::{Clock, Shopper};
use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long requests under way may take after the shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// A crowd to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Shoppers {
    /// Where the events go: scheme and host, plain HTTP, perhaps a path prefix; `/1/events` is added.
    pub bridge_url: String,
    /// Where searches go: scheme and host, plain HTTP, perhaps a path prefix; `/1/indexes/*/queries` is added. Nothing
    /// means that they find what is in the shop's own catalogue, without a request. Default: nothing.
    pub search_url: Option<String>,
    /// The Algolia application that the shop uses.
    pub app_id: String,
    /// The search key in the shop's pages.
    pub api_key: String,
    /// How many people. Default: 20.
    pub count: usize,
    /// What people search for; nothing means queries of a furniture shop. Default: nothing.
    pub queries: Vec<String>,
    /// Where all randomness starts. Default: 1.
    pub seed: u64,
    /// Actions per second of each person, on average. Default: 1.
    pub pace: f64,
    /// The share of requests that are sent twice, 0 to 1. Default: 0.005.
    pub duplicates: f64,
    /// The share of requests that hold an invalid event behind the valid ones, 0 to 1. Default: 0.002.
    pub invalid: f64,
    /// Whether some of them are Segment's users, too. Default: nobody.
    pub segment: Option<SegmentShop>,
}

/// Why a crowd can't start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address isn't one.
    #[error(
        "bridge_url {0:?} with these credentials is no address ({1}); give one such as http://127.0.0.1:7070"
    )]
    Address(String, String),
    /// The search address isn't one.
    #[error("search_url {0:?} is no address ({1}); give one such as http://127.0.0.1:7070")]
    SearchAddress(String, String),
    /// An address of the Segment shop isn't one.
    #[error("segment: {0:?} is no address ({1}); give one such as http://127.0.0.1:7070")]
    SegmentAddress(String, String),
    /// A number outside its range.
    #[error("{field} is {value}; give {fix}")]
    Number {
        /// The field of [`Shoppers`].
        field: &'static str,
        /// What it was.
        value: f64,
        /// What it may be.
        fix: &'static str,
    },
}

impl Shoppers {
    /// A crowd with the defaults.
    pub fn new(bridge_url: impl Into<String>, app_id: impl Into<String>, api_key: impl Into<String>) -> Self {
        Self {
            bridge_url: bridge_url.into(),
            search_url: None,
            app_id: app_id.into(),
            api_key: api_key.into(),
            count: 20,
            queries: Vec::new(),
            seed: 1,
            pace: 1.0,
            duplicates: 0.005,
            invalid: 0.002,
            segment: None,
        }
    }

    /// Lets everybody shop until `shutdown` resolves; `tell` hears of each action once it is done. Requests under way are
    /// finished (for at most five seconds), so that the totals are what the bridge has seen.
    ///
    /// # Errors
    /// An address that isn't one, or a number outside its range; nobody shops then.
    pub async fn run(
        &self,
        shutdown: impl Future,
        tell: impl Fn(Action) + Send + Sync + 'static,
    ) -> Result<Totals, Error> {
        let browser = self.check()?;
        let tracker = self.tracker()?;
        let catalogue = Arc::new(Catalogue::new().with_queries(&self.queries));
        let finder = self.finder(&catalogue)?;
        let (stop, stopped) = watch::channel(());
        let room = Room { catalogue, browser, finder, tracker };
        let mut crowd = self.open(&room, &Arc::new(tell), &stopped);
        shutdown.await;
        drop(stop);
        Ok(close(&mut crowd).await)
    }

    fn open(
        &self,
        room: &Room,
        tell: &Arc<impl Fn(Action) + Send + Sync + 'static>,
        stopped: &watch::Receiver<()>,
    ) -> JoinSet<Totals> {
        let clock = Clock::start();
        let mut crowd = JoinSet::new();
        for number in 0..self.count {
            let shopper = Shopper::new(number, self, room, clock);
            let tell = Arc::clone(tell);
            crowd.spawn(shopper.shop(stopped.clone(), move |action| tell(action)));
        }
        crowd
    }

    fn finder(&self, catalogue: &Arc<Catalogue>) -> Result<Finder, Error> {
        let Some(url) = &self.search_url else { return Ok(Finder::shelves(Arc::clone(catalogue))) };
        Finder::server(url, &self.app_id, &self.api_key)
            .map_err(|problem| Error::SearchAddress(url.clone(), problem.to_string()))
    }

    fn tracker(&self) -> Result<Option<Tracker>, Error> {
        let Some(shop) = &self.segment else { return Ok(None) };
        within("segment.share", shop.share, 0.0..=1.0, "a share from 0 to 1")?;
        let tracker = Tracker::new(shop);
        tracker.map(Some).map_err(|(url, problem)| Error::SegmentAddress(url, problem.to_string()))
    }

    fn check(&self) -> Result<Browser, Error> {
        within("duplicates", self.duplicates, 0.0..=1.0, "a share from 0 to 1")?;
        within("invalid", self.invalid, 0.0..=1.0, "a share from 0 to 1")?;
        within("pace", self.pace, 0.001..=1e6, "0.001 to 1,000,000 actions per second")?;
        Browser::new(&self.bridge_url, &self.app_id, &self.api_key)
            .map_err(|error| Error::Address(self.bridge_url.clone(), error.to_string()))
    }
}

/// What all shoppers share.
struct Room {
    catalogue: Arc<Catalogue>,
    browser: Browser,
    finder: Finder,
    tracker: Option<Tracker>,
}

fn within(
    field: &'static str,
    value: f64,
    range: RangeInclusive<f64>,
    fix: &'static str,
) -> Result<(), Error> {
    if range.contains(&value) { Ok(()) } else { Err(Error::Number { field, value, fix }) }
}

async fn close(crowd: &mut JoinSet<Totals>) -> Totals {
    let mut totals = Totals::default();
    let all_gone = async {
        while let Some(shopper) = crowd.join_next().await {
            totals = totals.plus(shopper.unwrap_or_default());
        }
    };
    // Whoever is still waiting for an answer is sent home without being counted.
    let _ = tokio::time::timeout(GRACE, all_gone).await;
    crowd.shutdown().await;
    totals
}
