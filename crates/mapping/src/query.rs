//! Paths that are more than names and indices: RFC 9535 JSONPath, our addition to `@path` and `@arrayPath`.

use serde_json_path::JsonPath;

use crate::{ResolveError, limits::MAX_QUERY_LENGTH, meter::Meter, tree::Tree, value::Value};

/// A JSONPath query that costs no more than linear time in the payload.
#[derive(Debug)]
pub(crate) struct Query {
    path: JsonPath,
    /// Whether it may select more than one part, and so gives an array.
    many: bool,
}

/// Most lists of selectors, counted by their commas: each may multiply what is selected.
const MAX_COMMAS: usize = 4;
/// Deepest parentheses in a filter.
const MAX_PARENTHESES: usize = 4;

impl Query {
    /// The query that `text` is, `None` where it is a plain dotted path.
    pub(crate) fn parse(text: &str) -> Option<Result<Query, String>> {
        let bare = without_quoted(text);
        let many = selects_many(&bare);
        if !text.starts_with('$') || !(many || bare.contains("[-")) {
            return None;
        }
        Some(check(text, &bare).and_then(|()| {
            let path = JsonPath::parse(text).map_err(|error| format!("{text:?} is no JSONPath: {error}"))?;
            Ok(Query { path, many })
        }))
    }

    /// What is selected: an array of parts, or the one part of a query that can select no more; nothing where nothing
    /// is selected.
    pub(crate) fn find<'v>(
        &self,
        root: Option<&Value<'_>>,
        meter: &mut Meter,
    ) -> Result<Tree<'v>, ResolveError> {
        let Some(root) = root else { return Ok(Tree::Absent) };
        meter.spend_on(root)?;
        let payload = serde_json::Value::from(root);
        let mut found = Vec::new();
        for part in self.path.query(&payload) {
            let part = Value::from(part);
            meter.spend_on(&part)?;
            found.push(part.into_owned());
        }
        Ok(match found.pop() {
            None => Tree::Absent,
            Some(only) if !self.many => Tree::Owned(only),
            Some(last) => {
                found.push(last);
                Tree::Owned(Value::Array(found))
            }
        })
    }
}

/// The text with what stands in quotes blanked out.
fn without_quoted(text: &str) -> String {
    let mut quote = None;
    let mut escaped = false;
    let mut blank = |character: char| {
        let inside = quote.is_some();
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if character == '\\' => escaped = true,
            Some(open) if character == open => quote = None,
            None if character == '\'' || character == '"' => quote = Some(character),
            _ => {}
        }
        if inside { '_' } else { character }
    };
    text.chars().map(&mut blank).collect()
}

fn selects_many(bare: &str) -> bool {
    let in_brackets = bare.split('[').skip(1).filter_map(|rest| rest.split(']').next());
    bare.contains("..")
        || bare.contains(".*")
        || in_brackets.into_iter().any(|inside| {
            inside.trim_start().starts_with(['*', '?']) || inside.contains(':') || inside.contains(',')
        })
}

/// Refuses what would take more than linear time: selections of selections, and patterns made per event.
fn check(text: &str, bare: &str) -> Result<(), String> {
    let count = |part: &str| bare.matches(part).count();
    let refusal = if text.len() > MAX_QUERY_LENGTH {
        Some(format!("may have at most {MAX_QUERY_LENGTH} bytes, this one has {}", text.len()))
    } else if count("..") > 1 {
        Some("may have only one `..`".to_owned())
    } else if count("?") > 1 {
        Some("may have only one filter".to_owned())
    } else if count("$") > 1 {
        Some("may name the root `$` only at its start".to_owned())
    } else if count(",") > MAX_COMMAS {
        Some(format!("may have at most {MAX_COMMAS} commas"))
    } else if count("(") > MAX_PARENTHESES {
        Some(format!("may have at most {MAX_PARENTHESES} parentheses"))
    } else if count("match(") + count("search(") > 0 {
        Some("may not use match() or search(), whose patterns would be compiled for every event".to_owned())
    } else {
        None
    };
    refusal.map_or(Ok(()), |refusal| Err(format!("a JSONPath {refusal}: {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(query: &str, payload: &str) -> String {
        let payload = Value::parse(payload.as_bytes()).unwrap();
        let query = Query::parse(query).unwrap().unwrap();
        let found = query.find(Some(&payload), &mut Meter::new()).unwrap();
        serde_json::to_string(&found.into_value(&mut Meter::new()).unwrap()).unwrap()
    }

    #[test]
    fn wildcards_slices_filters_and_descents_select() {
        let payload = r#"{"p": [{"id": 1, "n": 5}, {"id": 2}, {"id": 3, "n": 7}]}"#;
        assert_eq!(find("$.p[*].id", payload), "[1,2,3]");
        assert_eq!(find("$.p[1:].id", payload), "[2,3]");
        assert_eq!(find("$.p[?@.n > 5].id", payload), "[3]");
        assert_eq!(find("$..n", payload), "[5,7]");
        assert_eq!(find("$.p[-1].id", payload), "3");
        assert_eq!(find("$.p[0, 2].id", payload), "[1,3]");
        assert_eq!(find("$.p[?@.n > 9]", payload), "null");
    }

    #[test]
    fn plain_paths_are_not_queries() {
        for path in ["$.a.b", "a..b", "a.*", "$.a[0]['b, c']", "$.a[b-c]", "$.why?", "$"] {
            assert!(Query::parse(path).is_none(), "{path}");
        }
    }

    #[test]
    fn costly_and_malformed_queries_are_refused() {
        for (query, reason) in [
            ("$..a..b", "only one `..`"),
            ("$.a[?@.b][?@.c]", "only one filter"),
            ("$.a[?$.b == 1]", "the root `$`"),
            ("$.a[?match(@.b, 'x')]", "match()"),
            ("$.a[0,1,2,3,4,5]", "commas"),
            ("$.a[*", "no JSONPath"),
        ] {
            let error = Query::parse(query).unwrap().unwrap_err();
            assert!(error.contains(reason), "{query}: {error}");
        }
    }
}
