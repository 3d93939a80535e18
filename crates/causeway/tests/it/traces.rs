//! Finding events again through filters that are gathered over many steps.

use crate::events::{view, views};
use crate::process::{Home, play};
use causeway_engine::span::{MAX_IDS, Needle};
use causeway_store::state::List;
use causeway_store::{Position, State, sqlite};

/// The filters in the store, oldest first.
fn filters(home: &Home) -> Vec<bytes::Bytes> {
    let store = sqlite::open_read_only(&home.directory.path().join("data")).unwrap();
    store.state.notes(List::Spans, i64::MIN).unwrap().into_iter().map(|note| note.data).collect()
}

async fn is_found(home: &Home, object: &str) -> bool {
    let answer = home.ask(&format!("/api/events?id={object}")).await.json();
    answer["events"].as_array().unwrap().iter().any(|event| event["payload"]["objectIDs"][0] == object)
}

#[test]
fn an_event_is_found_before_its_filter_is_written_after_a_kill_and_once_it_is_written() {
    play(async |_, home| {
        let mut running = home.start().await;
        home.accept(&[view("ann", "early")]).await;
        home.settled().await;
        home.accept(&[view("bob", "late")]).await;
        home.settled().await;
        for killed in [false, true] {
            if killed {
                running.kill();
                running = home.start().await;
            }
            assert!(is_found(home, "early").await && is_found(home, "late").await, "killed: {killed}");
            assert!(filters(home).is_empty(), "two events are not worth one, killed: {killed}");
        }
        // A view has four: its own twice, a token, an object's.
        for views in [views(0..MAX_IDS / 8), views(MAX_IDS / 8..MAX_IDS / 4)] {
            home.accept(&views).await;
            home.settled().await;
        }
        let written = filters(home);
        assert_eq!(written.len(), 1);
        let all = Some((Position(1), Position(4)));
        for object in ["early", "late", "o-7"] {
            assert_eq!(Needle::id(object).find(&written[0]), all, "{object}");
        }
        home.accept(&[view("ann", "after")]).await;
        home.settled().await;
        for killed in [false, true] {
            if killed {
                running.kill();
                running = home.start().await;
            }
            for object in ["early", "late", "o-7", "after"] {
                assert!(is_found(home, object).await, "{object}, killed: {killed}");
            }
        }
        assert_eq!(filters(home).len(), 1);
        assert_eq!(running.terminate().await, 0);
    });
}
