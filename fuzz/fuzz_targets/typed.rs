//! Types of one's own: read from documents and from values alike, and written again.
//!
//! The first byte chooses what happens to duplicates and whether the document is read in UTF-16, from which nothing can be borrowed;
//! the rest is one bare value.
#![no_main]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::time::SystemTime;

use libfuzzer_sys::fuzz_target;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use xmlrpc_core::{
    Array, Base64, DateTime, Decoder, Dialect, Duplicates, Encoder, Error, NonFinite, Reading, Struct, Value,
    from_value_ref, to_value, with,
};
use xmlrpc_fuzz::{assert_error, choices};

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    id: i64,
    #[serde(default)]
    name: String,
    tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    born: Option<DateTime>,
    data: Option<Base64>,
    #[serde(default)]
    scores: [Option<f64>; 2],
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Picky {
    a: i32,
    b: Option<Box<Self>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Lent<'d> {
    a: &'d str,
    b: Option<&'d str>,
    #[serde(borrow)]
    name: Option<Cow<'d, str>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Flat {
    id: Option<i32>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
enum External {
    A,
    B(i32),
    C(i32, String),
    D { a: f64 },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "name")]
enum Internal {
    A,
    B { a: DateTime, b: Option<Base64> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "name", content = "value")]
enum Adjacent {
    A,
    B(Value),
    C(i8, bool),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Moment(DateTime),
    Bytes(Base64),
    Truth(bool),
    Number(i64),
    Real(f64),
    Record(Picky),
    List(Vec<Self>),
    Other(Value),
}

#[derive(Debug, Serialize, Deserialize)]
struct Repaired {
    #[serde(default, with = "with::false_as_none")]
    a: Option<String>,
    #[serde(default, with = "with::integer_text")]
    b: u64,
    #[serde(default, with = "with::pairs")]
    name: BTreeMap<String, i32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Zoned(#[serde(with = "with::date_time")] SystemTime);

#[derive(Debug, Serialize, Deserialize)]
struct InUtc(#[serde(with = "with::utc")] SystemTime);

#[derive(Debug, Serialize, Deserialize)]
struct Epoch(#[serde(with = "with::epoch")] SystemTime);

#[derive(Debug, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, Serialize, Deserialize)]
enum Tree {
    Leaf(u8),
    Node(Vec<Self>),
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, document)) = input.split_first() else {
        return;
    };
    let duplicates = match choice & 3 {
        0 => Duplicates::Refuse,
        1 => Duplicates::LastWinsBuffered,
        _ => Duplicates::LastWins,
    };
    let decoder = Decoder::new().reading(Reading::default().duplicates(duplicates));
    let utf16 = (choice & 4 != 0).then(|| choices::utf16(document)).flatten();
    let document = utf16.as_deref().unwrap_or(document);
    let case = Case {
        document,
        value: decoder.value(document),
        unique: duplicates == Duplicates::Refuse,
        decoder,
    };
    case.all();
});

/// A document, and the value that it is.
struct Case<'d> {
    document: &'d [u8],
    decoder: Decoder,
    value: Result<Value, Error>,
    /// No name stands twice in a struct, or the document is refused.
    unique: bool,
}

impl<'d> Case<'d> {
    fn all(&self) {
        self.agrees::<IgnoredAny>();
        self.agrees::<()>();
        self.agrees::<Array>();
        self.agrees::<Struct>();
        self.kept::<bool>();
        self.kept::<char>();
        self.kept::<String>();
        self.kept::<i8>();
        self.kept::<u16>();
        self.kept::<i64>();
        self.kept::<u128>();
        self.kept::<f32>();
        self.kept::<f64>();
        self.kept::<DateTime>();
        self.kept::<Base64>();
        self.kept::<Vec<u8>>();
        self.kept::<[u8; 3]>();
        self.kept::<Vec<i64>>();
        self.kept::<Vec<Option<String>>>();
        self.kept::<(i32, String)>();
        self.kept::<HashMap<String, Value>>();
        self.kept::<BTreeMap<i64, Option<bool>>>();
        self.kept::<BTreeMap<bool, Vec<f32>>>();
        self.kept::<BTreeMap<char, ()>>();
        self.kept::<Record>();
        self.kept::<Vec<Record>>();
        self.kept::<Picky>();
        self.kept::<Flat>();
        self.kept::<External>();
        self.kept::<Internal>();
        self.kept::<Adjacent>();
        self.kept::<Untagged>();
        self.kept::<Repaired>();
        self.kept::<Zoned>();
        self.kept::<InUtc>();
        self.kept::<Epoch>();
        self.kept::<Unit>();
        self.kept::<Tree>();
        self.lent();
    }

    /// What a type takes is a value, and is read from that value as well.
    fn agrees<T: DeserializeOwned>(&self) -> Option<(T, Option<T>)> {
        let name = std::any::type_name::<T>();
        let from_document = self.decoder.value::<T>(self.document);
        let value = match (&from_document, &self.value) {
            (Ok(_), Err(error)) => panic!("{name} is read, but no value: {error:?}"),
            (Err(error), Err(_)) => {
                assert_error(error, self.document);
                return None;
            }
            (_, Ok(value)) => value,
        };
        let from_value = from_value_ref::<T>(value);
        if self.unique {
            let (document, value) = (from_document.as_ref().err(), from_value.as_ref().err());
            assert_eq!(
                document.is_none(),
                value.is_none(),
                "{name}: {document:?}, {value:?}"
            );
        }
        match from_document {
            Ok(from_document) => Some((from_document, from_value.ok())),
            Err(error) => {
                assert_error(&error, self.document);
                None
            }
        }
    }

    /// [`Case::agrees`], and it is read as the same from both, and from what is written of it.
    fn kept<T: DeserializeOwned + Serialize + Debug>(&self) {
        let Some((from_document, from_value)) = self.agrees::<T>() else {
            return;
        };
        let form = to_value(&from_document);
        if let (true, Some(from_value)) = (self.unique, from_value) {
            assert_eq!(form.as_ref().ok(), to_value(&from_value).as_ref().ok());
        }
        let Ok(form) = form else { return };
        let encoder = Encoder::new().dialect(Dialect::default().non_finite(NonFinite::Text));
        let written = encoder.value(&from_document).unwrap();
        let back: T = Decoder::new().value(&written).unwrap_or_else(|error| {
            panic!(
                "{from_document:?} is not read from {}: {error:?}",
                String::from_utf8_lossy(&written)
            )
        });
        // Without its duplicates a struct can be of another variant of an untagged enum.
        if self.unique {
            assert_eq!(to_value(&back).as_ref().ok(), Some(&form), "{from_document:?}");
        }
    }

    /// What borrows from the document borrows from a value, too.
    fn lent(&self) {
        let Ok(lent) = self.decoder.value::<Lent<'d>>(self.document) else {
            return;
        };
        let value = self.value.as_ref().unwrap();
        if self.unique {
            let from_value: Lent<'_> = from_value_ref(value).unwrap();
            assert_eq!(to_value(&lent).unwrap(), to_value(&from_value).unwrap());
        }
        let document = self.document.as_ptr_range();
        assert!(lent.a.is_empty() || document.contains(&lent.a.as_ptr()));
    }
}
