//! Ready-made flows, on with one line.
//!
//! A recipe is a flow file like a user's own, kept in the program: `causeway flow show` prints it, to be edited.
//! The event names that reach the vendors stand in these files and nowhere else. What may be set about a recipe stands in
//! its `[settings]`; the configuration puts other values there.

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

/// The recipe that sends Segment's e-commerce events to Algolia Insights.
pub const COMMERCE_EVENTS: &str = "commerce-events";

/// The recipe that sends searches without results to Segment.
pub const ZERO_RESULTS: &str = "zero-results";

/// The recipe that keeps chosen traits in a record per person at Algolia.
pub const TRAIT_SYNC: &str = "trait-sync";

/// The recipe that keeps audiences in a record per person at Algolia.
pub const AUDIENCE_SYNC: &str = "audience-sync";

/// The recipes that are no flows: they follow what is known of people (see [`crate::profile`]).
pub const SYNCS: [&str; 2] = [TRAIT_SYNC, AUDIENCE_SYNC];

/// The names of all recipes of this version.
pub const NAMES: [&str; 3] = [SEARCH_EVENTS, COMMERCE_EVENTS, ZERO_RESULTS];

/// The flow file of a recipe that is a flow.
pub fn definition(recipe: &str, naming: Naming) -> Option<&'static str> {
    match (recipe, naming) {
        (SEARCH_EVENTS, Naming::Search) => Some(include_str!("search-events.toml")),
        (SEARCH_EVENTS, Naming::Ecommerce) => Some(include_str!("search-events.ecommerce.toml")),
        (COMMERCE_EVENTS, _) => Some(include_str!("commerce-events.toml")),
        (ZERO_RESULTS, _) => Some(include_str!("zero-results.toml")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Definition, SubscriptionDefinition};

    /// A line for each subscription: what came, what is made of it, how often, with which properties.
    fn table(naming: Naming) -> String {
        let text = definition(SEARCH_EVENTS, naming).unwrap();
        let flow = Definition::parse(text, SEARCH_EVENTS).unwrap();
        let head = "| what came | track | one per | properties |\n|---|---|---|---|\n".to_owned();
        head + &flow.subscriptions.iter().map(line).collect::<String>()
    }

    fn line(subscription: &SubscriptionDefinition) -> String {
        let event = subscription.mapping["event"].as_str().map(|name| format!("`{name}`"));
        let event = event.unwrap_or_else(|| "Algolia's own `eventName`".to_owned());
        let per = if subscription.each.is_some() { "object" } else { "event" };
        let properties = subscription.mapping["properties"].as_object().unwrap();
        let properties: Vec<String> = properties.keys().map(|name| format!("`{name}`")).collect();
        let what = subscription.name.split(':').next().unwrap();
        format!("| {what} | {event} | {per} | {} |\n", properties.join(", "))
    }

    /// A line for each subscription: which of Segment's events, and the Insights event that is made of it.
    fn commerce_table() -> String {
        let text = definition(COMMERCE_EVENTS, Naming::Search).unwrap();
        let flow = Definition::parse(text, COMMERCE_EVENTS).unwrap();
        let head = "| Segment's event | Insights | about |\n|---|---|---|\n".to_owned();
        head + &flow.subscriptions.iter().map(commerce_line).collect::<String>()
    }

    fn commerce_line(subscription: &SubscriptionDefinition) -> String {
        let words = subscription.trigger.as_ref().unwrap().split('"');
        let events: Vec<String> = words.skip(1).step_by(2).map(|event| format!("`{event}`")).collect();
        let kind = ["eventType", "eventSubtype"].map(|key| subscription.mapping[key].as_str());
        let kind: Vec<&str> = kind.into_iter().flatten().collect();
        let about = if subscription.mapping["filters"].is_null() { "objects" } else { "filters" };
        format!("| {} | {} | {about} |\n", events.join(", "), kind.join(" · "))
    }

    #[test]
    fn the_handbook_says_what_becomes_of_commerce_events() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/recipes.md");
        let page = std::fs::read_to_string(path).unwrap();
        assert!(page.contains(&commerce_table()), "docs/src/recipes.md lacks:\n{}", commerce_table());
    }

    #[test]
    fn the_handbook_says_what_the_recipe_does() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/recipes.md");
        let page = std::fs::read_to_string(path).unwrap();
        for naming in [Naming::Search, Naming::Ecommerce] {
            assert!(
                page.contains(&table(naming)),
                "docs/src/recipes.md lacks this table:\n{}",
                table(naming)
            );
        }
    }
}
