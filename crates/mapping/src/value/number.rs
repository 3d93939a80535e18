//! Numbers: whole ones exact to 64 bits, others as JavaScript has them.

use std::fmt;

/// Beyond this a JavaScript number no longer holds every whole number.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// A finite JSON number. `1`, `1.0` and `1e0` are the same number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(Repr);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Repr {
    Whole(u64),
    Negative(i64),
    Float(f64),
}

impl Number {
    /// A number from a float; `None` for infinities and NaN, which JSON cannot say.
    pub fn from_f64(float: f64) -> Option<Number> {
        if !float.is_finite() {
            return None;
        }
        let whole = if float.fract() == 0.0 { whole(float) } else { None };
        Some(whole.unwrap_or(Number(Repr::Float(float))))
    }

    /// The nearest float.
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Repr::Whole(whole) => whole as f64,
            Repr::Negative(whole) => whole as f64,
            Repr::Float(float) => float,
        }
    }

    /// The number, if it is whole and fits.
    pub fn as_u64(self) -> Option<u64> {
        if let Repr::Whole(whole) = self.0 { Some(whole) } else { None }
    }

    /// The number, if it is whole and fits.
    pub fn as_i64(self) -> Option<i64> {
        match self.0 {
            Repr::Whole(whole) => i64::try_from(whole).ok(),
            Repr::Negative(whole) => Some(whole),
            Repr::Float(_) => None,
        }
    }

    /// Appends the number as JavaScript spells it: `100`, `0.5`, `1e+21`.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        match self.0 {
            Repr::Whole(whole) => out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes()),
            Repr::Negative(whole) => out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes()),
            Repr::Float(float) => out.extend_from_slice(ryu_js::Buffer::new().format(float).as_bytes()),
        }
    }
}

/// A float without a fraction as the digits it is spelled with, so that what is written reads back as the same number.
fn whole(float: f64) -> Option<Number> {
    if float.abs() <= MAX_SAFE_INTEGER {
        return Some(Number::from(float as i64));
    }
    let mut buffer = ryu_js::Buffer::new();
    let spelled = buffer.format_finite(float);
    (spelled.parse().map(|whole: u64| whole.into()))
        .or_else(|_| spelled.parse().map(|whole: i64| whole.into()))
        .ok()
}

impl From<u64> for Number {
    fn from(whole: u64) -> Self {
        Number(Repr::Whole(whole))
    }
}

impl From<i64> for Number {
    fn from(whole: i64) -> Self {
        u64::try_from(whole).map_or(Number(Repr::Negative(whole)), Number::from)
    }
}

impl From<Number> for serde_json::Value {
    fn from(number: Number) -> Self {
        match number.0 {
            Repr::Whole(whole) => whole.into(),
            Repr::Negative(whole) => whole.into(),
            Repr::Float(float) => float.into(),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Whole(whole) => write!(formatter, "{whole}"),
            Repr::Negative(whole) => write!(formatter, "{whole}"),
            Repr::Float(float) => formatter.write_str(ryu_js::Buffer::new().format(float)),
        }
    }
}
