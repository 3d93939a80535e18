//! What is learned of refusals, without a vendor.

use super::*;
use causeway_engine::event::EventId;

const FLOW: &str = "f";

fn batch(messages: &[&str]) -> Batch {
    let item = |(entry, message): (usize, &&str)| Item {
        block: BlockId(1),
        entry: entry as u32,
        slot: entry as u16 % 3,
        flow: 0,
        messages: 1,
        start: 0,
        length: message.len() as u32,
        time: 0,
        event: EventId(0),
    };
    let items: Vec<Item> = messages.iter().enumerate().map(item).collect();
    Batch::gather(items, |item| messages[item.entry as usize].as_bytes())
}

fn names() -> Names {
    Names::from_iter([((BlockId(1), 0), FLOW.into())])
}

fn taught() -> Refused {
    let refused = Refused::new("segment");
    let lesson = Lesson {
        refused: vec![(batch(&[r#"{"price":-1,"id":"aaaaaaaaaa"}"#]), "no".to_owned())],
        good: vec![batch(&[r#"{"price":1,"id":"a"}"#, r#"{"price":2,"id":"b"}"#])],
        ..Lesson::default()
    };
    refused.learn(&lesson, &names(), 0);
    refused
}

fn groups(refused: &Refused, messages: &[&str], now: i64) -> Vec<(Suspicion, Vec<u32>)> {
    let apart = refused.apart(&batch(messages), &names(), now).into_iter();
    apart.map(|(batch, group)| (group, batch.items.iter().map(|item| item.entry).collect())).collect()
}

const GOOD: &str = r#"{"price":3,"id":"c"}"#;
const BAD: &str = r#"{"price":-4,"id":"d"}"#;

#[test]
fn a_suspect_goes_alone_between_what_came_before_and_after_it_in_its_slot() {
    use Suspicion::{Behind, None, Suspected};
    let found = groups(&taught(), &[GOOD, BAD, GOOD, GOOD, GOOD], 0);
    assert_eq!(found, [(Suspected, vec![1]), (Behind, vec![0, 2, 3, 4])], "two requests are enough");
    let found = groups(&taught(), &[GOOD, GOOD, GOOD, GOOD, BAD], 0);
    assert_eq!(found, [(None, vec![0, 1, 2, 3]), (Suspected, vec![4])]);
    let found = groups(&taught(), &[GOOD, GOOD, GOOD, GOOD, BAD, GOOD, GOOD, GOOD], 0);
    assert_eq!(found, [(None, vec![0, 1, 2, 3, 5, 6]), (Suspected, vec![4]), (Behind, vec![7])]);
    let found = groups(&taught(), &[GOOD, BAD, GOOD, GOOD, GOOD, GOOD, GOOD, BAD], 0);
    assert_eq!(found, [(None, vec![0, 2, 3, 5, 6]), (Suspected, vec![1, 4, 7])], "order within a slot");
}

#[test]
fn a_good_event_that_was_suspected_takes_its_part_out_of_the_pattern() {
    let (refused, long) = (taught(), r#"{"price":3,"id":"bbbbbbbbbb"}"#);
    assert_eq!(groups(&refused, &[GOOD, long], 0).len(), 2);
    refused.learn(&Lesson { acquitted: vec![batch(&[long])], ..Lesson::default() }, &names(), 0);
    assert_eq!(groups(&refused, &[GOOD, long], 0).len(), 1);
    assert_eq!(groups(&refused, &[GOOD, BAD], 0).len(), 2, "what is refused is still suspected");
    refused.learn(&Lesson { acquitted: vec![batch(&[BAD])], ..Lesson::default() }, &names(), 0);
    assert_eq!(groups(&refused, &[GOOD, BAD], 0).len(), 1, "the vendor takes it now");
    let changes = refused.take_changes();
    assert!(matches!(&changes[..], [(_, None)]), "the pattern is gone from the store: {changes:?}");
}

#[test]
fn a_pattern_is_forgotten_after_a_week_without_a_refusal_or_when_somebody_says_so() {
    assert_eq!(groups(&taught(), &[GOOD, BAD], EXPIRES_MS).len(), 2);
    assert_eq!(groups(&taught(), &[GOOD, BAD], EXPIRES_MS + 1).len(), 1);
    let refused = taught();
    let id = refused.lock().patterns.keys().next().unwrap().clone();
    assert!(refused.forget(&id) && !refused.forget(&id));
    assert_eq!(groups(&refused, &[GOOD, BAD], 0).len(), 1);
}

#[test]
fn patterns_are_bounded_and_another_flows_events_are_not_suspected() {
    let refused = Refused::new("segment");
    for flow in 0..=MAX_PATTERNS {
        let names = Names::from_iter([((BlockId(1), 0), flow.to_string().into())]);
        let lesson = Lesson { refused: vec![(batch(&[BAD]), "price".to_owned())], ..Lesson::default() };
        refused.learn(&lesson, &names, flow as i64);
    }
    assert_eq!(refused.lock().patterns.len(), MAX_PATTERNS);
    assert_eq!(groups(&refused, &[GOOD, BAD], 0).len(), 1);
}
