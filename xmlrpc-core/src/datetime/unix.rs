//! Date-times as seconds since 1970, for types that are moments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{DateTime, Zone};
use crate::error::{Category, Error, Result};

const DAY: i64 = 86_400;
/// Days from 1 March of the year 0, where this reckoning starts, to 1 January 1970.
const TO_1970: i64 = 719_468;
/// Days of 400 years.
const ERA: i64 = 146_097;

impl DateTime {
    /// The moment that is `seconds` and `nanosecond` after 1970 began, in UTC; `None` outside of the years 0 to 9999.
    ///
    /// ```
    /// use xmlrpc_core::DateTime;
    ///
    /// let moment = DateTime::from_unix(900_684_535, 0).unwrap();
    /// assert_eq!(moment.to_string(), "19980717T14:08:55Z");
    /// assert_eq!(moment.unix_seconds(), Some(900_684_535));
    /// ```
    pub fn from_unix(seconds: i64, nanosecond: u32) -> Option<Self> {
        let (year, month, day) = date_of(seconds.div_euclid(DAY))?;
        let second = seconds.rem_euclid(DAY);
        let part = |number: i64| u8::try_from(number).ok();
        let moment = Self::new(
            year,
            month,
            day,
            part(second / 3600)?,
            part(second / 60 % 60)?,
            part(second % 60)?,
        )?;
        moment.with_nanosecond(nanosecond)?.with_zone(Zone::Utc)
    }

    /// Seconds since 1970 began; `None` where the zone is not known, and for all zeros. A leap second counts with the next one.
    pub fn unix_seconds(&self) -> Option<i64> {
        let offset = match self.zone {
            Zone::Unknown => return None,
            Zone::Utc => 0,
            Zone::Offset(minutes) => i64::from(minutes) * 60,
        };
        let time = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        (!self.is_zero()).then(|| days_of(self.year, self.month, self.day) * DAY + time - offset)
    }

    /// The same date-time, taken for UTC where it has no zone.
    pub(crate) fn or_utc(mut self) -> Self {
        if self.zone == Zone::Unknown {
            self.zone = Zone::Utc;
        }
        self
    }

    /// The seconds, or the error that says how to get them.
    pub(super) fn moment(self) -> Result<i64> {
        self.unix_seconds().ok_or_else(|| {
            let found = if self.is_zero() {
                "all zeros"
            } else {
                "none (DateTime::with_zone sets one)"
            };
            Error::mismatch(Category::Data, "a date-time with a zone", found)
        })
    }

    /// Makes sure that no zone is lost.
    #[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
    pub(super) fn without_zone(self) -> Result<Self> {
        if self.zone == Zone::Unknown {
            return Ok(self);
        }
        Err(Error::mismatch(
            Category::Data,
            "a date-time without a zone",
            self.to_string(),
        ))
    }
}

/// The error for a date-time that another type cannot hold, or the other way round.
pub(super) fn out_of_range() -> Error {
    Error::data("a date-time that is out of range")
}

/// Days since 1970 of a date. Years are taken to begin in March, so that the leap day is the last one.
fn days_of(year: u16, month: u8, day: u8) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    let year = i64::from(year) - i64::from(month <= 2);
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA + year * 365 + year / 4 - year / 100 + day_of_year - TO_1970
}

/// The inverse of [`days_of`].
fn date_of(days: i64) -> Option<(u16, u8, u8)> {
    let days = days.checked_add(TO_1970)?;
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    Some((
        u16::try_from(year).ok()?,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
    ))
}

impl TryFrom<DateTime> for SystemTime {
    type Error = Error;

    /// The moment; an error without a zone.
    fn try_from(moment: DateTime) -> Result<Self> {
        let seconds = moment.moment()?;
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 {
            UNIX_EPOCH.checked_sub(whole)
        } else {
            UNIX_EPOCH.checked_add(whole)
        };
        time.and_then(|time| time.checked_add(Duration::from_nanos(moment.nanosecond().into())))
            .ok_or_else(out_of_range)
    }
}

impl TryFrom<SystemTime> for DateTime {
    type Error = Error;

    /// The moment in UTC; an error outside of the years 0 to 9999.
    fn try_from(time: SystemTime) -> Result<Self> {
        let (seconds, nanosecond) = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => (i64::try_from(after.as_secs()).ok(), after.subsec_nanos()),
            Err(before) => {
                let before = before.duration();
                let seconds = i64::try_from(before.as_secs()).ok().map(|seconds| -seconds);
                match before.subsec_nanos() {
                    0 => (seconds, 0),
                    nanosecond => (seconds.map(|seconds| seconds - 1), 1_000_000_000 - nanosecond),
                }
            }
        };
        seconds
            .and_then(|seconds| Self::from_unix(seconds, nanosecond))
            .ok_or_else(out_of_range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_ten_thousand_years_comes_back() {
        let mut expected = days_of(0, 1, 1);
        for year in 0..=9999 {
            for month in 1..=12 {
                for day in 1..=crate::datetime::days_in(year, month) {
                    assert_eq!(days_of(year, month, day), expected, "{year}-{month}-{day}");
                    assert_eq!(date_of(expected), Some((year, month, day)));
                    expected += 1;
                }
            }
        }
        assert_eq!(days_of(1970, 1, 1), 0);
    }

    #[test]
    fn moments_come_back_from_system_time() {
        for text in [
            "19980717T14:08:55Z",
            "19691231T23:59:59.25Z",
            "00000101T00:00:00Z",
            "99991231T23:59:59.999999999Z",
        ] {
            let moment: DateTime = text.parse().unwrap();
            assert_eq!(
                DateTime::try_from(SystemTime::try_from(moment).unwrap()).unwrap(),
                moment
            );
        }
    }

    #[test]
    fn numbers_out_of_range_are_no_date() {
        for seconds in [i64::MIN, i64::MAX, 253_402_300_800, -62_167_219_201] {
            assert_eq!(DateTime::from_unix(seconds, 0), None);
        }
        assert_eq!(DateTime::from_unix(0, 1_000_000_000), None);
    }
}
