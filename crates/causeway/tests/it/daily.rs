//! The ledger's daily reports.

use crate::events::{DAY_MS, views};
use crate::process;
use crate::stage::{Scene, Stage, play};
use causeway_sandbox::{Fault, Target};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// The days that there are reports of, once there are so many.
async fn days(stage: &Stage, count: usize) -> Vec<String> {
    let files = || {
        std::fs::read_dir(directory(stage)).map_or(0, |files| {
            files
                .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|kind| kind == "json"))
                .count()
        })
    };
    stage.until("the reports are written", || files() >= count).await;
    let list = stage.admin("GET", "/api/ledger/reports").await.json();
    assert_eq!(list["verdict"]["faults"], json!([]), "{list}");
    list["days"].as_array().unwrap().iter().map(|day| day.as_str().unwrap().to_owned()).collect()
}

fn directory(stage: &Stage) -> PathBuf {
    stage.home().join("reports")
}

async fn report(stage: &Stage, day: &str) -> Value {
    let mut signed = stage.admin("GET", &format!("/api/ledger/reports/{day}")).await.json();
    signed["report"].take()
}

fn scene() -> Scene {
    Scene::new().with(|settings| settings.ledger.reports = Some("reports".into()))
}

#[test]
fn a_day_is_reported_at_its_end_and_a_late_retry_is_a_correction_that_rewrites_nothing() {
    scene().play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 400));
        stage.accept(&views(0..3)).await;
        stage.settled().await;
        stage.pass(DAY_MS);
        let first = days(stage, 1).await;
        let told = report(stage, &first[0]).await;
        let of_flow = |lines: &Value| -> Value {
            lines.as_array().unwrap().iter().find(|line| line["flow"] == "search-events").cloned().unwrap()
        };
        let line = of_flow(&told["flows"]);
        assert_eq!(
            (&line["accepted"], &line["dead_lettered"], &line["imbalance"]),
            (&json!(3), &json!(3), &json!(0))
        );

        stage.sandbox.clear_faults();
        for letter in stage.dead_letters().await {
            stage.retry(&letter, &json!({})).await;
        }
        stage.settled().await;
        stage.restart().await;
        stage.pass(DAY_MS);
        let both = days(stage, 2).await;
        assert_eq!(report(stage, &first[0]).await, told, "the first is as it was");
        let second = report(stage, &both[1]).await;
        let correction = of_flow(&second["corrections"]);
        assert_eq!((&correction["day"], &correction["was"]["dead_lettered"]), (&json!(first[0]), &json!(3)));
        assert_eq!(
            (&correction["is"]["delivered"], &correction["is"]["dead_lettered"]),
            (&json!(3), &json!(0))
        );
        let key = std::fs::metadata(stage.home().join("data/ledger.key")).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    });
}

#[test]
fn the_ledger_is_shown_by_the_hour() {
    play(async |stage| {
        stage.accept(&views(0..2)).await;
        stage.settled().await;
        let shown = stage.admin("GET", "/api/ledger?by=hour").await.json();
        let hours = shown["hours"].as_array().unwrap();
        let line = hours.iter().find(|line| line["flow"] == "search-events").unwrap();
        assert_eq!((&line["delivered"], &line["imbalance"]), (&json!(2), &json!(0)));
        assert!(line["hour"].as_str().unwrap().ends_with(":00:00.000Z"), "{line}");
        assert_eq!(stage.admin("GET", "/api/ledger?by=day").await.status, 422);
    });
}

#[test]
fn the_command_names_a_report_that_was_changed_taken_away_or_signed_by_another() {
    let mut names = Vec::new();
    let home = std::cell::RefCell::new(PathBuf::new());
    scene().play(async |stage| {
        stage.accept(&views(0..3)).await;
        stage.settled().await;
        stage.pass(3 * DAY_MS);
        names = days(stage, 3).await;
        let kept = tempfile::tempdir().unwrap().keep();
        for file in std::fs::read_dir(directory(stage)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), kept.join(file.file_name())).unwrap();
        }
        home.replace(kept);
    });
    let home = home.into_inner();
    let verify = || process::causeway(&home, &["ledger", "verify", "."], "");
    assert!(verify().ended(0).out.contains("3 reports"), "an auditor needs the files only");
    let with_key =
        process::causeway(&home, &["ledger", "verify", ".", "--key", &"0".repeat(64)], "").ended(1);
    assert_eq!(with_key.out.lines().count(), 3);
    let second = home.join(format!("ledger-{}.json", names[1]));
    let text = std::fs::read_to_string(&second).unwrap();
    std::fs::write(&second, text.replacen("\"accepted\":", "\"accepted\":1", 1)).unwrap();
    assert!(verify().ended(1).out.starts_with(&format!("{}: ", names[1])));
    std::fs::remove_file(&second).unwrap();
    assert_eq!(verify().ended(1).out.trim(), format!("{}: report 2 before it is missing", names[2]));
    std::fs::remove_dir_all(&home).unwrap();
}
