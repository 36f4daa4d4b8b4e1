//! Repairs for fields that a peer sends in another type than one would like: `#[serde(with = "…")]`.
//!
//! | module | field | on the wire |
//! |---|---|---|
//! | [`false_as_none`] | `Option<T>` | `false` where there is nothing (Odoo) |
//! | [`integer_text`] | any integer | a string of digits (XenAPI); an integer is read as well |
//! | [`date_time`] | a type with conversions to and from [`DateTime`] | `dateTime.iso8601` |
//! | [`utc`] | the same | `dateTime.iso8601` in UTC, without saying so |
//! | [`epoch`] | the same | seconds since 1970 as an integer (supervisord) |
//! | [`pairs`] | a map | an array of arrays of two: a name and a value |
//!
//! # Examples
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::time::{Duration, SystemTime};
//!
//! use serde::{Deserialize, Serialize};
//! use xmlrpc_core::{from_value, to_value, value, with};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Record {
//!     #[serde(with = "with::false_as_none")]
//!     parent: Option<String>,
//!     #[serde(with = "with::integer_text")]
//!     memory: u64,
//!     #[serde(with = "with::epoch")]
//!     started: SystemTime,
//!     #[serde(with = "with::pairs")]
//!     tags: BTreeMap<String, i32>,
//! }
//!
//! let sent = value!({ "parent": false, "memory": "8589934592", "started": 60, "tags": [["a", 1], ["b", 2]] });
//! let record: Record = from_value(sent.clone())?;
//! assert_eq!(record, Record {
//!     parent: None,
//!     memory: 8_589_934_592,
//!     started: SystemTime::UNIX_EPOCH + Duration::from_secs(60),
//!     tags: BTreeMap::from([("a".into(), 1), ("b".into(), 2)]),
//! });
//! assert_eq!(to_value(&record)?, sent);
//! # Ok::<(), xmlrpc_core::Error>(())
//! ```

use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{DateTime, Zone};

/// `Option<T>`, where the peer sends `false` for nothing.
///
/// Nil is read as nothing, too. Not for `Option<bool>`, which cannot tell `false` from nothing.
pub mod false_as_none {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes `false` for `None`.
    ///
    /// # Errors
    ///
    /// The serializer's.
    pub fn serialize<T: Serialize, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => value.serialize(serializer),
            None => serializer.serialize_bool(false),
        }
    }

    /// Reads `None` from `false` and nil.
    ///
    /// # Errors
    ///
    /// The deserializer's, and `true` for a `T` that is no boolean.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Sent<T> {
            Nothing(False),
            Something(Option<T>),
        }

        Ok(match Sent::deserialize(deserializer)? {
            Sent::Nothing(False) => None,
            Sent::Something(value) => value,
        })
    }

    struct False;

    impl<'de> Deserialize<'de> for False {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            if bool::deserialize(deserializer)? {
                Err(serde::de::Error::custom("true"))
            } else {
                Ok(Self)
            }
        }
    }
}

/// An integer that the peer sends as a string, as XenAPI does with 64 bits.
pub mod integer_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use super::{Deserialize, Deserializer, Serializer};

    /// Writes the digits as a string.
    ///
    /// # Errors
    ///
    /// The serializer's.
    pub fn serialize<N: Display, S: Serializer>(number: &N, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    /// Reads the digits of a string, or an integer.
    ///
    /// # Errors
    ///
    /// The deserializer's, and a text that is no integer in the range of `N`.
    pub fn deserialize<'de, N: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<N, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Sent {
            Number(i64),
            Text(String),
        }

        let text = match Sent::deserialize(deserializer)? {
            Sent::Number(number) => number.to_string(),
            Sent::Text(text) => text.trim().to_owned(),
        };
        text.parse()
            .map_err(|_| serde::de::Error::invalid_value(serde::de::Unexpected::Str(&text), &"an integer"))
    }
}

/// A type with conversions to and from [`DateTime`], such as those of `jiff`, `chrono` and `time`.
///
/// The zone is neither guessed nor lost: a moment is written with its zone, and read from a date-time with one.
pub mod date_time {
    use super::{DateTime, Deserialize, Deserializer, Serialize, Serializer, from_date_time, to_date_time};

    /// Writes a `dateTime.iso8601`.
    ///
    /// # Errors
    ///
    /// The serializer's, and a value that a date-time cannot hold.
    pub fn serialize<T: TryInto<DateTime> + Clone, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        to_date_time::<T, S>(value)?.serialize(serializer)
    }

    /// Reads a `dateTime.iso8601`.
    ///
    /// # Errors
    ///
    /// The deserializer's, and a date-time that `T` cannot hold.
    pub fn deserialize<'de, T: TryFrom<DateTime>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        from_date_time(DateTime::deserialize(deserializer)?)
    }
}

/// A type that is a moment, where both sides take date-times for UTC without saying so.
///
/// A zone that is sent is heeded all the same.
pub mod utc {
    use super::{
        DateTime, Deserialize, Deserializer, Serialize, Serializer, Zone, from_date_time, in_utc,
        to_date_time,
    };

    /// Writes a `dateTime.iso8601` in UTC, without a zone.
    ///
    /// # Errors
    ///
    /// The serializer's, and a value that is no moment in the years 0 to 9999.
    pub fn serialize<T: TryInto<DateTime> + Clone, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let moment = in_utc(to_date_time::<T, S>(value)?).and_then(|moment| moment.with_zone(Zone::Unknown));
        moment
            .ok_or_else(|| serde::ser::Error::custom("no moment in the years 0 to 9999"))?
            .serialize(serializer)
    }

    /// Reads a `dateTime.iso8601`, as UTC if it has no zone.
    ///
    /// # Errors
    ///
    /// The deserializer's, and a date-time that `T` cannot hold.
    pub fn deserialize<'de, T: TryFrom<DateTime>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        from_date_time(DateTime::deserialize(deserializer)?.or_utc())
    }
}

/// A type that is a moment, as seconds since 1970 began.
pub mod epoch {
    use super::{DateTime, Deserialize, Deserializer, Serializer, from_date_time, to_date_time};

    /// Writes the seconds; a fraction of one is cut off.
    ///
    /// # Errors
    ///
    /// The serializer's, and a value that is no moment in the years 0 to 9999.
    pub fn serialize<T: TryInto<DateTime> + Clone, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match to_date_time::<T, S>(value)?.unix_seconds() {
            Some(seconds) => serializer.serialize_i64(seconds),
            None => Err(serde::ser::Error::custom("no moment")),
        }
    }

    /// Reads the seconds.
    ///
    /// # Errors
    ///
    /// The deserializer's, and a number beyond the years 0 to 9999.
    pub fn deserialize<'de, T: TryFrom<DateTime>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let seconds = i64::deserialize(deserializer)?;
        let moment = DateTime::from_unix(seconds, 0);
        from_date_time(moment.ok_or_else(|| serde::de::Error::custom("no moment in the years 0 to 9999"))?)
    }
}

/// A map as an array of arrays of two, which keeps an order and takes names of any type.
pub mod pairs {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes an array of arrays of two.
    ///
    /// # Errors
    ///
    /// The serializer's.
    pub fn serialize<'m, M, K, V, S>(map: &'m M, serializer: S) -> Result<S::Ok, S::Error>
    where
        &'m M: IntoIterator<Item = (&'m K, &'m V)>,
        K: Serialize + 'm,
        V: Serialize + 'm,
        S: Serializer,
    {
        serializer.collect_seq(map)
    }

    /// Reads an array of arrays of two.
    ///
    /// # Errors
    ///
    /// The deserializer's.
    pub fn deserialize<'de, M, K, V, D>(deserializer: D) -> Result<M, D::Error>
    where
        M: IntoIterator<Item = (K, V)> + FromIterator<(K, V)>,
        K: Deserialize<'de>,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

fn to_date_time<T: TryInto<DateTime> + Clone, S: Serializer>(value: &T) -> Result<DateTime, S::Error> {
    value
        .clone()
        .try_into()
        .map_err(|_| S::Error::custom("a value that no dateTime.iso8601 can hold"))
}

fn from_date_time<T: TryFrom<DateTime>, E: serde::de::Error>(moment: DateTime) -> Result<T, E> {
    T::try_from(moment)
        .map_err(|_| E::custom("a date-time that the type of the field cannot hold (see DateTime on zones)"))
}

/// The same moment in UTC; `None` without a zone.
fn in_utc(moment: DateTime) -> Option<DateTime> {
    DateTime::from_unix(moment.unix_seconds()?, moment.nanosecond())
}
