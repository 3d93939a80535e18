//! Ties between two identifiers of one kind, kept at both ends.

use super::latest::Latest;
use super::{Evidence, Kind, NodesMut, Origin, Reasons};

/// How many ties one identifier may have. One with more is taken for a mistake, such as a constant sent as a token: none of
/// its ties is followed, in either direction, so that it joins nobody.
pub const MAX_EDGES: usize = 256;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The ties of one identifier, sorted by [`Edge::key`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Edges(pub(super) Vec<Edge>);

/// One tie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    /// The identifier at the other end.
    pub(super) other: Box<str>,
    pub(super) end: End,
    /// When it was told of; never if only an undo is known.
    pub(super) told: Latest,
    pub(super) reasons: Reasons,
    pub(super) undone: Latest,
}

/// Which end of the tie the identifier itself is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// The alias' `previousId`, or the anonymous id that the call was of.
    From,
    /// The alias' `userId`, or the token in the property.
    To,
}

impl Edge {
    fn new(other: &str, end: End) -> Self {
        let (told, reasons, undone) = (Latest::default(), Reasons::default(), Latest::default());
        Self { other: other.into(), end, told, reasons, undone }
    }

    fn key(&self) -> (&str, End) {
        (&self.other, self.end)
    }

    /// Whether it counts, as far as was known at this place of the journal.
    pub(super) fn counts(&self, known: Origin) -> bool {
        self.told.at(known) > self.undone.at(known)
    }

    fn holds(&self, evidence: Evidence) -> bool {
        self.told.holds(evidence.time, evidence.origin) && self.reasons.contains(evidence.reason)
    }

    fn note(&mut self, evidence: Evidence) {
        self.told.add(evidence.time, evidence.origin);
        self.reasons.join(evidence.reason.into());
    }
}

impl Edges {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are too many to be followed.
    pub(super) fn crowded(&self) -> bool {
        self.0.len() > MAX_EDGES
    }

    /// Those that count, as far as was known at this place of the journal.
    pub(super) fn counting(&self, known: Origin) -> impl Iterator<Item = &Edge> {
        let crowded = self.crowded();
        self.0.iter().filter(move |edge| !crowded && edge.counts(known))
    }

    pub(super) fn get(&self, other: &str, end: End) -> Option<&Edge> {
        self.find(other, end).ok().map(|place| &self.0[place])
    }

    /// Changes a tie. Of too many the first by their key stay, so that these don't depend on the order either.
    fn change<R: Default>(&mut self, other: &str, end: End, change: impl FnOnce(&mut Edge) -> R) -> R {
        let place = self.find(other, end).unwrap_or_else(|place| {
            self.0.insert(place, Edge::new(other, end));
            place
        });
        let changed = change(&mut self.0[place]);
        self.0.truncate(MAX_EDGES + 1);
        changed
    }

    fn find(&self, other: &str, end: End) -> Result<usize, usize> {
        self.0.binary_search_by(|edge| edge.key().cmp(&(other, end)))
    }
}

/// Whether noting this would change nothing.
pub(super) fn hold(
    nodes: &mut impl NodesMut,
    kind: Kind,
    (from, to): (&str, &str),
    evidence: Evidence,
) -> bool {
    let edges = &nodes.node(kind, from).edges;
    match edges.get(to, End::From) {
        Some(edge) => edge.holds(evidence),
        // Beyond the bound it is let go at once.
        None => edges.crowded() && edges.0.last().is_some_and(|last| last.key() < (to, End::From)),
    }
}

/// Notes a tie at both ends.
pub(super) fn note(nodes: &mut impl NodesMut, kind: Kind, (from, to): (&str, &str), evidence: Evidence) {
    nodes.node_mut(kind, from).edges.change(to, End::From, |edge| edge.note(evidence));
    nodes.node_mut(kind, to).edges.change(from, End::To, |edge| edge.note(evidence));
}

/// Hides a tie up to this instant, at both ends. Answers whether that is news.
pub(super) fn undo(
    nodes: &mut impl NodesMut,
    kind: Kind,
    (from, to): (&str, &str),
    time: i64,
    origin: Origin,
) -> bool {
    let one = nodes.node_mut(kind, from).edges.change(to, End::From, |edge| edge.undone.add(time, origin));
    let other = nodes.node_mut(kind, to).edges.change(from, End::To, |edge| edge.undone.add(time, origin));
    one || other
}

/// Ties between anonymous ids are told with every call, so only their day (UTC) is kept.
pub(super) fn start_of_day(time: i64) -> i64 {
    time.div_euclid(DAY_MS).saturating_mul(DAY_MS)
}

/// See [`start_of_day`].
pub(super) fn end_of_day(time: i64) -> i64 {
    start_of_day(time).saturating_add(DAY_MS - 1)
}
