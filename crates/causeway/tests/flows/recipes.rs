//! Recipes with settings, and flows that see Segment's calls.

use super::{CLICK, Place};
use serde_json::{Value, json};

/// The usual configuration, with these recipes.
fn place(recipes: &str) -> Place {
    let place = Place::new();
    let config = place.read("causeway.toml");
    place.write("causeway.toml", &config.replace("search-events = true", recipes));
    place
}

fn clicked(position: u32) -> String {
    let query = "43b15df305339e827f0ac0bdc5ebcaa7";
    let properties = json!({"product_id": "a", "position": position, "query_id": query});
    json!({"type": "track", "event": "Product Clicked", "messageId": "m-1", "timestamp": "2026-11-24T06:30:00Z",
        "anonymousId": "anonymous-1", "properties": properties})
    .to_string()
}

const TUNED: &str =
    "commerce-events = { index = \"shoes\", positions = \"zero-based\", consent = [\"advertising\"] }";

#[test]
fn a_recipes_table_takes_the_place_of_its_settings() {
    let place = place(TUNED);
    let tried = place.fine(&["flow", "test", "commerce-events"], &format!("{}\nnonsense\n[]\n", clicked(0)));
    let lines: Vec<Value> = tried.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let event = &lines[0]["output"][0];
    assert_eq!((&event["index"], &event["positions"]), (&json!("shoes"), &json!([1])), "{tried}");
    assert!(lines[1]["reason"].as_str().unwrap().contains("no JSON"), "{tried}");
    assert!(lines[2]["reason"].as_str().unwrap().contains("no object"), "{tried}");

    let shown = place.fine(&["flow", "show", "commerce-events"], "");
    assert!(shown.contains("index = \"shoes\"") && shown.contains("# What the first place"), "{shown}");
    place.write("own.toml", &shown);
    assert!(place.fine(&["flow", "import", "--dry-run", "own.toml"], "").contains("commerce-events"));
    let denied = clicked(0).replace(
        "\"properties\"",
        "\"context\":{\"consent\":{\"categoryPreferences\":{\"advertising\":false}}},\"properties\"",
    );
    let tried: Value = serde_json::from_str(&place.fine(&["flow", "test", "own.toml"], &denied)).unwrap();
    assert!(tried["reason"].as_str().unwrap().starts_with("consent"), "{tried}");
    let off = self::place("commerce-events = { enabled = false }");
    assert!(off.fine(&["flow", "list"], "").contains("(off)"));
}

#[test]
fn what_a_recipe_can_not_be_told_is_a_fault_that_names_the_right_word() {
    for (recipes, words) in [
        (
            "commerce-events = { postions = 1 }",
            "recipes.commerce-events.postions: this recipe has no such setting; did you mean `positions`?",
        ),
        (
            "commerce-events = { positions = \"zero\" }",
            "settings.positions: unknown variant `zero`, expected `one-based` or `zero-based`",
        ),
        ("commerce-events = { consent = 5 }", "expected a consent category or a list of them"),
        ("commerce-events = \"yes\"", "neither true, false nor a table of settings"),
        ("comerce-events = true", "did you mean `commerce-events`?"),
        ("search-events = { index = \"a\" }", "this recipe has no such setting"),
        ("search-events = { consent = \"ads\" }", "Algolia's events carry no consent"),
    ] {
        let fault = place(recipes).fails(2, &["validate"]);
        assert!(fault.contains(words), "{recipes}: {fault}");
    }
}

#[test]
fn a_flow_to_algolia_needs_an_account_there() {
    let place = place("commerce-events = true");
    place.fine(&["validate"], "");
    let config = place.read("causeway.toml");
    place.write("causeway.toml", &config.replace("api_key = \"key\"", "intake_keys = [\"key\"]"));
    let fault = place.fails(2, &["validate"]);
    assert!(fault.contains("algolia.app_id and algolia.api_key: missing"), "{fault}");
    place.write(
        "causeway.toml",
        &config.replace("api_key = \"key\"", "intake_keys = [\"key\"]").replace("commerce-events = true", ""),
    );
    place.write(
        "own.toml",
        "name = \"own\"\nsource = \"segment\"\ndestination = \"insights\"\n[mapping]\neventName = \"E\"\n",
    );
    let fault = place.fails(2, &["flow", "import", "own.toml"]);
    assert!(fault.contains("algolia.app_id and algolia.api_key are not set"), "{fault}");
}

#[test]
fn a_flow_alone_to_algolia_needs_no_account_at_segment() {
    let place = place("commerce-events = true");
    let config = place.read("causeway.toml");
    place.write("causeway.toml", &config.replace("write_key = \"w\"", ""));
    place.fine(&["validate"], "");
}

#[test]
fn lint_watches_segments_messages_where_the_flow_sees_them() {
    let place = place(TUNED);
    let output = place.output(&["--json", "flow", "lint", "commerce-events"], &clicked(1));
    let found = String::from_utf8(output.stdout).unwrap();
    assert!(found.contains("integrations") && !found.contains("rejected"), "{found}");
    let words = place.output(&["flow", "lint", "commerce-events"], "5\n").stderr;
    assert!(String::from_utf8(words).unwrap().contains("give Segment messages as NDJSON"));
    place.write("plan.json", super::PLAN);
    let report = ["plan", "report", "--flow", "commerce-events", "--plan", "plan.json"];
    assert!(place.fails(2, &report).contains("sends to Algolia Insights"));
    let suggest = place.output(&["flow", "suggest", "--plan", "plan.json"], CLICK);
    assert_eq!(suggest.status.code(), Some(0), "events for a suggestion are still Algolia's");
}
