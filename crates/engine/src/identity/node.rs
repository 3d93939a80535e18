//! What is known of one identifier, and its bytes.
//!
//! ```text
//! node      version u8 · seen list · edge list · device list       (numbers are LEB128, signed ones zigzag)
//! seen      user · undone: instant list · run list
//! run       first, from the last run's last · last − first · position, from the last run's · item · reasons u8
//! instant   time · position · item
//! edge      other · end u8 · told: instant list · reasons u8 · undone: instant list
//! device    anonymous id · since
//! ```

use super::Origin;
use super::edges::Edges;
use super::sightings::Sightings;
use causeway_store::Position;

/// How many anonymous ids are remembered for a user; of more those that were first seen last.
pub const MAX_DEVICES: usize = 256;

/// What is known of one identifier. A node that was never written is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The users seen with an anonymous id.
    pub(super) sightings: Sightings,
    /// What it is tied to within its kind.
    pub(super) edges: Edges,
    /// The anonymous ids seen with a user, sorted.
    pub(super) devices: Vec<Device>,
}

/// An anonymous id that a user was seen with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Device {
    pub(super) anonymous: Box<str>,
    /// The first instant.
    pub(super) since: i64,
}

/// The bytes are not what [`Node::encode`] makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is kept of an identifier has an unknown shape")]
pub struct Malformed;

impl Node {
    /// Nothing is known.
    pub(super) const EMPTY: Self =
        Self { sightings: Sightings(Vec::new()), edges: Edges(Vec::new()), devices: Vec::new() };

    /// Whether nothing is known, so that there is nothing to keep.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// What was known of it before this record of the journal. Which devices a user had is not cut: whom an anonymous id
    /// belongs to does not depend on it.
    #[must_use]
    pub(crate) fn before(mut self, position: Position) -> Self {
        let earlier = |origin: Origin| origin.position < position;
        for seen in &mut self.sightings.0 {
            seen.runs.retain(|run| earlier(run.origin));
            seen.undone.0.retain(|instant| earlier(instant.origin));
        }
        self.sightings.0.retain(|seen| !(seen.runs.is_empty() && seen.undone.0.is_empty()));
        for edge in &mut self.edges.0 {
            edge.told.0.retain(|instant| earlier(instant.origin));
            edge.undone.0.retain(|instant| earlier(instant.origin));
        }
        self.edges.0.retain(|edge| !(edge.told.0.is_empty() && edge.undone.0.is_empty()));
        self
    }

    /// Whether the user is known to have had this anonymous id at this instant or before.
    pub(super) fn has_device(&self, anonymous: &str, time: i64) -> bool {
        let found = self.find_device(anonymous);
        let crowded_out =
            || self.devices.len() == MAX_DEVICES && self.devices.iter().all(|one| one.since > time);
        found.map_or_else(|_| crowded_out(), |place| self.devices[place].since <= time)
    }

    pub(super) fn add_device(&mut self, anonymous: &str, time: i64) {
        match self.find_device(anonymous) {
            Ok(place) => self.devices[place].since = self.devices[place].since.min(time),
            Err(place) => self.devices.insert(place, Device { anonymous: anonymous.into(), since: time }),
        }
        if self.devices.len() > MAX_DEVICES {
            let oldest = self.devices.iter().enumerate().min_by_key(|(_, device)| device.since);
            let oldest = oldest.map_or(0, |(place, _)| place);
            self.devices.remove(oldest);
        }
    }

    /// The anonymous ids ever seen with a user.
    pub(super) fn devices(&self) -> Vec<String> {
        self.devices.iter().map(|device| device.anonymous.to_string()).collect()
    }

    fn find_device(&self, anonymous: &str) -> Result<usize, usize> {
        self.devices.binary_search_by(|device| (*device.anonymous).cmp(anonymous))
    }
}
