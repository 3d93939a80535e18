//! The stand-in Algolia Search.

use crate::support::{ADMIN, Answer, Bench, CREDENTIALS, but, click};
use causeway_sandbox::{Acl, Fault, Options, Target};
use serde_json::{Value, json};
use std::time::Duration;

async fn batch(bench: &Bench, index: &str, requests: &Value) -> Answer {
    let body = json!({"requests": requests}).to_string();
    bench.send("POST", &format!("/1/indexes/{index}/batch"), &ADMIN, body).await
}

async fn read(bench: &Bench, path: &str) -> Answer {
    bench.send("GET", path, &ADMIN, "").await
}

fn put(id: &str) -> Value {
    json!({"action": "addObject", "body": {"objectID": id, "plan": "free", "address": {"city": "Lyon", "zip": 1}}})
}

fn update(id: &str, changes: &Value) -> Value {
    json!({"action": "partialUpdateObject", "body": but(changes.clone(), &json!({"objectID": id}))})
}

#[tokio::test]
async fn a_partial_update_merges_the_first_level_alone_and_is_counted() {
    let bench = Bench::new().await;
    let changes =
        json!({"address": {"city": "Nice"}, "audiences": {"_operation": "AddUnique", "value": "vip"}});
    let answer =
        batch(&bench, "profiles", &json!([put("a"), update("a", &changes), update("b", &changes)])).await;
    assert_eq!(answer.json(), json!({"taskID": 1, "objectIDs": ["a", "a", "b"]}));
    let record = read(&bench, "/1/indexes/profiles/a").await.json();
    let expected =
        json!({"objectID": "a", "plan": "free", "address": {"city": "Nice"}, "audiences": ["vip"]});
    assert_eq!(record, expected);
    assert_eq!(
        bench.sandbox.records("profiles")[0],
        json!({"index": "profiles", "writes": 2, "record": expected})
    );
    let created = bench.get("/_sandbox/algolia/records?index=profiles&objectID=b").await.json();
    assert_eq!(
        created[0]["record"],
        json!({"address": {"city": "Nice"}, "audiences": ["vip"], "objectID": "b"})
    );
}

#[tokio::test]
async fn an_update_that_may_not_create_or_whose_number_does_not_match_is_ignored_without_an_error() {
    let bench = Bench::new().await;
    let no_create = json!({"action": "partialUpdateObjectNoCreate", "body": {"objectID": "x", "a": 1}});
    let guarded =
        update("a", &json!({"plan": "gold", "version": {"_operation": "IncrementFrom", "value": 7}}));
    assert_eq!(batch(&bench, "profiles", &json!([put("a"), no_create, guarded])).await.status, 200);
    let path = "/1/indexes/profiles/x/partial?createIfNotExists=false";
    assert_eq!(bench.send("POST", path, &ADMIN, "{\"a\":1}").await.json()["objectID"], "x");
    let records = bench.sandbox.records("profiles");
    assert_eq!(
        (records.len(), &records[0]["record"]["plan"], &records[0]["writes"]),
        (1, &json!("free"), &json!(1))
    );
    bench.send("POST", "/1/indexes/profiles/x/partial", &ADMIN, "{\"a\":1}").await;
    assert_eq!(
        read(&bench, "/1/indexes/profiles/x?attributesToRetrieve=b").await.json(),
        json!({"objectID": "x"})
    );
}

#[tokio::test]
async fn operations_on_several_indices_are_applied_in_order_with_a_task_for_each() {
    let bench = Bench::new().await;
    let on = |index: &str, request: Value| but(request, &json!({"indexName": index}));
    let delete = json!({"action": "deleteObject", "body": {"objectID": "a"}});
    let requests = json!([on("one", put("a")), on("two", put("b")), on("one", delete), on("one", put("c")),
        {"action": "clear", "indexName": "two"}]);
    let answer = batch(&bench, "*", &requests).await.json();
    assert_eq!(answer, json!({"taskID": {"one": 1, "two": 2}, "objectIDs": ["a", "b", "a", "c"]}));
    assert_eq!(bench.sandbox.records("one")[0]["record"]["objectID"], "c");
    assert_eq!((bench.sandbox.records("one").len(), bench.sandbox.records("two").len()), (1, 0));
    let writes = bench.get("/_sandbox/algolia/writes").await.json();
    let actions = writes.as_array().unwrap().iter().map(|write| write["action"].as_str().unwrap());
    assert_eq!(actions.collect::<Vec<_>>(), ["addObject", "addObject", "deleteObject", "addObject", "clear"]);
    let deletions = bench.get("/_sandbox/algolia/deletions").await.json();
    assert_eq!((&deletions[0]["api"], &deletions[0]["objectID"]), (&json!("search"), &json!("a")));
    assert_eq!(deletions[1]["action"], "clear");
}

#[tokio::test]
async fn one_bad_operation_refuses_the_batch_in_the_vendors_words() {
    let bench = Bench::new().await;
    let big = json!({"action": "addObject", "body": {"objectID": "big", "text": "x".repeat(10_000)}});
    #[rustfmt::skip]
    let table = [
        (json!({"action": "updateObject", "body": {"a": 1}}), "The 'objectID' attribute is required to use action=updateObject"),
        (big, "Record at the position 1 objectID=big is too big size=10028/10000 bytes."),
        (json!({"action": "upsert", "body": {}}), "Invalid batch: unknown action upsert"),
        (json!({"action": "addObject"}), "Invalid batch: body must be an object"),
        (json!({"action": "addObject", "body": {}, "createIfNotExists": true}), "Invalid object attributes:createIfNotExists"),
        (json!({"action": "addObject", "body": {"objectID": ""}}), "Invalid objectID: \"\""),
        (update("a", &json!({"n": {"_operation": "Double", "value": 1}})), "Invalid operation on attribute n"),
    ];
    for (operation, message) in &table {
        let answer = batch(&bench, "profiles", &json!([put("a"), operation])).await;
        assert_eq!((answer.status, &answer.json()["status"]), (400, &json!(400)));
        assert!(answer.message().starts_with(message), "{}", answer.message());
    }
    assert_eq!(bench.send("POST", "/1/indexes/p/batch", &ADMIN, "{\"requests\":[").await.status, 400);
    assert!(bench.sandbox.writes().is_empty() && bench.sandbox.records("profiles").is_empty());
    let tally = bench.sandbox.stats().search;
    assert_eq!((tally.requests, tally.refused, tally.kept, tally.dropped), (8, 8, 0, 2 * table.len() as u64));
}

#[tokio::test]
async fn a_record_that_grows_too_large_by_updates_stays_as_it_was() {
    let bench = Bench::with(Options { largest_record: 70, ..Options::default() }).await;
    let add = json!({"words": {"_operation": "Add", "value": "ten--bytes"}});
    for _ in 0..5 {
        bench.send("POST", "/1/indexes/p/a/partial", &ADMIN, add.to_string()).await;
    }
    assert_eq!(bench.sandbox.records("p")[0]["record"]["words"], json!(vec!["ten--bytes"; 3]));
}

#[tokio::test]
async fn each_route_asks_for_its_right() {
    let other_keys = vec![("writer".to_owned(), vec![Acl::AddObject])];
    let bench = Bench::with(Options { other_keys, ..Options::default() }).await;
    batch(&bench, "p", &json!([put("a")])).await;
    let with = |key| [("x-algolia-application-id", "SANDBOXAPP"), ("x-algolia-api-key", key)];
    let writes = json!({"requests": [put("b")]}).to_string();
    let deletes = json!({"requests": [{"action": "deleteObject", "body": {"objectID": "a"}}]}).to_string();
    for (key, method, path, body, status) in [
        ("sandbox-search-key", "GET", "/1/indexes/p/a", "", 200),
        ("sandbox-search-key", "POST", "/1/indexes/p/batch", writes.as_str(), 403),
        ("sandbox-search-key", "DELETE", "/1/indexes/p/a", "", 403),
        ("sandbox-search-key", "GET", "/1/indexes/p/task/1", "", 403),
        ("writer", "POST", "/1/indexes/p/batch", &writes, 200),
        ("writer", "POST", "/1/indexes/p/batch", &deletes, 403),
        ("writer", "GET", "/1/indexes/p/a", "", 403),
        ("nobody", "GET", "/1/indexes/p/a", "", 403),
    ] {
        let answer = bench.send(method, path, &with(key), body.to_owned()).await;
        assert_eq!(answer.status, status, "{key} {method} {path}");
        let words = if key == "nobody" {
            "Invalid Application-ID or API key"
        } else {
            "Method not allowed with this API key"
        };
        assert!(status == 200 || answer.message() == words);
    }
    let query = "?x-algolia-application-id=SANDBOXAPP&X-Algolia-API-Key=sandbox-admin-key";
    assert_eq!(bench.send("DELETE", &format!("/1/indexes/p/a{query}"), &[], "").await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let bench = Bench::new().await;
    batch(&bench, "p", &json!([put("a/b c")])).await;
    assert_eq!(read(&bench, "/1/indexes/p/a%2Fb%20c").await.json()["plan"], "free");
    for (path, message) in [
        ("/1/indexes/q/a", "Index q does not exist"),
        ("/1/indexes/p/a", "ObjectID does not exist"),
        ("/1/indexes/p/task/99", "Task does not exist"),
        ("/1/keys/nobody", "Key does not exist"),
    ] {
        let answer = read(&bench, path).await;
        assert_eq!((answer.status, answer.message().as_str()), (404, message));
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_delay_a_write_is_readable_when_its_task_is_published() {
    let bench = Bench::with(Options { publish_after: Duration::from_secs(5), ..Options::default() }).await;
    assert_eq!(batch(&bench, "p", &json!([put("a")])).await.json()["taskID"], 1);
    assert_eq!(bench.sandbox.writes().len(), 1);
    for (status, records) in [("notPublished", 0), ("published", 1)] {
        assert_eq!(read(&bench, "/1/indexes/p/task/1").await.json(), json!({"status": status}));
        assert_eq!(bench.sandbox.records("p").len(), records);
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn a_key_tells_its_rights_to_itself_and_to_the_admin() {
    let bench = Bench::new().await;
    let own = bench.send("GET", "/1/keys/sandbox-search-key", &CREDENTIALS, "").await.json();
    assert_eq!((&own["acl"], &own["description"]), (&json!(["search"]), &json!("<redacted>")));
    assert_eq!(bench.send("GET", "/1/keys/sandbox-admin-key", &CREDENTIALS, "").await.status, 403);
    let rights = read(&bench, "/1/keys/sandbox-admin-key").await.json();
    assert!(rights["acl"].as_array().unwrap().contains(&json!("deleteObject")));
}

#[tokio::test]
async fn faults_strike_writes_and_a_reset_forgets_records() {
    let bench = Bench::new().await;
    bench.sandbox.set_fault(Fault::status(Target::Search, 429));
    assert_eq!(batch(&bench, "p", &json!([put("a")])).await.message(), "Too Many Requests");
    assert_eq!(bench.insights(&json!({"events": [click()]})).await.status, 200);
    bench.sandbox.clear_faults();
    batch(&bench, "p", &json!([put("a")])).await;
    bench.sandbox.reset();
    assert!(bench.sandbox.records("p").is_empty() && bench.sandbox.writes().is_empty());
    assert_eq!(bench.sandbox.stats().search.requests, 0);
}
