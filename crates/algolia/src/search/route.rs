//! Which of the Search API's operations a request is.

use percent_encoding::percent_decode_str;

/// An operation under `/1/indexes` or `/1/keys`. Source: Search and Recommend specs, `paths`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `POST /1/indexes/{index}/query`
    Query {
        /// The index.
        index: String,
    },
    /// `POST /1/indexes/*/queries`
    Queries,
    /// `GET /1/indexes/{index}`, the search that takes its parameters in the address.
    QueryByGet {
        /// The index.
        index: String,
    },
    /// `POST /1/indexes/{index}/facets/{facet}/query`
    FacetValues,
    /// `GET` or `POST /1/indexes/{index}/browse`
    Browse,
    /// `POST /1/indexes/*/objects`
    Objects,
    /// `POST /1/indexes/*/recommendations`
    Recommendations,
    /// A browser's question whether it may send another of these.
    Preflight,
    /// Anything else that changes nothing.
    Read,
    /// What changes something, or is not known not to.
    Write,
}

impl Route {
    /// Tells operations apart by method and path, the path as it stands in the request line.
    pub fn of(method: &str, path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match (method, segments.as_slice()) {
            ("OPTIONS", _) => Self::Preflight,
            ("GET", ["1", "indexes", index]) if !index.is_empty() => {
                Self::QueryByGet { index: decoded(index) }
            }
            ("GET", ["1", "indexes", _, "browse"]) => Self::Browse,
            ("GET" | "HEAD", _) => Self::Read,
            ("POST", ["1", "indexes", rest @ ..]) => Self::of_post(rest),
            _ => Self::Write,
        }
    }

    fn of_post(rest: &[&str]) -> Self {
        match rest {
            [index, "query"] => Self::Query { index: decoded(index) },
            [all, "queries"] if is_all(all) => Self::Queries,
            [all, "objects"] if is_all(all) => Self::Objects,
            [all, "recommendations"] if is_all(all) => Self::Recommendations,
            [_, "facets", _, "query"] => Self::FacetValues,
            [_, "browse"] => Self::Browse,
            [_, "rules" | "synonyms", "search"] => Self::Read,
            _ => Self::Write,
        }
    }

    /// A word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Query { .. } => "query",
            Self::Queries => "queries",
            Self::QueryByGet { .. } => "get",
            Self::FacetValues => "facet",
            Self::Browse => "browse",
            Self::Objects => "objects",
            Self::Recommendations => "recommendations",
            Self::Preflight => "preflight",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

fn is_all(segment: &str) -> bool {
    segment == "*" || segment.eq_ignore_ascii_case("%2A")
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_told_apart_by_method_and_path() {
        let name = |method, path| Route::of(method, path).name();
        let index = "a b".to_owned();
        assert_eq!(Route::of("POST", "/1/indexes/a%20b/query"), Route::Query { index: index.clone() });
        assert_eq!(Route::of("GET", "/1/indexes/a%20b"), Route::QueryByGet { index });
        for path in ["/1/indexes/*/queries", "/1/indexes/%2A/queries", "/1/indexes/%2a/queries"] {
            assert_eq!(name("POST", path), "queries");
        }
        assert_eq!(name("POST", "/1/indexes/*/objects"), "objects");
        assert_eq!(name("POST", "/1/indexes/*/recommendations"), "recommendations");
        assert_eq!(name("POST", "/1/indexes/i/facets/brand/query"), "facet");
        assert_eq!(name("POST", "/1/indexes/i/browse"), "browse");
        assert_eq!(name("GET", "/1/indexes/i/browse"), "browse");
        for path in ["/1/indexes", "/1/indexes/i/o", "/1/indexes/i/settings", "/1/keys/k"] {
            assert_eq!(name("GET", path), "read");
        }
        assert_eq!(name("OPTIONS", "/1/indexes/i/query"), "preflight");
    }

    #[test]
    fn what_is_not_known_to_change_nothing_is_a_write() {
        let writes = [
            ("POST", "/1/indexes/i"),
            ("POST", "/1/indexes/i/batch"),
            ("POST", "/1/indexes/*/batch"),
            ("POST", "/1/indexes/i/queries"),
            ("POST", "/1/indexes/i/query/more"),
            ("POST", "/1/indexes/i/o/partial"),
            ("POST", "/1/indexes/i/clear"),
            ("POST", "/1/keys"),
            ("PUT", "/1/indexes/i/settings"),
            ("DELETE", "/1/indexes/i"),
            ("PATCH", "/1/indexes/i/query"),
        ];
        for (method, path) in writes {
            assert_eq!(Route::of(method, path), Route::Write, "{method} {path}");
        }
    }
}
