//! A small furniture shop: what the stand-in Algolia finds in its index, and what shoppers look for.

mod shelves;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};
use shelves::{BRANDS, COLOURS, PREMIUM, ROOMS, SERIES, SHELVES, SIZES, Shelf};

/// The index that holds the shop's products.
pub const INDEX: &str = "products";
/// The shelves are always stocked the same way.
const SEED: u64 = 1;
/// How many products are made of each sort: enough for every look that its shelf has.
const OF_EACH_SORT: usize = 8;
/// How much more a premium brand costs, in per cent.
const PREMIUM_COSTS: u32 = 160;
/// The most popular product has this popularity.
const MOST_POPULAR: u32 = 1000;

/// One thing to buy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its record in the index: `sku-` and a number.
    pub object_id: String,
    /// What the shop calls it.
    pub name: String,
    /// Who makes it.
    pub brand: String,
    /// The category facet.
    pub category: String,
    /// The price of one, in cents.
    pub price_cents: u32,
}

impl Product {
    /// The price of one in units of currency.
    pub fn price(&self) -> f64 {
        f64::from(self.price_cents) / 100.0
    }
}

/// What people search for where nothing else is given.
const QUERIES: &str = include_str!("catalogue/queries.txt");

/// Everything in stock, and what people search for.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    products: Vec<Product>,
    queries: Vec<String>,
}

impl Catalogue {
    /// The shop's own few hundred products and queries.
    pub fn new() -> Self {
        let products = records().map(|record| product(&record));
        Self { products: products.collect(), queries: QUERIES.lines().map(str::to_owned).collect() }
    }

    /// The same shelves, searched with these queries; none keeps the shop's own.
    #[must_use]
    pub fn with_queries(self, queries: &[String]) -> Self {
        if queries.is_empty() { self } else { Self { queries: queries.to_vec(), ..self } }
    }

    /// What people search for.
    pub fn queries(&self) -> &[String] {
        &self.queries
    }

    /// The products, in the order of their numbers.
    pub fn products(&self) -> &[Product] {
        &self.products
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new()
    }
}

/// The records of the index, always the same.
pub(crate) fn records() -> impl Iterator<Item = Map<String, Value>> {
    let mut random = StdRng::seed_from_u64(SEED);
    let sorts = SHELVES.iter().flat_map(|shelf| shelf.1.iter().map(move |sort| (shelf, *sort)));
    let looks = |(shelf, sort): (&'static Shelf, _)| {
        shelf.2.iter().cycle().take(OF_EACH_SORT).map(move |look| (shelf, *look, sort))
    };
    let wanted = sorts.flat_map(looks).enumerate();
    wanted.map(move |(number, (shelf, look, sort))| make(number, shelf, look, sort, &mut random))
}

/// The settings of the index.
pub(crate) fn settings() -> Map<String, Value> {
    let settings = json!({
        "searchableAttributes": ["name", "category", "brand", "colour,size", "description"],
        "attributesForFaceting": ["searchable(brand)", "searchable(category)", "colour", "size", "priceBand", "price"],
        "customRanking": ["desc(popularity)"],
    });
    match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    }
}

/// The rules of the index: some audiences get the same results of a query in another order.
pub(crate) fn rules() -> [Value; 2] {
    let premium = PREMIUM.iter().map(|brand| format!("brand:{brand}<score=4>")).collect::<Vec<_>>();
    [
        json!({
            "objectID": "premium-brands-first",
            "description": "Who spends much sees the upper end first",
            "conditions": [{"context": "audience_vip"}, {"context": "audience_big_spenders"}, {"context": "tier_gold"}],
            "consequence": {
                "params": {"optionalFilters": [premium, "priceBand:upper<score=2>"]},
                "userData": {"banner": "Made for you: our finest makers"},
            },
        }),
        json!({
            "objectID": "bargains-first",
            "description": "Who looks for bargains sees the lower end first",
            "conditions": [{"context": "audience_bargain_hunters"}],
            "consequence": {"params": {"optionalFilters": ["priceBand:budget<score=4>"]}},
        }),
    ]
}

/// A hit of the index, or a record of it, as a thing to buy. What it lacks is empty or nothing.
pub(crate) fn product(record: &Map<String, Value>) -> Product {
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let price = record.get("price").and_then(Value::as_f64).unwrap_or_default();
    Product {
        object_id: text("objectID"),
        name: text("name"),
        brand: text("brand"),
        category: text("category"),
        price_cents: (price * 100.0).round() as u32,
    }
}

fn make(number: usize, shelf: &Shelf, look: &str, sort: &str, random: &mut StdRng) -> Map<String, Value> {
    let mut pick = |words: &[&'static str]| words.choose(random).copied().unwrap_or_default();
    let (series, brand) = (pick(SERIES), pick(BRANDS));
    let (colour, size, room) = (pick(COLOURS), pick(SIZES), pick(ROOMS));
    let colour = COLOURS.iter().find(|colour| look.eq_ignore_ascii_case(colour)).copied().unwrap_or(colour);
    let whole = random.random_range(shelf.3.clone());
    let whole = if PREMIUM.contains(&brand) { whole * PREMIUM_COSTS / 100 } else { whole };
    let record = json!({
        "objectID": format!("sku-{number:04}"),
        "name": format!("{series} {look} {sort}"),
        "brand": brand, "category": shelf.0, "colour": colour, "size": size,
        "price": f64::from(whole) + 0.99, "priceBand": band(whole, &shelf.3),
        "popularity": random.random_range(1..=MOST_POPULAR),
        "description": format!("{size} {sort} in {colour} for the {room}, by {brand}").to_lowercase(),
    });
    match record {
        Value::Object(record) => record,
        _ => Map::new(),
    }
}

/// The third of its shelf's prices that a price is in.
const fn band(whole: u32, prices: &std::ops::Range<u32>) -> &'static str {
    match whole.saturating_sub(prices.start) * 3 / (prices.end - prices.start) {
        0 => "budget",
        1 => "middle",
        _ => "upper",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_shelves_are_always_stocked_alike_and_every_product_has_its_own_number() {
        let ids = records().map(|record| record["objectID"].to_string()).collect::<HashSet<_>>();
        assert!(ids.len() == records().count() && ids.len() > 400);
        assert_eq!(Catalogue::new(), Catalogue::new());
    }

    #[test]
    fn a_record_is_a_product() {
        let record = records().next().unwrap_or_default();
        let product = product(&record);
        assert_eq!((product.object_id.as_str(), product.category.as_str()), ("sku-0000", "Sofas"));
        assert!((product.price() - record["price"].as_f64().unwrap_or_default()).abs() < 0.001);
    }
}
