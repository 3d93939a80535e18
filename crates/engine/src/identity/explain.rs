//! Why identifiers are one person.

use super::edges::{Edge, End};
use super::sightings::Seen;
use super::{Identifier, Kind, Nodes, Origin, Person, Reason, Reasons};
use serde::Serialize;
use std::collections::BTreeSet;

/// A link between two identifiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The anonymous id, or an alias' `previousId`.
    pub from: Identifier,
    /// The user id, or the other anonymous id of the device.
    pub to: Identifier,
    /// When it was first seen, in milliseconds since the Unix epoch; of a tie within a kind only the latest is kept.
    pub first: i64,
    /// When it was last seen.
    pub last: i64,
    /// What tells of it.
    pub reasons: Vec<Reason>,
    /// The first position in the journal that told of it.
    pub position: u64,
    /// Whether it counts.
    pub standing: Standing,
}

/// Whether a link counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It does.
    Counts,
    /// An operator has taken it back.
    Undone,
    /// It is kept and not followed, because one of its ends has too many.
    TooMany,
}

/// Every link that makes these identifiers a person, and those that an operator has taken back, sorted.
pub fn explain(nodes: &mut impl Nodes, person: &Person) -> Vec<Link> {
    let devices = person.users.iter().flat_map(|user| nodes.node(Kind::User, user).devices());
    let mut anonymous: BTreeSet<String> = devices.collect();
    anonymous.extend(person.anonymous.iter().cloned());
    let mut links = Vec::new();
    for id in &anonymous {
        let seen = &nodes.node(Kind::Anonymous, id).sightings.0;
        links.extend(seen.iter().filter(|seen| of(person, seen)).filter_map(|seen| sighting(id, seen)));
    }
    ties(nodes, Kind::Anonymous, &anonymous, &mut links);
    ties(nodes, Kind::User, &person.users.iter().cloned().collect(), &mut links);
    links
}

fn of(person: &Person, seen: &Seen) -> bool {
    person.users.iter().any(|user| **user == *seen.user)
}

fn sighting(anonymous: &str, seen: &Seen) -> Option<Link> {
    let (first, last) = (seen.runs.first()?.first, seen.runs.last()?.last);
    let mut reasons = Reasons::default();
    seen.runs.iter().for_each(|run| reasons.join(run.reasons));
    let undone = seen.undone.at(Origin::LATEST) >= Some(last);
    let origin = seen.runs.iter().map(|run| run.origin).min()?;
    Some(Link {
        from: Identifier::anonymous(anonymous),
        to: Identifier::user(&*seen.user),
        first,
        last,
        reasons: reasons.iter().collect(),
        position: origin.position.0,
        standing: if undone { Standing::Undone } else { Standing::Counts },
    })
}

/// The ties that begin at one of these, and those that end there and begin elsewhere.
fn ties(nodes: &mut impl Nodes, kind: Kind, ids: &BTreeSet<String>, links: &mut Vec<Link>) {
    for id in ids {
        let edges = nodes.node(kind, id).edges.0.clone();
        for edge in edges.iter().filter(|edge| edge.end == End::From || !ids.contains(&*edge.other)) {
            let crowded = [id, &*edge.other].into_iter().any(|end| nodes.node(kind, end).edges.crowded());
            links.extend(tie(kind, id, edge, crowded));
        }
    }
}

fn tie(kind: Kind, id: &str, edge: &Edge, crowded: bool) -> Option<Link> {
    let (last, origin) = (edge.told.at(Origin::LATEST)?, edge.told.origin()?);
    let ends = match edge.end {
        End::From => [id, &edge.other],
        End::To => [&edge.other, id],
    };
    let [from, to] = ends.map(|end| Identifier { kind, id: end.to_owned() });
    let standing = match (edge.counts(Origin::LATEST), crowded) {
        (false, _) => Standing::Undone,
        (true, true) => Standing::TooMany,
        (true, false) => Standing::Counts,
    };
    let reasons = edge.reasons.iter().collect();
    Some(Link { from, to, first: last, last, reasons, position: origin.position.0, standing })
}
