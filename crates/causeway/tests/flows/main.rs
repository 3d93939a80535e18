//! `causeway flow …` and `/api/flows`, by running the program.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod recipes;

use causeway_store::State;
use causeway_store::sqlite::{self, Options};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const CLICK: &str = r#"{"eventType":"click","eventName":"Clicked","index":"products","userToken":"u1","queryID":"43b15df305339e827f0ac0bdc5ebcaa7","objectIDs":["a"],"positions":[3]}"#;

const FLOW: &str = r#"# ours
name = "clicks"
trigger = 'properties.eventType = "click"'

[mapping]
event = "Clicked Something" # kept

[mapping.properties]
query_id = { "@path" = "$.properties.queryID" }
price = "free"
"#;

const PLAN: &str = r#"{"data": {"rules": [{"type": "TRACK", "key": "Clicked Something", "version": 1, "jsonSchema": {
  "type": "object", "properties": {"properties": {"type": "object", "properties": {
    "query_id": {"type": "string"}, "price": {"type": "number"}}, "required": ["query_id"]}}}}]}}"#;

/// A directory with a configuration, where commands run.
struct Place {
    home: tempfile::TempDir,
    listen: SocketAddr,
    admin: SocketAddr,
}

impl Place {
    fn new() -> Self {
        let place = Self { home: tempfile::tempdir().unwrap(), listen: free(), admin: free() };
        let (listen, admin) = (place.listen, place.admin);
        place.write(
            "causeway.toml",
            &format!(
                "listen = \"{listen}\"\n[admin]\nlisten = \"{admin}\"\n\
                 [algolia]\napp_id = \"APP\"\napi_key = \"key\"\nforward_events = false\n\
                 [segment]\nwrite_key = \"w\"\ntracking_url = \"http://127.0.0.1:9\"\n[recipes]\nsearch-events = true\n"
            ),
        );
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
        command.current_dir(self.home.path()).args(arguments).env_remove("CAUSEWAY_CONFIG");
        command
    }

    fn output(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// What a command prints; it must end well.
    fn fine(&self, arguments: &[&str], input: &str) -> String {
        let output = self.output(arguments, input);
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {words}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command complains about; it must end with this code.
    fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.output(arguments, "");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn tried(&self, flow: &str) -> Value {
        serde_json::from_str(&self.fine(&["flow", "test", flow], CLICK)).unwrap()
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn an_imported_flow_is_a_version_that_runs_until_it_is_rolled_back() {
    let place = Place::new();
    place.fine(&["flow", "export", "search-events", "--to", "out"], "");
    let recipe = place.read("out/search-events.toml");
    let edited = recipe.replace("Search Result Clicked", "Hit Clicked").replace("# Paths", "# Our paths");
    place.write("out/search-events.toml", &edited);

    let shown = place.fine(&["flow", "import", "--dry-run", "out/search-events.toml"], "");
    let place_and_values =
        r#"~ subscription "Results clicked".mapping.event: "Search Result Clicked" -> "Hit Clicked""#;
    assert!(
        shown.contains(place_and_values) && shown.contains("changed from recipe to version 1"),
        "{shown}"
    );
    assert!(!place.path("data").exists(), "a dry run leaves nothing behind");

    place.fine(&["flow", "import", "out/search-events.toml"], "");
    assert!(place.fine(&["flow", "list"], "").contains("version 1"));
    assert_eq!(place.tried("search-events")["output"][0]["event"], "Hit Clicked");
    assert_eq!(place.fine(&["flow", "export", "search-events"], "").trim_end(), edited.trim_end());
    assert!(place.fine(&["flow", "import", "out/search-events.toml"], "").contains("unchanged"));

    place.write("out/search-events.toml", &edited.replace("Hit Clicked", "Result Opened"));
    place.fine(&["flow", "import", "out/search-events.toml"], "");
    assert_eq!(place.tried("search-events")["output"][0]["event"], "Result Opened");
    place.fine(&["flow", "rollback", "search-events", "1"], "");
    assert_eq!(place.tried("search-events")["output"][0]["event"], "Hit Clicked");
    place.fine(&["flow", "rollback", "search-events", "configured"], "");
    assert_eq!(place.tried("search-events")["output"][0]["event"], "Search Result Clicked");

    let history = place.fine(&["--json", "flow", "history", "search-events"], "");
    let versions: Vec<Value> = history.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let active: Vec<bool> = versions.iter().map(|version| version["active"] == true).collect();
    assert_eq!(active, [false, false, true]);
    assert!(place.fails(2, &["flow", "rollback", "search-events", "9"]).contains("there are 1, 2, 3"));
}

#[test]
fn an_import_with_a_bad_file_changes_nothing_and_names_every_fault() {
    let place = Place::new();
    place.write("good.toml", FLOW);
    place.write(
        "mapping.toml",
        "name = \"one\"\ntrigger = 'kind = 1'\n[mapping]\nevent = { \"@pth\" = \"$.x\" }\n",
    );
    place.write("key.toml", "name = \"two\"\nmaping = 1\n");
    place.write("plan.toml", &format!("plan = \"none.json\"\n{FLOW}"));
    let words = place.fails(2, &["flow", "import", "good.toml", "mapping.toml", "key.toml", "plan.toml"]);
    for fault in [
        "mapping.toml: trigger: column",
        "mapping.toml: subscription \"one\": mapping.event.@pth",
        "key.toml: line 2",
        "plan.toml: plan: none.json",
    ] {
        assert!(words.contains(fault), "{fault} is not in {words}");
    }
    assert!(!words.contains("good.toml"));
    assert_eq!(place.fine(&["flow", "list"], "").lines().count(), 1);
    assert!(place.fails(3, &["flow", "import", "missing.toml"]).contains("missing.toml"));
    assert!(place.fails(2, &["flow", "import", "good.toml", "good.toml"]).contains("two of the imported"));
}

#[test]
fn a_plan_travels_with_its_flow() {
    let place = Place::new();
    place.write("shop.json", PLAN);
    place.write(
        "clicks.toml",
        &format!("plan = \"shop.json\" # the shop's\non_violation = \"block\"\n{FLOW}"),
    );
    place.fine(&["flow", "import", "clicks.toml"], "");
    std::fs::remove_file(place.path("shop.json")).unwrap();
    let tried = place.tried("clicks");
    assert_eq!(tried["outcome"], "rejected");
    assert!(tried["reason"].as_str().unwrap().contains("properties.price"), "{tried}");
    place.fine(&["flow", "export", "--to", "out", "clicks"], "");
    assert_eq!(place.read("out/clicks.plan.json"), PLAN);
    assert!(place.read("out/clicks.toml").contains("plan = \"clicks.plan.json\" # the shop's"));
    assert!(place.fine(&["flow", "import", "out/clicks.toml"], "").contains("unchanged"));
}

/// `causeway run`, ended when it goes out of scope.
struct Running(Child);

impl Running {
    fn start(place: &Place) -> Self {
        let mut command = place.command(&["run"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let running = Self(child);
        within_seconds(30, || TcpStream::connect(place.admin).is_ok());
        // Whoever connects waits until the store is open and requests are answered.
        assert_eq!(ask(place.admin, "GET /healthz", "").0, 200);
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn within_seconds(seconds: u64, mut true_at_last: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while !true_at_last() {
        assert!(Instant::now() < deadline, "it did not come true within {seconds} s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One request; answers status and body.
fn ask(to: SocketAddr, head: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(to).unwrap();
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer[9..12].parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(body).unwrap_or_default())
}

fn accepted(place: &Place, flow: &str) -> i64 {
    let (_, ledger) = ask(place.admin, "GET /api/ledger", "");
    let rows = ledger["flows"].as_array().unwrap();
    rows.iter().find(|row| row["flow"] == flow).map_or(0, |row| row["accepted"].as_i64().unwrap())
}

fn send(place: &Place, event: &str) {
    let head = "POST /1/events?x-algolia-application-id=APP&x-algolia-api-key=key";
    let (status, answer) = ask(place.listen, head, &format!("{{\"events\":[{event}]}}"));
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn a_running_bridge_takes_changes_at_once() {
    let place = Place::new();
    let bridge = Running::start(&place);
    place.write("clicks.toml", FLOW);
    place.fine(&["flow", "import", "clicks.toml"], "");
    send(&place, CLICK);
    within_seconds(10, || accepted(&place, "clicks") == 1);
    let (_, flow) = ask(place.admin, "GET /api/flows/clicks", "");
    assert_eq!((&flow["origin"], &flow["version"]), (&json!("version"), &json!(1)));

    let off = json!({"text": FLOW.replace("# ours", "enabled = false"), "author": "ada"}).to_string();
    let (_, preview) = ask(place.admin, "PUT /api/flows/clicks?dry_run=true", &off);
    assert_eq!(preview["differences"][0], json!({"place": "enabled", "after": false}));
    assert_eq!(ask(place.admin, "PUT /api/flows/clicks", &off).1["version"], 2);
    send(&place, &CLICK.replace("u1", "u2"));
    within_seconds(10, || accepted(&place, "search-events") == 2);
    assert_eq!(accepted(&place, "clicks"), 1);

    place.fine(&["flow", "rollback", "clicks", "1"], "");
    send(&place, &CLICK.replace("u1", "u3"));
    within_seconds(10, || accepted(&place, "clicks") == 2);
    let (_, history) = ask(place.admin, "GET /api/flows/clicks/history", "");
    let authors: Vec<_> =
        history["versions"].as_array().unwrap().iter().map(|past| &past["active"]).collect();
    assert_eq!(authors, [true, false]);
    assert_eq!(history["versions"][1]["author"], "ada");
    drop(bridge);

    let _again = Running::start(&place);
    let (_, flows) = ask(place.admin, "GET /api/flows", "");
    let names: Vec<_> = flows["flows"].as_array().unwrap().iter().map(|flow| &flow["name"]).collect();
    assert_eq!(names, ["search-events", "clicks"]);
}

#[test]
fn the_api_refuses_what_can_not_run_and_tries_what_is_not_saved() {
    let place = Place::new();
    let _bridge = Running::start(&place);
    let plan: Value = serde_json::from_str(PLAN).unwrap();
    let strict = format!("plan = \"shop.json\"\non_violation = \"block\"\n{FLOW}");
    let put = |body: Value| ask(place.admin, "PUT /api/flows/clicks", &body.to_string());
    for (body, words) in [
        (json!({"text": FLOW.replace("clicks", "other")}), "the address says"),
        (json!({"text": FLOW.replace("@path", "@pth")}), "mapping.properties.query_id.@pth"),
        (json!({"text": strict}), "send its JSON as `plan`"),
        (json!({"text": strict, "plan": {"rules": [{"type": "TRACK"}]}}), "rule 0"),
        (json!({"nothing": 1}), "either"),
    ] {
        let (status, answer) = put(body);
        assert!(status == 422 && answer["message"].as_str().unwrap().contains(words), "{answer}");
    }
    assert_eq!(ask(place.admin, "GET /api/flows/clicks", "").0, 404);

    let event: Value = serde_json::from_str(CLICK).unwrap();
    let trial = json!({"events": [event], "flow": {"text": strict, "plan": plan}}).to_string();
    let (_, tried) = ask(place.admin, "POST /api/flows/clicks/test", &trial);
    assert_eq!(tried["results"][0]["outcome"], "rejected");
    let trial = json!({"events": [event, {"eventType": "jump"}]}).to_string();
    let (_, tried) = ask(place.admin, "POST /api/flows/search-events/test", &trial);
    assert_eq!(tried["results"][0]["output"][0]["event"], "Search Result Clicked");
    assert_eq!(tried["results"][1]["outcome"], "rejected");
    assert_eq!(put(json!({"text": strict, "plan": plan})).0, 200);
}

#[test]
fn flow_files_of_one_name_are_a_fault() {
    let place = Place::new();
    let config = place.read("causeway.toml");
    place.write("causeway.toml", &format!("{config}[flows]\ndirectory = \"flows\"\n"));
    std::fs::create_dir(place.path("flows")).unwrap();
    place.write("flows/a.toml", FLOW);
    assert!(place.fine(&["flow", "list"], "").contains("flows/a.toml"));
    place.write("flows/b.toml", FLOW);
    assert!(place.fails(2, &["validate"]).contains("keep one of them"));
    assert!(Path::new(&place.path("flows/b.toml")).exists());
}

/// Clicks and purchases, as shops send them.
fn events() -> String {
    let click = |number: u32| {
        json!({"eventType": "click", "eventName": "Clicked", "index": "products", "userToken": format!("u{number}"),
            "queryID": "43b15df305339e827f0ac0bdc5ebcaa7", "objectIDs": ["a"], "positions": [number], "pageTitle": "Coats"})
    };
    let purchase = |number: u32| {
        json!({"eventType": "conversion", "eventSubtype": "purchase", "eventName": "Bought", "index": "products",
            "userToken": format!("u{number}"), "objectIDs": ["a", "b"], "value": 30, "currency": "EUR",
            "objectData": [{"price": 10, "quantity": 1}, {"price": 20, "quantity": 1}]})
    };
    let all = (1..=12).flat_map(|number| [click(number), purchase(number)]);
    all.map(|event| event.to_string()).collect::<Vec<_>>().join("\n")
}

/// A plan that wants the same under other names.
fn wanted() -> String {
    let content = |members: Value, required: Value| json!({"type": "object", "properties": {"properties": {"type": "object", "properties": members, "required": required}}});
    let line = json!({"type": "object", "properties": {"product_id": {"type": "string"}, "unit_price": {"type": "number"}}});
    let clicked = content(
        json!({"product_id": {"type": "string"}, "position": {"type": "string"}, "search_id": {"type": "string"},
            "page_title": {"type": "string"}, "coupon": {"type": "string"}}),
        json!(["product_id", "search_id"]),
    );
    let completed = content(
        json!({"line_items": {"type": "array", "items": line}, "total": {"type": "number"}, "currency": {"type": "string"}}),
        json!(["total"]),
    );
    json!({"rules": [
        {"type": "TRACK", "key": "Product Clicked", "version": 1, "jsonSchema": clicked},
        {"type": "TRACK", "key": "Order Completed", "version": 1, "jsonSchema": completed},
        {"type": "TRACK", "key": "Signed Up", "version": 1, "jsonSchema": content(json!({"email": {"type": "string"}}), json!(["email"]))},
    ]})
    .to_string()
}

#[test]
fn a_suggested_flow_is_a_flow_that_maps_to_the_plan() {
    let place = Place::new();
    place.write("shop.json", &wanted());
    place.write("events.ndjson", &events());
    let all = place.fine(&["flow", "suggest", "--plan", "shop.json", "--from", "events.ndjson"], "");
    assert!(all.contains("# high (") && all.contains("# NOTHING FOUND: coupon (string)"), "{all}");
    assert!(!all.contains("Signed Up"));
    place.write("suggested.toml", &all);
    place.fine(&["flow", "import", "suggested.toml"], "");
    let tried = place.fine(&["flow", "test", "planned-events"], &events());
    let outputs: Vec<Value> = tried.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let clicked = json!({"product_id": "a", "position": "1", "search_id": "43b15df305339e827f0ac0bdc5ebcaa7", "page_title": "Coats"});
    assert_eq!(outputs[0]["output"][0]["event"], "Product Clicked");
    assert_eq!(outputs[0]["output"][0]["properties"], clicked);
    let lines = json!([{"product_id": "a", "unit_price": 10}, {"product_id": "b", "unit_price": 20}]);
    assert_eq!(outputs[1]["output"][0]["event"], "Order Completed");
    assert_eq!(
        outputs[1]["output"][0]["properties"],
        json!({"line_items": lines, "total": 30, "currency": "EUR"})
    );
    place.fine(&["plan", "report", "--flow", "planned-events", "--from", "events.ndjson"], "");

    let one = ["flow", "suggest", "--plan", "shop.json", "--from", "events.ndjson", "--event"];
    let one = |event| [&one[..], &[event]].concat();
    let only = place.fine(&one("Order Completed"), "");
    assert!(only.contains("name = \"order-completed\"") && !only.contains("Product Clicked"), "{only}");
    assert!(place.fails(2, &one("Order Complete")).contains("no event \"Order Complete\""));
}

#[test]
fn lint_names_what_a_flow_never_does() {
    let place = Place::new();
    place.write("shop.json", &wanted());
    place.write("events.ndjson", &events());
    place.write(
        "clicks.toml",
        r#"
name = "clicks"
plan = "shop.json"
trigger = 'type = "track"'
on_violation = { unplanned_properties = "strip" }

[[subscriptions]]
name = "clicks"
trigger = 'properties.eventType = "click"'
each = "$.properties.products"
[subscriptions.mapping]
event = "Product Clicked"
[subscriptions.mapping.properties]
product_id = { "@path" = "$.item.product_id" }
position = { "@path" = "$.item.position" }
search_id = { "@path" = "$.properties.queryId" }
coupon = { "@if" = { exists = { "@path" = "$.item.coupon" }, then = { "@path" = "$.item.never" }, else = { "@path" = "$.event" } } }
all = { "@template" = "{{item}}" }

[[subscriptions]]
name = "views"
trigger = 'properties.eventType = "view"'
mapping = { event = "Viewed" }
"#,
    );
    let output = place.output(&["--json", "flow", "lint", "clicks.toml", "--from", "events.ndjson"], "");
    assert_eq!(output.status.code(), Some(1));
    let found: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let found: Vec<_> =
        found.iter().map(|one| (one["kind"].as_str().unwrap(), one["place"].as_str().unwrap())).collect();
    let mapping = |place: &str| format!("subscription \"clicks\": mapping.properties.{place}");
    for (kind, place) in [
        ("dead_condition", "trigger".to_owned()),
        ("dead_condition", "subscription \"views\": trigger".to_owned()),
        ("never_matched", mapping("search_id.@path")),
        ("dead_condition", mapping("coupon.@if")),
        ("coerced", mapping("all.@template")),
        ("never_filled", "plan \"Product Clicked\": properties.search_id".to_owned()),
        ("other_type", "plan \"Product Clicked\": properties.position".to_owned()),
        ("cut", "plan \"Product Clicked\": properties.all".to_owned()),
    ] {
        assert!(found.contains(&(kind, place.as_str())), "{kind} {place} is not in {found:?}");
    }
    assert_eq!(found.len(), 8, "{found:?}");
}

#[test]
fn notes_alone_are_no_findings_that_a_script_must_stop_at() {
    let place = Place::new();
    let flow = FLOW.replace(
        "\"free\"",
        "{ '@case' = { operator = 'lower', value = { '@path' = '$.properties.products[0].position' } } }",
    );
    place.write("note.toml", &flow.replace("trigger", "description"));
    let output = place.output(&["--json", "flow", "lint", "note.toml"], CLICK);
    let told = String::from_utf8(output.stdout).unwrap();
    let note: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&note["kind"], &note["level"], &note["example"]),
        (&json!("unchanged"), &json!("note"), &json!(3))
    );
    assert!(note["fix"].is_string());
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn every_unusable_flow_file_is_told_at_once() {
    let place = Place::new();
    std::fs::create_dir(place.path("flows")).unwrap();
    let config = place.read("causeway.toml");
    place.write("causeway.toml", &format!("{config}[flows]\ndirectory = \"flows\"\n"));
    place.write("flows/a.toml", "name = ");
    place.write("flows/b.toml", &FLOW.replace("@path", "@pth"));
    std::fs::write(place.path("flows/c.toml"), b"\xff").unwrap();
    let told = place.fails(2, &["validate"]);
    for words in ["a.toml", "c.toml", "UTF-8"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn a_report_tells_violations_by_event_kind_and_field() {
    let place = Place::new();
    place.write("shop.json", &wanted());
    let message = |position: Value| {
        json!({"type": "track", "event": "Product Clicked",
            "properties": {"product_id": "a", "search_id": "q", "position": position}})
    };
    let messages = format!(
        "{}\n{}\n{}\n",
        message(json!("1")),
        message(json!(2)),
        json!({"type": "track", "event": "Other"})
    );
    let output = place.output(&["--json", "plan", "report", "--plan", "shop.json"], &messages);
    assert_eq!(output.status.code(), Some(1));
    let rows: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let clicked = rows.iter().find(|row| row["event"] == "Product Clicked").unwrap();
    assert_eq!(clicked["share"], 0.5);
    let finding = json!({"type": "Invalid Type", "field": "properties.position", "count": 1, "share": 0.5, "example": 2});
    assert_eq!(clicked["findings"], json!([finding]));
    let words = String::from_utf8(place.output(&["plan", "report", "--plan", "shop.json"], &messages).stdout)
        .unwrap();
    assert!(words.contains("Invalid Type  properties.position  1 (50.0 %)  such as 2"), "{words}");
    assert!(words.contains("Unplanned Event"), "{words}");
}

#[test]
fn a_report_counts_only_messages_and_says_what_it_left_out() {
    let place = Place::new();
    place.write("shop.json", &wanted());
    let output = place.output(&["--json", "plan", "report", "--plan", "shop.json"], "no json\n5\n");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(words, "causeway: 2 lines are no messages\n");
}

#[test]
fn a_stored_flow_that_can_not_run_stops_the_start_and_can_be_rolled_back() {
    let place = Place::new();
    let store = sqlite::open(&place.path("data"), &Options::default()).unwrap();
    let text = |text: &str| [("clicks".to_owned(), text.to_owned())];
    store.state.save_flows(&text(FLOW), "ada", 1).unwrap();
    store.state.save_flows(&text(&FLOW.replace("@path", "@of-tomorrow")), "ada", 2).unwrap();
    drop(store);
    let words = place.fails(2, &["run"]);
    assert!(words.contains("@of-tomorrow") && words.contains("causeway flow rollback"), "{words}");
    place.fine(&["flow", "rollback", "clicks", "1"], "");
    assert_eq!(place.tried("clicks")["outcome"], "mapped");
}
