//! NDJSON in, NDJSON out.

use super::outcome::Failure;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::path::Path;

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

/// Takes each line of a file, or of standard input, that is neither blank nor too long; answers how many lines were too
/// long.
pub(super) fn take_lines(from: Option<&Path>, mut take: impl FnMut(&[u8])) -> Result<u64, Failure> {
    let mut input: Box<dyn BufRead> = match from {
        Some(path) if path != Path::new("-") => Box::new(BufReader::new(open(path)?)),
        _ => Box::new(std::io::stdin().lock()),
    };
    let (mut line, mut skipped) = (Vec::new(), 0);
    while input.read_until(b'\n', &mut line)? > 0 {
        match line.trim_ascii() {
            [] => {}
            text if text.len() > MAX_LINE => skipped += 1,
            text => take(text),
        }
        line.clear();
    }
    Ok(skipped)
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path)
        .map_err(|error| Failure::unreachable(format!("failed to read {}: {error}", path.display())))
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
