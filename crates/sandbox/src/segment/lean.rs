//! Counting instead of understanding, see [`crate::Options::lean`].

use super::{MALFORMED, Route};
use crate::framing;
use crate::world::World;

pub(super) fn take(world: &World, route: Route, body: &[u8]) -> Result<(), &'static str> {
    let in_lists = framing::count(body).ok_or(MALFORMED)?;
    let messages = if route == Route::Batch { in_lists } else { 1 };
    let tally = &mut world.memory().counts.segment;
    tally.received += messages;
    tally.kept += messages;
    Ok(())
}
