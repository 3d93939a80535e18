//! What could not be delivered.

use super::samples::{letter, letters};
use super::{Backend, State};
use crate::Position;
use crate::state::{Change, DeadLetter, DeadLetterQuery, DeadLetterStatus, Resolution};

fn ids(state: &impl State, query: &DeadLetterQuery) -> Vec<String> {
    state.dead_letters(query).unwrap().into_iter().map(|letter| letter.id).collect()
}

fn all() -> DeadLetterQuery {
    DeadLetterQuery::default()
}

pub(crate) fn a_dead_letter_comes_back_as_it_was(backend: &impl Backend) {
    let state = backend.state();
    let odd = DeadLetter {
        person: String::new(),
        reason: "\u{1f6d2} 'quoted' \"twice\"\n".into(),
        payload: b"\0\xff".as_slice().into(),
        attempts: r#"[{"status":400}]"#.into(),
        position: Position(u64::from(u32::MAX) + 1),
        status: DeadLetterStatus::Retried,
        note: "by somebody".into(),
        revision: "00ab".into(),
        ..letter("odd", i64::MAX)
    };
    state.commit(&letters(vec![odd.clone(), letter("plain", 1)])).unwrap();
    assert_eq!(state.dead_letter("odd").unwrap(), Some(odd.clone()));
    assert_eq!(state.dead_letter("none").unwrap(), None);
    assert_eq!(state.dead_letters(&all()).unwrap(), [odd, letter("plain", 1)]);
}

pub(crate) fn the_newest_come_first(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&letters([2, 4, 1, 3].map(|at| letter(&format!("at {at}"), at)).into())).unwrap();
    let first = |limit| ids(&state, &DeadLetterQuery { limit, ..all() });
    assert_eq!(first(0), ["at 4", "at 3", "at 2", "at 1"]);
    assert_eq!(first(2), ["at 4", "at 3"]);
    assert_eq!(first(9).len(), 4);
}

pub(crate) fn a_query_narrows_by_all_that_it_names(backend: &impl Backend) {
    let state = backend.state();
    let other_flow = DeadLetter { flow: "other".into(), ..letter("other flow", 4) };
    let discarded = DeadLetter { status: DeadLetterStatus::Discarded, ..letter("discarded", 3) };
    let late = DeadLetter { reason: "timeout after 5 s".into(), ..letter("late", 2) };
    state.commit(&letters(vec![other_flow, discarded, late, letter("plain", 1)])).unwrap();
    let flow = Some("search-events".into());
    assert_eq!(ids(&state, &DeadLetterQuery { flow: flow.clone(), ..all() }), ["discarded", "late", "plain"]);
    let status = Some(DeadLetterStatus::Dead);
    assert_eq!(ids(&state, &DeadLetterQuery { status, ..all() }), ["other flow", "late", "plain"]);
    let event = Some("event of late".into());
    assert_eq!(ids(&state, &DeadLetterQuery { event, ..all() }), ["late"]);
    let reason = Some("write key".into());
    let query = DeadLetterQuery { flow, status, reason, limit: 5, ..all() };
    assert_eq!(ids(&state, &query), ["plain"]);
    assert!(ids(&state, &DeadLetterQuery { flow: Some("none".into()), ..query }).is_empty());
}

pub(crate) fn the_letters_of_a_person_are_found(backend: &impl Backend) {
    let state = backend.state();
    let own = DeadLetter { person: "user-10".into(), ..letter("own", 4) };
    let bytes = DeadLetter { payload: b"\0\xff\0user-10\xfe".as_slice().into(), ..letter("bytes", 3) };
    let text = DeadLetter { payload: r#"{"userId":"user-10"}"#.into(), ..letter("text", 2) };
    state.commit(&letters(vec![own, bytes, text, letter("other", 1)])).unwrap();
    let of = |person: &str| ids(&state, &DeadLetterQuery { person: Some(person.into()), ..all() });
    assert_eq!((of("user-10"), of("user-1").len(), of("user").len()), (vec!["own".into()], 3, 0));
    let mentioning = |text: &str| ids(&state, &DeadLetterQuery { mentions: Some(text.into()), ..all() });
    assert_eq!(mentioning("user-10"), ["bytes", "text"]);
    assert!(mentioning("user_10").is_empty() && mentioning("USER-10").is_empty());
    let both = DeadLetterQuery { person: Some("user-1".into()), mentions: Some("\"user".into()), ..all() };
    assert_eq!(ids(&state, &both), ["text"]);
}

pub(crate) fn erased_letters_are_gone_whatever_became_of_them(backend: &impl Backend) {
    let state = backend.state();
    let statuses = [DeadLetterStatus::Dead, DeadLetterStatus::Retried, DeadLetterStatus::Discarded];
    let of = |status: DeadLetterStatus| DeadLetter { status, ..letter(&format!("{status:?}"), 1) };
    state.commit(&letters(statuses.map(of).into_iter().chain([letter("kept", 1)]).collect())).unwrap();
    let mut erased_letters: Vec<String> = statuses.map(|status| format!("{status:?}")).into();
    erased_letters.push("none".into());
    state.commit(&Change { erased_letters, ..Change::default() }).unwrap();
    assert_eq!(ids(&state, &all()), ["kept"]);
    assert_eq!(state.dead_letter("Retried").unwrap(), None);
}

pub(crate) fn a_reason_is_searched_as_plain_text(backend: &impl Backend) {
    let state = backend.state();
    let reasons = ["100% wrong", "100 wrong", "a_b", "acb"];
    let dead = reasons.map(|reason| DeadLetter { reason: reason.into(), ..letter(reason, 1) });
    state.commit(&letters(dead.into())).unwrap();
    let with = |reason: &str| ids(&state, &DeadLetterQuery { reason: Some(reason.into()), ..all() });
    assert_eq!(with("0% w"), ["100% wrong"]);
    assert_eq!(with("a_b"), ["a_b"]);
    assert_eq!(with("wrong").len(), 2);
    assert!(with("[0-9]*").is_empty());
}

pub(crate) fn the_same_failure_is_kept_once(backend: &impl Backend) {
    let state = backend.state();
    let again = DeadLetter { reason: "again".into(), ..letter("same", 2) };
    state.commit(&letters(vec![letter("same", 1)])).unwrap();
    state.commit(&letters(vec![again.clone()])).unwrap();
    assert_eq!(state.dead_letters(&all()).unwrap(), [again]);
}

pub(crate) fn a_resolution_changes_status_and_note(backend: &impl Backend) {
    let state = backend.state();
    state.commit(&letters(vec![letter("a", 2), letter("b", 1)])).unwrap();
    let resolve = |id: &str, status| Resolution { id: id.into(), status, note: "why".into() };
    let resolutions =
        vec![resolve("a", DeadLetterStatus::Retried), resolve("none", DeadLetterStatus::Retried)];
    state.commit(&Change { resolutions, ..Change::default() }).unwrap();
    let retried = DeadLetter { status: DeadLetterStatus::Retried, note: "why".into(), ..letter("a", 2) };
    assert_eq!(state.dead_letters(&all()).unwrap(), [retried, letter("b", 1)]);
    let status = Some(DeadLetterStatus::Retried);
    assert_eq!(ids(&state, &DeadLetterQuery { status, ..all() }), ["a"]);
}

pub(crate) fn letters_are_counted_by_what_they_have_in_common(backend: &impl Backend) {
    let state = backend.state();
    let of = |id: &str, at, reason: &str| DeadLetter { reason: reason.into(), ..letter(id, at) };
    let given_up = DeadLetter { status: DeadLetterStatus::Discarded, ..letter("d", 1) };
    state.commit(&letters(vec![of("a", 9, "one"), of("b", 3, "one"), of("c", 5, "two"), given_up])).unwrap();
    let mut reasons = state.dead_letter_reasons(DeadLetterStatus::Dead).unwrap();
    reasons.sort_by(|one, other| one.reason.cmp(&other.reason));
    let told = reasons.iter().map(|reason| (&*reason.reason, reason.count, reason.first, reason.last));
    assert_eq!(told.collect::<Vec<_>>(), [("one", 2, 3, 9), ("two", 1, 5, 5)]);
    assert_eq!(
        (&*reasons[0].flow, &*reasons[0].cause, &*reasons[0].example),
        ("search-events", "refused", "a")
    );
}
