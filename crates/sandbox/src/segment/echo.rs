//! The echo: every message that the tracking API keeps goes on to a Webhooks destination, as a customer's would. Batches
//! are formed and retried as Segment does (destinations/index, "Retries"), in no promised order.

mod counts;
mod delivery;

pub use counts::EchoCounts;

use super::webhook::Receiver;
use counts::Counting;
use delivery::Courier;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How many messages may wait; further ones are lost and counted.
const LONGEST_QUEUE: usize = 100_000;

/// A Webhooks destination of the stand-in's source.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    /// Its name in `integrations`.
    pub(crate) name: String,
    pub(crate) receiver: Receiver,
    /// How many messages go into one array; with 1 each is sent alone, as an object.
    pub(crate) batch: usize,
    /// How many requests may be under way.
    pub(crate) concurrency: usize,
}

/// An echo under way; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Echo {
    pub(crate) destination: Destination,
    queue: mpsc::Sender<Value>,
    counting: Counting,
    task: JoinHandle<()>,
}

impl Echo {
    /// Starts an echo on the current runtime; `seed` is where the randomness of its pauses starts.
    pub(crate) fn start(destination: Destination, seed: u64) -> Self {
        let (queue, waiting) = mpsc::channel(LONGEST_QUEUE);
        let counting = Counting::default();
        let courier = Courier::new(destination.clone(), counting.clone(), seed);
        let task = tokio::spawn(courier.run(waiting));
        Self { destination, queue, counting, task }
    }

    /// Takes a message that the tracking API kept.
    pub(crate) fn offer(&self, message: Value) {
        self.counting.add(|counts| counts.taken += 1);
        if !is_for(&message, &self.destination.name) {
            self.counting.add(|counts| counts.withheld += 1);
        } else if self.queue.try_send(message).is_err() {
            self.counting.add(|counts| counts.lost += 1);
        }
    }

    pub(crate) fn counts(&self) -> EchoCounts {
        self.counting.read()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether `integrations` lets a message through to a destination: its own name decides before `All`, and everything but
/// `false` is a yes.
fn is_for(message: &Value, name: &str) -> bool {
    let switches = &message["integrations"];
    switches.get(name).or_else(|| switches.get("All")) != Some(&Value::Bool(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_destinations_own_name_decides_before_all() {
        for (integrations, expected) in [
            (json!(null), true),
            (json!({}), true),
            (json!({"All": false}), false),
            (json!({"All": false, "Hook": true}), true),
            (json!({"All": false, "Hook": {"option": 1}}), true),
            (json!({"Hook": false}), false),
            (json!({"All": true, "Hook": false}), false),
            (json!({"hook": false}), true),
        ] {
            assert_eq!(is_for(&json!({"integrations": integrations}), "Hook"), expected, "{integrations}");
        }
    }
}
