//! What the shop has on its shelves: word lists.

/// Category, the sorts of things in it, what they are made of or look like, and a price range in whole units of currency.
pub(super) type Shelf =
    (&'static str, &'static [&'static str], &'static [&'static str], std::ops::Range<u32>);

const FABRICS: &[&str] = &["Linen", "Velvet", "Leather", "Wool", "Grey", "Blue", "Green"];
const WOODS: &[&str] = &["Oak", "Walnut", "Ash", "White", "Marble", "Glass", "Round", "Extendable"];
const TEXTILES: &[&str] = &["Linen", "Cotton", "Wool", "Jute", "Blue", "Round", "Large"];
const METALS: &[&str] = &["Brass", "Black", "Paper", "Ceramic", "Glass", "Round"];
const WARES: &[&str] = &["Ceramic", "Stoneware", "Glass", "Oak", "Rattan", "Large"];

pub(super) const SHELVES: &[Shelf] = &[
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

pub(super) const BRANDS: &[&str] =
    &["Fjordal", "Maison Brume", "Hearth & Pine", "Kobo Living", "Atelier Ruiz", "Lumen North"];
/// The brands of the upper end; what they make costs more.
pub(super) const PREMIUM: &[&str] = &["Maison Brume", "Atelier Ruiz"];
pub(super) const SERIES: &[&str] =
    &["Alma", "Bruno", "Clara", "Dune", "Elio", "Freya", "Gala", "Hugo", "Isla", "Juno", "Kaya", "Lund"];
pub(super) const COLOURS: &[&str] =
    &["grey", "blue", "green", "white", "black", "natural", "terracotta", "mustard"];
pub(super) const SIZES: &[&str] = &["small", "medium", "large"];
/// Where a thing is at home.
pub(super) const ROOMS: &[&str] =
    &["living room", "bedroom", "dining room", "home office", "hallway", "balcony"];
