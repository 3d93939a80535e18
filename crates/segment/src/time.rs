//! Instants as Segment writes them: RFC 3339, UTC, milliseconds (`2026-08-21T09:30:00.123Z`).
//!
//! Written by hand because one is made for every message: no allocation, no time zone data, only arithmetic. Days are
//! turned into dates by counting from 1 March of year 0, which puts the leap day at the end of the year.

/// Length of a formatted instant.
pub const LENGTH: usize = 24;

const DAY_MS: i64 = 86_400_000;
/// Days from 1 March of year 0 to 1 January 1970.
const EPOCH_DAY: i64 = 719_468;
const DAYS_PER_400_YEARS: i64 = 146_097;
/// 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z, the ends of what RFC 3339 can say.
const FIRST_MS: i64 = -62_167_219_200_000;
const LAST_MS: i64 = 253_402_300_799_999;

/// Formats milliseconds since the Unix epoch; what lies beyond the years 0000 to 9999 becomes their first or last
/// instant.
pub fn format(epoch_ms: i64) -> [u8; LENGTH] {
    let epoch_ms = clamp(epoch_ms);
    let (year, month, day) = date(epoch_ms.div_euclid(DAY_MS));
    let time = epoch_ms.rem_euclid(DAY_MS);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    digits(&mut text[0..4], year);
    digits(&mut text[5..7], month);
    digits(&mut text[8..10], day);
    digits(&mut text[11..13], time / 3_600_000);
    digits(&mut text[14..16], time / 60_000 % 60);
    digits(&mut text[17..19], time / 1_000 % 60);
    digits(&mut text[20..23], time % 1_000);
    text
}

/// The instant, or the first or last that can be written.
pub fn clamp(epoch_ms: i64) -> i64 {
    epoch_ms.clamp(FIRST_MS, LAST_MS)
}

/// Appends the formatted instant.
pub fn write(epoch_ms: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&format(epoch_ms));
}

/// The formatted instant as text.
pub fn to_string(epoch_ms: i64) -> String {
    format(epoch_ms).iter().copied().map(char::from).collect()
}

/// Reads an RFC 3339 instant into milliseconds since the Unix epoch; finer fractions are cut off. The separator may be a
/// space, letters may be lower-case, and the offset's colon may be missing. A leap second is the next minute's first.
pub fn parse(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let date = days(number(bytes, 0, 4)?, number(bytes, 5, 2)?, number(bytes, 8, 2)?)?;
    let separated = matches!(bytes, [_, _, _, _, b'-', _, _, b'-', _, _, b'T' | b't' | b' ', ..]);
    let clock = clock(bytes.get(11..19)?)?;
    let (fraction, offset) = fraction(bytes.get(19..)?)?;
    separated.then(|| Some(date * DAY_MS + clock + fraction - self::offset(offset)?))?
}

/// `hh:mm:ss` in milliseconds.
fn clock(bytes: &[u8]) -> Option<i64> {
    let (hour, minute, second) = (number(bytes, 0, 2)?, number(bytes, 3, 2)?, number(bytes, 6, 2)?);
    let valid = bytes[2] == b':' && bytes[5] == b':' && hour < 24 && minute < 60 && second <= 60;
    valid.then_some((hour * 3_600 + minute * 60 + second) * 1_000)
}

/// `.123456` in milliseconds, and what stands after it.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', rest)) = bytes.split_first() else { return Some((0, bytes)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, rest) = rest.split_at(length);
    let padded =
        [b'0'; 3].into_iter().enumerate().map(|(at, zero)| fraction.get(at).copied().unwrap_or(zero));
    let ms = padded.fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
    (length > 0).then_some((ms, rest))
}

/// `Z`, `+hh:mm` or `+hhmm` in milliseconds.
fn offset(bytes: &[u8]) -> Option<i64> {
    let (sign, rest) = match bytes {
        [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let minutes_at = match rest {
        [_, _, b':', _, _] => 3,
        [_, _, _, _] => 2,
        _ => return None,
    };
    let (hours, minutes) = (number(rest, 0, 2)?, number(rest, minutes_at, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn number(bytes: &[u8], start: usize, length: usize) -> Option<i64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    bytes.get(start..start + length)?.iter().try_fold(0, |sum, byte| Some(sum * 10 + digit(byte)?))
}

fn digits(slot: &mut [u8], mut number: i64) {
    for byte in slot.iter_mut().rev() {
        *byte = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Year, month and day of a day counted from the Unix epoch.
fn date(epoch_day: i64) -> (i64, i64, i64) {
    let day = epoch_day + EPOCH_DAY;
    let era = day.div_euclid(DAYS_PER_400_YEARS);
    let day = day.rem_euclid(DAYS_PER_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153; // 0 is March: the months from there repeat 31, 30, 31, 30, 31
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next_year, month, day)
}

/// The day counted from the Unix epoch, if the date exists.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let found = era * DAYS_PER_400_YEARS + day_of_era - EPOCH_DAY;
    (date(found) == (year, month, day)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    #[test]
    fn unusual_and_wrong_texts() {
        let noon = 1_787_313_600_000;
        for same in [
            "2026-08-21T12:00:00Z",
            "2026-08-21 12:00:00.0004z",
            "2026-08-21t14:30:00+0230",
            "2026-08-21T11:00:00.000-01:00",
        ] {
            assert_eq!(parse(same), Some(noon), "{same}");
        }
        for wrong in [
            "",
            "2026-08-21",
            "2026-08-21T12:00:00",
            "2026-02-29T12:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-10T00:00:00Z",
            "2026-08-21T24:00:00Z",
            "2026-08-21T12:00:00.Z",
            "2026-08-21T12:00:00+1:00",
            "2026/08/21T12:00:00Z",
            "2026-08-21T12:00:00Zé",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse("2016-12-31T23:59:60Z"), parse("2017-01-01T00:00:00Z"));
        assert_eq!(to_string(i64::MAX), "9999-12-31T23:59:59.999Z");
        assert_eq!(to_string(i64::MIN), "0000-01-01T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn agrees_with_jiff_and_reads_itself_back(ms in FIRST_MS..=LAST_MS - DAY_MS) {
            let theirs = format!("{:.3}", Timestamp::from_millisecond(ms).unwrap());
            prop_assert_eq!(to_string(ms), theirs);
            prop_assert_eq!(parse(&to_string(ms)), Some(ms));
        }

        #[test]
        fn never_panics(text in any::<String>(), digits in "[0-9:T.Z+ -]{0,30}") {
            let _ = (parse(&text), parse(&digits));
        }
    }
}
