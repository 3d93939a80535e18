//! Queries and answers put together: the searches of shoppers.

use super::Observed;
use causeway_algolia::insights;
use causeway_algolia::search::{Answered, Asked};
use causeway_engine::searches::{FACETS, OBJECTS, Search, Via};

/// Whether a query is a shopper's search. A query for the values of facets, for counts alone (`hitsPerPage: 0`), or one that
/// Algolia is told not to count is how a page is built, or a robot's.
pub(super) fn is_search(asked: &Asked) -> bool {
    asked.analytics && !asked.is_facet && asked.hits_per_page != Some(0)
}

/// The searches among the queries of a request, with their answers: one for each query, in their order.
pub(super) fn searches<'o>(
    observed: &'o Observed,
    answers: Vec<Option<Answered<'o>>>,
) -> impl Iterator<Item = Search<'o>> {
    let pairs = observed.asked.iter().zip(answers);
    pairs.filter(|(asked, _)| is_search(asked)).filter_map(|(asked, answered)| {
        let answered = answered.filter(|answered| answered.hits_per_page != Some(0))?;
        Some(search(observed, asked, answered))
    })
}

fn search<'o>(observed: &'o Observed, asked: &'o Asked, answered: Answered<'o>) -> Search<'o> {
    Search {
        at: observed.at,
        index: asked.index.as_str().into(),
        query: asked.query.as_str().into(),
        query_id: answered.query_id.filter(|id| insights::is_query_id(id)),
        // Algolia takes any text here; one that no event could carry leads to nobody.
        user_token: asked.user_token.as_deref().filter(|text| insights::is_user_token(text)).map(Into::into),
        filters: asked.filters.as_deref().map(Into::into),
        page: answered.page.unwrap_or(asked.page),
        hits_per_page: answered.hits_per_page.or(asked.hits_per_page).unwrap_or_default(),
        nb_hits: answered.nb_hits,
        took_ms: observed.took.as_millis().try_into().unwrap_or(u32::MAX),
        object_ids: answered.object_ids.into_iter().take(OBJECTS).collect(),
        facets: answered.facets.into_iter().take(FACETS).collect(),
        held_out: observed.held_out,
        via: Via::Gateway,
    }
}
