//! A visit from the first search to the door. Pure: the same randomness and results plan the same visit.

use super::action::Verb;
use super::call;
use super::event::{self, Line};
use super::finder::Found;
use crate::catalogue::{Catalogue, Product};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use serde_json::Value;

/// How likely people are to do things.
const TYPES_BADLY: f64 = 0.08;
const FILTERS: f64 = 0.2;
const CLICKS: f64 = 0.7;
const LOOKS: f64 = 0.9;
const ADDS: f64 = 0.4;
const LOOKS_AROUND: f64 = 0.15;
const LOGS_IN_TO_BUY: f64 = 0.5;
const BUYS: f64 = 0.6;

/// One planned action with the events that it will send.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) verb: Verb,
    pub(super) search: Option<Search>,
    pub(super) object: Option<String>,
    pub(super) position: Option<usize>,
    pub(super) event: Option<Value>,
    /// The call that a page with Segment's library makes instead of the event.
    pub(super) call: Option<Value>,
}

impl Step {
    /// A step that sends no event, about something.
    pub(super) fn about(verb: Verb, object: &str) -> Self {
        Self { verb, search: None, object: Some(object.to_owned()), position: None, event: None, call: None }
    }
}

/// The search that a step belongs to.
#[derive(Debug, Clone)]
pub(super) struct Search {
    pub(super) query: String,
    pub(super) query_id: String,
    pub(super) hits: usize,
}

impl Search {
    pub(super) fn of(found: &Found) -> Self {
        Self { query: found.query.clone(), query_id: found.query_id.clone(), hits: found.hits }
    }
}

/// The first step.
pub(super) fn arrive() -> Step {
    Step { object: None, ..Step::about(Verb::Arrive, "") }
}

/// How many searches a visit has.
pub(super) fn searches(random: &mut impl Rng) -> usize {
    random.random_range(1..=3)
}

/// What is searched for, now and then with a typing error.
pub(super) fn query(catalogue: &Catalogue, random: &mut impl Rng) -> String {
    let query = catalogue.queries().choose(random).map_or("", String::as_str);
    if random.random_bool(TYPES_BADLY) { misspell(query, random) } else { query.to_owned() }
}

/// Plans what is done with the results of a search; what is put into the cart stays there.
pub(super) fn browse(found: &Found, cart: &mut Vec<Line>, random: &mut impl Rng) -> Vec<Step> {
    let mut visit = Visit { random, steps: Vec::new(), cart };
    if !found.page.is_empty() {
        visit.browse(&Search::of(found), &found.page);
    }
    visit.steps
}

/// Plans the end of a visit.
pub(super) fn end(catalogue: &Catalogue, cart: &mut Vec<Line>, random: &mut impl Rng) -> Vec<Step> {
    let mut visit = Visit { random, steps: Vec::new(), cart };
    visit.look_around(catalogue);
    visit.buy();
    visit.step(Verb::Leave, None, None);
    visit.steps
}

struct Visit<'a, R> {
    random: &'a mut R,
    steps: Vec<Step>,
    cart: &'a mut Vec<Line>,
}

impl<R: Rng> Visit<'_, R> {
    fn browse(&mut self, search: &Search, page: &[Product]) {
        self.step(Verb::SeeResults, Some(search), Some(event::viewed_results(page)));
        if self.random.random_bool(FILTERS) {
            self.filter(search, page);
        }
        if self.random.random_bool(CLICKS) {
            self.click(search, page);
        }
    }

    fn filter(&mut self, search: &Search, page: &[Product]) {
        let Some(product) = page.choose(self.random) else { return };
        let filters = [("brand", &product.brand), ("category", &product.category)];
        let (facet, value) = filters[self.random.random_range(0..filters.len())];
        let step = self.step(Verb::Filter, Some(search), Some(event::clicked_filter(facet, value)));
        step.object = Some(format!("{facet}: {value}"));
    }

    /// The better of two draws: people prefer the top.
    fn click(&mut self, search: &Search, page: &[Product]) {
        let place = self.random.random_range(0..page.len()).min(self.random.random_range(0..page.len()));
        let (product, position) = (&page[place], place + 1);
        let clicked = event::clicked(product, position, &search.query_id);
        let step = self.step(Verb::Click, Some(search), Some(clicked));
        step.object = Some(product.name.clone());
        step.position = Some(position);
        step.call = Some(call::clicked(product, position, &search.query_id));
        if self.random.random_bool(LOOKS) {
            self.look(product, Some(search));
        }
    }

    fn look(&mut self, product: &Product, search: Option<&Search>) {
        let step = self.step(Verb::View, search, Some(event::viewed_product(product)));
        step.object = Some(product.name.clone());
        if self.random.random_bool(ADDS) {
            self.add(product, search);
        }
    }

    fn add(&mut self, product: &Product, search: Option<&Search>) {
        let quantity = if self.random.random_bool(0.8) { 1 } else { self.random.random_range(2..=6) };
        let query_id = search.map(|search| search.query_id.clone());
        let line = Line { product: product.clone(), quantity, query_id };
        let step = self.step(Verb::AddToCart, search, Some(event::added_to_cart(&line)));
        step.object = Some(format!("{quantity} × {}", product.name));
        step.call = Some(call::added_to_cart(&line));
        self.cart.push(line);
    }

    /// Products that no search led to.
    fn look_around(&mut self, catalogue: &Catalogue) {
        if self.random.random_bool(LOOKS_AROUND)
            && let Some(product) = catalogue.products().choose(self.random)
        {
            self.look(product, None);
        }
    }

    fn buy(&mut self) {
        if self.cart.is_empty() || !self.random.random_bool(BUYS) {
            return;
        }
        if self.random.random_bool(LOGS_IN_TO_BUY) {
            self.step(Verb::LogIn, None, None);
        }
        let cart = std::mem::take(self.cart);
        let cents = event::total_cents(&cart);
        let summary = format!("{} items, {}.{:02} {}", cart.len(), cents / 100, cents % 100, event::CURRENCY);
        let step = self.step(Verb::Buy, None, Some(event::purchased(&cart)));
        step.object = Some(summary);
        step.call = Some(call::purchased(&cart));
    }

    /// Notes a step and hands it out for details.
    fn step(&mut self, verb: Verb, search: Option<&Search>, event: Option<Value>) -> &mut Step {
        self.steps.push(Step {
            verb,
            search: search.cloned(),
            object: None,
            position: None,
            event,
            call: None,
        });
        self.steps.last_mut().expect("the step just pushed is there")
    }
}

/// Two neighbouring letters swapped, one of them lost now and then.
fn misspell(query: &str, random: &mut impl Rng) -> String {
    let mut letters = query.chars().collect::<Vec<_>>();
    if letters.len() > 2 {
        let at = random.random_range(0..letters.len() - 1);
        letters.swap(at, at + 1);
        if random.random_bool(0.5) {
            letters.remove(at);
        }
    }
    letters.into_iter().collect()
}

/// 32 hexadecimal digits, for searches that no server numbers.
pub(super) fn query_id(random: &mut impl Rng) -> String {
    format!("{:032x}", random.random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::super::finder::Finder;
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use std::collections::HashSet;
    use std::sync::Arc;

    async fn visits(seed: u64, count: usize) -> (Vec<Step>, Vec<usize>) {
        let (catalogue, mut random) = (Arc::new(Catalogue::new()), StdRng::seed_from_u64(seed));
        let finder = Finder::shelves(Arc::clone(&catalogue));
        let (mut steps, mut hits) = (vec![arrive()], Vec::new());
        for _ in 0..count {
            let mut cart = Vec::new();
            for _ in 0..searches(&mut random) {
                let query = query(&catalogue, &mut random);
                let (found, _) = finder.search(&query, "", query_id(&mut random)).await;
                hits.push(found.hits);
                steps.extend(browse(&found, &mut cart, &mut random));
            }
            steps.extend(end(&catalogue, &mut cart, &mut random));
        }
        (steps, hits)
    }

    #[tokio::test]
    async fn the_same_seed_plans_the_same_visit() {
        assert_eq!(format!("{:?}", visits(3, 5).await), format!("{:?}", visits(3, 5).await));
    }

    #[tokio::test]
    async fn people_do_everything_sooner_or_later_and_some_find_nothing() {
        let (steps, hits) = visits(1, 200).await;
        let verbs = steps.iter().map(|step| step.verb).collect::<HashSet<_>>();
        assert_eq!(verbs.len(), 9, "all but searching: {verbs:?}");
        let fruitless = hits.iter().filter(|hits| **hits == 0).count();
        let share = fruitless as f64 / hits.len() as f64;
        assert!((0.02..0.3).contains(&share), "{share}");
    }
}
