//! Conversions to and from the types of the crate `jiff`.

use jiff::{Timestamp, civil};

use super::unix::out_of_range;
use super::{DateTime, Zone};
use crate::error::{Error, Result};

impl TryFrom<DateTime> for civil::DateTime {
    type Error = Error;

    /// The date and time; an error with a zone, which would be lost, and for a leap second.
    fn try_from(moment: DateTime) -> Result<Self> {
        let DateTime {
            year,
            month,
            day,
            hour,
            minute,
            second,
            nanosecond,
            ..
        } = moment.without_zone()?;
        let small = |number: u8| i8::try_from(number).map_err(|_| out_of_range());
        let (year, nanosecond) = (year.cast_signed(), nanosecond.cast_signed());
        Self::new(
            year,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
            nanosecond,
        )
        .map_err(|_| out_of_range())
    }
}

impl TryFrom<civil::DateTime> for DateTime {
    type Error = Error;

    /// The date and time without a zone; an error outside of the years 0 to 9999.
    fn try_from(moment: civil::DateTime) -> Result<Self> {
        let part = |number: i8| u8::try_from(number).map_err(|_| out_of_range());
        let year = u16::try_from(moment.year()).map_err(|_| out_of_range())?;
        let (month, day) = (part(moment.month())?, part(moment.day())?);
        Self::new(
            year,
            month,
            day,
            part(moment.hour())?,
            part(moment.minute())?,
            part(moment.second())?,
        )
        .and_then(|whole| whole.with_nanosecond(u32::try_from(moment.subsec_nanosecond()).ok()?))
        .ok_or_else(out_of_range)
    }
}

impl TryFrom<DateTime> for Timestamp {
    type Error = Error;

    /// The moment; an error without a zone.
    fn try_from(moment: DateTime) -> Result<Self> {
        Self::new(moment.moment()?, moment.nanosecond.cast_signed()).map_err(|_| out_of_range())
    }
}

impl TryFrom<Timestamp> for DateTime {
    type Error = Error;

    /// The moment in UTC; an error outside of the years 0 to 9999.
    fn try_from(moment: Timestamp) -> Result<Self> {
        let nanoseconds = moment.as_nanosecond();
        let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).map_err(|_| out_of_range())?;
        let nanosecond = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).map_err(|_| out_of_range())?;
        Self::from_unix(seconds, nanosecond).ok_or_else(out_of_range)
    }
}

impl TryFrom<DateTime> for jiff::Zoned {
    type Error = Error;

    /// The moment in the fixed offset it came with; an error without a zone.
    fn try_from(moment: DateTime) -> Result<Self> {
        let seconds = match moment.zone {
            Zone::Offset(minutes) => i32::from(minutes) * 60,
            Zone::Unknown | Zone::Utc => 0,
        };
        let offset = jiff::tz::Offset::from_seconds(seconds).map_err(|_| out_of_range())?;
        Ok(Timestamp::try_from(moment)?.to_zoned(jiff::tz::TimeZone::fixed(offset)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_times_come_back_from_jiff() {
        let local: DateTime = "19980717T14:08:55.25".parse().unwrap();
        assert_eq!(
            DateTime::try_from(civil::DateTime::try_from(local).unwrap()).unwrap(),
            local
        );
        let zoned: DateTime = "19980717T14:08:55.25+0200".parse().unwrap();
        assert_eq!(
            Timestamp::try_from(zoned).unwrap().to_string(),
            "1998-07-17T12:08:55.25Z"
        );
        assert_eq!(jiff::Zoned::try_from(zoned).unwrap().datetime().hour(), 14);
        let before: DateTime = "19691231T23:59:59.75Z".parse().unwrap();
        assert_eq!(
            DateTime::try_from(Timestamp::try_from(before).unwrap()).unwrap(),
            before
        );
    }

    #[test]
    fn no_zone_is_guessed_or_lost() {
        assert!(Timestamp::try_from("19980717T14:08:55".parse::<DateTime>().unwrap()).is_err());
        assert!(civil::DateTime::try_from("19980717T14:08:55Z".parse::<DateTime>().unwrap()).is_err());
    }
}
