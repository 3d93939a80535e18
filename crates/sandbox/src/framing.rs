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

    #[test]
    fn broken_framing_is_noticed() {
        for envelope in ["", "[{}]", "{", r#"{"a"#, r#"{"batch":[{}]"#, r#"{"batch":[{}]}}"#, r#"{"a\"#] {
            assert_eq!(count(envelope.as_bytes()), None, "{envelope}");
        }
    }
}
