//! How alike two names are, whatever their spelling: `objectID`, `object_id`, `product_id`.

/// Names of one thing in the vendors' words and in those of shops. A name counts by its words, joined.
const SYNONYMS: [&[&str]; 15] = [
    &["product_id", "object_id", "item_id", "sku", "id", "article_id"],
    &["product_ids", "object_ids", "item_ids", "skus", "article_ids"],
    &["products", "items", "objects", "line_items", "cart_items", "articles", "object_data"],
    &["query_id", "search_id", "query_uid"],
    &["query", "search_query", "search_term", "term", "keyword", "keywords", "search"],
    &["search_index", "index", "index_name"],
    &["position", "rank", "click_position"],
    &["revenue", "value", "total", "amount", "order_total", "order_value"],
    &["price", "unit_price", "product_price", "item_price"],
    &["quantity", "qty", "item_count", "units"],
    &["currency", "currency_code"],
    &["event_name", "event", "algolia_event_name"],
    &["anonymous_id", "user_token", "visitor_id", "device_id"],
    &["user_id", "authenticated_user_token", "customer_id", "account_id"],
    &["filters", "facets", "facet_filters", "refinements"],
];

/// A name's words in lower case: split at every sign, and where a capital letter begins.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let signs: Vec<char> = name.chars().collect();
    for (at, sign) in signs.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| signs[before]);
        let begins = sign.is_uppercase()
            && (before.is_some_and(char::is_lowercase)
                || (before.is_some_and(char::is_uppercase)
                    && signs.get(at + 1).is_some_and(|next| next.is_lowercase() && !plural(&signs[at..]))));
        if begins || !sign.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| sign.is_alphanumeric()) {
            word.extend(sign.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `objectIDs`: the s belongs to the capitals before it.
fn plural(rest: &[char]) -> bool {
    matches!(rest, [_, 's'] | [_, 's', '_', ..])
}

/// How alike two names are, 0 to 1.
pub(super) fn alike(one: &str, other: &str) -> f64 {
    let (one, other) = (words(one), words(other));
    let (joined, against) = (one.join("_"), other.join("_"));
    if joined == against {
        return 1.0;
    }
    let same = |group: &&&[&str]| group.contains(&joined.as_str()) && group.contains(&against.as_str());
    if SYNONYMS.iter().any(|group| same(&group)) {
        return 0.9;
    }
    // An id of a thing is not the thing.
    let is_id = |words: &[String]| words.last().is_some_and(|last| last == "id" || last == "ids");
    if is_id(&one) != is_id(&other) {
        return 0.0;
    }
    let shared = one.iter().filter(|word| other.contains(word)).count();
    let overlap = 2.0 * shared as f64 / (one.len() + other.len()).max(1) as f64;
    let spelling = strsim::jaro_winkler(&joined, &against);
    // Names that merely look alike ("price", "prize") are a guess; only near-identity counts.
    (0.8 * overlap).max(if spelling > 0.93 { 0.75 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_whatever_their_spelling() {
        assert_eq!(words("authenticatedUserToken"), ["authenticated", "user", "token"]);
        assert_eq!(words("objectIDs"), ["object", "ids"]);
        assert_eq!(words("HTTPStatus code-2"), ["http", "status", "code", "2"]);
        for (one, other, least) in [
            ("queryID", "query_id", 1.0),
            ("objectID", "Product ID", 0.9),
            ("value", "revenue", 0.9),
            ("index", "search_index", 0.9),
            ("unitPriceNet", "unit_price", 0.6),
        ] {
            assert!(alike(one, other) >= least, "{one} {other} {}", alike(one, other));
        }
        assert!(alike("position", "currency") < 0.3);
        assert!(alike("user_token", "query_id") < 0.3);
        assert!(alike("query", "queryID") < 0.3);
    }
}
