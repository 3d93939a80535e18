//! What Algolia says: the Insights API's events, rules, limits and answers; records and how they are written; the
//! Analytics API's reports; searches and their answers; how a person is erased; user tokens; credentials; regions and hosts.
//!
//! This crate does no input or output and knows no other crate of the workspace. Bytes and the time come in, types
//! that cannot be wrong or the vendor's own refusal come out. Each vendor fact names its source: "spec" is the
//! `OpenAPI` description of the Insights or Search API in the public repository `algolia/api-clients-automation`.

pub mod analytics;
mod answer;
pub mod credentials;
pub mod erasure;
pub mod hosts;
pub mod insights;
mod json;
pub mod records;
pub mod region;
pub mod search;
pub mod tokens;
