//! What a bridge takes from the world around it, beside what time it is: chance, threads to wait on, and the network. Passed
//! in, so that a simulation runs the same code on a world of its own, where the same seed makes the same run.

use crate::delivery::client::{Client, Transport};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The world around a bridge.
#[derive(Clone)]
pub struct World {
    /// How waits are spread.
    pub chance: Chance,
    /// Where what blocks is done.
    pub aside: Aside,
    /// What requests go through; the system's network if there is none.
    pub transport: Option<Arc<dyn Transport>>,
}

impl World {
    /// The system's own.
    pub fn real() -> Self {
        Self { chance: Chance::real(), aside: Aside::Threads, transport: None }
    }

    /// A client of the network whose every exchange may take at most `timeout`.
    pub fn client(&self, timeout: Duration) -> std::io::Result<Client> {
        match &self.transport {
            Some(transport) => Ok(Client::over(Arc::clone(transport), timeout)),
            None => Client::new(timeout),
        }
    }
}

/// Gives numbers from 0 to 1.
#[derive(Clone)]
pub struct Chance(Arc<dyn Fn() -> f64 + Send + Sync>);

impl Chance {
    /// True chance.
    pub fn real() -> Self {
        Self(Arc::new(rand::random))
    }

    /// What a function answers.
    pub fn from_fn(draw: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    /// The next number.
    pub fn draw(&self) -> f64 {
        (self.0)()
    }
}

impl std::fmt::Debug for Chance {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Chance")
    }
}

/// Where work is done that blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    /// On threads of its own, so that nobody waits for it.
    Threads,
    /// In a task of the runtime, in the same order each time; its outcome is told after so long.
    Tasks(Duration),
}

impl Aside {
    /// Begins the work.
    pub fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        match self {
            Self::Threads => tokio::task::spawn_blocking(work),
            Self::Tasks(takes) => tokio::spawn(async move {
                let done = work();
                tokio::time::sleep(takes).await;
                done
            }),
        }
    }
}
