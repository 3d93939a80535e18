//! Ready-made flows, on with one line.
//!
//! A recipe is a flow file like a user's own, kept in the program: `causeway flow export` writes it out to be edited.
//! The event names that reach Segment stand in these files and nowhere else.

/// Which names the recipes' events carry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Naming {
    /// Names of our own, so that nothing counts twice beside a shop's own `Product Clicked`.
    #[default]
    Search,
    /// The names of Segment's e-commerce spec.
    Ecommerce,
}

/// The recipe that sends Algolia's events to Segment.
pub const SEARCH_EVENTS: &str = "search-events";

/// The names of all recipes of this version.
pub const NAMES: [&str; 1] = [SEARCH_EVENTS];

/// The flow file of a recipe.
pub fn definition(recipe: &str, naming: Naming) -> Option<&'static str> {
    match (recipe, naming) {
        (SEARCH_EVENTS, Naming::Search) => Some(include_str!("search-events.toml")),
        (SEARCH_EVENTS, Naming::Ecommerce) => Some(include_str!("search-events.ecommerce.toml")),
        _ => None,
    }
}
