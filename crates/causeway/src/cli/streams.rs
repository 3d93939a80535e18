//! NDJSON in, NDJSON out.

use super::outcome::Failure;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

/// A line of input may have so many bytes.
const MAX_LINE: usize = 4 << 20;

/// Answers each line of standard input that is not blank with one line.
pub(super) fn each_line(mut answer: impl FnMut(&[u8]) -> Vec<u8>) -> Result<(), Failure> {
    let mut input = std::io::stdin().lock();
    let mut output = BufWriter::new(std::io::stdout().lock());
    let mut line = Vec::new();
    while let Some(length) = next_line(&mut input, &mut line)? {
        let answered = match (length, line.trim_ascii()) {
            (Length::TooLong, _) => too_long(),
            (Length::Fine, []) => continue,
            (Length::Fine, text) => answer(text),
        };
        let written = output.write_all(&answered).and_then(|()| output.write_all(b"\n"));
        if written.is_err() {
            return finish(written);
        }
    }
    finish(output.flush())
}

/// Whether a line is within [`MAX_LINE`].
#[derive(Debug, PartialEq, Eq)]
enum Length {
    Fine,
    TooLong,
}

/// Reads the next line, or the beginning of one that is too long and passes over its rest; nothing at the end.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<Length>> {
    line.clear();
    let most = MAX_LINE as u64 + 1;
    if input.by_ref().take(most).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    if line.len() <= MAX_LINE || line.ends_with(b"\n") {
        return Ok(Some(Length::Fine));
    }
    input.skip_until(b'\n')?;
    Ok(Some(Length::TooLong))
}

/// Takes each line of a file, or of standard input, that is neither blank nor too long; answers how many lines were too
/// long.
pub(super) fn take_lines(from: Option<&Path>, mut take: impl FnMut(&[u8])) -> Result<u64, Failure> {
    let mut input: Box<dyn BufRead> = match from {
        Some(path) if path != Path::new("-") => Box::new(BufReader::new(open(path)?)),
        _ => Box::new(std::io::stdin().lock()),
    };
    let (mut line, mut skipped) = (Vec::new(), 0);
    while let Some(length) = next_line(&mut input, &mut line)? {
        match (length, line.trim_ascii()) {
            (Length::TooLong, _) => skipped += 1,
            (Length::Fine, []) => {}
            (Length::Fine, text) => take(text),
        }
    }
    Ok(skipped)
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path)
        .map_err(|error| Failure::unreachable(format!("failed to read {}: {error}", path.display())))
}

fn too_long() -> Vec<u8> {
    format!("{{\"error\":\"the line has more than {MAX_LINE} bytes, which is the most that is read\"}}")
        .into_bytes()
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
    finish(writeln!(std::io::stdout().lock(), "{}", harmless(text)))
}

/// Tells something beside the answer, on standard error; that nobody reads it is no failure.
pub(super) fn tell(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", harmless(text));
}

/// Text with its control characters written out as JSON and TOML do. What shoppers type is shown to operators, and must
/// not move their cursor, colour their screen or rename their window.
fn harmless(text: &str) -> Cow<'_, str> {
    let harmful = |sign: char| sign.is_control() && !"\n\r\t".contains(sign);
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let shown = |sign| if harmful(sign) { format!("\\u{:04x}", u32::from(sign)) } else { String::from(sign) };
    Cow::Owned(text.chars().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_takes_bounded_memory_and_spoils_no_other() {
        let endless = std::io::repeat(b'x').take(10 * MAX_LINE as u64);
        let mut input = BufReader::new(Read::chain(&b"one\n"[..], endless).chain(&b"\ntwo"[..]));
        let mut line = Vec::new();
        let mut next = || next_line(&mut input, &mut line).unwrap().map(|length| (length, line.len()));
        assert_eq!(next(), Some((Length::Fine, 4)));
        assert_eq!(next(), Some((Length::TooLong, MAX_LINE + 1)));
        assert_eq!(next(), Some((Length::Fine, 3)));
        assert_eq!(next(), None);
    }

    #[test]
    fn control_characters_are_written_out_and_lines_stay_lines() {
        assert_eq!(harmless("a\tb\r\nc é"), "a\tb\r\nc é");
        assert_eq!(harmless("\u{1b}[31m\u{7}\u{9b}2J\u{7f}"), r"\u001b[31m\u0007\u009b2J\u007f");
        let json = serde_json::to_string("\u{9b}").unwrap();
        assert_eq!(serde_json::from_str::<String>(&harmless(&json)).unwrap(), "\u{9b}");
    }
}
