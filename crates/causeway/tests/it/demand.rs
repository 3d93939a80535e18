//! What shoppers ask for in vain: shown, asked for again, and told when there are results.

use crate::events::but;
use crate::http::{Answer, Http};
use crate::process::causeway;
use crate::searches::on_stage;
use crate::stage::{APP, KEY, Scene, Stage, sorted};
use causeway::config::settings::Settings;
use serde_json::{Value, json};
use std::time::Duration;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const ADMIN: (&str, &str) = ("x-algolia-api-key", "sandbox-admin-key");

/// A story with the sandbox as Algolia's search, whose index `shop` holds one leather sofa.
fn tell(change: impl FnOnce(&mut Settings) + 'static, story: impl AsyncFnOnce(&mut Stage)) {
    Scene::new()
        .with(|settings| drop(settings.recipes.insert("zero-results".to_owned(), true.into())))
        .with(change)
        .play(async |stage| {
            stage.settings.algolia.search_hosts = Some(vec![stage.sandbox.url()]);
            stage.restart().await;
            stock(stage, "sofa-1", "leather sofa").await;
            story(stage).await;
        });
}

/// The catalogue gains a product.
async fn stock(stage: &Stage, object: &str, name: &str) {
    let url = format!("{}/1/indexes/shop/batch", stage.sandbox.url());
    let add = json!({"action": "addObject", "body": {"objectID": object, "name": name}});
    let body = json!({ "requests": [add] }).to_string();
    let answer = Http::new().try_send("POST", &url, &[APP, ADMIN], body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Somebody searches through the gateway, and looks at what comes.
async fn search(stage: &Stage, token: &str, query: &str) -> Value {
    let body = json!({"query": query, "userToken": token}).to_string();
    let (seen, before) = (searches(stage).len(), stage.balance("searches")[0]);
    let answer = stage.send("POST", "/1/indexes/shop/query", &[APP, KEY], body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    stage.until("the search was seen", || searches(stage).len() > seen).await;
    stage.pass(2_000);
    stage.until("the search has settled", || stage.balance("searches")[0] > before).await;
    stage.settled().await;
    answer.json()
}

/// What Algolia was asked by Causeway itself.
fn probes(stage: &Stage) -> Vec<Value> {
    stage.sandbox.searches().into_iter().filter(|search| search["params"]["analytics"] == false).collect()
}

async fn after_probes(stage: &Stage, count: usize) {
    stage.until("Algolia was asked", || probes(stage).len() >= count).await;
    stage.until("the answer is kept", || times(stage).len() >= count).await;
    stage.settled().await;
}

/// When Causeway asked, as the journal has it.
fn times(stage: &Stage) -> Vec<i64> {
    let probes = searches(stage).into_iter().filter(|search| search["via"] == "probe");
    probes.map(|search| search["at"].as_i64().unwrap()).collect()
}

/// Every search in the journal.
fn searches(stage: &Stage) -> Vec<Value> {
    on_stage(stage).into_iter().flatten().collect()
}

async fn failed(stage: &Stage, query: &str) -> (Answer, Value) {
    let answer = stage.admin("GET", &format!("/api/zero-results{query}")).await;
    let json = answer.json();
    (answer, json)
}

fn told(stage: &Stage) -> Vec<Value> {
    stage.tracks().into_iter().filter(|message| message["event"] == "Search Now Has Results").collect()
}

#[test]
fn who_asked_in_vain_is_told_once_when_the_catalogue_has_it_and_the_searches_of_nobody_count_nowhere() {
    tell(
        |_| {},
        async |stage| {
            assert_eq!(search(stage, "ann", "Red Leather Sofa").await["nbHits"], 0);
            search(stage, "bob", "red leather sofa").await;
            let searches = stage.balance("searches");
            stage.pass(HOUR);
            after_probes(stage, 1).await;
            assert_eq!((told(stage).len(), stage.balance("searches")), (0, searches));

            stock(stage, "sofa-2", "red leather sofa").await;
            stage.restart().await;
            // It rests for as long again as it has been in vain.
            stage.pass(2 * HOUR);
            after_probes(stage, 2).await;
            stage.until("both are told", || told(stage).len() == 2).await;
            stage.restart().await;
            stage.pass(30 * HOUR);
            stage.settled().await;
            assert_eq!(sorted(&told(stage), "/anonymousId"), ["ann", "bob"]);
            assert_eq!(told(stage)[0]["properties"]["query"], "red leather sofa");
            assert_eq!((probes(stage).len(), stage.balance("searches")), (2, searches));
            for probe in probes(stage) {
                assert_eq!((&probe["userToken"], &probe["queryID"]), (&Value::Null, &Value::Null), "{probe}");
                assert_eq!(probe["params"]["clickAnalytics"], false);
            }
        },
    );
}

#[test]
fn the_budget_is_kept_over_a_restart_and_the_most_wanted_comes_first() {
    tell(
        |settings| settings.searches.probes_per_hour = 2,
        async |stage| {
            for (token, query) in
                [("ann", "one lamp"), ("ann", "two lamps"), ("bob", "two lamps"), ("ann", "red bed")]
            {
                search(stage, token, query).await;
            }
            stage.pass(HOUR);
            after_probes(stage, 1).await;
            assert_eq!(probes(stage)[0]["query"], "two lamps");
            stage.restart().await;
            for _ in 0..1_000 {
                if times(stage).len() == 4 {
                    break;
                }
                stage.pass(10 * MINUTE);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            after_probes(stage, 4).await;
            let times = times(stage);
            assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 30 * MINUTE), "{times:?}");
        },
    );
}

#[test]
fn the_admin_api_and_the_command_show_what_is_asked_for_and_only_of_one_query_who_waits() {
    tell(
        |settings| settings.searches.probes_per_hour = 0,
        async |stage| {
            search(stage, "cat", "leather sofa").await;
            search(stage, "ann", "red leather sofa").await;
            search(stage, "bob", "red leather sofa").await;
            search(stage, "bob", "oak wardrobe").await;
            let bought = but(
                crate::events::view("ann", "sofa-1"),
                json!({
                    "eventType": "conversion", "eventSubtype": "purchase", "index": "shop", "currency": "EUR",
                    "objectData": [{"price": 899.5, "quantity": 1}], "timestamp": crate::events::now() + 60_000,
                }),
            );
            stage.pass(60_000);
            stage.accept(&[bought]).await;
            stage.settled().await;
            stage.restart().await;

            let (answer, page) = failed(stage, "?limit=1").await;
            assert_eq!((answer.status, &page["total"]), (200, &json!(2)));
            let sofa = &page["zeroResults"][0];
            assert_eq!(
                (&sofa["query"], &sofa["times"], &sofa["persons"]),
                (&json!("red leather sofa"), &json!(2), &json!(2))
            );
            assert_eq!((&sofa["waiting"], &sofa["hasResults"]), (&json!(2), &json!(false)));
            assert_eq!(sofa["nearestQuery"], "leather sofa");
            assert_eq!(sofa["bought"], json!([{"objectID": "sofa-1", "persons": 1}]));
            assert_eq!(sofa["revenue"], json!({"EUR": 899.5}));
            assert!(!answer.text().contains("ann"), "whom is told of one query only");
            let id = sofa["id"].as_str().unwrap();
            let (_, second) = failed(stage, "?limit=1&offset=1&index=shop&has_results=false").await;
            assert_eq!(second["zeroResults"][0]["query"], "oak wardrobe");
            assert_eq!(failed(stage, "?has_results=true").await.1["total"], 0);
            assert_eq!(failed(stage, "?index=other").await.1["total"], 0);
            let (_, one) = failed(stage, &format!("/{id}")).await;
            assert_eq!(
                (&one["query"], sorted(one["waitingPersons"].as_array().unwrap(), "/userToken")),
                (&json!("red leather sofa"), vec!["ann".to_owned(), "bob".to_owned()])
            );

            for (query, status, words) in [
                ("?limit=501", 422, "give 1 to 500"),
                ("?limit=0", 422, "give 1 to 500"),
                ("/x", 422, "16 hexadecimal digits"),
                ("/0000000000000000", 404, "no failed query"),
            ] {
                let (answer, _) = failed(stage, query).await;
                assert!(
                    answer.status == status && answer.message().contains(words),
                    "{query}: {}",
                    answer.text()
                );
            }
            by_command(stage, id);

            stock(stage, "sofa-2", "red leather sofa").await;
            search(stage, "cat", "red leather sofa").await;
            let (_, now) = failed(stage, "?has_results=true").await;
            let sofa = &now["zeroResults"][0];
            assert_eq!(
                (&sofa["hasResults"], &sofa["nbHits"], &sofa["waiting"]),
                (&json!(true), &json!(1), &json!(0))
            );
            assert_eq!(sorted(&told(stage), "/anonymousId"), ["ann", "bob"]);
        },
    );
}

/// The same, as the command prints it while the bridge runs.
fn by_command(stage: &Stage, id: &str) {
    let text = "[segment]\nwrite_key = \"k\"\n[recipes]\nzero-results = true\n";
    std::fs::write(stage.home().join("causeway.toml"), text).unwrap();
    let run = |arguments: &[&str]| causeway(stage.home(), &[&["zero-results"], arguments].concat(), "");
    let listed = run(&[]).ended(0).out;
    assert!(listed.contains("red leather sofa") && listed.contains("nearest: leather sofa"), "{listed}");
    assert!(listed.contains("2 of 2") && !listed.contains("ann"), "{listed}");
    let lines = run(&["--json", "--limit", "1"]).ended(0).lines();
    assert_eq!((lines.len(), &lines[0]["id"]), (1, &json!(id)));
    assert!(run(&[id]).ended(0).out.contains("waits: ann"));
    assert_eq!(run(&[id, "--json"]).ended(0).json()["waitingPersons"].as_array().map(Vec::len), Some(2));
    assert!(run(&["--index", "other"]).ended(0).out.contains("no query without results"));
    run(&["0000000000000000"]).ended(1);
    run(&["x"]).ended(2);
    run(&["--limit", "0"]).ended(2);
}
