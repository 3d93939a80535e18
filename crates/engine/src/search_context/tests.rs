use super::*;
use crate::identity::Kind;
use crate::profile::Profile;
use serde_json::json;

fn rules(rules: &[RuleSettings]) -> Rules {
    Rules {
        rules: rules.iter().map(|rule| Rule::compile(rule).unwrap()).collect(),
        audiences: Audiences::All,
        hold_out: 0.0,
        seed: String::new(),
        caps: Caps { rule_contexts: 3, optional_filters: 3, analytics_tags: 3 },
    }
}

fn view() -> View {
    let mut profile = Profile::default();
    profile.learn_trait(Kind::User, "plan", json!("gold"), 1);
    profile.learn_trait(Kind::User, "brands", json!(["Acme", "-Zen", ""]), 1);
    profile.learn_membership(Kind::User, "big spenders", true, 1);
    profile.learn_membership(Kind::User, "gone", true, 1);
    profile.learn_membership(Kind::User, "gone", false, 2);
    let mut view = View::default();
    view.join(&profile, |_| true);
    view
}

fn searcher(person: &str) -> Searcher<'_> {
    Searcher { person, user: Some(person), anonymous: None, token: "token-1" }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[test]
fn rules_that_match_add_contexts_filters_and_tags() {
    let gold = RuleSettings {
        when: Some("traits.plan = \"gold\"".to_owned()),
        rule_contexts: texts(&["tier {{traits.plan}}"]),
        optional_filters: texts(&["brand:{{traits.brands}}<score=5>", "size:{{traits.size}}"]),
        analytics_tags: texts(&["gold"]),
        enable_personalization: Some(true),
    };
    let spender = RuleSettings {
        when: Some("traits.gone = true".to_owned()),
        rule_contexts: texts(&["never"]),
        ..RuleSettings::default()
    };
    let context = rules(&[gold, spender]).evaluate(searcher("ann"), &view());
    let expected = json!({
        "userToken": "token-1",
        "ruleContexts": ["tier_gold", "audience_big_spenders"],
        "optionalFilters": ["brand:Acme<score=5>", "brand:\\-Zen<score=5>"],
        "analyticsTags": ["gold"],
        "enablePersonalization": true,
    });
    assert_eq!(json!(context), expected);
}

#[test]
fn the_hold_out_is_sticky_has_its_share_and_stays_untouched() {
    let rules = Rules { hold_out: 0.1, ..rules(&[]) };
    let people: Vec<String> = (0..10_000).map(|number| format!("person-{number}")).collect();
    let held = |person: &String| rules.evaluate(searcher(person), &view()).held_out;
    let share = people.iter().filter(|person| held(person)).count();
    assert!((900..1_100).contains(&share), "{share}");
    assert!(people.iter().all(|person| held(person) == held(person)));
    let one = people.iter().find(|person| held(person)).unwrap();
    let context = json!(rules.evaluate(searcher(one), &view()));
    assert_eq!(context, json!({"userToken": "token-1", "analyticsTags": [HELD_OUT_TAG]}));
}

#[test]
fn caps_bound_what_goes_into_a_query() {
    let many = RuleSettings {
        rule_contexts: (0..9).map(|number| format!("c{number}")).collect(),
        optional_filters: (0..9).map(|number| format!("f:{number}")).collect(),
        analytics_tags: (0..9).map(|number| format!("t{number}")).collect(),
        ..RuleSettings::default()
    };
    let context = rules(&[many]).evaluate(searcher("ann"), &view());
    let lengths =
        [context.rule_contexts, context.optional_filters, context.analytics_tags].map(|list| list.len());
    assert_eq!(lengths, [3, 3, 3]);
}

#[test]
fn what_is_wrong_with_a_rule_is_named() {
    let wrong = RuleSettings {
        when: Some("plan = \"gold\"".to_owned()),
        optional_filters: texts(&["Acme", "brand:x<score=70000>", "brand:{{plan}}"]),
        analytics_tags: texts(&["{{traits.plan"]),
        ..RuleSettings::default()
    };
    let faults = Rule::compile(&wrong).unwrap_err();
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key).collect();
    let filter = "optional_filters";
    assert_eq!(keys, ["when", filter, filter, filter, "analytics_tags"]);
}
