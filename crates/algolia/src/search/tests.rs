use super::*;
use crate::credentials::{Secret, secured};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const CAPS: Caps = Caps { rule_contexts: 3, optional_filters: 3, analytics_tags: 3 };

fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn everything() -> Additions {
    Additions {
        click_analytics: true,
        user_token: Some("u+1".to_owned()),
        rule_contexts: list(&["vip"]),
        optional_filters: list(&["brand:A \"&\" B<score=3>"]),
        analytics_tags: list(&["causeway-personalised"]),
        enable_personalization: Some(true),
    }
}

fn restrictions(text: &str) -> secured::Restrictions {
    secured::carried(secured::make(&Secret::new("anything"), text).expose()).unwrap()
}

fn added(request: &Request<'_>, carried: Option<&str>) -> Option<String> {
    let additions = vec![everything(); request.queries().len()];
    let carried = carried.map(restrictions);
    request.add(&additions, CAPS, carried.as_ref()).map(|(text, _)| text)
}

fn one(body: &str) -> Option<String> {
    added(&Request::one("i", body).unwrap(), None)
}

const ALL: &str = "\"clickAnalytics\":true,\"userToken\":\"u+1\",\"ruleContexts\":[\"vip\"],\
                   \"optionalFilters\":[\"brand:A \\\"&\\\" B<score=3>\"],\
                   \"analyticsTags\":[\"causeway-personalised\"],\"enablePersonalization\":true";

const ALL_ENCODED: &str = "clickAnalytics=true&userToken=u%2B1&ruleContexts=%5B%22vip%22%5D\
                           &optionalFilters=%5B%22brand%3AA%20%5C%22%26%5C%22%20B%3Cscore%3D3%3E%22%5D\
                           &analyticsTags=%5B%22causeway-personalised%22%5D&enablePersonalization=true";

#[test]
fn what_is_absent_is_set_behind_all_else_which_stays_as_written() {
    assert_eq!(one("{}").unwrap(), format!("{{{ALL}}}"));
    let body = "{ \"query\":\"\\u00e9\", \"page\" : 1.0 , \"x\":[ {} ]\n}";
    let before = body.strip_suffix('}').unwrap();
    assert_eq!(one(body).unwrap(), format!("{before},{ALL}}}"));
}

#[test]
fn a_string_of_parameters_is_added_to_and_not_the_object_around_it() {
    assert_eq!(one("{\"params\":\"\"}").unwrap(), format!("{{\"params\":\"{ALL_ENCODED}\"}}"));
    let body = r#"{"params":"query=a+b%26&x","y":1}"#;
    assert_eq!(one(body).unwrap(), format!(r#"{{"params":"query=a+b%26&x&{ALL_ENCODED}","y":1}}"#));
    let escaped = one(r#"{"params":"query=\"a\"\u0026page=1"}"#).unwrap();
    assert_eq!(escaped, format!(r#"{{"params":"query=\"a\"&page=1&{ALL_ENCODED}"}}"#));
    let address = Request::address("i", "query=a&x-algolia-api-key=k");
    assert_eq!(added(&address, None).unwrap(), format!("query=a&x-algolia-api-key=k&{ALL_ENCODED}"));
}

#[test]
fn every_query_of_a_request_is_added_to_but_facet_searches() {
    let body = r#"{"strategy":"none","requests":[{"indexName":"a","params":"query=x"},{"indexName":"b","type":"facet","facet":"f"},{"indexName":"c","query":"y"}]}"#;
    let request = Request::many(body).unwrap();
    let expected = body.replace("query=x", &format!("query=x&{ALL_ENCODED}"));
    let expected = expected.replace(r#""query":"y""#, &format!(r#""query":"y",{ALL}"#));
    assert_eq!(added(&request, None).unwrap(), expected);
    let indices: Vec<&str> = request.queries().iter().map(Query::index).collect();
    assert_eq!(indices, ["a", "b", "c"]);
}

#[test]
fn what_the_caller_set_is_neither_overwritten_nor_removed_and_lists_grow_up_to_their_cap() {
    let body = r#"{"clickAnalytics":false,"userToken":"theirs","enablePersonalization":null,"ruleContexts":["a","b","c","d"],"optionalFilters":[["x:1","x:2"]],"analyticsTags":["causeway-personalised"]}"#;
    let expected = body.replace(r#""x:2"]]"#, r#""x:2"],"brand:A \"&\" B<score=3>"]"#);
    assert_eq!(one(body).unwrap(), expected);
    let set = |text: &str| one(text).unwrap_or_else(|| text.to_owned());
    // Neither a list nor absent: not ours to judge.
    assert!(set(r#"{"ruleContexts":"a"}"#).starts_with(r#"{"ruleContexts":"a","#));
    let twice = set(r#"{"ruleContexts":["a"],"ruleContexts":["b"]}"#);
    assert!(twice.starts_with(r#"{"ruleContexts":["a"],"ruleContexts":["b"],"#) && !twice.contains("vip"));
    let both = set(r#"{"ruleContexts":["a"],"params":"ruleContexts=b"}"#);
    assert!(both.starts_with(r#"{"ruleContexts":["a"],"params":"ruleContexts=b&"#) && !both.contains("vip"));
}

#[test]
fn lists_within_a_string_of_parameters_grow_in_the_spelling_that_they_have() {
    let address = |text: &str| added(&Request::address("i", text), None).unwrap();
    assert!(
        address("ruleContexts=%5B%22a%22%5D&z=1").starts_with("ruleContexts=%5B%22a%22%2C%22vip%22%5D&z=1&")
    );
    assert!(address("ruleContexts=[\"a\"]").starts_with("ruleContexts=[\"a\"%2C%22vip%22]&"));
    assert!(address("ruleContexts=a,b").starts_with("ruleContexts=a,b%2Cvip&"));
    assert!(address("optionalFilters=a:b").starts_with("optionalFilters=a:b&click"));
    assert!(address("ruleContexts=").starts_with("ruleContexts=&"));
}

#[test]
fn nothing_is_added_that_a_secured_key_carries() {
    let all = [
        "clickAnalytics",
        "userToken",
        "ruleContexts",
        "optionalFilters",
        "analyticsTags",
        "enablePersonalization",
    ];
    for name in all {
        let text =
            added(&Request::one("i", "{}").unwrap(), Some(&format!("filters=a%3Ab&{name}=x"))).unwrap();
        let object: Map<String, Value> = serde_json::from_str(&text).unwrap();
        assert!(!object.contains_key(name) && object.len() == all.len() - 1, "{text}");
    }
    let silent = added(&Request::one("i", "{}").unwrap(), Some("analytics=false")).unwrap();
    assert!(!silent.contains("clickAnalytics") && !silent.contains("Tags"), "{silent}");
    assert!(secured::carried("0123456789abcdef0123456789abcdef").is_none(), "a plain key carries nothing");
}

#[test]
fn a_query_that_wants_no_analytics_gets_neither_tags_nor_a_query_id() {
    for body in [r#"{"analytics":false}"#, r#"{"params":"analytics=false"}"#] {
        let text = one(body).unwrap();
        assert!(!text.contains("clickAnalytics") && !text.contains("causeway"), "{text}");
        assert!(text.contains("vip"), "{text}");
    }
}

#[test]
fn what_can_not_be_read_is_not_touched() {
    let bodies = ["", "[]", "{", "{}x", r#"{"params":1}"#, r#"{"params":{}}"#, "{\"a\":\u{1}}"];
    for body in bodies {
        assert!(Request::one("i", body).is_err(), "{body}");
    }
    for body in [r#"{"requests":{}}"#, r#"{"requests":[{"query":"a"}]}"#, r#"{"requests":[1]}"#] {
        assert!(Request::many(body).is_err(), "{body}");
    }
    assert!(Request::many("{}").unwrap().queries().is_empty());
}

#[test]
fn what_was_asked_reads_the_same_in_every_spelling() {
    let flat = json!({"query": "a b", "facetFilters": [["c:2", "c:1"], "brand:A"], "numericFilters": "price>1",
        "filters": "x:1  AND y:2", "page": 2, "hitsPerPage": 5, "userToken": "u", "analytics": false});
    let string = r#"{"requests":[{"indexName":"i","params":"query=a+b&facetFilters=%5B%22brand%3AA%22%2C%5B%22c%3A1%22%2C%22c%3A2%22%5D%5D&numericFilters=%5B%22price%3E1%22%5D&filters=x%3A1%20AND%20y%3A2&page=2&hitsPerPage=5&userToken=u&analytics=false"}]}"#;
    let expected = Asked {
        index: "i".to_owned(),
        query: "a b".to_owned(),
        user_token: Some("u".to_owned()),
        filters: Some("brand:A AND (c:1 OR c:2) AND price>1 AND (x:1 AND y:2)".to_owned()),
        page: 2,
        hits_per_page: Some(5),
        analytics: false,
        is_facet: false,
    };
    let body = flat.to_string();
    let asked = Request::one("i", &body).unwrap().asked(Some("other"), None);
    assert_eq!(asked, std::slice::from_ref(&expected));
    assert_eq!(Request::many(string).unwrap().asked(None, None), [expected]);
    let fixed = restrictions("userToken=fixed");
    let asked = Request::one("i", &body).unwrap().asked(None, Some(&fixed));
    assert_eq!(asked[0].user_token.as_deref(), Some("fixed"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(".{0,6}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn any_key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z\"\\\\é]{0,6}",
        proptest::sample::select(vec![
            "ruleContexts",
            "optionalFilters",
            "analyticsTags",
            "clickAnalytics",
            "userToken"
        ])
        .prop_map(str::to_owned),
    ]
}

/// Whether `after` is `before` with perhaps more items behind.
fn grown(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => after.starts_with(before),
        (before, after) => before == after,
    }
}

proptest! {
    #[test]
    fn adding_keeps_all_that_was_there_and_adding_again_changes_nothing(
        members in proptest::collection::btree_map(any_key(), any_json(), 0..8),
        pretty in any::<bool>(),
    ) {
        let before: Map<String, Value> = members.into_iter().collect();
        let body = if pretty { serde_json::to_string_pretty(&before) } else { serde_json::to_string(&before) }.unwrap();
        let after = one(&body).unwrap_or_else(|| body.clone());
        let parsed: Map<String, Value> = serde_json::from_str(&after).unwrap();
        for (name, value) in &before {
            prop_assert!(grown(value, &parsed[name]), "{name}: {after}");
        }
        let kept: Vec<&String> = parsed.keys().take(before.len()).collect();
        prop_assert_eq!(kept, before.keys().collect::<Vec<_>>());
        prop_assert_eq!(one(&after), None, "{}", after);
    }

    #[test]
    fn any_string_of_parameters_keeps_its_own_and_adding_again_changes_nothing(text in "[a-z=&%+\\[\\]\",\\\\é0-9]{0,24}") {
        let address = added(&Request::address("i", &text), None).unwrap_or_else(|| text.clone());
        prop_assert_eq!(added(&Request::address("i", &address), None), None, "{}", address);
        let before = |text: &str| text.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        prop_assert!(before(&address).starts_with(&before(&text)), "{}", address);
        let body = json!({"params": text}).to_string();
        let body = one(&body).unwrap();
        prop_assert_eq!(one(&body), None, "{}", body);
    }

    #[test]
    fn no_text_is_too_strange(text in any::<String>()) {
        let _ = Request::one("i", &text).map(|request| (request.asked(None, None), added(&request, None)));
        let _ = Request::many(&text).map(|request| (request.asked(None, None), added(&request, None)));
        let _ = (secured::carried(&text), Request::address("i", &text).asked(None, None));
    }
}
