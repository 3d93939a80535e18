//! Flows made by users.

use super::{Backend, State};
use crate::Error;
use crate::state::FlowVersion;

fn save(state: &impl State, name: &str, definition: &str) -> Vec<u32> {
    state.save_flows(&[(name.into(), definition.into())], "somebody", 5).unwrap()
}

fn active(state: &impl State) -> Vec<(String, u32)> {
    let mut active: Vec<_> =
        state.active_flows().unwrap().into_iter().map(|flow| (flow.name, flow.version)).collect();
    active.sort();
    active
}

pub(crate) fn versions_count_up_and_the_newest_is_active(backend: &impl Backend) {
    let state = backend.state();
    assert!(state.flow_versions("a").unwrap().is_empty());
    assert_eq!(save(&state, "a", "one"), [1]);
    assert_eq!(save(&state, "a", "two"), [2]);
    assert_eq!(save(&state, "b", "other"), [1]);
    let version = |version, active, definition: &str| FlowVersion {
        name: "a".into(),
        version,
        active,
        at: 5,
        author: "somebody".into(),
        definition: definition.into(),
    };
    assert_eq!(state.flow_versions("a").unwrap(), [version(1, false, "one"), version(2, true, "two")]);
    assert_eq!(active(&state), [("a".into(), 2), ("b".into(), 1)]);
}

pub(crate) fn an_earlier_version_can_be_made_active_again(backend: &impl Backend) {
    {
        let state = backend.state();
        save(&state, "a", "one");
        save(&state, "a", "two");
        save(&state, "b", "other");
        state.activate_flow("a", 1).unwrap();
        assert_eq!(active(&state), [("a".into(), 1), ("b".into(), 1)]);
        state.activate_flow("a", 1).unwrap();
    }
    let state = backend.state();
    assert_eq!(active(&state), [("a".into(), 1), ("b".into(), 1)]);
    assert_eq!(save(&state, "a", "three"), [3]);
    assert_eq!(active(&state), [("a".into(), 3), ("b".into(), 1)]);
}

pub(crate) fn activating_what_does_not_exist_changes_nothing(backend: &impl Backend) {
    let state = backend.state();
    save(&state, "a", "one");
    for (name, version) in [("a", 2), ("a", 0), ("none", 1)] {
        assert!(matches!(state.activate_flow(name, version), Err(Error::NotFound(_))));
    }
    assert_eq!(active(&state), [("a".into(), 1)]);
}

pub(crate) fn several_flows_are_saved_at_once(backend: &impl Backend) {
    let state = backend.state();
    save(&state, "b", "one");
    let flows = ["a", "b", "c"].map(|name| (name.into(), "imported".into()));
    assert_eq!(state.save_flows(&flows, "import", 9).unwrap(), [1, 2, 1]);
    assert_eq!(active(&state), [("a".into(), 1), ("b".into(), 2), ("c".into(), 1)]);
    assert!(state.active_flows().unwrap().iter().all(|flow| flow.definition == "imported" && flow.at == 9));
    assert!(state.save_flows(&[], "import", 9).unwrap().is_empty());
}
