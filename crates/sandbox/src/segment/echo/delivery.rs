//! Sending and sending again.

use super::Destination;
use super::counts::Counting;
use crate::client::{Answer, Client, Unreachable};
use crate::segment::webhook::{self, Payload};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// "Retried up to 4 h, randomised exponential backoff" (destinations/index).
const PERSISTENCE: Duration = Duration::from_secs(4 * 3600);
/// The first pause and the longest; Segment's aren't published.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a batch waits to be filled.
const LINGER: Duration = Duration::from_millis(20);

/// What an answer means for a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Delivered,
    Refused,
    Again,
}

/// Who brings messages to a destination.
pub(super) struct Courier {
    destination: Destination,
    counting: Counting,
    random: StdRng,
}

/// One payload on its way.
struct Delivery {
    destination: Destination,
    counting: Counting,
    client: Client,
    payload: Payload,
    random: StdRng,
}

impl Courier {
    pub(super) fn new(destination: Destination, counting: Counting, seed: u64) -> Self {
        Self { destination, counting, random: StdRng::seed_from_u64(seed) }
    }

    /// Delivers what comes, until the queue loses its sender.
    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Value>) {
        let (client, room) = (Client::new(), Arc::new(Semaphore::new(self.destination.concurrency)));
        let mut under_way = JoinSet::new();
        while let (Ok(permit), Some(payload)) =
            (Arc::clone(&room).acquire_owned().await, next(&mut waiting, self.destination.batch).await)
        {
            let delivery = self.delivery(client.clone(), payload);
            under_way.spawn(async move {
                delivery.run().await;
                drop(permit);
            });
            while under_way.try_join_next().is_some() {}
        }
        under_way.join_all().await;
    }

    fn delivery(&mut self, client: Client, payload: Payload) -> Delivery {
        let random = StdRng::seed_from_u64(self.random.random());
        Delivery {
            destination: self.destination.clone(),
            counting: self.counting.clone(),
            client,
            payload,
            random,
        }
    }
}

/// The next message, or as many as a batch holds and are there in time.
async fn next(waiting: &mut mpsc::Receiver<Value>, batch: usize) -> Option<Payload> {
    let first = waiting.recv().await?;
    if batch == 1 {
        return Some(Payload::One(first));
    }
    let (mut messages, until) = (vec![first], Instant::now() + LINGER);
    while messages.len() < batch
        && let Ok(Some(message)) = tokio::time::timeout_at(until, waiting.recv()).await
    {
        messages.push(message);
    }
    Some(Payload::Many(messages))
}

impl Delivery {
    async fn run(mut self) {
        let (deadline, messages) = (Instant::now() + PERSISTENCE, self.payload.len() as u64);
        let verdict = self.persist(deadline).await;
        self.counting.add(|counts| match verdict {
            Verdict::Delivered => counts.delivered += messages,
            Verdict::Refused => counts.refused += messages,
            Verdict::Again => counts.lost += messages,
        });
    }

    /// Tries until there is a final answer, or it is too late.
    async fn persist(&mut self, deadline: Instant) -> Verdict {
        let mut attempt = 0;
        loop {
            self.count_attempt(attempt);
            let answer = webhook::send(&self.client, &self.destination.receiver, &self.payload).await;
            let verdict = judge(&answer);
            let pause = pause(attempt, self.random.random());
            if verdict != Verdict::Again || Instant::now() + pause > deadline {
                return verdict;
            }
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    fn count_attempt(&self, attempt: u32) {
        self.counting.add(|counts| {
            counts.requests += 1;
            counts.retries += u64::from(attempt > 0);
        });
    }
}

/// "4xx final except 408, 423, 429; 5xx retried except 501" (actions framework).
fn judge(answer: &Result<Answer, Unreachable>) -> Verdict {
    match answer.as_ref().map(|answer| answer.status.as_u16()) {
        Ok(200..=299) => Verdict::Delivered,
        Ok(408 | 423 | 429 | 500 | 502..=599) | Err(_) => Verdict::Again,
        Ok(_) => Verdict::Refused,
    }
}

/// Doubling, halved at random; `chance` is from 0 to 1.
fn pause(attempt: u32, chance: f64) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST_PAUSE);
    whole.mul_f64(0.5 + chance / 2.0)
}
