//! What must be forgotten when a write to Algolia fails for good.

use super::batch::single_messages;
use causeway_algolia::records::operation;
use causeway_engine::flow::DESTINATION_PROFILES;
use causeway_engine::profile::held_key;

/// The keys of what was taken to be at Algolia after these messages, which died on their way to a destination.
pub fn keys(destination: &str, messages: &[u8]) -> Vec<Vec<u8>> {
    if destination != DESTINATION_PROFILES {
        return Vec::new();
    }
    let targets = single_messages(messages);
    let targets = targets.iter().filter_map(|message| operation::target(message));
    targets.map(|target| held_key(&target.index, &target.object_id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_engine::flow::DESTINATION_SEGMENT;

    #[test]
    fn every_record_of_a_dead_entry_is_forgotten_and_no_other_destination_has_records() {
        let messages = br#"{"action":"deleteObject","indexName":"p","body":{"objectID":"a"}},{"action":"x","indexName":"q","body":{"objectID":"b,}"}}"#;
        assert_eq!(keys(DESTINATION_PROFILES, messages), [b"held/p/a".to_vec(), b"held/q/b,}".to_vec()]);
        assert!(keys(DESTINATION_SEGMENT, messages).is_empty());
        assert!(keys(DESTINATION_PROFILES, b"no JSON").is_empty());
    }
}
