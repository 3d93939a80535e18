//! What the ledger says, for those who only read.

use super::failed::{Demand, DemandId};
use super::rows::{Row, Rows};
use super::{LIST, SHARDS};
use crate::core::{Facts, Kept};
use crate::searches::shards::Shards;
use causeway_store::Error;

/// Every failed query that is known, in no order. One that nobody asked for long may still be among them.
pub fn rows(facts: &dyn Facts) -> Result<Vec<Row>, Error> {
    let mut list: Shards<Rows> = Shards::new(LIST, SHARDS);
    Ok(list.load(facts)?.all().flat_map(|rows| rows.0.iter().cloned()).collect())
}

/// What is known of one of them.
pub fn demand(facts: &dyn Facts, id: DemandId) -> Result<Option<Demand>, Error> {
    Ok(facts.fact(&id.key())?.map(|stored| Demand::decode(&stored)))
}
