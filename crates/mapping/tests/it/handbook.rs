//! The handbook's examples, read from its pages: what they promise is what happens.

use causeway_mapping::Trigger;

use crate::{faults, map, value};

const MAPPING: &str = include_str!("../../../../docs/src/mapping.md");
const TRIGGERS: &str = include_str!("../../../../docs/src/triggers.md");

/// The fenced blocks of a page in order: what stands behind the language, and the text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    page.split("```").skip(1).step_by(2).filter_map(|fence| fence.split_once('\n')).collect()
}

/// The text of the only block of a kind.
fn only<'p>(page: &'p str, kind: &str) -> &'p str {
    let found: Vec<&str> =
        blocks(page).into_iter().filter(|(info, _)| *info == kind).map(|(_, text)| text).collect();
    assert_eq!(found.len(), 1, "{kind}");
    found[0]
}

fn compact(json: &str) -> String {
    let mut compact = Vec::new();
    value(json).write_json(&mut compact);
    String::from_utf8(compact).expect("JSON is text")
}

#[test]
fn every_mapping_gives_its_result() {
    let payload = only(MAPPING, "json payload");
    let blocks = blocks(MAPPING);
    let pairs = blocks.windows(2).filter(|pair| pair[0].0 == "json mapping" && pair[1].0 == "json result");
    let mut count = 0;
    for pair in pairs {
        assert_eq!(map(pair[0].1, payload), compact(pair[1].1), "{}", pair[0].1);
        count += 1;
    }
    let mappings = blocks.iter().filter(|(info, _)| *info == "json mapping").count();
    assert_eq!(count + 1, mappings, "every mapping but the faulty one has a result");
}

#[test]
fn the_faulty_mapping_gives_its_faults() {
    let blocks = blocks(MAPPING);
    let pair = blocks.windows(2).find(|pair| pair[1].0 == "text faults").expect("an example of faults");
    assert_eq!(faults(pair[0].1).join("\n"), pair[1].1.trim());
}

#[test]
fn every_directive_has_an_example() {
    for directive in
        faults(r#"{"@": 1}"#)[0].split(['@', ',', ' ']).filter(|word| word.chars().all(char::is_alphabetic))
    {
        let known = ["no", "such", "directive", "there", "are", ""].contains(&directive);
        assert!(known || MAPPING.contains(&format!("\"@{directive}\": ")), "{directive}");
    }
}

#[test]
fn every_trigger_passes_or_not_as_its_row_says() {
    let payload = value(only(TRIGGERS, "json payload"));
    let mut count = 0;
    for row in TRIGGERS.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let text = cells[1].trim_matches('`');
        let trigger = Trigger::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(trigger.matches(&payload), cells[2] == "yes", "{text}");
        let trap = cells.len() > 4;
        assert_eq!(!trigger.notices().is_empty(), trap, "{text} {:?}", trigger.notices());
        count += 1;
    }
    assert_eq!(count, 26, "rows are found");
}

#[test]
fn the_faulty_trigger_gives_its_error() {
    let error = Trigger::parse(only(TRIGGERS, "text trigger").trim()).expect_err("an error");
    assert_eq!(error.to_string(), only(TRIGGERS, "text error").trim());
}
