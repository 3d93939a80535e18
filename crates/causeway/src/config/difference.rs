//! Which keys differ between two configurations.

use super::Settings;
use toml::Value;

/// The keys that say something else, dotted and sorted. Of secrets nothing is known here: they are equal.
pub fn keys(before: &Settings, after: &Settings) -> Vec<String> {
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for (settings, leaves) in [(before, &mut one), (after, &mut other)] {
        // Settings came out of TOML.
        if let Ok(value) = Value::try_from(settings) {
            flatten(String::new(), value, leaves);
        }
    }
    let only = |these: &[(String, Value)], those: &[(String, Value)]| -> Vec<String> {
        these.iter().filter(|leaf| !those.contains(leaf)).map(|(key, _)| key.clone()).collect()
    };
    let mut keys = [only(&one, &other), only(&other, &one)].concat();
    keys.sort();
    keys.dedup();
    keys
}

fn flatten(path: String, value: Value, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                flatten(path, value, leaves);
            }
        }
        value => leaves.push((path, value)),
    }
}
