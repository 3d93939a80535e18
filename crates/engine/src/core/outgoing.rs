//! What a step makes for the outbox: a block under construction for each destination.

use super::growth::Growth;
use crate::flow::DESTINATIONS;
use crate::outbox::Builder;

/// How much each destination's block grows, as far as was seen.
pub(super) type Growths = [Growth; DESTINATIONS.len()];

/// The blocks of one hour.
pub(super) struct Outgoing([Builder; DESTINATIONS.len()]);

impl Outgoing {
    /// Empty blocks for an hour, with room for what so many bytes of bodies will probably come to.
    pub(super) fn new(hour: i64, growths: &Growths, bodies: usize) -> Self {
        let builder =
            |place: usize| Builder::with_room(DESTINATIONS[place], hour, growths[place].expected(bodies));
        Self(std::array::from_fn(builder))
    }

    /// A destination's block.
    pub(super) fn to(&mut self, destination: &str) -> &mut Builder {
        let place = DESTINATIONS.iter().position(|name| *name == destination);
        &mut self.0[place.expect("flows are compiled for known destinations only")]
    }

    /// What was made, and how much that was of so many bytes of bodies.
    pub(super) fn close(self, growths: &mut Growths, bodies: usize) -> impl Iterator<Item = Builder> {
        let mut builders = self.0;
        for (builder, growth) in builders.iter_mut().zip(growths) {
            growth.learn(bodies, builder.payload().len());
        }
        builders.into_iter().filter(|builder| !builder.is_empty())
    }
}
