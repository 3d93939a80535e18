//! A sandbox inside a test.

use crate::control;
use crate::counts::Counts;
use crate::fault::Fault;
use crate::kept::Kept;
use crate::options::Options;
use crate::segment::echo::{Echo, EchoCounts};
use crate::world::{Memory, World};
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running sandbox. Dropping it stops it soon; [`Sandbox::stop`] waits until it is gone.
#[derive(Debug)]
pub struct Sandbox {
    addr: SocketAddr,
    world: Arc<World>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Binds `options.listen` and serves on the current runtime.
    ///
    /// # Errors
    /// The address can't be bound.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let addr = listener.local_addr()?;
        let world = Arc::new(World::new(options));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(super::run(listener, Arc::clone(&world), stopped));
        Ok(Self { addr, world, stop, task })
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://ADDR`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The final messages of the stand-in Segment, oldest first: merged, corrected, de-duplicated.
    pub fn messages(&self) -> Vec<Value> {
        self.read(|memory| &memory.messages)
    }

    /// Those of them that came after the one with this number, each with its own; the first of all is number 1.
    pub fn messages_after(&self, number: u64) -> Vec<(u64, Value)> {
        let items = self.world.memory().messages.after(number);
        items
            .iter()
            .filter_map(|item| Some((item.sequence, serde_json::from_slice(&item.text).ok()?)))
            .collect()
    }

    /// What the stand-in Segment threw away, oldest first: `{"reason", "message"}`.
    pub fn dropped(&self) -> Vec<Value> {
        self.read(|memory| &memory.dropped)
    }

    /// The accepted Insights events, oldest first.
    pub fn events(&self) -> Vec<Value> {
        self.read(|memory| &memory.events)
    }

    /// The records of an index with their write counts, as `GET /_sandbox/algolia/records` lists them.
    pub fn records(&self, index: &str) -> Vec<Value> {
        self.world.memory().records(Some(index))
    }

    /// Every operation that Search accepted, oldest first: `{"at", "index", "action", "objectID", "body"}`.
    pub fn writes(&self) -> Vec<Value> {
        self.read(|memory| &memory.writes)
    }

    /// Every search that was answered, oldest first, as `GET /_sandbox/algolia/searches` lists them.
    pub fn searches(&self) -> Vec<Value> {
        self.read(|memory| &memory.searches)
    }

    /// What any of Algolia's interfaces was told to delete, oldest first: `{"at", "api", …}`.
    pub fn deletions(&self) -> Vec<Value> {
        self.read(|memory| &memory.deletions)
    }

    /// Starts an echo with an order as `POST /_sandbox/segment/echo` takes it, in place of the one under way.
    ///
    /// # Errors
    /// Which field of the order is wrong, and what would be right.
    pub fn echo(&self, order: Value) -> Result<(), String> {
        let destination = control::destination(order).map_err(|bad| bad.to_string())?;
        self.world.set_echo(Some(destination));
        Ok(())
    }

    /// What the echo under way did so far; nothing when there is none.
    pub fn echoed(&self) -> Option<EchoCounts> {
        self.world.echo().as_ref().map(Echo::counts)
    }

    /// Puts a fault in force beside those that are.
    pub fn set_fault(&self, fault: Fault) {
        self.world.set_fault(fault);
    }

    /// Ends every fault.
    pub fn clear_faults(&self) {
        self.world.clear_faults();
    }

    /// As if just started: no messages, counts, known ids or faults.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// The totals so far.
    pub fn stats(&self) -> Counts {
        self.world.memory().counts
    }

    /// Stops and waits until the port is free; requests under way may finish for a second.
    pub async fn stop(self) {
        drop(self.stop);
        // A task that panicked or was cancelled with its runtime is gone as well, which is all that is asked.
        let _ = self.task.await;
    }

    fn read(&self, choose: impl Fn(&Memory) -> &Kept) -> Vec<Value> {
        let items = choose(&self.world.memory()).after(0);
        items.iter().filter_map(|item| serde_json::from_slice(&item.text).ok()).collect()
    }
}
