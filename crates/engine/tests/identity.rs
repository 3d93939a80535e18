//! Who is who: the same for every order of arrival.

use causeway_engine::identity::{
    Evidence, Identifier, Memory, Node, Noted, Origin, Person, Reason, Standing, alias, canonical, explain,
    owner, owner_as_of, owner_or_later, person, same_device, seen_together, undo,
};
use causeway_store::Position;
use proptest::prelude::*;

const DAY: i64 = 24 * 60 * 60 * 1_000;

#[derive(Debug, Clone)]
enum Observation {
    Together(&'static str, &'static str, i64),
    Device(&'static str, &'static str, i64),
    Alias(&'static str, &'static str, i64),
    Undo(Identifier, Identifier, i64),
}

use Observation::{Alias, Device, Together, Undo};

fn evidence(time: i64, position: u64, reason: Reason) -> Evidence {
    Evidence { time, origin: Origin { position: Position(position), item: 0 }, reason }
}

fn observe(nodes: &mut Memory, observation: &Observation, position: u64) -> Noted {
    match observation {
        Together(anonymous, user, time) => {
            seen_together(nodes, anonymous, user, evidence(*time, position, Reason::BothIdsInsights))
        }
        Device(one, other, time) => {
            same_device(nodes, one, other, evidence(*time, position, Reason::TokenProperty))
        }
        Alias(previous, user, time) => alias(nodes, previous, user, evidence(*time, position, Reason::Alias)),
        Undo(from, to, time) => {
            let news = undo(nodes, from, to, evidence(*time, position, Reason::Operator));
            if news { Noted::Extended } else { Noted::Known }
        }
    }
}

/// Everything at one place of the journal, so that only what was observed differs.
fn after<'o>(observations: impl IntoIterator<Item = &'o Observation>) -> Memory {
    let mut nodes = Memory::default();
    observations.into_iter().for_each(|observation| _ = observe(&mut nodes, observation, 1));
    nodes
}

fn together(anonymous: &str, user: &str) -> (Identifier, Identifier) {
    (Identifier::anonymous(anonymous), Identifier::user(user))
}

fn owners(nodes: &mut Memory, anonymous: &str, times: &[i64]) -> Vec<String> {
    times.iter().map(|time| owner(nodes, anonymous, *time).unwrap_or_else(|| "-".to_owned())).collect()
}

/// Whose each anonymous id was, as far as was known then.
fn answers_of_owner(nodes: &mut Memory, known: Origin) -> Vec<Option<String>> {
    let times = TIMES.iter().flat_map(|time| ANONYMOUS.map(|id| (id, *time)));
    times.map(|(id, time)| owner_as_of(nodes, id, time, known)).collect()
}

/// Beliefs are exact to the second.
fn on_the_second(observation: Observation) -> Observation {
    let second = |time: i64| time.div_euclid(1_000) * 1_000;
    match observation {
        Together(anonymous, user, time) => Together(anonymous, user, second(time)),
        Alias(previous, user, time) => Alias(previous, user, second(time)),
        other => other,
    }
}

const ANONYMOUS: [&str; 3] = ["a1", "a2", "a3"];
const USERS: [&str; 3] = ["ann", "bob", "cat"];
/// Equal, within a second, within a quarter of an hour, on other days.
const TIMES: [i64; 9] = [0, 1, 400, 999, 1_000, 60_000, 61_000, DAY, 3 * DAY + 5];

fn observation() -> impl Strategy<Value = Observation> {
    let anonymous = || prop::sample::select(&ANONYMOUS[..]);
    let user = || prop::sample::select(&USERS[..]);
    let time = || prop::sample::select(&TIMES[..]);
    let identifier =
        move || prop_oneof![anonymous().prop_map(Identifier::anonymous), user().prop_map(Identifier::user)];
    prop_oneof![
        6 => (anonymous(), user(), time()).prop_map(|(anonymous, user, time)| Together(anonymous, user, time)),
        1 => (anonymous(), anonymous(), time()).prop_map(|(one, other, time)| Device(one, other, time)),
        1 => (user(), user(), time()).prop_map(|(previous, user, time)| Alias(previous, user, time)),
        1 => (anonymous(), user(), time()).prop_map(|(previous, user, time)| Alias(previous, user, time)),
        2 => (identifier(), identifier(), time()).prop_map(|(from, to, time)| Undo(from, to, time)),
    ]
}

fn shuffled() -> impl Strategy<Value = (Vec<Observation>, Vec<Observation>)> {
    let observations = prop::collection::vec(observation(), 4..=12);
    observations.prop_flat_map(|one| (Just(one.clone()), Just(one).prop_shuffle()))
}

fn answers(nodes: &mut Memory) -> Vec<(Vec<String>, Vec<Person>, String)> {
    let all = ANONYMOUS.map(Identifier::anonymous).into_iter().chain(USERS.map(Identifier::user));
    let answer = |id: Identifier| {
        let persons = TIMES.iter().map(|time| person(nodes, &id, *time)).collect();
        (owners(nodes, &id.id, &TIMES), persons, canonical(nodes, &id.id))
    };
    all.map(answer).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_order_of_arrival_leads_to_the_same((one, other) in shuffled()) {
        let (mut one, mut other) = (after(&one), after(&other));
        prop_assert_eq!(one.facts(), other.facts());
        prop_assert_eq!(answers(&mut one), answers(&mut other));
    }

    #[test]
    fn what_comes_again_changes_nothing(observations in prop::collection::vec(observation(), 1..=12)) {
        let mut nodes = after(&observations);
        let before = nodes.facts();
        for (position, observation) in observations.iter().rev().enumerate() {
            prop_assert_eq!(observe(&mut nodes, observation, 2 + position as u64), Noted::Known);
        }
        prop_assert_eq!(nodes.facts(), before);
    }

    #[test]
    fn only_a_known_sighting_leaves_the_bytes_as_they_are(
        observations in prop::collection::vec(observation(), 1..=12),
    ) {
        let mut nodes = Memory::default();
        for observation in &observations {
            let before = nodes.facts();
            let noted = observe(&mut nodes, observation, 1);
            prop_assert_eq!(noted == Noted::Known, nodes.facts() == before, "{:?} {:?}", observation, noted);
        }
    }

    #[test]
    fn users_share_a_person_only_by_alias((observations, _) in shuffled()) {
        let aliased = |one: &str, other: &str| observations.iter().any(|observation| {
            matches!(observation, Alias(from, to, _) if [*from, *to] == [one, other])
        });
        let mut nodes = after(&observations);
        let tied = |one: &str, other: &str| aliased(one, other) || aliased(other, one);
        for user in USERS {
            let users = person(&mut nodes, &Identifier::user(user), 0).users;
            let known = |other: &&String| USERS.contains(&other.as_str()) && other.as_str() != user;
            for other in users.iter().filter(known) {
                let between = users.iter().any(|third| tied(user, third) && tied(third, other));
                prop_assert!(tied(user, other) || between, "{user} and {other}");
            }
        }
    }

    #[test]
    fn a_sighting_is_right_for_its_own_instant_and_until_the_next(
        seen in prop::collection::btree_map(0_i64..100, 0_usize..3, 1..=12)
            .prop_map(Vec::from_iter)
            .prop_shuffle(),
    ) {
        let mut nodes = Memory::default();
        for (second, user) in &seen {
            seen_together(&mut nodes, "a1", USERS[*user], evidence(second * 1_000, 1, Reason::BothIdsSegment));
        }
        for time in 0..100 {
            let latest = seen.iter().filter(|(second, _)| *second <= time).max();
            let expected = latest.map(|(_, user)| USERS[*user].to_owned());
            prop_assert_eq!(owner(&mut nodes, "a1", time * 1_000 + 500), expected);
        }
    }

    #[test]
    fn what_was_believed_is_what_was_answered_then(
        observations in prop::collection::vec(observation().prop_map(on_the_second), 4..=12),
    ) {
        let mut nodes = Memory::default();
        let mut believed = Vec::new();
        for (position, observation) in observations.iter().enumerate() {
            observe(&mut nodes, observation, position as u64);
            believed.push(answers_of_owner(&mut nodes, Origin::LATEST));
        }
        for (position, expected) in believed.iter().enumerate() {
            let known = Origin { position: Position(position as u64), item: 0 };
            prop_assert_eq!(&answers_of_owner(&mut nodes, known), expected, "at {}", position);
        }
    }

    #[test]
    fn a_node_survives_the_way_through_the_store((observations, _) in shuffled()) {
        for (key, bytes) in after(&observations).facts() {
            let node = Node::decode(&bytes).unwrap();
            prop_assert_eq!(node.encode(), bytes, "{}", String::from_utf8_lossy(&key));
        }
    }

    #[test]
    fn hostile_bytes_are_refused_and_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Some(version) = bytes.first_mut() {
            *version = 1;
        }
        _ = Node::decode(&bytes);
    }
}

fn story(observations: &[Observation]) -> Memory {
    let mut nodes = Memory::default();
    for (position, observation) in observations.iter().enumerate() {
        observe(&mut nodes, observation, position as u64);
    }
    nodes
}

#[test]
fn the_last_of_two_logins_owns_what_follows_whatever_came_in_first() {
    let seen = [Together("a1", "ann", 100), Together("a1", "ann", 300), Together("a1", "bob", 200)];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut nodes = after(order.map(|place| &seen[place]));
        let owners = owners(&mut nodes, "a1", &[99, 100, 199, 200, 299, 300, 350]);
        assert_eq!(owners, ["-", "ann", "ann", "bob", "bob", "ann", "ann"], "{order:?}");
    }
}

#[test]
fn on_a_shared_device_every_instant_belongs_to_who_was_last_seen() {
    let logins = [(0, "ann"), (60, "bob"), (120, "ann"), (125, "ann"), (180, "bob")];
    let seen = logins.map(|(second, user)| Together("tablet", user, second * 1_000));
    let mut nodes = after(seen.iter().rev());
    let times = [-1, 0, 59, 60, 119, 120, 124, 125, 179, 180, 999].map(|second| second * 1_000);
    let expected = ["-", "ann", "ann", "bob", "bob", "ann", "ann", "ann", "ann", "bob", "bob"];
    assert_eq!(owners(&mut nodes, "tablet", &times), expected);
    assert_eq!(owner_or_later(&mut nodes, "tablet", -1).as_deref(), Some("ann"), "her history of before");
    let person = person(&mut nodes, &Identifier::anonymous("tablet"), 60_000);
    assert_eq!((person.user.as_deref(), person.anonymous), (Some("bob"), vec!["tablet".to_owned()]));
}

#[test]
fn what_is_noted_says_whether_segment_is_to_be_told() {
    let told = [
        (Together("a1", "ann", 1_000), Noted::New),
        (Together("a1", "ann", 1_000), Noted::Known),
        (Together("a1", "ann", 9_000), Noted::Extended),
        (Together("a1", "bob", 5_000), Noted::New),
        (Together("a1", "ann", 500), Noted::Moved),
        (Together("a1", "bob", 10_000), Noted::Moved),
        (Alias("ann", "bob", 0), Noted::New),
        (Alias("ann", "bob", 9), Noted::Extended),
        (Together("ann", "ann", 0), Noted::Known),
    ];
    let mut nodes = Memory::default();
    for (observation, noted) in told {
        assert_eq!(observe(&mut nodes, &observation, 1), noted, "{observation:?}");
    }
}

#[test]
fn an_alias_joins_two_users_and_the_latest_names_the_person() {
    let mut nodes = story(&[
        Together("a1", "old", 0),
        Together("a2", "new", 0),
        Alias("old", "new", 10),
        Alias("newest", "old", 5),
    ]);
    for id in [Identifier::user("old"), Identifier::user("newest"), Identifier::anonymous("a1")] {
        let person = person(&mut nodes, &id, 20);
        assert_eq!(person.user.as_deref(), Some("new"));
        assert_eq!(person.users, ["new", "newest", "old"]);
        // An alias of an anonymous id is told in the same words, so each previous id is one as well.
        assert_eq!(person.anonymous, ["a1", "a2", "newest", "old"]);
    }
}

#[test]
fn an_alias_of_an_anonymous_id_makes_it_the_users() {
    let mut nodes = story(&[Alias("a1", "ann", 10)]);
    assert_eq!(owner(&mut nodes, "a1", 10).as_deref(), Some("ann"));
    assert_eq!(person(&mut nodes, &Identifier::user("ann"), 0).anonymous, ["a1"]);
}

#[test]
fn an_alias_at_every_login_on_a_shared_device_joins_nobody() {
    let mut nodes = story(&[Alias("tablet", "ann", 10_000), Alias("tablet", "bob", 20_000)]);
    assert_eq!(owners(&mut nodes, "tablet", &[15_000, 25_000]), ["ann", "bob"]);
    assert_eq!(person(&mut nodes, &Identifier::user("ann"), 0).users, ["ann"]);
    assert_eq!(person(&mut nodes, &Identifier::user("bob"), 0).users, ["bob", "tablet"]);
}

#[test]
fn the_ids_of_one_device_have_one_owner() {
    let mut nodes = story(&[Device("segment-id", "algolia-token", DAY), Together("segment-id", "ann", 50)]);
    assert_eq!(owners(&mut nodes, "algolia-token", &[49, 50]), ["-", "ann"]);
    let person = person(&mut nodes, &Identifier::anonymous("algolia-token"), 0);
    assert_eq!(person.anonymous, ["algolia-token", "segment-id"]);
    let nobody = story(&[Device("b1", "b2", 0)]);
    let device = causeway_engine::identity::person(&mut { nobody }, &Identifier::anonymous("b2"), 0);
    assert_eq!((device.user, device.anonymous), (None, vec!["b1".to_owned(), "b2".to_owned()]));
}

#[test]
fn what_an_operator_takes_back_no_longer_counts_and_what_happens_later_does() {
    let (device, ann) = together("a1", "ann");
    let mut nodes = story(&[
        Together("a1", "bob", 0),
        Together("a1", "ann", 60_000),
        Undo(device.clone(), ann.clone(), 90_000),
    ]);
    assert_eq!(owner(&mut nodes, "a1", 70_000).as_deref(), Some("bob"));
    assert!(person(&mut nodes, &ann, 0).anonymous.is_empty());
    assert_eq!(observe(&mut nodes, &Together("a1", "ann", 120_000), 3), Noted::New);
    assert_eq!(owners(&mut nodes, "a1", &[70_000, 120_000]), ["bob", "ann"]);
    let then = Origin { position: Position(1), item: 0 };
    assert_eq!(owner_as_of(&mut nodes, "a1", 70_000, then).as_deref(), Some("ann"), "before the undo");
}

#[test]
fn an_undone_alias_parts_two_users_again() {
    let pair = (Identifier::user("ann"), Identifier::user("bob"));
    let mut nodes = story(&[Alias("ann", "bob", 10), Undo(pair.0, pair.1.clone(), 20)]);
    assert_eq!(person(&mut nodes, &pair.1, 0).users, ["bob"]);
    assert_eq!(canonical(&mut nodes, "ann"), "ann");
    observe(&mut nodes, &Alias("ann", "bob", 21), 2);
    assert_eq!(canonical(&mut nodes, "ann"), "bob");
}

#[test]
fn every_link_is_explained_the_undone_ones_too() {
    let (device, ann) = together("a1", "ann");
    let observations =
        [Together("a1", "ann", 5), Alias("old", "ann", 7), Device("a1", "t1", DAY + 3), Undo(device, ann, 6)];
    let mut nodes = story(&observations);
    let person = person(&mut nodes, &Identifier::user("ann"), 9);
    let links = explain(&mut nodes, &person);
    let told: Vec<_> = links
        .iter()
        .map(|link| (&*link.from.id, &*link.to.id, link.last, link.reasons[0].word(), link.standing))
        .collect();
    let expected = [
        ("a1", "ann", 5, "both-ids-insights", Standing::Undone),
        ("old", "ann", 7, "alias", Standing::Counts),
        ("a1", "t1", DAY, "token-property", Standing::Counts),
        ("old", "ann", 7, "alias", Standing::Counts),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_token_that_everybody_sends_joins_nobody() {
    let mut nodes = Memory::default();
    for number in 0..300 {
        let id = format!("a{number}");
        same_device(&mut nodes, &id, "constant", evidence(0, number, Reason::TokenProperty));
        seen_together(&mut nodes, &id, &format!("u{number}"), evidence(0, number, Reason::BothIdsSegment));
    }
    assert_eq!(owner(&mut nodes, "constant", 1), None);
    assert_eq!(person(&mut nodes, &Identifier::user("u7"), 1).anonymous, ["a7"]);
    let person = person(&mut nodes, &Identifier::user("u7"), 1);
    assert_eq!(explain(&mut nodes, &person)[1].standing, Standing::TooMany);
}

#[test]
fn a_node_stays_small_and_its_owners_right_however_much_is_seen() {
    let mut nodes = Memory::default();
    // Once in each quarter of an hour somebody else has the device for half a minute.
    let user = |second: i64| if second % 900 == 300 { "bob" } else { "ann" };
    let seconds = || (0..40_000).step_by(30);
    for (position, second) in seconds().enumerate() {
        let evidence = evidence(second * 1_000, position as u64, Reason::BothIdsInsights);
        seen_together(&mut nodes, "tablet", user(second), evidence);
        seen_together(&mut nodes, &format!("{second}"), "ann", evidence);
    }
    for second in seconds() {
        assert_eq!(owner(&mut nodes, "tablet", second * 1_000).as_deref(), Some(user(second)), "{second}");
    }
    let largest = nodes.facts().into_iter().map(|(_, bytes)| bytes.len()).max();
    assert!(largest < Some(4_000), "{largest:?}");
}
