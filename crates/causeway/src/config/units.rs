//! Durations and sizes as people write them: `"30d"`, `"500ms"`, `"64 MiB"`.

use serde::de::{Deserializer, Error, Unexpected};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// A length of time: a number with a unit (`ms`, `s`, `m`, `h`, `d`), or several (`"1h 30m"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// A number of bytes: a number with a unit (`B`, `KiB`, `MiB`, `GiB`, `TiB`), or a bare number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl Span {
    /// From milliseconds.
    pub const fn ms(ms: u64) -> Self {
        Self(Duration::from_millis(ms))
    }

    /// In milliseconds.
    pub fn as_ms(self) -> i64 {
        i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX)
    }
}

const SPAN_UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
const SIZE_UNITS: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let total = sum(text, &SPAN_UNITS).ok_or_else(|| {
            format!("{text:?} is no duration; write one like \"30d\", \"1h 30m\" or \"500ms\"")
        })?;
        Ok(Self::ms(total))
    }
}

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bare = text.trim().parse().ok();
        let total = bare.or_else(|| sum(text, &SIZE_UNITS));
        total.map(Self).ok_or_else(|| format!("{text:?} is no size; write one like \"64 MiB\" or \"20 GiB\""))
    }
}

/// Adds up `number unit` pairs.
fn sum(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let mut rest = text.trim();
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (_, factor) = units.iter().find(|(unit, _)| *unit == &rest[..letters])?;
        total = total.checked_add(number.checked_mul(*factor)?)?;
        rest = rest[letters..].trim_start();
    }
    (!text.trim().is_empty()).then_some(total)
}

fn print(mut value: u64, units: &[(&str, u64)], gap: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    if value == 0 {
        return write!(out, "0{gap}{}", units[units.len() - 1].0);
    }
    let mut first = true;
    for (unit, factor) in units {
        if value >= *factor {
            write!(out, "{}{}{gap}{unit}", if first { "" } else { " " }, value / factor)?;
            value %= factor;
            first = false;
        }
    }
    Ok(())
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self.0.as_millis() as u64, &SPAN_UNITS, "", out)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self.0, &SIZE_UNITS, " ", out)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::Integer(bytes) if bytes >= 0 => Ok(Self(bytes as u64)),
            toml::Value::String(text) => text.parse().map_err(D::Error::custom),
            other => {
                Err(D::Error::invalid_type(Unexpected::Other(other.type_str()), &"a size like \"64 MiB\""))
            }
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_read_as_they_print() {
        for text in ["30d", "1h 30m", "500ms", "1d 2h 3m 4s 5ms", "0ms"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for text in ["64 MiB", "1 GiB 512 MiB", "7 B"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        assert_eq!("2048".parse(), Ok(Size(2048)));
    }

    #[test]
    fn nonsense_is_refused_with_an_example() {
        for text in ["", "d", "5", "5 weeks", "99999999999999999999d", "-1s"] {
            assert!(text.parse::<Span>().unwrap_err().contains("30d"), "{text}");
        }
    }
}
