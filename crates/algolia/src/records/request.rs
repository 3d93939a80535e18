//! The parts of a request that writes records, without the sending.

/// Where operations on any index are posted. Source: Search spec, `multipleBatch`.
pub const PATH: &str = "/1/indexes/*/batch";

/// The rights that a key needs to write records. Source: Search spec, `x-acl` of `multipleBatch` and `deleteObject`.
pub const RIGHTS: [&str; 2] = ["addObject", "deleteObject"];

/// The content type of a body made with [`PREFIX`] and [`SUFFIX`].
pub const CONTENT_TYPE: &str = "application/json";

/// What stands before the first operation of a body; operations are separated by commas.
pub const PREFIX: &str = r#"{"requests":["#;

/// What stands after the last operation.
pub const SUFFIX: &str = "]}";
