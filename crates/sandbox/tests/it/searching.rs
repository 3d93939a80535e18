//! The stand-in Algolia Search, searched.

use crate::support::{ADMIN, Answer, Bench, CREDENTIALS, but};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_sandbox::{Acl, Effect, Fault, Options, Target};
use flate2::read::GzDecoder;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::HashSet;
use std::io::Read;

async fn search(bench: &Bench, parameters: &Value) -> Answer {
    bench.send("POST", "/1/indexes/products/query", &CREDENTIALS, parameters.to_string()).await
}

async fn admin(bench: &Bench, method: &str, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    bench.send(method, path, &ADMIN, body).await
}

fn ids(answer: &Value) -> Vec<String> {
    let hits = answer["hits"].as_array().into_iter().flatten();
    hits.map(|hit| hit["objectID"].as_str().unwrap().to_owned()).collect()
}

/// A bench with an index of a few records, all of whose attributes are known here.
async fn with_shop() -> Bench {
    let bench = Bench::new().await;
    let settings = json!({"searchableAttributes": ["name", "tags"], "customRanking": ["desc(sold)"],
        "attributesForFaceting": ["searchable(brand)", "colour", "filterOnly(secret)", "price"]});
    assert_eq!(admin(&bench, "PUT", "/1/indexes/shop/settings", &settings).await.status, 200);
    let records = [
        json!({"objectID": "1", "name": "Red Sofa", "brand": "Acme", "colour": ["red", "dark"], "price": 10, "sold": 5, "secret": "x"}),
        json!({"objectID": "2", "name": "Blue Sofa", "brand": "Acme", "colour": "blue", "price": 20.5, "sold": 9, "_tags": ["new"]}),
        json!({"objectID": "3", "name": "Blue Bookcase", "brand": "Best", "colour": "blue", "price": 30, "sold": 7, "tags": ["sofa table"]}),
    ];
    let requests = records.map(|record| json!({"action": "addObject", "body": record}));
    assert_eq!(
        admin(&bench, "POST", "/1/indexes/shop/batch", &json!({"requests": requests})).await.status,
        200
    );
    bench
}

async fn shop(bench: &Bench, parameters: &Value) -> Value {
    let answer = bench.send("POST", "/1/indexes/shop/query", &CREDENTIALS, parameters.to_string()).await;
    assert_eq!(answer.status, 200, "{parameters}: {}", answer.message());
    answer.json()
}

#[tokio::test]
async fn all_words_must_match_the_last_as_a_beginning_and_the_best_come_first() {
    let bench = with_shop().await;
    for (query, expected) in [
        ("", vec!["2", "3", "1"]),
        ("sofa", vec!["2", "1", "3"]),
        ("blue so", vec!["2", "3"]),
        ("so blue", vec![]),
        ("sofa ", vec!["2", "1", "3"]),
        ("so ", vec![]),
        ("soffa", vec!["2", "1", "3"]),
        ("bokcase", vec!["3"]),
        ("rde", vec![]),
        ("kokkcase", vec![]),
        ("trampoline", vec![]),
    ] {
        let answer = shop(&bench, &json!({"query": query})).await;
        assert_eq!(ids(&answer), expected, "{query:?}");
        assert_eq!((&answer["nbHits"], &answer["query"]), (&json!(expected.len()), &json!(query)));
    }
    let strict = shop(&bench, &json!({"query": "soffa", "typoTolerance": false})).await;
    assert_eq!(strict["nbHits"], 0);
    assert_eq!(
        ids(&shop(&bench, &json!({"query": "so", "queryType": "prefixNone"})).await),
        Vec::<String>::new()
    );
    let restricted = json!({"query": "sofa", "restrictSearchableAttributes": ["tags"]});
    assert_eq!(ids(&shop(&bench, &restricted).await), ["3"]);
}

#[tokio::test]
async fn filters_of_all_kinds_leave_what_they_say() {
    let bench = with_shop().await;
    for (parameters, expected) in [
        (json!({"filters": "brand:Acme AND NOT colour:red"}), vec!["2"]),
        (json!({"filters": "colour:dark OR brand:Best"}), vec!["3", "1"]),
        (json!({"filters": "price:10 TO 20.5 AND price != 10"}), vec!["2"]),
        (json!({"filters": "new"}), vec!["2"]),
        (json!({"filters": "sold > 5 AND (brand:Best OR brand:None)"}), vec!["3"]),
        (json!({"filters": "secret:x"}), vec!["1"]),
        (json!({"filters": "name:\"Red Sofa\""}), vec![]),
        (json!({"facetFilters": [["colour:red", "brand:Best"], "brand:-Best"]}), vec!["1"]),
        (json!({"facetFilters": "[\"colour:-blue\"]"}), vec!["1"]),
        (json!({"numericFilters": ["price>=20.5", "price<30"]}), vec!["2"]),
        (json!({"tagFilters": ["-new"]}), vec!["3", "1"]),
        (json!({"params": "query=sofa&filters=brand%3ABest"}), vec!["3"]),
    ] {
        assert_eq!(ids(&shop(&bench, &parameters).await), expected, "{parameters}");
    }
}

#[tokio::test]
async fn optional_filters_order_by_their_scores_and_exclude_nothing() {
    let bench = with_shop().await;
    for (optional, expected) in [
        (json!(["colour:red"]), vec!["1", "2", "3"]),
        (json!(["brand:Best<score=1>", "colour:red<score=2>"]), vec!["1", "3", "2"]),
        (json!([["brand:Acme<score=2>", "colour:red<score=3>"], "brand:Best<score=1>"]), vec!["1", "2", "3"]),
        (json!("brand:-Acme"), vec!["3", "2", "1"]),
    ] {
        let answer = shop(&bench, &json!({"optionalFilters": optional})).await;
        assert_eq!(ids(&answer), expected, "{optional}");
    }
    let typo = shop(&bench, &json!({"query": "sofa", "optionalFilters": ["brand:Best"]})).await;
    assert_eq!(ids(&typo), ["3", "2", "1"], "a score counts more than the attribute");
}

#[tokio::test]
async fn facets_are_counted_and_their_values_searched() {
    let bench = with_shop().await;
    let answer = shop(&bench, &json!({"facets": ["*"], "hitsPerPage": 0})).await;
    assert_eq!(answer["facets"]["colour"], json!({"blue": 2, "dark": 1, "red": 1}));
    assert_eq!(answer["facets"]["brand"], json!({"Acme": 2, "Best": 1}));
    assert!(answer["facets"].get("secret").is_none() && answer["hits"] == json!([]));
    assert_eq!(
        answer["facets_stats"]["price"],
        json!({"min": 10.0, "max": 30.0, "avg": 60.5 / 3.0, "sum": 60.5})
    );
    let few =
        shop(&bench, &json!({"facets": ["colour"], "maxValuesPerFacet": 1, "filters": "brand:Acme"})).await;
    assert_eq!(few["facets"], json!({"colour": {"blue": 1}}));

    let path = "/1/indexes/shop/facets/brand/query";
    let found = bench.send("POST", path, &CREDENTIALS, json!({"facetQuery": "ac"}).to_string()).await.json();
    assert_eq!(found["facetHits"], json!([{"value": "Acme", "highlighted": "<em>Ac</em>me", "count": 2}]));
    let refused = bench.send("POST", "/1/indexes/shop/facets/colour/query", &CREDENTIALS, "{}").await;
    assert_eq!(refused.status, 400);
    assert!(refused.message().starts_with("Cannot search in `colour` attribute"), "{}", refused.message());
}

#[tokio::test]
async fn hits_are_paged_chosen_and_highlighted() {
    let bench = with_shop().await;
    let page = shop(&bench, &json!({"query": "blue so", "page": 1, "hitsPerPage": 1})).await;
    assert_eq!(ids(&page), ["3"]);
    assert_eq!((&page["nbPages"], &page["page"], &page["hitsPerPage"]), (&json!(2), &json!(1), &json!(1)));
    let hit = &page["hits"][0]["_highlightResult"];
    assert_eq!(
        hit["name"],
        json!({"value": "<em>Blue</em> Bookcase", "matchLevel": "partial", "fullyHighlighted": false, "matchedWords": ["blue"]})
    );
    assert_eq!(hit["tags"][0]["value"], "<em>so</em>fa table");
    assert!(hit.get("brand").is_none(), "searchable attributes alone");

    let chosen = json!({"attributesToRetrieve": ["price"], "attributesToHighlight": ["brand"], "highlightPreTag": "["});
    let hit = &shop(&bench, &chosen).await["hits"][0];
    let expected = json!({"price": 20.5, "objectID": "2",
        "_highlightResult": {"brand": {"value": "Acme", "matchLevel": "none", "matchedWords": []}}});
    assert_eq!(*hit, expected);
    let window = shop(&bench, &json!({"offset": 1, "length": 1})).await;
    assert_eq!((ids(&window), &window["offset"]), (vec!["3".to_owned()], &json!(1)));
    let bare = shop(&bench, &json!({"attributesToHighlight": []})).await;
    assert!(bare["hits"][0].get("_highlightResult").is_none());
}

#[tokio::test]
async fn several_queries_are_answered_in_order_each_with_its_own_id() {
    let bench = Bench::new().await;
    let requests = json!([
        {"indexName": "products", "query": "sofa", "clickAnalytics": true, "hitsPerPage": 2, "facets": ["brand"]},
        {"indexName": "products", "params": "query=desk&clickAnalytics=true&hitsPerPage=2"},
        {"indexName": "products", "type": "facet", "facet": "brand", "facetQuery": "fjo"},
    ]);
    let send = |body: Value| bench.send("POST", "/1/indexes/*/queries", &CREDENTIALS, body.to_string());
    let answer = send(json!({"requests": requests})).await.json();
    let results = answer["results"].as_array().unwrap().clone();
    assert_eq!(
        results.iter().map(|result| &result["index"]).collect::<Vec<_>>(),
        [&json!("products"), &json!("products"), &Value::Null]
    );
    let query_ids =
        results[..2].iter().map(|result| result["queryID"].as_str().unwrap()).collect::<HashSet<_>>();
    assert_eq!(query_ids.len(), 2);
    assert!(
        query_ids
            .iter()
            .all(|id| id.len() == 32 && id.chars().all(|digit| "0123456789abcdef".contains(digit)))
    );
    assert_eq!(
        (&results[0]["query"], &results[1]["params"]),
        (&json!("sofa"), &json!("query=desk&clickAnalytics=true&hitsPerPage=2"))
    );
    assert_eq!(results[2]["facetHits"][0]["value"], "Fjordal");

    let stopped = send(json!({"requests": requests, "strategy": "stopIfEnoughMatches"})).await.json();
    assert_eq!(stopped["results"].as_array().unwrap().len(), 1);
    let escaped = bench
        .send("POST", "/1/indexes/%2A/queries", &CREDENTIALS, json!({"requests": requests}).to_string())
        .await;
    assert_eq!(escaped.status, 200);
}

#[tokio::test]
async fn an_audience_sees_another_order_of_the_same_results() {
    let bench = Bench::new().await;
    let ask = |contexts: Value| json!({"query": "sofa", "ruleContexts": contexts, "hitsPerPage": 1000});
    let plain = search(&bench, &ask(json!([]))).await.json();
    let vip = search(&bench, &ask(json!(["audience_vip", "unknown"]))).await.json();
    let bargains = search(&bench, &ask(json!(["audience_bargain_hunters"]))).await.json();
    assert!(plain["nbHits"].as_u64().unwrap() > 20 && plain.get("appliedRules").is_none());
    assert_eq!(
        (&vip["nbHits"], &vip["appliedRules"]),
        (&plain["nbHits"], &json!([{"objectID": "premium-brands-first"}]))
    );
    assert_eq!(vip["userData"][0]["banner"], "Made for you: our finest makers");
    assert!(
        ["Maison Brume", "Atelier Ruiz"].contains(&vip["hits"][0]["brand"].as_str().unwrap()),
        "{}",
        vip["hits"][0]
    );
    assert_eq!(bargains["hits"][0]["priceBand"], "budget");
    assert!(ids(&plain) != ids(&vip) && ids(&vip) != ids(&bargains));
    let off =
        json!({"query": "sofa", "ruleContexts": ["audience_vip"], "enableRules": false, "hitsPerPage": 1000});
    assert_eq!(ids(&search(&bench, &off).await.json()), ids(&plain));
}

#[tokio::test]
async fn rules_promote_hide_filter_and_replace_the_query() {
    let bench = with_shop().await;
    let rule = |consequence: Value| json!({"conditions": [{"context": "c"}], "consequence": consequence});
    let ask = json!({"query": "sofa", "ruleContexts": ["c"]});
    for (consequence, expected) in [
        (json!({"promote": [{"objectID": "3", "position": 0}]}), vec!["3", "2", "1"]),
        (json!({"promote": [{"objectIDs": ["1", "none"], "position": 1}]}), vec!["2", "1", "3"]),
        (json!({"hide": [{"objectID": "2"}]}), vec!["1", "3"]),
        (json!({"params": {"filters": "brand:Best"}}), vec!["3"]),
        (json!({"params": {"query": "bookcase"}}), vec!["3"]),
        (json!({"params": {"query": {"remove": ["sofa"]}}}), vec!["2", "3", "1"]),
        (
            json!({"params": {"filters": "brand:Acme"}, "promote": [{"objectID": "3", "position": 0}], "filterPromotes": true}),
            vec!["2", "1"],
        ),
    ] {
        let put = admin(&bench, "PUT", "/1/indexes/shop/rules/r", &rule(consequence.clone())).await;
        assert_eq!(put.status, 200, "{}", put.message());
        assert_eq!(ids(&shop(&bench, &ask).await), expected, "{consequence}");
        assert_eq!(shop(&bench, &json!({"query": "sofa"})).await["nbHits"], 3);
    }
    let listed = admin(&bench, "POST", "/1/indexes/shop/rules/search", &json!({"context": "c"})).await.json();
    assert_eq!((&listed["nbHits"], &listed["hits"][0]["objectID"]), (&json!(1), &json!("r")));
    let more = json!([
        but(rule(json!({})), &json!({"objectID": "a"})),
        but(rule(json!({})), &json!({"objectID": "b"}))
    ]);
    assert_eq!(
        admin(&bench, "POST", "/1/indexes/shop/rules/batch?clearExistingRules=true", &more).await.status,
        200
    );
    assert_eq!(admin(&bench, "GET", "/1/indexes/shop/rules/r", &Value::Null).await.status, 404);
    assert_eq!(admin(&bench, "GET", "/1/indexes/shop/rules/b", &Value::Null).await.json()["objectID"], "b");
    assert_eq!(admin(&bench, "DELETE", "/1/indexes/shop/rules/b", &Value::Null).await.status, 200);
    assert_eq!(admin(&bench, "GET", "/1/indexes/shop/rules/b", &Value::Null).await.status, 404);
}

#[tokio::test]
async fn what_is_written_is_searchable_at_once_and_gone_when_deleted() {
    let bench = with_shop().await;
    let lamp =
        json!({"requests": [{"action": "addObject", "body": {"objectID": "4", "name": "Brass Lamp"}}]});
    admin(&bench, "POST", "/1/indexes/shop/batch", &lamp).await;
    assert_eq!(ids(&shop(&bench, &json!({"query": "lamp"})).await), ["4"]);
    admin(&bench, "POST", "/1/indexes/shop/4/partial", &json!({"name": "Brass Clock"})).await;
    assert_eq!(shop(&bench, &json!({"query": "lamp"})).await["nbHits"], 0);
    admin(&bench, "DELETE", "/1/indexes/shop/4", &Value::Null).await;
    assert_eq!(shop(&bench, &json!({"query": "clock"})).await["nbHits"], 0);
}

#[tokio::test]
async fn everything_of_an_index_is_browsed_page_by_page() {
    let bench = Bench::new().await;
    let (mut seen, mut cursor) = (HashSet::new(), Value::Null);
    loop {
        let body = if cursor.is_null() { json!({"hitsPerPage": 300}) } else { json!({"cursor": cursor}) };
        let page = admin(&bench, "POST", "/1/indexes/products/browse", &body).await.json();
        assert!(page["hits"][0].get("_highlightResult").is_none());
        seen.extend(ids(&page));
        cursor = page["cursor"].clone();
        if cursor.is_null() {
            assert_eq!(page["nbHits"], seen.len());
            break;
        }
    }
    assert!(seen.len() > 400);
    let get = admin(&bench, "GET", "/1/indexes/products/browse?query=sofa&hitsPerPage=1", &Value::Null)
        .await
        .json();
    assert!(get["cursor"].is_string() && ids(&get).len() == 1);
    assert_eq!(bench.send("POST", "/1/indexes/products/browse", &CREDENTIALS, "{}").await.status, 403);
    assert!(bench.sandbox.searches().is_empty(), "analytics collects nothing of it");
}

#[tokio::test]
async fn records_are_read_by_their_ids_and_recommended_by_their_category() {
    let bench = Bench::new().await;
    let requests = json!([{"indexName": "products", "objectID": "sku-0003", "attributesToRetrieve": ["name"]},
        {"indexName": "products", "objectID": "none"}]);
    let send = |what: &'static str, requests: Value| {
        bench.send("POST", what, &CREDENTIALS, json!({"requests": requests}).to_string())
    };
    let results = send("/1/indexes/*/objects", requests).await.json()["results"].clone();
    assert_eq!((&results[0]["objectID"], &results[1]), (&json!("sku-0003"), &Value::Null));
    assert_eq!(results[0].as_object().unwrap().len(), 2);
    let wanted = json!([{"indexName": "products", "objectID": "sku-0003", "model": "related-products", "threshold": 0, "maxRecommendations": 3}]);
    let related = send("/1/indexes/*/recommendations", wanted).await.json()["results"][0].clone();
    assert_eq!(related["hits"].as_array().unwrap().len(), 3);
    for hit in related["hits"].as_array().unwrap() {
        assert!(hit["category"] == "Sofas" && hit["objectID"] != "sku-0003" && hit["_score"].is_u64());
    }
}

#[tokio::test]
async fn indices_and_settings_are_told_to_those_who_may_know() {
    let bench = with_shop().await;
    let listed = admin(&bench, "GET", "/1/indexes", &Value::Null).await.json();
    let items = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["name"].as_str().unwrap(), item["entries"].as_u64().unwrap()));
    assert_eq!(
        items.collect::<Vec<_>>(),
        [("products", bench.sandbox.records("products").len() as u64), ("shop", 3)]
    );
    let settings = admin(&bench, "GET", "/1/indexes/shop/settings", &Value::Null).await.json();
    assert_eq!(settings["searchableAttributes"], json!(["name", "tags"]));
    admin(&bench, "PUT", "/1/indexes/shop/settings", &json!({"customRanking": null, "hitsPerPage": 1})).await;
    let settings = admin(&bench, "GET", "/1/indexes/shop/settings", &Value::Null).await.json();
    assert!(settings.get("customRanking").is_none() && settings["searchableAttributes"].is_array());
    assert_eq!(ids(&shop(&bench, &json!({})).await), ["1"]);
    for (method, path) in [
        ("GET", "/1/indexes"),
        ("GET", "/1/indexes/shop/settings"),
        ("PUT", "/1/indexes/shop/settings"),
        ("PUT", "/1/indexes/shop/rules/a"),
    ] {
        assert_eq!(
            bench.send(method, path, &CREDENTIALS, "{}").await.message(),
            "Method not allowed with this API key"
        );
    }
}

#[tokio::test]
async fn a_search_comes_by_address_too_and_bad_ones_say_what_is_wrong() {
    let bench = Bench::new().await;
    let credentials = "x-algolia-application-id=SANDBOXAPP&x-algolia-api-key=sandbox-search-key";
    let answer = bench.get(&format!("/1/indexes/products?query=sofa&hitsPerPage=3&{credentials}")).await;
    assert_eq!((answer.status, ids(&answer.json()).len()), (200, 3));
    assert_eq!(
        bench.get("/1/indexes/products?query=sofa").await.message(),
        "Invalid Application-ID or API key"
    );
    for (parameters, message) in [
        (
            json!({"hitsPerPage": 1001}),
            "Invalid value for \"hitsPerPage\" parameter, expected an integer between 0 and 1000",
        ),
        (
            json!({"clickAnalytics": "maybe"}),
            "Invalid value for \"clickAnalytics\" parameter, expected a boolean",
        ),
        (json!({"hitsPerpage": 1}), "Unknown parameter: hitsPerpage"),
        (json!({"filters": "brand:"}), "filters: Unexpected token end of filter at col 6"),
        (
            json!({"optionalFilters": ["a:b<score=x>"]}),
            "optionalFilters: Invalid score in a:b<score=x>, expected an integer from 0 to 65535",
        ),
        (json!({"query": "x".repeat(513)}), "query is too long: 513/512 bytes"),
    ] {
        let answer = search(&bench, &parameters).await;
        assert_eq!((answer.status, answer.message().as_str()), (400, message));
    }
    let missing = bench.send("POST", "/1/indexes/nothing/query", &CREDENTIALS, "{}").await;
    assert_eq!((missing.status, missing.message().as_str()), (404, "Index nothing does not exist"));
    assert_eq!(bench.send("POST", "/1/indexes/products/query", &CREDENTIALS, "{\"query\"").await.status, 400);
}

/// A secured key as the vendor's clients make it.
fn secured(parent: &str, restrictions: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(parent.as_bytes()).unwrap();
    mac.update(restrictions.as_bytes());
    STANDARD.encode(hex::encode(mac.finalize().into_bytes()) + restrictions)
}

#[tokio::test]
async fn what_a_secured_key_restricts_no_parameter_widens() {
    let bench = with_shop().await;
    let key = secured(
        "sandbox-search-key",
        "filters=brand%3AAcme&restrictIndices=%5B%22sh*%22%5D&userToken=fixed&hitsPerPage=1",
    );
    let headers = [CREDENTIALS[0], ("x-algolia-api-key", key.as_str())];
    let ask = |path: &'static str, body: Value| bench.send("POST", path, &headers, body.to_string());
    let answer = ask(
        "/1/indexes/shop/query",
        json!({"filters": "colour:blue", "hitsPerPage": 20, "userToken": "other"}),
    )
    .await
    .json();
    assert_eq!(
        (&answer["nbHits"], &answer["hitsPerPage"], &answer["hits"][0]["objectID"]),
        (&json!(1), &json!(1), &json!("2"))
    );
    assert_eq!(bench.sandbox.searches()[0]["userToken"], "fixed");
    assert_eq!(ask("/1/indexes/shop/query", json!({"filters": "brand:Best"})).await.json()["nbHits"], 0);
    assert_eq!(ask("/1/indexes/products/query", json!({})).await.status, 403);
    assert_eq!(
        ask("/1/indexes/*/queries", json!({"requests": [{"indexName": "products"}]})).await.status,
        403
    );
    let late = secured("sandbox-search-key", "validUntil=1");
    let headers = [CREDENTIALS[0], ("x-algolia-api-key", late.as_str())];
    assert_eq!(bench.send("POST", "/1/indexes/shop/query", &headers, "{}").await.status, 403);
}

#[tokio::test]
async fn browsers_may_ask_from_anywhere_and_answers_are_packed_on_request() {
    let bench = Bench::new().await;
    let asks = [("origin", "https://shop.example"), ("access-control-request-headers", "x-algolia-api-key")];
    let preflight = bench.send("OPTIONS", "/1/indexes/*/queries", &asks, "").await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, "*"));
    assert_eq!(preflight.header("access-control-allow-headers"), "x-algolia-api-key");
    assert!(preflight.header("access-control-allow-methods").contains("POST"));
    let [app, key] = CREDENTIALS;
    let body = json!({"query": "sofa"}).to_string();
    let plain = bench.send("POST", "/1/indexes/products/query", &[app, key], body.clone()).await;
    assert_eq!((plain.header("content-encoding"), plain.header("access-control-allow-origin")), ("", "*"));
    let packed = bench
        .send("POST", "/1/indexes/products/query", &[app, key, ("accept-encoding", "br, gzip")], body.clone())
        .await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let mut text = String::new();
    GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(ids(&serde_json::from_str(&text).unwrap()), ids(&plain.json()));
    let refused = bench
        .send("POST", "/1/indexes/products/query", &[app, key, ("accept-encoding", "gzip;q=0")], body)
        .await;
    assert_eq!(refused.header("content-encoding"), "");
}

#[tokio::test]
async fn every_search_is_listed_with_what_it_asked_and_a_masked_key() {
    let bench = Bench::new().await;
    let asked = json!({"query": "sofa", "clickAnalytics": true, "userToken": "anonymous-1", "ruleContexts": ["audience_vip"]});
    let answer = search(&bench, &asked).await.json();
    search(&bench, &json!({"query": "trampoline"})).await;
    let listed = bench.get("/_sandbox/algolia/searches?userId=anonymous-1").await.json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 1);
    let entry = but(listed[0].clone(), &json!({"at": null}));
    let expected = json!({"at": null, "index": "products", "query": "sofa", "params": asked, "userToken": "anonymous-1",
        "key": "sand…", "nbHits": answer["nbHits"], "queryID": answer["queryID"], "rules": ["premium-brands-first"]});
    assert_eq!(entry, expected);
    assert_eq!((bench.sandbox.searches().len(), bench.sandbox.stats().searches), (2, 2));
    assert_eq!(bench.sandbox.searches()[1]["nbHits"], 0);
}

#[tokio::test]
async fn a_lean_sandbox_and_a_full_one_remember_as_much_as_they_should() {
    let lean = Bench::with(Options { lean: true, ..Options::default() }).await;
    assert_eq!(search(&lean, &json!({"query": "sofa"})).await.status, 200);
    assert_eq!((lean.sandbox.searches().len(), lean.sandbox.stats().searches), (0, 1));
    let few = Bench::with(Options { keep: 2, ..Options::default() }).await;
    for query in ["a", "b", "c"] {
        search(&few, &json!({"query": query})).await;
    }
    assert_eq!(few.sandbox.searches().iter().map(|entry| &entry["query"]).collect::<Vec<_>>(), ["b", "c"]);
    let none = Bench::with(Options { products: false, ..Options::default() }).await;
    assert_eq!(search(&none, &json!({})).await.status, 404);
}

#[tokio::test]
async fn faults_strike_searches_in_every_way() {
    let bench = Bench::new().await;
    bench.sandbox.set_fault(Fault::status(Target::Search, 429).retry_after(1));
    let answer = search(&bench, &json!({})).await;
    assert_eq!(
        (answer.status, answer.header("retry-after"), answer.message().as_str()),
        (429, "1", "Too Many Requests")
    );
    for (effect, noted) in [(Effect::Reset, 0), (Effect::Drop, 1), (Effect::Truncate, 2)] {
        bench.sandbox.clear_faults();
        bench.sandbox.set_fault(Fault::new(Target::Search, effect));
        assert_eq!(search(&bench, &json!({"query": "sofa"})).await.status, 0, "{effect:?}");
        assert_eq!(bench.sandbox.searches().len(), noted);
    }
}

#[tokio::test]
async fn a_key_without_the_right_searches_nothing() {
    let other_keys = vec![("writer".to_owned(), vec![Acl::AddObject])];
    let bench = Bench::with(Options { other_keys, ..Options::default() }).await;
    let headers = [CREDENTIALS[0], ("x-algolia-api-key", "writer")];
    for path in ["products/query", "*/queries", "*/objects", "products/facets/brand/query"] {
        let answer = bench.send("POST", &format!("/1/indexes/{path}"), &headers, "{}").await;
        assert_eq!(
            (answer.status, answer.message().as_str()),
            (403, "Method not allowed with this API key"),
            "{path}"
        );
    }
}
