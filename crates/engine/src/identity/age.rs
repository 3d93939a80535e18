//! What was known when.

use super::{Node, Origin};
use causeway_store::Position;

/// Whether anything that is known of an identifier was told before this place of the journal or, where no place is kept,
/// before its time.
pub(crate) fn is_older(node: &Node, position: Position, at: i64) -> bool {
    let before = |origin: Origin| origin.position < position;
    let runs = node.sightings.0.iter().flat_map(|seen| &seen.runs);
    let mut ties = node.edges.0.iter().filter_map(|edge| edge.told.origin());
    runs.map(|run| run.origin).any(before)
        || ties.any(before)
        || node.devices.iter().any(|device| device.since < at)
}
