//! A visit, planned from the first search to the door. Pure: the same randomness plans the same visit.

use super::action::Verb;
use super::call;
use super::catalogue::{Catalogue, Product};
use super::event::{self, Line};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use serde_json::Value;

/// How many results are seen at once: Insights takes 20 ids an event.
const PAGE: usize = 20;

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

/// Plans a visit.
pub(super) fn plan(catalogue: &Catalogue, random: &mut impl Rng) -> Vec<Step> {
    let mut visit = Visit { catalogue, random, steps: Vec::new(), cart: Vec::new() };
    visit.step(Verb::Arrive, None, None);
    for _ in 0..visit.random.random_range(1..=3) {
        visit.search();
    }
    visit.look_around();
    visit.buy();
    visit.step(Verb::Leave, None, None);
    visit.steps
}

struct Visit<'a, R> {
    catalogue: &'a Catalogue,
    random: &'a mut R,
    steps: Vec<Step>,
    cart: Vec<Line>,
}

impl<R: Rng> Visit<'_, R> {
    fn search(&mut self) {
        let query = self.query();
        let found = self.catalogue.search(&query);
        let search = Search { query, query_id: query_id(self.random), hits: found.len() };
        self.step(Verb::Search, Some(&search), None);
        if !found.is_empty() {
            self.browse(&search, &found[..found.len().min(PAGE)]);
        }
    }

    fn browse(&mut self, search: &Search, page: &[&Product]) {
        self.step(Verb::SeeResults, Some(search), Some(event::viewed_results(page)));
        if self.random.random_bool(FILTERS) {
            self.filter(search, page);
        }
        if self.random.random_bool(CLICKS) {
            self.click(search, page);
        }
    }

    fn filter(&mut self, search: &Search, page: &[&Product]) {
        let Some(product) = page.choose(self.random) else { return };
        let filters = [("brand", product.brand), ("category", product.category)];
        let (facet, value) = filters[self.random.random_range(0..filters.len())];
        let step = self.step(Verb::Filter, Some(search), Some(event::clicked_filter(facet, value)));
        step.object = Some(format!("{facet}: {value}"));
    }

    /// The better of two draws: people prefer the top.
    fn click(&mut self, search: &Search, page: &[&Product]) {
        let place = self.random.random_range(0..page.len()).min(self.random.random_range(0..page.len()));
        let (product, position) = (page[place], place + 1);
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
    fn look_around(&mut self) {
        if self.random.random_bool(LOOKS_AROUND)
            && let Some(product) = self.catalogue.products().choose(self.random)
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
        let cart = std::mem::take(&mut self.cart);
        let cents = event::total_cents(&cart);
        let summary = format!("{} items, {}.{:02} {}", cart.len(), cents / 100, cents % 100, event::CURRENCY);
        let step = self.step(Verb::Buy, None, Some(event::purchased(&cart)));
        step.object = Some(summary);
        step.call = Some(call::purchased(&cart));
    }

    fn query(&mut self) -> String {
        let query = self.catalogue.queries().choose(self.random).map_or("", String::as_str);
        if self.random.random_bool(TYPES_BADLY) { misspell(query, self.random) } else { query.to_owned() }
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

fn query_id(random: &mut impl Rng) -> String {
    format!("{:032x}", random.random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use std::collections::HashSet;

    fn visits(seed: u64, count: usize) -> Vec<Step> {
        let (catalogue, mut random) = (Catalogue::new(1), StdRng::seed_from_u64(seed));
        (0..count).flat_map(|_| plan(&catalogue, &mut random)).collect()
    }

    #[test]
    fn the_same_seed_plans_the_same_visit() {
        assert_eq!(format!("{:?}", visits(3, 5)), format!("{:?}", visits(3, 5)));
    }

    #[test]
    fn people_do_everything_sooner_or_later_and_some_find_nothing() {
        let steps = visits(1, 400);
        let verbs = steps.iter().map(|step| step.verb).collect::<HashSet<_>>();
        assert_eq!(verbs.len(), 10, "{verbs:?}");
        let searches = steps.iter().filter(|step| step.verb == Verb::Search).collect::<Vec<_>>();
        let fruitless =
            searches.iter().filter(|step| step.search.as_ref().is_some_and(|search| search.hits == 0));
        let share = fruitless.count() as f64 / searches.len() as f64;
        assert!((0.02..0.3).contains(&share), "{share}");
    }
}
