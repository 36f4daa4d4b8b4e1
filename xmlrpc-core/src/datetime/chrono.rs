//! Conversions to and from the types of the crate `chrono`.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, Timelike, Utc};

use super::unix::out_of_range;
use super::{DateTime, Zone};
use crate::error::{Error, Result};

impl TryFrom<DateTime> for NaiveDateTime {
    type Error = Error;

    /// The date and time; an error with a zone, which would be lost.
    fn try_from(moment: DateTime) -> Result<Self> {
        naive(moment.without_zone()?)
    }
}

/// The fields as chrono has them: a leap second is the second 59 with more than a billion nanoseconds.
fn naive(moment: DateTime) -> Result<NaiveDateTime> {
    let leap = u32::from(moment.second == 60);
    let second = u32::from(moment.second) - leap;
    NaiveDate::from_ymd_opt(moment.year.into(), moment.month.into(), moment.day.into())
        .and_then(|date| {
            let nanosecond = moment.nanosecond + leap * 1_000_000_000;
            date.and_hms_nano_opt(moment.hour.into(), moment.minute.into(), second, nanosecond)
        })
        .ok_or_else(out_of_range)
}

impl TryFrom<NaiveDateTime> for DateTime {
    type Error = Error;

    /// The date and time without a zone; an error outside of the years 0 to 9999.
    fn try_from(moment: NaiveDateTime) -> Result<Self> {
        let part = |number: u32| u8::try_from(number).map_err(|_| out_of_range());
        let year = u16::try_from(moment.year()).map_err(|_| out_of_range())?;
        let leap = moment.nanosecond() / 1_000_000_000;
        let (month, day) = (part(moment.month())?, part(moment.day())?);
        let (hour, minute, second) = (
            part(moment.hour())?,
            part(moment.minute())?,
            part(moment.second() + leap)?,
        );
        Self::new(year, month, day, hour, minute, second)
            .and_then(|whole| whole.with_nanosecond(moment.nanosecond() % 1_000_000_000))
            .ok_or_else(out_of_range)
    }
}

impl TryFrom<DateTime> for chrono::DateTime<Utc> {
    type Error = Error;

    /// The moment; an error without a zone.
    fn try_from(moment: DateTime) -> Result<Self> {
        Ok(chrono::DateTime::<FixedOffset>::try_from(moment)?.to_utc())
    }
}

impl TryFrom<DateTime> for chrono::DateTime<FixedOffset> {
    type Error = Error;

    /// The moment in the offset it came with; an error without a zone.
    fn try_from(moment: DateTime) -> Result<Self> {
        moment.moment()?;
        let minutes = match moment.zone {
            Zone::Offset(minutes) => minutes,
            Zone::Unknown | Zone::Utc => 0,
        };
        let offset = FixedOffset::east_opt(i32::from(minutes) * 60).ok_or_else(out_of_range)?;
        naive(moment)?
            .and_local_timezone(offset)
            .single()
            .ok_or_else(out_of_range)
    }
}

impl TryFrom<chrono::DateTime<Utc>> for DateTime {
    type Error = Error;

    /// The moment in UTC; an error outside of the years 0 to 9999.
    fn try_from(moment: chrono::DateTime<Utc>) -> Result<Self> {
        Self::try_from(moment.naive_utc())?
            .with_zone(Zone::Utc)
            .ok_or_else(out_of_range)
    }
}

impl TryFrom<chrono::DateTime<FixedOffset>> for DateTime {
    type Error = Error;

    /// The moment with its offset; an error outside of the years 0 to 9999 and for an offset with seconds.
    fn try_from(moment: chrono::DateTime<FixedOffset>) -> Result<Self> {
        let seconds = moment.offset().local_minus_utc();
        if seconds % 60 != 0 {
            return Err(out_of_range());
        }
        let minutes = i16::try_from(seconds / 60).map_err(|_| out_of_range())?;
        Self::try_from(moment.naive_local())?
            .with_zone(Zone::Offset(minutes))
            .ok_or_else(out_of_range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_times_come_back_from_chrono() {
        for text in ["19980717T14:08:55.25", "20161231T23:59:60"] {
            let local: DateTime = text.parse().unwrap();
            assert_eq!(
                DateTime::try_from(NaiveDateTime::try_from(local).unwrap()).unwrap(),
                local
            );
        }
        let zoned: DateTime = "19980717T14:08:55.25+0200".parse().unwrap();
        let fixed = chrono::DateTime::<FixedOffset>::try_from(zoned).unwrap();
        assert_eq!(DateTime::try_from(fixed).unwrap(), zoned);
        let utc = chrono::DateTime::<Utc>::try_from(zoned).unwrap();
        assert_eq!(
            DateTime::try_from(utc).unwrap().to_string(),
            "19980717T12:08:55.25Z"
        );
    }

    #[test]
    fn no_zone_is_guessed_or_lost() {
        assert!(chrono::DateTime::<Utc>::try_from("19980717T14:08:55".parse::<DateTime>().unwrap()).is_err());
        assert!(NaiveDateTime::try_from("19980717T14:08:55Z".parse::<DateTime>().unwrap()).is_err());
    }
}
