//! A small furniture shop: the same seed stocks the same shelves.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// How many products are made of each sort.
const OF_EACH_SORT: usize = 6;

/// Category, the sorts of things in it, what they are made of, and a price range in whole units of currency.
type Shelf = (&'static str, &'static [&'static str], &'static [&'static str], std::ops::Range<u32>);

const FABRICS: &[&str] = &["Linen", "Velvet", "Leather", "Wool", "Grey", "Blue", "Green"];
const WOODS: &[&str] = &["Oak", "Walnut", "Ash", "White", "Marble", "Glass", "Round", "Extendable"];
const TEXTILES: &[&str] = &["Linen", "Cotton", "Wool", "Jute", "Blue", "Round", "Large"];
const METALS: &[&str] = &["Brass", "Black", "Paper", "Ceramic", "Glass", "Round"];
const WARES: &[&str] = &["Ceramic", "Stoneware", "Glass", "Oak", "Rattan", "Large"];

const SHELVES: &[Shelf] = &[
    (
        "Sofas",
        &["Sofa", "Corner Sofa", "Sleeper Sofa", "Loveseat", "Sectional Sofa", "Daybed"],
        FABRICS,
        390..2400,
    ),
    (
        "Chairs",
        &["Armchair", "Reading Chair", "Rocking Chair", "Dining Chair", "Office Chair", "Bar Stool"],
        FABRICS,
        60..690,
    ),
    (
        "Tables",
        &["Dining Table", "Coffee Table", "Side Table", "Console Table", "Bedside Table"],
        WOODS,
        70..1500,
    ),
    ("Desks", &["Standing Desk", "Writing Desk", "Desk"], WOODS, 120..980),
    (
        "Storage",
        &["Bookcase", "Wall Shelf", "Wardrobe", "Dresser", "Sideboard", "TV Stand", "Nightstand"],
        WOODS,
        50..1300,
    ),
    ("Beds", &["Bed Frame", "Storage Bed", "Upholstered Bed", "Bunk Bed", "Mattress"], FABRICS, 190..1700),
    (
        "Bedding",
        &["Pillow", "Duvet Cover", "Sheets", "Throw Blanket", "Bath Towel", "Curtain"],
        TEXTILES,
        12..140,
    ),
    ("Rugs", &["Rug", "Runner Rug"], TEXTILES, 45..620),
    (
        "Lighting",
        &["Floor Lamp", "Table Lamp", "Desk Lamp", "Pendant Lamp", "Ceiling Light"],
        METALS,
        25..420,
    ),
    (
        "Decoration",
        &["Mirror", "Vase", "Planter", "Candle Holder", "Picture Frame", "Wall Clock"],
        METALS,
        9..260,
    ),
    (
        "Kitchen",
        &["Dinner Plate", "Bowl", "Mug", "Wine Glass", "Cutting Board", "Storage Basket"],
        WARES,
        4..90,
    ),
    (
        "Garden",
        &["Garden Chair", "Garden Table", "Garden Bench", "Sun Lounger", "Parasol"],
        &["Teak", "Rattan", "Black", "Folding"],
        40..900,
    ),
];

const BRANDS: &[&str] =
    &["Fjordal", "Maison Brume", "Hearth & Pine", "Kobo Living", "Atelier Ruiz", "Lumen North"];
const SERIES: &[&str] =
    &["Alma", "Bruno", "Clara", "Dune", "Elio", "Freya", "Gala", "Hugo", "Isla", "Juno", "Kaya", "Lund"];

/// One thing to buy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its record in the index: `sku-` and a number.
    pub object_id: String,
    /// What the shop calls it.
    pub name: String,
    /// Who makes it.
    pub brand: &'static str,
    /// The category facet.
    pub category: &'static str,
    /// The price of one, in cents.
    pub price_cents: u32,
}

impl Product {
    /// The price of one in units of currency.
    pub fn price(&self) -> f64 {
        f64::from(self.price_cents) / 100.0
    }

    /// How many words of the query describe this product. Plural and singular are the same word.
    fn matches(&self, words: &[String]) -> usize {
        let own = words_of(&format!("{} {} {}", self.name, self.category, self.brand));
        words.iter().filter(|word| own.contains(word)).count()
    }
}

/// What people search for where nothing else is given.
const QUERIES: &str = include_str!("queries.txt");

/// Everything in stock, and what people search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    products: Vec<Product>,
    queries: Vec<String>,
}

impl Catalogue {
    /// Stocks the shelves: a few hundred products.
    pub fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let sorts = SHELVES.iter().flat_map(|shelf| shelf.1.iter().map(move |sort| (shelf, *sort)));
        let wanted = sorts.flat_map(|sort| std::iter::repeat_n(sort, OF_EACH_SORT));
        let products =
            wanted.enumerate().map(|(number, (shelf, sort))| make(number, shelf, sort, &mut random));
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

    /// The products that at least half of the query's words describe, best first.
    pub fn search(&self, query: &str) -> Vec<&Product> {
        let words = words_of(query);
        let scored = self.products.iter().map(|product| (product.matches(&words), product));
        let mut found =
            scored.filter(|(score, _)| *score > 0 && score * 2 >= words.len()).collect::<Vec<_>>();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, product)| product).collect()
    }
}

fn make(number: usize, shelf: &Shelf, sort: &str, random: &mut StdRng) -> Product {
    let mut pick = |words: &[&'static str]| words.choose(random).copied().unwrap_or_default();
    let (material, series, brand) = (pick(shelf.2), pick(SERIES), pick(BRANDS));
    Product {
        object_id: format!("sku-{number:04}"),
        name: format!("{series} {material} {sort}"),
        brand,
        category: shelf.0,
        price_cents: random.random_range(shelf.3.clone()) * 100 + 99,
    }
}

fn words_of(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.to_lowercase().trim_end_matches('s').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_stocks_the_same_shelves() {
        assert_eq!(Catalogue::new(1), Catalogue::new(1));
        assert_ne!(Catalogue::new(1), Catalogue::new(2));
    }

    #[test]
    fn better_matches_come_first_and_nonsense_finds_nothing() {
        let catalogue = Catalogue::new(1);
        let found = catalogue.search("walnut dining tables");
        assert!(found[0].name.contains("Dining Table"), "{:?}", found[0]);
        assert_eq!(catalogue.search("trampoline"), Vec::<&Product>::new());
        assert_eq!(catalogue.search(" ?! "), Vec::<&Product>::new());
    }
}
