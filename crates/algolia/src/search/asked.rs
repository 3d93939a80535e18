//! What a client asks.

/// One query of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The index.
    pub index: String,
    /// The text; empty for browsing without one.
    pub query: String,
    /// Who searches, if the client says.
    pub user_token: Option<String>,
    /// All filters as one text, canonical: equal filters give equal texts.
    pub filters: Option<String>,
    /// The page, 0-based.
    pub page: u32,
    /// How many hits a page is to have, if the client says.
    pub hits_per_page: Option<u32>,
    /// Whether the search counts as one in Algolia's analytics; the vendor's default is that it does.
    pub analytics: bool,
    /// Whether values of a facet are searched, not objects.
    pub is_facet: bool,
}
