//! Which traits are kept.

use std::collections::BTreeSet;

/// Segment's reserved traits that say who somebody is, in both of its spellings. They are kept only where a user asked
/// for them by name. Source: Segment's spec, identify, reserved traits.
pub const PERSONAL_TRAITS: [&str; 20] = [
    "address",
    "age",
    "avatar",
    "birthday",
    "date_of_birth",
    "email",
    "firstName",
    "first_name",
    "gender",
    "lastName",
    "last_name",
    "ip",
    "middleName",
    "middle_name",
    "name",
    "phone",
    "phone_number",
    "ssn",
    "username",
    "userName",
];

/// Which traits are kept: all but the personal ones, and of those the ones that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keep {
    /// Personal traits that are kept all the same.
    pub asked_for: BTreeSet<String>,
}

impl Keep {
    /// Whether a trait is kept.
    pub fn keeps(&self, name: &str) -> bool {
        !PERSONAL_TRAITS.contains(&name) || self.asked_for.contains(name)
    }
}
