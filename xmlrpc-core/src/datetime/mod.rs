//! `dateTime.iso8601`: a date and a time of day, with the fraction and the zone that some peers add.

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "time")]
mod time;
mod unix;

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::reading::Policy;
use crate::value::flat_wanted;

/// The name by which this crate's own serde formats know a date-time.
pub(crate) const NEWTYPE: &str = "$xmlrpc::DateTime";
/// The one key of the map by which a date-time survives serde's buffering in untagged and flattened types.
pub(crate) const BUFFERED: &str = "$xmlrpc::DateTime";

/// A date and a time of day.
///
/// The specification gives no zone ("the server should specify in its documentation what assumptions it makes"), so most date-times
/// are local to the server. Where a peer sends a zone or a fraction of a second, both are kept and written again. Comparison is by
/// field: `Z` and `+0000` differ, as do the same instant in two zones.
///
/// All zeros, PHP's "no date", is a value of its own: [`DateTime::is_zero`].
///
/// # Other date types
///
/// `TryFrom` goes both ways for [`SystemTime`](std::time::SystemTime), and with the features `jiff`, `chrono` and `time` for the
/// types of these crates. Nothing is guessed: a type that is a moment needs a zone ([`DateTime::with_zone`] gives one), and a type
/// without zone takes a date-time without one. In fields of a type, [`with::date_time`](crate::with::date_time) and
/// [`with::utc`](crate::with::utc) use the same conversions.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{DateTime, Zone};
///
/// let spec: DateTime = "19980717T14:08:55".parse()?;
/// assert_eq!((spec.year(), spec.month(), spec.day(), spec.hour()), (1998, 7, 17, 14));
/// assert_eq!(spec.zone(), Zone::Unknown);
///
/// let zoned: DateTime = "1998-07-17T14:08:55.25+01:00".parse()?;
/// assert_eq!(zoned.to_string(), "19980717T14:08:55.25+0100");
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    zone: Zone,
    nanosecond: u32,
}

/// The zone of a [`DateTime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// None was given: the peers agree on it elsewhere.
    Unknown,
    /// `Z`.
    Utc,
    /// Minutes east of UTC, such as 60 for `+0100`; between -1439 and 1439.
    Offset(i16),
}

impl DateTime {
    /// A date-time without fraction and zone; `None` when a field is out of range.
    ///
    /// `year` is 0 to 9999 and `second` 0 to 60 (a leap second). Days are checked against the month.
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Self> {
        let valid = year <= 9999
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour <= 23
            && minute <= 59
            && second <= 60;
        let moment = Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            zone: Zone::Unknown,
            nanosecond: 0,
        };
        valid.then_some(moment)
    }

    /// The same with a fraction of a second in nanoseconds; `None` from 1,000,000,000 on.
    pub fn with_nanosecond(mut self, nanosecond: u32) -> Option<Self> {
        self.nanosecond = nanosecond;
        (nanosecond < 1_000_000_000).then_some(self)
    }

    /// The same with another zone; `None` for an offset of a day or more.
    pub fn with_zone(mut self, zone: Zone) -> Option<Self> {
        self.zone = zone;
        let valid = !matches!(zone, Zone::Offset(minutes) if minutes.unsigned_abs() >= 24 * 60);
        valid.then_some(self)
    }

    /// Whether this is `00000000T00:00:00`, which PHP sends for "no date".
    pub fn is_zero(&self) -> bool {
        self.month == 0
    }

    /// The year, 0 to 9999.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(&self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    pub fn day(&self) -> u8 {
        self.day
    }

    /// The hour, 0 to 23.
    pub fn hour(&self) -> u8 {
        self.hour
    }

    /// The minute, 0 to 59.
    pub fn minute(&self) -> u8 {
        self.minute
    }

    /// The second, 0 to 60.
    pub fn second(&self) -> u8 {
        self.second
    }

    /// The fraction of the second in nanoseconds.
    pub fn nanosecond(&self) -> u32 {
        self.nanosecond
    }

    /// The zone.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// Reads the specification's form, and with `forms` accepted the others that peers send.
    pub(crate) fn read(text: &str, forms: Policy) -> Option<Self> {
        let mut fields = Fields {
            rest: text.as_bytes(),
            lenient: forms == Policy::Accept,
        };
        let (year, month, day) = fields.date()?;
        let (hour, minute, second) = fields.time()?;
        let nanosecond = fields.fraction()?;
        let zone = fields.zone()?;
        if !fields.rest.is_empty() {
            return None;
        }
        if (year, month, day, hour, minute, second, nanosecond) == (0, 0, 0, 0, 0, 0, 0) {
            return Some(Self {
                year,
                month,
                day,
                hour,
                minute,
                second,
                zone,
                nanosecond,
            });
        }
        Self::new(year, month, day, hour, minute, second)?
            .with_nanosecond(nanosecond)?
            .with_zone(zone)
    }

    /// All fields in one number, by which this crate's own formats hand a date-time over.
    pub(crate) fn pack(self) -> u128 {
        let (kind, offset) = match self.zone {
            Zone::Unknown => (0, 0),
            Zone::Utc => (1, 0),
            Zone::Offset(minutes) => (2, minutes),
        };
        let bytes = [self.month, self.day, self.hour, self.minute, self.second, kind];
        let fields = bytes.iter().fold(u128::from(self.year), |packed, &byte| {
            packed << 8 | u128::from(byte)
        });
        (fields << 16 | u128::from(offset.cast_unsigned())) << 32 | u128::from(self.nanosecond)
    }

    /// The inverse of [`DateTime::pack`]; `None` for numbers that it does not make.
    pub(crate) fn unpack(packed: u128) -> Option<Self> {
        let byte = |shift: u32| u8::try_from(packed >> shift & 0xFF).ok();
        let zone = match byte(48)? {
            0 => Zone::Unknown,
            1 => Zone::Utc,
            _ => Zone::Offset(u16::try_from(packed >> 32 & 0xFFFF).ok()?.cast_signed()),
        };
        Some(Self {
            year: u16::try_from(packed >> 96).ok()?,
            month: byte(88)?,
            day: byte(80)?,
            hour: byte(72)?,
            minute: byte(64)?,
            second: byte(56)?,
            zone,
            nanosecond: u32::try_from(packed & 0xFFFF_FFFF).ok()?,
        })
    }
}

/// The text of a date-time, read field by field.
struct Fields<'a> {
    rest: &'a [u8],
    lenient: bool,
}

impl Fields<'_> {
    fn date(&mut self) -> Option<(u16, u8, u8)> {
        let year = self.digits(4)?;
        let dashes = self.lenient && self.skip(b'-');
        let month = self.digits(2)?;
        if dashes && !self.skip(b'-') {
            return None;
        }
        let day = self.digits(2)?;
        Some((u16::try_from(year).ok()?, small(month)?, small(day)?))
    }

    fn time(&mut self) -> Option<(u8, u8, u8)> {
        if !self.skip(b'T') {
            return None;
        }
        let hour = self.digits(2)?;
        let colons = self.skip(b':');
        if !colons && !self.lenient {
            return None;
        }
        let minute = self.digits(2)?;
        if colons && !self.skip(b':') {
            return None;
        }
        let second = self.digits(2)?;
        Some((small(hour)?, small(minute)?, small(second)?))
    }

    /// Nanoseconds; digits beyond them must be zeros, since nothing is rounded in silence.
    fn fraction(&mut self) -> Option<u32> {
        if !self.lenient || !(self.skip(b'.') || self.skip(b',')) {
            return Some(0);
        }
        let length = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        let (kept, beyond) = digits.split_at(length.min(9));
        if kept.is_empty() || beyond.iter().any(|&b| b != b'0') {
            return None;
        }
        let value = kept
            .iter()
            .fold(0, |value, &digit| value * 10 + u32::from(digit - b'0'));
        Some((kept.len()..9).fold(value, |value, _| value * 10))
    }

    fn zone(&mut self) -> Option<Zone> {
        if !self.lenient || self.rest.is_empty() {
            return Some(Zone::Unknown);
        }
        if self.skip(b'Z') {
            return Some(Zone::Utc);
        }
        let negative = self.skip(b'-');
        if !negative && !self.skip(b'+') {
            return None;
        }
        let hours = self.digits(2)?;
        let minutes = if self.rest.is_empty() {
            0
        } else {
            self.skip(b':');
            self.digits(2)?
        };
        if hours > 23 || minutes > 59 {
            return None;
        }
        let offset = i16::try_from(hours * 60 + minutes).ok()?;
        Some(Zone::Offset(if negative { -offset } else { offset }))
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        digits.iter().try_fold(0, |value, b| {
            b.is_ascii_digit().then(|| value * 10 + u32::from(b - b'0'))
        })
    }

    fn skip(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((&first, rest)) if first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }
}

fn small(number: u32) -> Option<u8> {
    u8::try_from(number).ok()
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for DateTime {
    /// The specification's form, followed by the fraction and the zone where there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            zone,
            nanosecond,
        } = self;
        write!(f, "{year:04}{month:02}{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if *nanosecond > 0 {
            let digits = format!("{nanosecond:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        match zone {
            Zone::Unknown => Ok(()),
            Zone::Utc => f.write_str("Z"),
            Zone::Offset(minutes) => {
                let sign = if *minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                write!(f, "{sign}{:02}{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DateTime({self})")
    }
}

impl FromStr for DateTime {
    type Err = crate::Error;

    /// Reads every form that [`Reading::default`](crate::Reading) accepts.
    fn from_str(text: &str) -> crate::Result<Self> {
        Self::read(text, Policy::Accept).ok_or_else(|| mismatch(text))
    }
}

/// The error for a text that is no date-time.
pub(crate) fn mismatch(text: &str) -> crate::Error {
    crate::Error::mismatch(
        crate::Category::Data,
        "dateTime.iso8601",
        crate::error::excerpt(text),
    )
}

impl Serialize for DateTime {
    /// `dateTime.iso8601` in XML-RPC, the text in any other format.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(NEWTYPE, &Inner(*self))
    }
}

/// What stands behind the name [`NEWTYPE`].
struct Inner(DateTime);

impl Serialize for Inner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if flat_wanted() {
            serializer.serialize_u128(self.0.pack())
        } else {
            serializer.collect_str(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NEWTYPE, DateTimeVisitor)
    }
}

/// Takes a date-time from this crate's formats (packed), from serde's buffers (a map of one key) and from texts.
struct DateTimeVisitor;

impl<'de> Visitor<'de> for DateTimeVisitor {
    type Value = DateTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dateTime.iso8601")
    }

    fn visit_u128<E: de::Error>(self, packed: u128) -> Result<DateTime, E> {
        DateTime::unpack(packed).ok_or_else(|| E::invalid_type(de::Unexpected::Other("a number"), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<DateTime, E> {
        text.parse()
            .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<DateTime, A::Error> {
        match map.next_entry::<std::borrow::Cow<'de, str>, String>()? {
            Some((key, text)) if key == BUFFERED => self.visit_str(&text),
            _ => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<DateTime, D::Error> {
        deserializer.deserialize_any(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_survives_packing() {
        for text in [
            "19980717T14:08:55",
            "99991231T23:59:60.123456789-2359",
            "00000000T00:00:00",
            "19700101T00:00:00Z",
        ] {
            let moment: DateTime = text.parse().unwrap();
            assert_eq!(DateTime::unpack(moment.pack()), Some(moment));
            assert_eq!(moment.to_string(), text);
        }
    }

    #[test]
    fn no_number_makes_unpacking_panic() {
        for packed in [u128::MAX, 1 << 127, 0, u128::from(u64::MAX)] {
            let _ = DateTime::unpack(packed);
        }
    }
}
