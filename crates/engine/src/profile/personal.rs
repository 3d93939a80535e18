//! Which traits are kept.

use std::collections::BTreeSet;

/// Segment's reserved traits that say who somebody is, as `plain` writes them. They are kept only where a user asked for
/// them by name. Source: Segment's spec, identify, reserved traits.
pub const PERSONAL_TRAITS: [&str; 20] = [
    "address",
    "age",
    "avatar",
    "birthday",
    "dateofbirth",
    "email",
    "emailaddress",
    "firstname",
    "fullname",
    "gender",
    "lastname",
    "ip",
    "ipaddress",
    "middlename",
    "mobilephone",
    "name",
    "phone",
    "phonenumber",
    "ssn",
    "username",
];

/// `firstName`, `first_name`, `First Name` are one trait.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Which traits are kept: all but the personal ones, and of those the ones that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keep {
    /// Personal traits that are kept all the same.
    pub asked_for: BTreeSet<String>,
}

impl Keep {
    /// Whether a trait is kept.
    pub fn keeps(&self, name: &str) -> bool {
        self.asked_for.contains(name) || !PERSONAL_TRAITS.contains(&plain(name).as_str())
    }
}
