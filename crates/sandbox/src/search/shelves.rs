//! The shop's products, searched without a server.

use super::fields::Fields;
use super::index::{Index, Prepared};
use super::parameters::Parameters;
use serde_json::{Map, Value};

/// The index of products as it is at first.
#[derive(Debug, Clone)]
pub(crate) struct Shelves(Option<Prepared>);

impl Shelves {
    pub(crate) fn new() -> Self {
        Self(Index::of_products(0).prepared().ok())
    }

    /// How many products a query finds, and the ids of the first `most`.
    pub(crate) fn find(&self, query: &str, most: usize) -> (usize, Vec<&str>) {
        let fields = Map::from_iter([("query".to_owned(), Value::from(query))]);
        let parameters = Parameters::parse(&Fields::new(vec![&fields]));
        let (Some(prepared), Ok(parameters)) = (&self.0, parameters) else { return (0, Vec::new()) };
        let records = prepared.searchable.search(&parameters).records;
        let id = |record: &u32| prepared.searchable.entries[*record as usize].id.as_str();
        (records.len(), records.iter().take(most).map(id).collect())
    }
}
