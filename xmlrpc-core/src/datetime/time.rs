//! Conversions to and from the types of the crate `time`.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::unix::out_of_range;
use super::{DateTime, Zone};
use crate::error::{Error, Result};

impl TryFrom<DateTime> for PrimitiveDateTime {
    type Error = Error;

    /// The date and time; an error with a zone, which would be lost, and for a leap second.
    fn try_from(moment: DateTime) -> Result<Self> {
        primitive(moment.without_zone()?).ok_or_else(out_of_range)
    }
}

fn primitive(moment: DateTime) -> Option<PrimitiveDateTime> {
    let month = Month::try_from(moment.month).ok()?;
    let date = Date::from_calendar_date(moment.year.into(), month, moment.day).ok()?;
    let time = Time::from_hms_nano(moment.hour, moment.minute, moment.second, moment.nanosecond).ok()?;
    Some(PrimitiveDateTime::new(date, time))
}

impl TryFrom<PrimitiveDateTime> for DateTime {
    type Error = Error;

    /// The date and time without a zone; an error outside of the years 0 to 9999.
    fn try_from(moment: PrimitiveDateTime) -> Result<Self> {
        let year = u16::try_from(moment.year()).map_err(|_| out_of_range())?;
        Self::new(
            year,
            moment.month().into(),
            moment.day(),
            moment.hour(),
            moment.minute(),
            moment.second(),
        )
        .and_then(|whole| whole.with_nanosecond(moment.nanosecond()))
        .ok_or_else(out_of_range)
    }
}

impl TryFrom<DateTime> for OffsetDateTime {
    type Error = Error;

    /// The moment in the offset it came with; an error without a zone, and for a leap second.
    fn try_from(moment: DateTime) -> Result<Self> {
        moment.moment()?;
        let minutes = match moment.zone {
            Zone::Offset(minutes) => minutes,
            Zone::Unknown | Zone::Utc => 0,
        };
        let offset = UtcOffset::from_whole_seconds(i32::from(minutes) * 60).map_err(|_| out_of_range())?;
        primitive(moment)
            .map(|local| local.assume_offset(offset))
            .ok_or_else(out_of_range)
    }
}

impl TryFrom<OffsetDateTime> for DateTime {
    type Error = Error;

    /// The moment with its offset, `Z` for none; an error outside of the years 0 to 9999 and for an offset with seconds.
    fn try_from(moment: OffsetDateTime) -> Result<Self> {
        let offset = moment.offset();
        if offset.seconds_past_minute() != 0 {
            return Err(out_of_range());
        }
        let zone = if offset.is_utc() {
            Zone::Utc
        } else {
            Zone::Offset(offset.whole_minutes())
        };
        Self::try_from(PrimitiveDateTime::new(moment.date(), moment.time()))?
            .with_zone(zone)
            .ok_or_else(out_of_range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_times_come_back_from_time() {
        let local: DateTime = "19980717T14:08:55.25".parse().unwrap();
        assert_eq!(
            DateTime::try_from(PrimitiveDateTime::try_from(local).unwrap()).unwrap(),
            local
        );
        for text in ["19980717T14:08:55.25-0530", "19980717T14:08:55Z"] {
            let zoned: DateTime = text.parse().unwrap();
            assert_eq!(
                DateTime::try_from(OffsetDateTime::try_from(zoned).unwrap()).unwrap(),
                zoned
            );
        }
    }

    #[test]
    fn no_zone_is_guessed_or_lost() {
        assert!(OffsetDateTime::try_from("19980717T14:08:55".parse::<DateTime>().unwrap()).is_err());
        assert!(PrimitiveDateTime::try_from("19980717T14:08:55Z".parse::<DateTime>().unwrap()).is_err());
    }
}
