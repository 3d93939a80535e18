//! The commands, run as users run them.

use crate::events::{QUERY, click, invalid, view};
use crate::http::Http;
use crate::process::{Home, causeway, play};
use crate::stage::{open_store, until};
use causeway_sandbox::{Fault, Sandbox, Target};
use causeway_store::state::{Change, LedgerRow, State, Tally};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

/// Enough for a configuration that runs.
const SMALL: &str = "[segment]\nwrite_key = \"hidden-write-key\"\n[recipes]\nsearch-events = true\n";

#[test]
fn init_writes_a_file_that_validates_and_config_shows_it_without_its_secrets() {
    let directory = TempDir::new().unwrap();
    let at = directory.path();
    assert!(causeway(at, &["init"], "").ended(0).out.contains("causeway.toml"));
    assert!(causeway(at, &["init"], "").ended(2).err.contains("--force"));
    causeway(at, &["init", "--force"], "").ended(0);
    let unset = causeway(at, &["validate"], "").ended(2);
    assert!(unset.err.contains("ALGOLIA_APP_ID"), "{}", unset.err);

    let path = at.join("causeway.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text
        .replace("${ALGOLIA_APP_ID}", "MYAPP")
        .replace("${ALGOLIA_API_KEY}", "hidden-api-key")
        .replace("${SEGMENT_WRITE_KEY}", "hidden-write-key");
    std::fs::write(&path, text).unwrap();
    causeway(at, &["validate"], "").ended(0);
    let valid = causeway(at, &["--json", "validate"], "").ended(0).json();
    assert_eq!((&valid["valid"], &valid["flows"]), (&json!(true), &json!(["search-events"])));
    let shown = causeway(at, &["config"], "").ended(0).out;
    assert!(shown.contains("MYAPP") && shown.contains("retention") && !shown.contains("hidden-"), "{shown}");
    let shown = causeway(at, &["config", "--json"], "").ended(0);
    assert!(shown.json()["segment"]["write_key"] != "hidden-write-key" && !shown.out.contains("hidden-"));
}

#[test]
fn an_unknown_key_a_wrong_value_and_a_missing_file_are_bad_configuration() {
    let directory = TempDir::new().unwrap();
    let at = directory.path();
    assert!(causeway(at, &["validate"], "").ended(2).err.contains("causeway init"));
    let table = [
        ("[segmnt]\nwrite_key = \"k\"", "did you mean `segment`?"),
        ("[segment]\nwrite_kye = \"k\"", "did you mean `write_key`?"),
        ("[recipes]\nserch-events = true", "did you mean `search-events`?"),
        ("[recipes]\nsearch-events = true", "segment.write_key"),
        ("[segment]\nnaming = \"own\"", "naming"),
        ("[store]\nretention = \"soon\"", "30d"),
        ("listen = \"nowhere\"", "127.0.0.1:7070"),
        ("[admin]\nlisten = \"0.0.0.0:7071\"", "admin.token"),
        ("[algolia]\napp_id = \"A/../B\"", "algolia.app_id"),
        ("listen = ", "line 1"),
        ("[log]\nlevel = \"loud\"", "log.level: \"loud\" is no level"),
        ("[log]\nlevel = \"info,causeway=loud\"", "log.level"),
        ("[delivery]\nconcurrency = 0", "delivery.concurrency"),
    ];
    for (text, words) in table {
        write(at, "causeway.toml", text);
        for command in ["validate", "config", "run", "ledger"] {
            let ran = causeway(at, &[command], "").ended(2);
            assert!(ran.err.contains(words), "{text}: {}", ran.err);
        }
    }
    write(at, "elsewhere.toml", SMALL);
    causeway(at, &["--config", "elsewhere.toml", "validate"], "").ended(0);
    causeway(at, &["validate", "--config", "elsewhere.toml"], "").ended(0);
    causeway(at, &["no-such-command"], "").ended(2);
    causeway(at, &["validate", "--no-such-flag"], "").ended(2);
    causeway(at, &["--help"], "").ended(0);
    causeway(at, &["--version"], "").ended(0);
}

#[test]
fn validate_names_what_a_trigger_hardly_means_and_the_recipes_that_are_no_flows() {
    let directory = TempDir::new().unwrap();
    let at = directory.path();
    let sync = "trait-sync = { traits = [\"plan\"] }\n[flows]\ndirectory = \"flows\"\n[algolia]\n";
    write(at, "causeway.toml", &format!("{SMALL}{sync}app_id = \"A\"\napi_key = \"k\"\nadmin_key = \"k\"\n"));
    std::fs::create_dir(at.join("flows")).unwrap();
    let flow = "name = \"odd\"\ntrigger = 'type = = 1'\n[mapping]\nevent = \"x\"\n";
    write(at, "flows/odd.toml", flow);
    let told = causeway(at, &["validate"], "").ended(0).out;
    assert!(
        told.contains("flow \"odd\": trigger: column 8") && told.contains("people: trait-sync"),
        "{told}"
    );
    let warnings = causeway(at, &["validate", "--json"], "").ended(0).json()["warnings"].clone();
    assert_eq!(warnings.as_array().map(Vec::len), Some(2), "{warnings}");
}

#[test]
fn map_answers_each_line_and_names_the_place_where_a_mapping_is_wrong() {
    let directory = TempDir::new().unwrap();
    let at = directory.path();
    write(at, "mapping.json", r#"{"name": {"@path": "$.properties.name"}, "fixed": 1}"#);
    write(at, "nothing.json", r#"{"@path": "$.missing"}"#);
    write(at, "wrong.json", r#"{"deep": {"name": {"@pth": "$.x"}}}"#);
    write(at, "broken.json", "{");
    std::fs::write(at.join("no-text.json"), b"\"\xff\"").unwrap();
    let input = "{\"type\":\"track\",\"properties\":{\"name\":\"a\"}}\n\n{\"type\":\"page\"}\nno json\n";
    let map = |arguments: &[&str]| causeway(at, &[&["map"], arguments].concat(), input);

    let lines = map(&["--mapping", "mapping.json"]).ended(0).lines();
    assert_eq!(lines[0], json!({"matched": true, "value": {"name": "a", "fixed": 1}}));
    assert_eq!(lines[1], json!({"matched": true, "value": {"fixed": 1}}));
    assert!(lines.len() == 3 && lines[2]["error"].is_string(), "{lines:?}");
    let lines = map(&["--mapping", "mapping.json", "--trigger", "type = \"track\""]).ended(0).lines();
    assert_eq!((&lines[0]["matched"], &lines[1]), (&json!(true), &json!({"matched": false})));
    let lines = map(&["--mapping", "nothing.json"]).ended(0).lines();
    assert_eq!(lines[0], json!({"matched": true}));

    map(&["--mapping", "no-text.json"]).ended(2);
    let wrong = map(&["--mapping", "wrong.json"]).ended(2);
    assert!(wrong.err.contains("deep") && wrong.err.contains("@pth"), "{}", wrong.err);
    map(&["--mapping", "broken.json"]).ended(2);
    assert!(map(&["--mapping", "mapping.json", "--trigger", "type"]).ended(2).err.contains("--trigger"));
    map(&["--mapping", "missing.json"]).ended(3);
    map(&[]).ended(2);
}

#[test]
fn fql_goes_to_the_public_tree_and_back() {
    let directory = TempDir::new().unwrap();
    let run = |arguments: &[&str], input: &str| causeway(directory.path(), arguments, input);
    let trigger = "type = \"track\" and (event = \"Order Completed\" or properties.total > 10)";
    let tree = run(&["fql", "parse"], trigger).ended(0);
    assert_eq!(tree.json()["operator"], "and");
    let back = run(&["fql", "print"], &tree.out).ended(0).out;
    assert_eq!(run(&["fql", "parse"], &back).ended(0).json(), tree.json());
    assert!(!run(&["fql", "parse"], "type").ended(2).err.is_empty());
    run(&["fql", "print"], "{}").ended(2);
    run(&["fql", "print"], "no json").ended(2);
    causeway(Path::new("."), &["fql", "parse"], b"type = \"\xff\"").ended(2);
}

#[test]
fn flows_are_listed_shown_and_tried_without_sending_anything() {
    let directory = TempDir::new().unwrap();
    let at = directory.path();
    write(at, "causeway.toml", SMALL);
    assert!(causeway(at, &["flow", "list"], "").ended(0).out.contains("search-events"));
    let listed = causeway(at, &["flow", "list", "--json"], "").ended(0).lines();
    assert_eq!((listed.len(), &listed[0]["name"]), (1, &json!("search-events")));
    assert!(causeway(at, &["flow", "show", "search-events"], "").ended(0).out.contains("[[subscriptions]]"));
    let shown = causeway(at, &["flow", "show", "search-events", "--json"], "").ended(0).json();
    assert_eq!(shown["name"], "search-events");
    assert!(causeway(at, &["flow", "show", "serch-events"], "").ended(2).err.contains("search-events"));
    assert!(causeway(at, &["flow", "show", "trait-sync"], "").ended(2).err.contains("no flow"));
    causeway(at, &["flow", "test", "nothing-like-it"], "").ended(2);

    let agent = json!({"eventName": "n", "eventType": "instantsearch", "userToken": "u"});
    let input = format!("{}\n{agent}\n{}\nno json\n", click("somebody", "a"), invalid());
    let lines = causeway(at, &["flow", "test", "search-events"], &input).ended(0).lines();
    let outcomes: Vec<&Value> = lines.iter().map(|line| &line["outcome"]).collect();
    assert_eq!(outcomes, ["mapped", "unmapped", "rejected", "rejected"]);
    assert_eq!(lines[0]["output"][0]["event"], "Search Result Clicked");
    assert!(lines[1..].iter().all(|line| line["reason"].is_string() && line["output"] == json!([])));

    let years_later = ["flow", "test", "search-events", "--now", "2040-01-01T00:00:00Z"];
    let lines = causeway(at, &years_later, &input).ended(0).lines();
    assert_eq!(lines[0]["outcome"], "rejected", "by then the click is too old");
    causeway(at, &["flow", "test", "search-events", "--now", "soon"], "").ended(2);
    assert!(!at.join("data").exists(), "nothing was stored");
}

#[test]
fn without_a_store_commands_say_that_it_can_not_be_reached() {
    let directory = TempDir::new().unwrap();
    write(directory.path(), "causeway.toml", SMALL);
    for command in
        [&["ledger"][..], &["trace", "x"], &["dead-letters", "list"], &["dead-letters", "show", "x"]]
    {
        causeway(directory.path(), command, "").ended(3);
    }
    let changes =
        [&["retry", "x"][..], &["retry", "--all"], &["discard", "x"], &["patterns", "--forget", "x"]];
    for change in changes {
        causeway(directory.path(), &[&["dead-letters"], change].concat(), "").ended(3);
    }
    causeway(directory.path(), &["flow", "rollback", "search-events", "1"], "").ended(3);
    assert!(!directory.path().join("data").exists(), "no command made one");
}

#[test]
fn a_second_bridge_on_the_same_store_or_port_can_not_start() {
    play(async |sandbox, home| {
        let running = home.start().await;
        home.run(&["run"]).ended(3);
        let other = Home::new(sandbox);
        let text = std::fs::read_to_string(other.directory.path().join("causeway.toml")).unwrap();
        let same_port = text.replace(&other.public.to_string(), &home.public.to_string());
        write(other.directory.path(), "causeway.toml", &same_port);
        let ran = other.run(&["run"]).ended(3);
        assert!(ran.err.contains("failed to listen on"), "{}", ran.err);
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn the_ledger_is_read_while_the_bridge_runs_and_while_it_does_not_and_an_imbalance_is_a_finding() {
    play(async |_, home| {
        let running = home.start().await;
        home.accept(&[view("a", "b"), view("a", "c")]).await;
        home.settled().await;
        let of = |ledger: Value| ledger["flows"].as_array().unwrap().clone();
        let live = of(home.run(&["ledger", "--json"]).ended(0).json());
        let search = live.iter().find(|flow| flow["flow"] == "search-events").unwrap();
        assert_eq!(
            (&search["accepted"], &search["delivered"], &search["imbalance"]),
            (&json!(2), &json!(2), &json!(0))
        );
        assert_eq!(running.terminate().await, 0);
        assert_eq!(of(home.run(&["--json", "ledger"]).ended(0).json()), live);
        assert!(home.run(&["ledger", "--since", "1h"]).ended(0).out.contains("search-events"));
        home.run(&["ledger", "--since", "soon"]).ended(2);

        let tamper = |accepted| {
            let store = open_store(&home.directory.path().join("data"));
            let tally = Tally { accepted, ..Tally::default() };
            let ledger = vec![LedgerRow { flow: "search-events".to_owned(), hour: 0, tally }];
            store.state.commit(&Change { ledger, ..Change::default() }).unwrap();
        };
        tamper(1);
        assert!(home.run(&["ledger"]).ended(1).out.contains("imbalance"));
        tamper(-1);
    });
}

#[test]
fn an_event_is_traced_by_every_id_before_and_after_a_restart() {
    play(async |sandbox, home| {
        let running = home.start().await;
        home.accept(&[click("somebody", "sku-1"), view("somebody-else", "sku-2")]).await;
        home.settled().await;
        let message =
            sandbox.messages().into_iter().find(|message| message["anonymousId"] == "somebody").unwrap();
        let message_id = message["messageId"].as_str().unwrap();
        let traced = home.run(&["trace", "sku-1", "--json"]).ended(0).json();
        let event = traced["events"][0]["event"].as_str().unwrap().to_owned();
        let every_id = |when: &str| {
            for id in [event.as_str(), message_id, QUERY, "sku-1", "somebody"] {
                let found = home.run(&["trace", id, "--json"]).ended(0).json();
                let events = found["events"].as_array().unwrap();
                assert_eq!(events.len(), 1, "{when}, {id}: {found}");
                assert_eq!(events[0]["event"], event.as_str(), "{when}, {id}");
                let fates: Vec<&Value> = events[0]["deliveries"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|delivery| &delivery["fate"])
                    .collect();
                assert_eq!(fates, ["delivered", "delivered"], "{when}, {id}: {found}");
                let told = home.run(&["trace", id]).ended(0).out;
                assert!(told.contains(&event) && told.contains(message_id) && told.contains("200"), "{told}");
            }
            home.run(&["trace", "nobody"]).ended(1);
        };
        every_id("while it runs");
        assert_eq!(running.terminate().await, 0);
        every_id("while it does not run");
        let running = home.start().await;
        every_id("after the restart");
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn what_shoppers_send_does_not_move_the_terminal_of_who_reads_it() {
    play(async |_, home| {
        let running = home.start().await;
        let call = json!({"userId": "u\u{1b}[31m", "anonymousId": "a-9"}).to_string();
        let url = format!("http://127.0.0.1:{}/v1/identify", home.public);
        let key = ("authorization", "Basic c2FuZGJveC13cml0ZS1rZXk6");
        assert_eq!(Http::new().try_send("POST", &url, &[key], call).await.unwrap().status, 200);
        home.settled().await;
        for command in ["person", "trace"] {
            let told = home.run(&[command, "a-9"]).ended(0).out;
            assert!(told.contains(r"u\u001b[31m") && !told.contains('\u{1b}'), "{told}");
        }
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn who_is_not_there_is_named_and_so_is_what_is_missing() {
    play(async |_, home| {
        let running = home.start().await;
        home.accept(&[view("a", "b")]).await;
        home.settled().await;
        assert!(home.run(&["flow", "rollback", "none", "1"]).ended(2).err.contains("there is no flow"));
        assert!(home.run(&["person", "nobody", "--repair", "--json"]).ended(1).json()["error"].is_string());
        assert_eq!(running.terminate().await, 0);
        home.run(&["person", "nobody", "--repair"]).ended(1);
        assert!(home.run(&["flow", "rollback", "none", "1"]).ended(2).err.contains("there is no flow"));
        assert!(home.run(&["forget", "a"]).ended(3).err.contains("causeway run"));
        let nowhere = home.run(&["backup", "nowhere/b.tar.gz"]).ended(3).err;
        assert!(nowhere.contains("nowhere") && !nowhere.contains(".tmp"), "{nowhere}");
        assert!(
            home.run(&["ledger", "--since", "2099-01-01"]).ended(0).out.ends_with("nothing was accepted\n")
        );
        home.run(&["audit", "--limit", "0"]).ended(2);
        home.run(&["ledger", "report", "yesterday"]).ended(2);
        assert!(home.run(&["ledger", "report", "2020-01-01", "--json"]).ended(1).json()["error"].is_string());
    });
}

#[test]
fn a_command_ends_as_it_would_when_nobody_reads_its_errors() {
    let directory = TempDir::new().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
    command.current_dir(directory.path()).env_remove("CAUSEWAY_CONFIG").arg("validate").stderr(writer);
    assert_eq!(command.status().unwrap().code(), Some(2));
}

/// Three dead letters: one invalid event and two messages that Segment refused.
async fn three_dead_letters(sandbox: &Sandbox, home: &Home) {
    sandbox.set_fault(Fault::status(Target::Segment, 400));
    assert_eq!(home.try_events(&[view("a", "o-1"), view("b", "o-2"), invalid()]).await.unwrap().status, 200);
    home.settled().await;
    until("three died", || listed(home, &[]).len() == 3).await;
    sandbox.clear_faults();
}

fn listed(home: &Home, more: &[&str]) -> Vec<Value> {
    home.run(&[&["dead-letters", "list", "--json"], more].concat()).ended(0).lines()
}

/// The way of dead letters from the list to their end, the same with and without a running bridge.
fn decide(home: &Home) {
    assert_eq!(listed(home, &["--flow", "intake"]).len(), 1);
    assert_eq!(listed(home, &["--error", "index field"]).len(), 1);
    assert_eq!(listed(home, &["--limit", "2"]).len(), 2);
    home.run(&["dead-letters", "list", "--status", "odd"]).ended(2);
    home.run(&["dead-letters", "list", "--limit", "0"]).ended(2);
    let refused = listed(home, &["--flow", "search-events"]);
    let invalid = &listed(home, &["--flow", "intake"])[0];
    let id = |letter: &Value| letter["id"].as_str().unwrap().to_owned();

    let problems = home.run(&["dead-letters", "problems", "--json"]).ended(1).lines();
    let counts: Vec<&Value> = problems.iter().map(|problem| &problem["count"]).collect();
    assert_eq!(counts, [2, 1], "two of one kind and one of another: {problems:?}");
    let largest = problems[0]["id"].as_str().unwrap();
    let of_one = ["dead-letters", "retry", "--all", "--problem", largest, "--dry-run", "--json"];
    let would = home.run(&of_one).ended(0).json();
    assert_eq!((&would["would_retry"], &would["calls"]), (&json!(2), &json!(1)));
    assert!(
        home.run(&["dead-letters", "problems"])
            .ended(1)
            .out
            .contains("2 of flow search-events on the way to segment")
    );
    assert_eq!(listed(home, &[]).len(), 3, "nothing was retried");

    let shown = home.run(&["dead-letters", "show", &id(&refused[0]), "--json"]).ended(0).json();
    assert_eq!(shown, refused[0]);
    home.run(&["dead-letters", "show", "nothing"]).ended(1);
    assert!(home.run(&["dead-letters", "show", "nothing", "--json"]).ended(1).json()["error"].is_string());
    home.run(&["dead-letters", "retry"]).ended(2);
    for nothing in ["nope", "no/../pe ?"] {
        let told = home.run(&["dead-letters", "retry", nothing]).ended(2).err;
        assert!(
            told.contains(&format!("there is no dead letter {nothing:?}")) && !told.contains("404"),
            "{told}"
        );
    }
    home.run(&["dead-letters", "retry", "--all", "--error", "no such words"]).ended(0);
    assert_eq!(listed(home, &[]).len(), 3, "nothing fitted");
    let retried = home.run(&["dead-letters", "retry", &id(&refused[0]), "--json"]).ended(0).json();
    assert_eq!(retried, json!({"retried": 1}));
    home.run(&["dead-letters", "retry", &id(&refused[0])]).ended(2);
    home.run(&["dead-letters", "retry", "--all", "--flow", "search-events", "--error", "refuses"]).ended(0);
    home.run(&["dead-letters", "discard", &id(invalid), "--note", "a robot"]).ended(0);
    assert!(listed(home, &[]).is_empty());
    assert_eq!(home.run(&["dead-letters", "problems"]).ended(0).out.trim(), "no dead letters");
    assert_eq!(listed(home, &["--status", "retried"]).len(), 2);
    assert_eq!(listed(home, &["--status", "discarded"])[0]["note"], "a robot");
}

#[test]
fn dead_letters_are_decided_on_while_the_bridge_runs() {
    play(async |sandbox, home| {
        let running = home.start().await;
        three_dead_letters(sandbox, home).await;
        decide(home);
        home.settled().await;
        assert_eq!(sandbox.messages().len(), 2);
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn dead_letters_are_decided_on_while_the_bridge_does_not_run_and_sent_at_its_next_start() {
    play(async |sandbox, home| {
        let running = home.start().await;
        three_dead_letters(sandbox, home).await;
        assert_eq!(running.terminate().await, 0);
        decide(home);
        home.run(&["ledger"]).ended(0);
        assert!(sandbox.messages().is_empty());
        let running = home.start().await;
        home.settled().await;
        assert_eq!(sandbox.messages().len(), 2);
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn validate_online_says_what_each_credential_may_do_and_which_vendor_can_not_be_reached() {
    play(async |_, home| {
        let path = home.directory.path().join("causeway.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let nobody = text.replace("[segment]", "search_hosts = [\"http://127.0.0.1:1\"]\n[segment]");
        std::fs::write(&path, nobody).unwrap();
        home.run(&["validate"]).ended(0);
        let ran = home.run(&["validate", "--online", "--json"]).ended(3);
        let findings = ran.json()["credentials"].clone();
        assert_eq!(
            findings.as_array().unwrap().iter().map(|finding| &finding["fine"]).collect::<Vec<_>>(),
            [false, true],
            "{findings}"
        );
        assert!(!ran.out.contains("sandbox-search-key") && !ran.err.contains("sandbox-search-key"));
        let running = home.start().await;
        home.accept(&[view("a", "b")]).await;
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn validate_online_says_which_rights_a_key_lacks_for_what_is_switched_on() {
    play(async |sandbox, home| {
        let path = home.directory.path().join("causeway.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let with_key = |key: &str, recipe: &str| {
            let ours = format!("search_hosts = [\"{}\"]\nadmin_key = \"{key}\"\n[segment]", sandbox.url());
            let text = text.replace("[segment]", &ours).replace("[recipes]", &format!("[recipes]\n{recipe}"));
            std::fs::write(&path, text).unwrap();
            home.run(&["validate", "--online"])
        };
        let ran = with_key("sandbox-search-key", "audience-sync = true").ended(1);
        assert!(ran.out.contains("the rights `addObject`, `deleteObject` are missing"), "{ran:?}");
        with_key("sandbox-search-key", "audience-sync = false").ended(0);
        with_key("sandbox-admin-key", "audience-sync = true").ended(0);
        let running = home.start().await;
        home.accept(&[view("a", "b")]).await;
        assert_eq!(running.terminate().await, 0);
    });
}

#[test]
fn the_demo_ends_by_itself_with_a_balanced_ledger() {
    let directory = TempDir::new().unwrap();
    let began = Instant::now();
    let ran = causeway(directory.path(), &["demo", "--for", "2", "--shoppers", "10"], "").ended(0);
    assert!(began.elapsed() < Duration::from_secs(30));
    assert!(ran.out.contains("the ledger balances"), "{}", ran.out);
    let file_count = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(file_count, 0, "the demo leaves nothing behind");
}
