//! NDJSON in, NDJSON out.

use super::outcome::Failure;
use std::io::{BufRead, BufWriter, ErrorKind, Write};

/// A line of input may have so many bytes.
const MAX_LINE: usize = 4 << 20;

/// Answers each line of standard input that is not blank with one line.
pub(super) fn each_line(mut answer: impl FnMut(&[u8]) -> Vec<u8>) -> Result<(), Failure> {
    let mut input = std::io::stdin().lock();
    let mut output = BufWriter::new(std::io::stdout().lock());
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return finish(output.flush());
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let answered = if text.len() > MAX_LINE { too_long(text.len()) } else { answer(text) };
        let written = output.write_all(&answered).and_then(|()| output.write_all(b"\n"));
        if written.is_err() {
            return finish(written);
        }
    }
}

fn too_long(bytes: usize) -> Vec<u8> {
    format!("{{\"error\":\"the line has {bytes} bytes; at most {MAX_LINE} are read\"}}").into_bytes()
}

/// A reader that closed the pipe (`head`) is no failure.
fn finish(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints a line; a closed pipe is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    finish(writeln!(std::io::stdout().lock(), "{text}"))
}
