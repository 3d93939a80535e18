//! Counting without parsing, for lean sandboxes: brackets must balance, strings must end, and the objects directly in
//! an array of the outermost object are the messages.

/// How many messages an envelope such as `{"batch":[{…},{…}]}` holds; nothing when its framing is broken.
/// Looks at every byte once and understands none of them: `{"batch":[{]}` is as good as valid JSON here.
pub(crate) fn count(envelope: &[u8]) -> Option<u64> {
    let (mut depth, mut in_list, mut messages) = (0_u32, false, 0_u64);
    let mut at = 0;
    while let Some(&byte) = envelope.get(at) {
        at += 1;
        match byte {
            b'"' => at = end_of_string(envelope, at)?,
            b'{' | b'[' => {
                messages += u64::from(byte == b'{' && depth == 2 && in_list);
                in_list = if depth == 1 { byte == b'[' } else { in_list };
                depth += 1;
            }
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    (depth == 0 && envelope.trim_ascii_start().first() == Some(&b'{')).then_some(messages)
}

/// The place behind the closing quote of the string that starts at `at`.
fn end_of_string(envelope: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match envelope.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn only_the_messages_of_the_list_are_counted() {
        for (envelope, messages) in [
            (r#"{"batch":[]}"#, 0),
            (r#"{"context":{"a":{}},"batch":[{"a":{}},{"b":[{},{}]}],"sentAt":"x"}"#, 2),
            (r#" {"batch":[{"a":"\"}]{\\"},{}]}"#, 2),
        ] {
            assert_eq!(count(envelope.as_bytes()), Some(messages), "{envelope}");
        }
    }

    /// Any JSON, three levels deep, with strings full of what could confuse a scanner.
    fn any_json() -> impl Strategy<Value = Value> {
        let text = "[\\\\\"{}\\[\\]a,:é]{0,8}";
        let leaf =
            prop_oneof![Just(Value::Null), any::<i32>().prop_map(Value::from), text.prop_map(Value::from)];
        leaf.prop_recursive(3, 24, 4, move |inner| {
            prop_oneof![
                collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                collection::btree_map(text, inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_scanner_counts_what_a_parser_would(
            messages in collection::vec(collection::btree_map("[a-z]", any_json(), 0..4), 0..6),
            context in collection::btree_map("[a-z]", any_json(), 0..3),
        ) {
            let envelope = json!({"context": context, "batch": messages, "sentAt": "x"}).to_string();
            prop_assert_eq!(count(envelope.as_bytes()), Some(messages.len() as u64));
            prop_assert_eq!(count(&envelope.as_bytes()[..envelope.len() - 1]), None);
        }

        #[test]
        fn no_bytes_make_a_scanner_panic(bytes: Vec<u8>) {
            let _ = count(&bytes);
        }
    }

    #[test]
    fn broken_framing_is_noticed() {
        for envelope in ["", "[{}]", "{", r#"{"a"#, r#"{"batch":[{}]"#, r#"{"batch":[{}]}}"#, r#"{"a\"#] {
            assert_eq!(count(envelope.as_bytes()), None, "{envelope}");
        }
    }
}
