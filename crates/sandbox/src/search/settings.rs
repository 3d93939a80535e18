//! An index's settings: kept as they came, and read once into what searching needs.

use super::fields::Fields;
use super::refusal::Refusal;
use serde_json::{Map, Value};

/// What searching needs of the settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Settings {
    /// Paths by falling importance, several at one rank; nothing means every attribute, alike.
    pub(super) searchable: Vec<Vec<String>>,
    pub(super) facets: Vec<FacetSetting>,
    /// Attribute, and whether high values come first.
    pub(super) custom_ranking: Vec<(String, bool)>,
    pub(super) unretrievable: Vec<String>,
    pub(super) without_typos: Vec<String>,
    /// How many hits can be reached by pages.
    pub(super) reachable: usize,
}

/// One entry of `attributesForFaceting`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FacetSetting {
    pub(super) attribute: String,
    pub(super) searchable: bool,
    pub(super) filter_only: bool,
}

/// "default: 1000"
const REACHABLE: u64 = 1000;
const MOST_REACHABLE: u64 = 20_000;

impl Settings {
    pub(super) fn parse(map: &Map<String, Value>) -> Result<Self, Refusal> {
        let fields = Fields::new(vec![map]);
        let list = |name: &str| fields.texts(name).map(Option::unwrap_or_default);
        let ranking = list("customRanking")?;
        Ok(Self {
            searchable: list("searchableAttributes")?.iter().map(|rank| rank_of(rank)).collect(),
            facets: list("attributesForFaceting")?.iter().map(|text| FacetSetting::parse(text)).collect(),
            custom_ranking: ranking.iter().map(|text| criterion(text)).collect::<Result<_, _>>()?,
            unretrievable: list("unretrievableAttributes")?,
            without_typos: list("disableTypoToleranceOnAttributes")?,
            reachable: fields.integer("paginationLimitedTo", 0..=MOST_REACHABLE)?.unwrap_or(REACHABLE)
                as usize,
        })
    }

    /// Which rank of importance a path has; nothing if it isn't searched. A path is searched with all that is below it.
    pub(super) fn rank(&self, path: &str) -> Option<u16> {
        if self.searchable.is_empty() {
            return (path != "objectID").then_some(0);
        }
        let rank = self.searchable.iter().position(|paths| paths.iter().any(|own| is_within(path, own)));
        rank.and_then(|rank| u16::try_from(rank).ok())
    }
}

/// Whether a path is another one, or below it.
pub(super) fn is_within(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl FacetSetting {
    fn parse(text: &str) -> Self {
        let (mut attribute, mut searchable, mut filter_only) = (text.trim(), false, false);
        while let Some((modifier, inner)) = attribute.strip_suffix(')').and_then(|text| text.split_once('('))
        {
            searchable |= modifier == "searchable";
            filter_only |= modifier == "filterOnly";
            attribute = inner.trim();
        }
        Self { attribute: attribute.to_owned(), searchable, filter_only }
    }
}

/// `a,b` shares a rank; `unordered(a)` is taken as `a`: where in an attribute a word stands counts for nothing here.
fn rank_of(text: &str) -> Vec<String> {
    let bare = |name: &str| {
        let inner = name.strip_prefix("unordered(").or_else(|| name.strip_prefix("ordered("));
        inner.and_then(|inner| inner.strip_suffix(')')).unwrap_or(name).trim().to_owned()
    };
    text.split(',').map(str::trim).map(bare).collect()
}

fn criterion(text: &str) -> Result<(String, bool), Refusal> {
    let read = |prefix: &str| Some(text.trim().strip_prefix(prefix)?.strip_suffix(')')?.to_owned());
    let descending = read("desc(").map(|name| (name, true));
    let criterion = descending.or_else(|| read("asc(").map(|name| (name, false)));
    criterion.ok_or_else(|| Refusal::bad_request(format!("Invalid value for customRanking: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(document: &Value) -> Result<Settings, Refusal> {
        Settings::parse(document.as_object().expect("an object"))
    }

    #[test]
    fn searchable_attributes_rank_in_order_and_with_all_below_them() {
        let settings =
            settings(&json!({"searchableAttributes": ["name", "unordered(brand),about"]})).unwrap();
        let ranks = ["name", "brand", "about.text", "aboutness", "price"].map(|path| settings.rank(path));
        assert_eq!(ranks, [Some(0), Some(1), Some(1), None, None]);
        assert_eq!(Settings::default().rank("anything"), Some(0));
    }

    #[test]
    fn modifiers_of_facets_nest_and_bad_criteria_are_refused() {
        let read = settings(
            &json!({"attributesForFaceting": ["afterDistinct(searchable(brand))", "filterOnly(a.b)"]}),
        )
        .unwrap();
        let facets =
            read.facets.iter().map(|facet| (facet.attribute.as_str(), facet.searchable, facet.filter_only));
        assert_eq!(facets.collect::<Vec<_>>(), [("brand", true, false), ("a.b", false, true)]);
        assert!(settings(&json!({"customRanking": ["popularity"]})).is_err());
        assert!(settings(&json!({"searchableAttributes": 7})).is_err());
    }
}
