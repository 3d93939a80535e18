//! Who changed what.

use crate::events::{DAY_MS, but, invalid, view};
use crate::process;
use crate::stage::{Scene, Stage, play};
use causeway_sandbox::{Fault, Target};
use serde_json::{Value, json};

async fn entries(stage: &Stage) -> Vec<Value> {
    let token = [("authorization", "Bearer t0ken")];
    let answer = stage.admin_with("GET", "/api/audit", &token, "").await.json();
    answer["entries"].as_array().unwrap().clone()
}

fn seen<'e>(entries: &'e [Value], key: &str) -> Vec<&'e str> {
    entries.iter().map(|entry| entry[key].as_str().unwrap_or_default()).collect()
}

#[test]
fn every_change_is_noted_with_who_and_what_and_nothing_else_is() {
    Scene::new().with(|settings| settings.admin.token = Some("t0ken".into())).play(async |stage| {
        let ask = async |method: &str, path: &str, body: Value| {
            let headers = [("authorization", "Bearer t0ken"), ("causeway-actor", "alice")];
            stage.admin_with(method, path, &headers, body.to_string()).await
        };
        stage.sandbox.set_fault(Fault::status(Target::Segment, 400));
        stage.accept(&[but(view("person-0", "o-1"), json!({}))]).await;
        stage.settled().await;
        stage.sandbox.clear_faults();
        let letters = ask("GET", "/api/dead-letters", json!(null)).await.json();
        let id = letters["dead_letters"][0]["id"].as_str().unwrap().to_owned();
        let flow = "name = \"mine\"\nmapping = { event = \"E\" }\n";

        assert_eq!(ask("POST", &format!("/api/dead-letters/{id}/retry"), json!({})).await.status, 200);
        assert_eq!(ask("POST", &format!("/api/dead-letters/{id}/retry"), json!({})).await.status, 409);
        assert_eq!(ask("PUT", "/api/flows/mine", json!({"text": flow})).await.status, 200);
        assert_eq!(ask("PUT", "/api/flows/mine?dry_run=true", json!({"text": flow})).await.status, 200);
        let bulk = "/api/dead-letters/discard";
        assert_eq!(ask("POST", bulk, json!({"flow": "other", "dry_run": true})).await.status, 200);
        assert_eq!(ask("POST", bulk, json!({"flow": "other", "error": "jane"})).await.status, 200);
        let to_user = json!({"userId": "jane@example.com"});
        assert_eq!(ask("POST", "/api/persons/person-0/link", to_user).await.status, 200);
        assert_eq!(ask("POST", "/api/persons/person-0/repair", json!({"dry_run": true})).await.status, 200);
        assert_eq!(ask("POST", "/api/persons/jane@example.com/forget", json!({})).await.status, 202);
        stage.settled().await;

        let noted = entries(stage).await;
        let expected = [
            "POST /api/persons/{id}/forget",
            "POST /api/persons/{id}/link",
            "POST /api/dead-letters/discard",
            "PUT /api/flows/{name}",
            "POST /api/dead-letters/{id}/retry",
        ];
        assert_eq!(seen(&noted, "action"), expected);
        assert!(
            noted.iter().all(|entry| entry["who"] == json!({"by": "admin token", "name": "alice"})),
            "{noted:?}"
        );
        assert_eq!(
            (&noted[4]["target"], &noted[4]["before"], &noted[4]["after"]),
            (&json!(id), &json!("dead"), &json!("retried"))
        );
        assert_eq!((&noted[3]["target"], &noted[3]["before"]), (&json!("mine"), &json!(null)));
        assert_eq!(noted[3]["after"].as_str().unwrap().len(), 64, "the hash of the flow's text");
        assert_eq!(noted[2]["target"], "flow other, with a text in the reason");
        let text = json!(noted).to_string();
        assert!(!text.contains("jane") && !text.contains("person-0") && !text.contains("t0ken"), "{text}");
    });
}

#[test]
fn entries_outlive_traces_and_go_after_the_time_that_is_set() {
    play(async |stage| {
        stage.events(&[invalid()]).await;
        let flow = json!({"text": "name = \"mine\"\nmapping = { event = \"E\" }\n"}).to_string();
        assert_eq!(stage.admin_with("PUT", "/api/flows/mine", &[], flow).await.status, 200);
        assert_eq!(seen(&entries(stage).await, "target"), ["mine"]);
        let first = entries(stage).await.remove(0);
        assert_eq!(first["who"], json!({"by": "loopback"}));
        stage.pass(DAY_MS);
        let answer = stage.admin("GET", "/api/audit?since=2h").await.json();
        assert_eq!(answer["entries"], json!([]));
    });
}

#[test]
fn commands_and_reloads_are_noted_too() {
    process::play(async |_, home| {
        let file = home.directory.path().join("mine.toml");
        std::fs::write(&file, "name = \"mine\"\nmapping = { event = \"E\" }\n").unwrap();
        home.start().await.terminate().await;
        home.run(&["flow", "import", "mine.toml"]).ended(0);
        let running = home.start().await;
        home.run(&["flow", "rollback", "mine", "1"]).ended(0);
        home.configure(|text| {
            let text = text.replace("drain = \"2s\"", "drain = \"3s\"");
            text.replace("search-events = true", "search-events = true\nnew-searcher = true")
        });
        running.hang_up();
        home.until_measured("causeway_config_reloads_total{result=\"applied\"} 1").await;
        crate::stage::until("it is noted", || home.run(&["--json", "audit"]).lines().len() == 3).await;
        let noted = home.run(&["--json", "audit"]).ended(0).lines();
        assert_eq!(seen(&noted, "action"), ["reload", "POST /api/flows/{name}/rollback", "flow import"]);
        assert_eq!(
            (&noted[0]["who"]["by"], &noted[0]["summary"]),
            (&json!("SIGHUP"), &json!("delivery.drain, recipes.new-searcher, flow new-searcher"))
        );
        assert_eq!(noted[2]["who"]["by"], "command line");
        assert_eq!(noted[1]["before"], noted[2]["after"], "the same text");
        assert_eq!(running.terminate().await, 0);
    });
}
