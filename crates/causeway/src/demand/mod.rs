//! The demand ledger from outside: what is shown of failed queries, and the asking whether they have results by now.
//!
//! The engine keeps the ledger (`causeway_engine::searches::demand`). Here nothing of it is changed: [`prober`] asks Algolia, and
//! what comes of it enters the journal as a search of nobody's; [`listing`] reads.

pub mod listing;
pub mod prober;
pub mod schedule;

use causeway_engine::searches::demand::{DemandId, Row};
use std::cmp::Reverse;

/// What is more wanted is greater: by how many wait for it, then how often it was asked, then how lately.
pub(crate) fn wanted(row: &Row) -> (u32, u32, i64, Reverse<DemandId>) {
    (row.waiting, row.times, row.last_at, Reverse(row.id))
}
