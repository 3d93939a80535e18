//! Consent, settings, and what a flow file may say of both.

use super::*;

fn flow(head: &str) -> Result<Flow, String> {
    let text = format!(
        "name = \"x\"\nsource = \"segment\"\n{head}\n[mapping]\nevent = \"E\"\n\
         properties = {{ own = {{ \"@path\" = \"$.settings.own\" }} }}\n"
    );
    let faults = |faults: Vec<causeway_engine::flow::Fault>| {
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let definition = Definition::parse(&text, "x").map_err(faults)?;
    Flow::compile(&definition, &|_| Err("no plan".to_owned())).map_err(faults)
}

fn outcome(head: &str, preferences: &Value) -> String {
    let mut message = track("Any", json!({}));
    message["context"] = json!({"consent": {"categoryPreferences": preferences}});
    let answer = tried_message(&flow(head).unwrap(), &message);
    format!("{}: {}", answer["outcome"].as_str().unwrap(), answer["reason"].as_str().unwrap_or_default())
}

/// Messages for Segment are held against other rules than events.
fn tried_message(flow: &Flow, message: &Value) -> Value {
    let answer = trial::run(flow, message.to_string().as_bytes(), &trial::Conditions::at(NOW));
    serde_json::from_slice(&answer).unwrap()
}

#[test]
fn every_category_must_be_agreed_to() {
    let both = "consent = [\"ads\", \"analytics\"]";
    for (head, preferences, expected) in [
        (both, json!({"ads": true, "analytics": true, "other": false}), "mapped"),
        (both, json!({"ads": true, "analytics": false}), "unmapped: consent"),
        (both, json!({"ads": true}), "unmapped: consent"),
        (both, json!({"ads": true, "analytics": "true"}), "unmapped: consent"),
        ("consent = \"ads\"", json!({"ads": true}), "mapped"),
        ("", json!({"ads": false}), "mapped"),
    ] {
        assert!(outcome(head, &preferences).starts_with(expected), "{head} {preferences}");
    }
}

#[test]
fn without_preferences_it_is_as_the_flow_says() {
    for empty in [json!(null), json!({}), json!("yes"), json!([])] {
        assert!(outcome("consent = \"ads\"", &empty).starts_with("mapped"), "{empty}");
        let denied = outcome("consent = \"ads\"\nconsent_missing = \"deny\"", &empty);
        assert!(denied.contains("carries no preferences"), "{denied}");
    }
}

#[test]
fn settings_are_seen_by_the_flow_and_leave_no_trace() {
    let flow = flow("[settings]\nown = { deep = [1] }").unwrap();
    let mut message = track("Any", json!({}));
    message["settings"] = json!({"own": "the message's"});
    let answer = tried_message(&flow, &message);
    assert_eq!(answer["output"][0]["properties"]["own"], json!({"deep": [1]}), "{answer}");
    assert_eq!(answer["output"][0]["context"].get("algolia"), None);
    let mut payload = causeway_mapping::Value::from(&message);
    let before = payload.clone();
    let id = causeway_engine::event::EventId(1);
    let stamp = causeway_engine::flow::Stamp {
        event: id,
        time: NOW,
        anonymous: None,
        user: Some("u"),
        algolia: None,
        token_secret: b"",
    };
    flow.run(&mut payload, stamp, &mut Vec::new());
    assert_eq!(Value::from(payload), Value::from(before));
}

#[test]
fn what_is_wrong_is_named_with_what_is_right() {
    for (head, words) in [
        (
            "destination = \"algolia\"",
            "destination: unknown destination \"algolia\"; use \"segment\" or \"insights\"",
        ),
        ("consent = 5", "expected a consent category or a list of them"),
        ("consent_missing = \"block\"", "expected `allow` or `deny`"),
        (
            "destination = \"insights\"\n[settings]\npositions = \"zero\"",
            "settings.positions: unknown variant `zero`, expected `one-based` or `zero-based`",
        ),
        (
            "destination = \"insights\"\n[settings]\ncurrency = \"euro\"",
            "settings.currency: \"euro\" is no currency",
        ),
        (
            "destination = \"insights\"\nplan = \"plan.json\"",
            "plan: a tracking plan is for messages to Segment",
        ),
    ] {
        let fault = flow(head).unwrap_err();
        assert!(fault.contains(words), "{fault}");
    }
    let text = "name = \"x\"\nconsent = \"ads\"\n[mapping]\nevent = \"E\"\n";
    let faults = Flow::compile(&Definition::parse(text, "x").unwrap(), &|_| Err(String::new())).unwrap_err();
    assert!(faults[0].to_string().contains("Algolia's events carry no consent"));
}
