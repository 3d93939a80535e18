//! Notes of the searches that came, for `/_sandbox/algolia/searches` and for analytics.

use super::asked::{Answer, Asked};
use crate::access;
use crate::analytics::Search;
use crate::clock::{iso, now_ms};
use crate::world::World;
use hyper::http::request::Parts;
use serde_json::json;

/// The header that may carry the user's token instead of the parameter.
const USER_TOKEN: &str = "x-algolia-usertoken";

/// Notes a search that was answered. A lean sandbox only counts it.
pub(super) fn note(world: &World, parts: &Parts, asked: &Asked, answer: &Answer) {
    if world.options.lean {
        world.memory().counts.searches += 1;
        return;
    }
    let now = now_ms();
    let header = parts.headers.get(USER_TOKEN).and_then(|value| value.to_str().ok());
    let user = answer.parameters.user_token.as_deref().or(header);
    let key = access::masked(&access::key(parts));
    let parameters = asked.held();
    let text = json!({
        "at": iso(now), "index": asked.index, "query": answer.parameters.query, "params": parameters,
        "userToken": user, "key": key, "nbHits": answer.hits, "queryID": answer.query_id, "rules": answer.rules,
    });
    let search = answer.parameters.analytics.then(|| Search {
        at_ms: now,
        index: asked.index.into(),
        query: answer.parameters.query.to_lowercase(),
        hits: answer.hits as u64,
        filtered: !answer.parameters.filters.is_empty(),
        user: user.unwrap_or_default().to_owned(),
        tags: answer.parameters.analytics_tags.clone(),
        query_id: answer.query_id.clone(),
    });
    let mut memory = world.memory();
    memory.counts.searches += 1;
    memory.searches.push(text.to_string().into());
    if let Some(search) = search {
        memory.searched.push(search);
    }
}
