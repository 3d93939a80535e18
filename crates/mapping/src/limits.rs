//! The bounds that keep any definition and any payload harmless, each written once.

/// Deepest nesting of objects and arrays that [`Value::parse`](crate::Value::parse) and deserializing accept.
pub const MAX_DEPTH: usize = 64;
/// Deepest nesting of a mapping's definition.
pub const MAX_DEFINITION_DEPTH: usize = 64;
/// Most values (objects, arrays, scalars) in one mapping's definition.
pub const MAX_DEFINITION_VALUES: usize = 10_000;
/// Longest path, in bytes.
pub const MAX_PATH_LENGTH: usize = 1_024;
/// Longest JSONPath query, in bytes.
pub const MAX_QUERY_LENGTH: usize = 256;
/// Longest template text, in bytes; also what a computed template may grow to.
pub const MAX_TEMPLATE_LENGTH: usize = 16 * 1_024;
/// Most placeholders in one template.
pub const MAX_PLACEHOLDERS: usize = 256;
/// Longest `@replace` pattern, in UTF-16 code units. Source: Segment's mapping kit, `MAX_PATTERN_LENGTH`.
pub const MAX_PATTERN_LENGTH: usize = 10;
/// Longest `@replace` replacement, in UTF-16 code units. Source: Segment's mapping kit, `MAX_REPLACEMENT_LENGTH`.
pub const MAX_REPLACEMENT_LENGTH: usize = 10;
/// Longest `@liquid` template, in UTF-16 code units. Source: Segment's mapping kit, `@liquid`.
pub const MAX_LIQUID_LENGTH: usize = 1_000;
/// What one run of a mapping may build: one a value, and one a byte of text.
pub const MAX_WORK: usize = 8 * 1_024 * 1_024;
/// Longest FQL text, in bytes.
pub const MAX_TRIGGER_LENGTH: usize = 64 * 1_024;
/// Deepest nesting of groups in a trigger given as a tree.
pub const MAX_TRIGGER_DEPTH: usize = 32;
