//! A query's filters as one text, the same for filters that mean the same.

use super::query::Query;
use serde_json::Value;

/// `filters`, `facetFilters`, `numericFilters` and `tagFilters` as Algolia's filter language would say them together; nothing
/// without filters. Order and repetition don't matter, nor does white space.
pub(super) fn canonical(query: &Query<'_>) -> Option<String> {
    let own = query.get("filters").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let lists = [("facetFilters", ""), ("numericFilters", ""), ("tagFilters", "_tags:")];
    let mut parts: Vec<String> = own.filter(|own| !own.is_empty()).into_iter().collect();
    for (name, prefix) in lists {
        let Some(text) = query.get(name) else { continue };
        match serde_json::from_str(&text) {
            Ok(Value::Array(all)) => parts.extend(all.iter().filter_map(|one| alternatives(one, prefix))),
            _ => parts.extend(term(&text, prefix)),
        }
    }
    joined(parts, " AND ")
}

/// One condition, or some of which one must hold.
fn alternatives(value: &Value, prefix: &str) -> Option<String> {
    match value {
        Value::String(text) => term(text, prefix),
        Value::Array(some) => {
            joined(some.iter().filter_map(|one| alternatives(one, prefix)).collect(), " OR ")
        }
        _ => None,
    }
}

fn term(text: &str, prefix: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| format!("{prefix}{text}"))
}

fn joined(mut parts: Vec<String>, with: &str) -> Option<String> {
    parts.sort_unstable();
    parts.dedup();
    if parts.len() < 2 {
        return parts.pop();
    }
    let bracketed = |part: String| {
        if part.contains(" OR ") || part.contains(" AND ") { format!("({part})") } else { part }
    };
    Some(parts.into_iter().map(bracketed).collect::<Vec<_>>().join(with))
}
