//! What a search asks.

/// One query of a search request, as it went to Algolia.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The index, as asked.
    pub index: String,
    /// The text, as asked; empty for browsing without one.
    pub query: String,
    /// The user token that Algolia takes it for: the one that a secured key fixes, else the query's own, else the header's.
    pub user_token: Option<String>,
    /// Canonical text of `filters`, `facetFilters`, `numericFilters` and `tagFilters`: equal filters give equal text.
    /// Absent without filters.
    pub filters: Option<String>,
    /// The page, 0-based.
    pub page: u32,
    /// How many hits a page was asked to have.
    pub hits_per_page: Option<u32>,
    /// False if the request says `analytics: false`, as the helper queries of InstantSearch do.
    pub analytics: bool,
    /// Whether it searches the values of a facet (`type: facet`).
    pub is_facet: bool,
}
