//! A backup of a running bridge, put back elsewhere.

use crate::events::view;
use crate::process::{Home, play};
use causeway_sandbox::{Fault, Sandbox, Target};
use std::fs;

/// A home like the other that has no store yet.
fn elsewhere(sandbox: &Sandbox) -> Home {
    Home::new(sandbox)
}

fn objects(sandbox: &Sandbox) -> Vec<String> {
    let messages = sandbox.messages();
    let object = |message: &serde_json::Value| message["properties"]["products"][0]["product_id"].to_string();
    let mut objects: Vec<String> = messages.iter().map(object).collect();
    objects.sort();
    objects
}

#[test]
fn what_a_backup_of_a_running_bridge_holds_is_delivered_where_it_is_restored() {
    play(async |sandbox, home| {
        sandbox.set_fault(Fault::status(Target::Segment, 503));
        let running = home.start().await;
        home.accept(&[view("somebody", "o-1"), view("somebody", "o-2")]).await;
        let made = home.run(&["--json", "backup", "store.backup"]).ended(0).json();
        assert_eq!(made["records"], 1);
        assert!(home.run(&["backup", "store.backup"]).ended(2).err.contains("--force"));
        home.run(&["backup", "--force", "store.backup"]).ended(0);
        running.kill();
        sandbox.clear_faults();

        let other = elsewhere(sandbox);
        let file = home.directory.path().join("store.backup");
        other.run(&["restore", file.to_str().unwrap()]).ended(0);
        let running = other.start().await;
        other.settled().await;
        assert_eq!(objects(sandbox), ["\"o-1\"", "\"o-2\""]);
        let twice = other.run(&["restore", file.to_str().unwrap()]).ended(2);
        assert!(twice.err.contains("move that directory away"), "{}", twice.err);
        assert_eq!(running.terminate().await, 0);
        other.run(&["ledger"]).ended(0);
    });
}

#[test]
fn a_backup_that_was_cut_or_changed_is_refused_and_leaves_no_store() {
    play(async |sandbox, home| {
        let running = home.start().await;
        home.accept(&[view("somebody", "o-1")]).await;
        home.run(&["backup", "store.backup"]).ended(0);
        let whole = fs::read(home.directory.path().join("store.backup")).unwrap();
        let mut changed = whole.clone();
        // The sum at the end of what gzip packs is of the whole.
        let place = whole.len() / 2;
        changed[place] ^= 0x55;
        for (name, bytes) in
            [("cut", &whole[..whole.len() / 2]), ("changed", &changed), ("other", b"no tar at all")]
        {
            let other = elsewhere(sandbox);
            fs::write(other.directory.path().join(name), bytes).unwrap();
            assert!(other.run(&["restore", name]).ended(2).err.contains("can't be restored"));
            assert!(other.run(&["ledger"]).code == 3, "{name}: nothing was put in place");
        }
        assert_eq!(running.terminate().await, 0);
    });
}
