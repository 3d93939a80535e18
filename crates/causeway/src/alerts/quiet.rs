//! Hours in which nobody is disturbed.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// A stretch of every day, by the clock on a wall somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct QuietHours {
    /// When it begins.
    pub from: Time,
    /// When it ends; before `from` if there is a midnight between.
    pub to: Time,
    /// Where the clock hangs.
    pub zone: TimeZone,
    /// Whether critical notices are sent all the same.
    pub critical_passes: bool,
}

impl QuietHours {
    /// Whether it is quiet at an instant, in milliseconds since the Unix epoch.
    pub fn at(&self, now: i64) -> bool {
        let Ok(now) = Timestamp::from_millisecond(now) else { return false };
        let time = self.zone.to_datetime(now).time();
        if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(from: &str, to: &str, zone: &str) -> QuietHours {
        let time = |text: &str| text.parse().unwrap();
        let zone = TimeZone::get(zone).unwrap();
        QuietHours { from: time(from), to: time(to), zone, critical_passes: true }
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_night_goes_over_midnight_by_the_clock_of_its_place_in_summer_and_winter() {
        let night = quiet("22:00", "07:00", "Europe/Berlin");
        for (instant, is_quiet) in [
            ("2026-01-10T20:59:59Z", false),
            ("2026-01-10T21:00:00Z", true),
            ("2026-01-11T05:59:59Z", true),
            ("2026-01-11T06:00:00Z", false),
            ("2026-07-10T19:59:59Z", false),
            ("2026-07-10T20:00:00Z", true),
            ("2026-07-11T05:00:00Z", false),
        ] {
            assert_eq!(night.at(at(instant)), is_quiet, "{instant}");
        }
    }

    #[test]
    fn a_siesta_begins_and_ends_on_one_day() {
        let siesta = quiet("13:00", "15:30", "UTC");
        let is_quiet = |instant: &str| siesta.at(at(instant));
        assert!(is_quiet("2026-01-10T13:00:00Z") && is_quiet("2026-01-10T15:29:00Z"));
        assert!(!is_quiet("2026-01-10T12:59:00Z") && !is_quiet("2026-01-10T15:30:00Z"));
    }
}
