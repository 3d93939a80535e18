use super::waits::Waits;
use super::*;
use crate::core::Kept;
use crate::searches::testing::Stored;
use proptest::prelude::*;
use std::collections::BTreeSet;

const DAY: i64 = 24 * HOUR;

#[derive(Default)]
struct World {
    demands: Option<Demands>,
    stored: Stored,
}

impl World {
    fn go<R>(&mut self, act: impl FnOnce(&mut Demands, &Stored) -> R) -> R {
        act(self.demands.get_or_insert_with(|| Demands::new(Settings::default())), &self.stored)
    }

    fn failed(&mut self, query: &str, filters: Option<&str>, token: &str, at: i64) {
        self.go(|demands, stored| demands.failed(stored, asked(query, filters, at), token).unwrap());
    }

    fn found(&mut self, query: &str, filters: Option<&str>, at: i64, own: &[&str]) {
        let own: Vec<String> = own.iter().map(|own| (*own).to_owned()).collect();
        let asked = asked(query, filters, at);
        self.go(|demands, stored| {
            for id in demands.found(stored, asked, 7).unwrap() {
                demands.take_off(stored, id, &own).unwrap();
            }
        });
    }

    fn told(&mut self, most: usize) -> Vec<(String, String)> {
        let mut told = Vec::new();
        while let Some(news) = (told.len() < most)
            .then(|| self.go(|demands, stored| demands.next_news(stored).unwrap()))
            .flatten()
        {
            told.push((news.demand.query, news.waiting.token));
        }
        told
    }

    fn bought(&mut self, tokens: &[&str], objects: &[&str], at: i64) {
        let tokens: Vec<String> = tokens.iter().map(|token| (*token).to_owned()).collect();
        let objects = objects.iter().map(|id| ((*id).to_owned(), Some(5_000_000))).collect();
        let purchase = Purchase { at, currency: Some("EUR".to_owned()), objects, total: None };
        self.go(|demands, stored| demands.bought(stored, &tokens, &purchase).unwrap());
    }

    fn commit(&mut self) {
        let changes = self.go(|demands, _| demands.take_changes());
        self.stored.keep(changes);
    }

    fn restart(&mut self) {
        self.commit();
        let mut demands = Demands::new(Settings::default());
        if let Some(stored) = self.stored.0.get(TELLING.as_bytes()) {
            demands.restore(TELLING.as_bytes(), stored);
        }
        self.demands = Some(demands);
    }

    fn demand(&mut self, query: &str, filters: Option<&str>) -> Option<Demand> {
        self.commit();
        demand(&self.stored, DemandId::of("products", query, filters)).unwrap()
    }

    /// Who waits for what, as each query says, and as each token says.
    fn lists(&mut self) -> [BTreeSet<(DemandId, String)>; 2] {
        self.commit();
        let mut lists = [BTreeSet::new(), BTreeSet::new()];
        for (key, stored) in &self.stored.0 {
            if let Some(id) = key.strip_prefix(b"demand/") {
                let id = DemandId(u64::from_str_radix(str::from_utf8(id).unwrap(), 16).unwrap());
                lists[0].extend(Demand::decode(stored).waiting.into_iter().map(|one| (id, one.token)));
            } else if let Some(token) = key.strip_prefix(b"waits/") {
                let token = str::from_utf8(token).unwrap();
                lists[1].extend(Waits::decode(stored).0.into_iter().map(|wait| (wait.id, token.to_owned())));
            }
        }
        lists
    }
}

fn asked<'a>(query: &'a str, filters: Option<&'a str>, at: i64) -> Asked<'a> {
    Asked { index: "products", query, filters, at }
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(query, token)| ((*query).to_owned(), (*token).to_owned())).collect()
}

#[test]
fn who_waits_is_told_once_and_who_sees_the_results_is_not() {
    let mut world = World::default();
    for (token, at) in [("ann", 1), ("bob", 2), ("ann", 3), ("cat", 4), ("cat's phone", 4)] {
        world.failed("Zebra Lamp", None, token, at);
    }
    let zebra = world.demand("zebra lamp", None).unwrap();
    assert_eq!((zebra.times, zebra.persons, zebra.first_at, zebra.last_at), (5, 4, 1, 4));
    world.found("zebra  lamp", None, 5, &["cat", "cat's phone"]);
    assert_eq!(world.told(9), pairs(&[("zebra lamp", "ann"), ("zebra lamp", "bob")]));
    world.found("zebra lamp", None, 6, &[]);
    assert_eq!(world.told(9), []);
    assert_eq!(world.demand("zebra lamp", None).unwrap().found, Some(Found { at: 5, nb_hits: 7 }));
    world.failed("zebra lamp", None, "ann", 7);
    assert_eq!(world.demand("zebra lamp", None).unwrap().found, None);
    world.found("zebra lamp", None, 8, &[]);
    assert_eq!(world.told(9), pairs(&[("zebra lamp", "ann")]));
}

#[test]
fn results_under_filters_prove_some_without_and_nothing_of_other_filters() {
    let mut world = World::default();
    for (token, filters) in [("ann", None), ("bob", Some("size:47")), ("cat", Some("size:48"))] {
        world.failed("boots", filters, token, 1);
    }
    world.found("boots", Some("size:47"), 2, &[]);
    assert_eq!(world.told(9), pairs(&[("boots", "bob"), ("boots", "ann")]));
    world.found("boots", None, 3, &[]);
    assert_eq!(world.told(9), []);
}

#[test]
fn results_of_before_a_query_in_vain_are_no_news() {
    let mut world = World::default();
    world.failed("boots", None, "ann", 10);
    world.found("boots", None, 9, &[]);
    assert_eq!(world.told(9), []);
    world.found("boots", None, 11, &[]);
    world.failed("boots", None, "bob", 10);
    assert_eq!(world.told(9), pairs(&[("boots", "ann"), ("boots", "bob")]));
}

#[test]
fn what_was_bought_counts_once_a_person_and_only_within_the_window() {
    let mut world = World::default();
    world.failed("zebra lamp", None, "ann", 1_000);
    world.failed("zebra lamp", None, "ann's phone", 1_000);
    world.failed("zebra lamp", None, "bob", 1_000);
    world.bought(&["ann", "ann's phone"], &["a", "b"], 2_000);
    world.bought(&["ann", "ann's phone"], &["a", "b"], 2_000);
    world.bought(&["bob"], &["b"], 1_000 + DAY);
    world.bought(&["bob"], &["c"], 1_001 + DAY);
    world.bought(&["bob"], &["d"], 999);
    let zebra = world.demand("zebra lamp", None).unwrap();
    let bought: Vec<_> = zebra.bought.iter().map(|one| (one.object_id.as_str(), one.persons)).collect();
    assert_eq!(bought, [("b", 2), ("a", 1)]);
    assert_eq!(zebra.revenue["EUR"], 15_000_000);
}

#[test]
fn every_list_is_bounded() {
    let mut world = World::default();
    (0..=MAX_WAITING).for_each(|token| world.failed("boots", None, &token.to_string(), 1));
    let boots = world.demand("boots", None).unwrap();
    assert_eq!((boots.waiting.len(), boots.persons as usize), (MAX_WAITING, MAX_WAITING + 1));
    (0..=MAX_WAITS).for_each(|query| world.failed(&query.to_string(), None, "ann", 2));
    assert_eq!(world.lists()[0].iter().filter(|(_, token)| token == "ann").count(), MAX_WAITS);
    (0..5).for_each(|_| world.failed("asked often", None, "bob", 2));
    (0..2 * MAX_DEMANDS).for_each(|query| world.failed(&query.to_string(), Some("x"), "cat", 3));
    world.commit();
    assert!(rows(&world.stored).unwrap().len() <= MAX_DEMANDS);
    assert!(world.demand("asked often", None).is_some());
    let [queries, tokens] = world.lists();
    assert_eq!(queries, tokens);
}

#[test]
fn what_nobody_asks_for_long_is_forgotten() {
    let mut world = World::default();
    world.failed("boots", None, "ann", 1);
    world.failed("lamp", None, "ann", 2);
    world.failed("lamp", None, "bob", 20 * DAY);
    world.found("lamp", None, 31 * DAY, &[]);
    assert_eq!(world.told(9), pairs(&[("lamp", "bob")]));
    world.failed("sofa", None, "cat", 32 * DAY);
    assert_eq!(world.demand("boots", None), None);
    assert_eq!(world.lists()[1].len(), 1);
}

#[derive(Debug, Clone)]
enum Act {
    Failed { query: u8, token: u8 },
    Found { query: u8, own: Option<u8> },
    Told(usize),
    Forget(u8),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..2_u8, 0..4_u8).prop_map(|(query, token)| Act::Failed { query, token }),
        2 => (0..2_u8, prop::option::of(0..4_u8)).prop_map(|(query, own)| Act::Found { query, own }),
        2 => (0..3_usize).prop_map(Act::Told),
        1 => (0..4_u8).prop_map(Act::Forget),
        1 => Just(Act::Restart),
    ]
}

proptest! {
    #[test]
    fn each_who_waits_is_told_exactly_once_through_every_restart(acts in prop::collection::vec(act(), 0..60)) {
        let mut world = World::default();
        let mut waiting: BTreeSet<(String, String)> = BTreeSet::new();
        let mut found: BTreeSet<String> = BTreeSet::new();
        for (at, act) in acts.into_iter().enumerate() {
            let at = at as i64 + 1;
            match act {
                Act::Failed { query, token } => {
                    world.failed(&query.to_string(), None, &token.to_string(), at);
                    waiting.insert((query.to_string(), token.to_string()));
                    found.remove(&query.to_string());
                }
                Act::Found { query, own } => {
                    let own = own.map(|own| own.to_string());
                    world.found(&query.to_string(), None, at, &own.iter().map(String::as_str).collect::<Vec<_>>());
                    waiting.retain(|(waits_for, token)| *waits_for != query.to_string() || Some(token) != own.as_ref());
                    found.insert(query.to_string());
                }
                Act::Told(most) => for told in world.told(most) {
                    prop_assert!(found.contains(&told.0) && waiting.remove(&told), "{told:?}");
                },
                Act::Forget(token) => {
                    world.go(|demands, stored| demands.forget(stored, &token.to_string()).unwrap());
                    waiting.retain(|(_, waits)| *waits != token.to_string());
                }
                Act::Restart => world.restart(),
            }
        }
        let [queries, tokens] = world.lists();
        prop_assert_eq!(queries.len(), waiting.len());
        prop_assert_eq!(queries, tokens);
        for told in world.told(99) {
            prop_assert!(waiting.remove(&told));
        }
        prop_assert!(waiting.iter().all(|(query, _)| !found.contains(query)), "{waiting:?}");
        prop_assert!(!world.demands.is_some_and(|demands| demands.has_news()));
    }
}
