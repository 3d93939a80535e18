//! How figures are printed: one line each, wide enough to be compared by eye.

use std::time::Duration;

/// A heading.
pub(crate) fn heading(text: &str) {
    println!("\n{text}");
}

/// One figure, with a remark that may be empty.
pub(crate) fn line(what: &str, value: &str, remark: &str) {
    println!("  {what:<58} {value:>16}   {remark}");
}

/// A rate a second.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second >= 1_000_000.0 {
        format!("{:.2} M/s", per_second / 1e6)
    } else {
        format!("{:.1} k/s", per_second / 1e3)
    }
}

/// A time in milliseconds.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// Processor time that a million events cost.
pub(crate) fn cpu_per_million(cpu: Duration, events: u64) -> String {
    format!("{:.2} CPU-s/M", cpu.as_secs_f64() * 1e6 / events.max(1) as f64)
}

/// A difference of times, given in seconds, in milliseconds to the microsecond.
pub(crate) fn fine_ms(seconds: f64) -> String {
    format!("{:.3} ms", seconds * 1e3)
}
