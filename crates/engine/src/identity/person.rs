//! Everything that one person is known by.

use super::component::component;
use super::edges::End;
use super::{Identifier, Kind, Nodes, Origin, owner_or_later};
use serde::Serialize;
use std::collections::BTreeSet;

/// A person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The user id that stands for the person; none if nobody has logged in.
    pub user: Option<String>,
    /// Every user id, sorted.
    pub users: Vec<String>,
    /// Every anonymous id that was ever seen with one of the user ids, or is of a device that was; sorted. One of a shared
    /// device is in more than one person's list.
    pub anonymous: Vec<String>,
}

/// The person behind an identifier. For an anonymous id it is the one that it belonged to at this instant
/// (milliseconds since the Unix epoch) or, before the first login, the first one; without any, the device itself.
pub fn person(nodes: &mut impl Nodes, id: &Identifier, time: i64) -> Person {
    match id.kind {
        Kind::User => of_user(nodes, &id.id),
        Kind::Anonymous => match owner_or_later(nodes, &id.id, time) {
            Some(user) => of_user(nodes, &user),
            None => of_device(nodes, &id.id),
        },
    }
}

/// The user id that stands for all that are the same person: the `userId` of the latest `alias` among them, of two at
/// the same instant the one that sorts later. Without any alias it is the id itself.
pub fn canonical(nodes: &mut impl Nodes, user: &str) -> String {
    let users = component(nodes, Kind::User, user, Origin::LATEST);
    standing_for(nodes, &users).unwrap_or_else(|| user.to_owned())
}

fn standing_for(nodes: &mut impl Nodes, users: &BTreeSet<String>) -> Option<String> {
    let latest = |user: &String| {
        let edges = nodes.node(Kind::User, user).edges.counting(Origin::LATEST);
        let named = edges.filter(|edge| edge.end == End::From && users.contains(&*edge.other));
        named.map(|edge| (edge.told.at(Origin::LATEST), edge.other.to_string())).max()
    };
    users.iter().filter_map(latest).max().map(|(_, user)| user)
}

fn of_user(nodes: &mut impl Nodes, user: &str) -> Person {
    let users = component(nodes, Kind::User, user, Origin::LATEST);
    let stands = standing_for(nodes, &users).unwrap_or_else(|| user.to_owned());
    let mut anonymous = BTreeSet::new();
    for user in &users {
        for device in counting_devices(nodes, user) {
            anonymous.extend(component(nodes, Kind::Anonymous, &device, Origin::LATEST));
        }
    }
    Person {
        user: Some(stands),
        users: users.into_iter().collect(),
        anonymous: anonymous.into_iter().collect(),
    }
}

fn counting_devices(nodes: &mut impl Nodes, user: &str) -> Vec<String> {
    let mut devices = nodes.node(Kind::User, user).devices();
    devices.retain(|device| nodes.node(Kind::Anonymous, device).sightings.counts(user));
    devices
}

fn of_device(nodes: &mut impl Nodes, anonymous: &str) -> Person {
    let device = component(nodes, Kind::Anonymous, anonymous, Origin::LATEST);
    Person { anonymous: device.into_iter().collect(), ..Person::default() }
}
