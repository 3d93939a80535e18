//! The bounds of writes, each written once. The spec states none for a batch, so the figures are ours, with the
//! vendor's advice that they follow.

/// Operations in one request: the chunk of the official clients' helpers. Source: Search spec, `batchSize`.
pub const MAX_OPERATIONS: usize = 1_000;

/// Bytes of a body that is sent. The vendor takes 1 GB and advises about 10 MB (guide "Send and update your data"); less
/// lets several requests be under way within the memory that a destination may take.
pub const MAX_BODY_SENT: usize = 4_000_000;

/// Bytes of a record on the smallest plan, "10 KB" in the guide "Reducing object size"; 100 KB on larger ones. The smaller
/// reading of a KB.
pub const RECORD_BYTES: usize = 10_000;

/// Bytes of an index name. Our own figure: none is published.
pub const MAX_INDEX_NAME: usize = 256;

/// Bytes of an `objectID`. The vendor takes any characters and sets no bound but the record's (guide "Algolia records").
/// Ours keeps the answer to a full request, which lists every `objectID`, at a megabyte or so.
pub const MAX_OBJECT_ID: usize = 512;

/// Attribute names with a meaning of their own, which a record may not use for anything else. Source: guide "Algolia
/// records", "Reserved attribute names", and the `hit` of the Search spec.
pub const RESERVED_ATTRIBUTES: [&str; 7] =
    ["objectID", "_tags", "_geoloc", "_highlightResult", "_snippetResult", "_rankingInfo", "_distinctSeqID"];
