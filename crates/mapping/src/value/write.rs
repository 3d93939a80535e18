//! Writing values as compact JSON, with the escapes that JavaScript's `JSON.stringify` uses.

use super::Value;

pub(super) fn write(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => number.write(out),
        Value::String(text) => write_str(text, out),
        Value::Array(items) => write_array(items, out),
        Value::Object(object) => {
            let mut separator = b'{';
            for (key, member) in object.iter() {
                out.push(separator);
                separator = b',';
                write_str(key, out);
                out.push(b':');
                write(member, out);
            }
            close(separator, b'{', b'}', out);
        }
    }
}

fn write_array(items: &[Value<'_>], out: &mut Vec<u8>) {
    let mut separator = b'[';
    for item in items {
        out.push(separator);
        separator = b',';
        write(item, out);
    }
    close(separator, b'[', b']', out);
}

/// Closes a container; opens it first where it had nothing inside.
fn close(separator: u8, open: u8, end: u8, out: &mut Vec<u8>) {
    if separator == open {
        out.push(open);
    }
    out.push(end);
}

/// Appends a string in quotes.
pub(crate) fn write_str(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    write_str_body(text, out);
    out.push(b'"');
}

/// Appends a string's characters, escaped, without the quotes.
pub(crate) fn write_str_body(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        write_escape(rest[at], out);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
