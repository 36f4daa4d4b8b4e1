//! The reference: types, accepted and refused forms, errors and limits.
//!
//! - [`types`]: which XML-RPC type is which Rust type, both ways;
//! - [`accepted`]: what is read, written and refused, with the switch for each;
//! - [`errors`]: what errors say, and the limits behind some of them.

pub mod types {
    //! XML-RPC types and Rust types.
    //!
    //! # Reading
    //!
    //! | XML-RPC | [`Value`](crate::Value) | typed, besides `Value` |
    //! |---|---|---|
    //! | `<int>`, `<i4>`, `<i1>`, `<i2>` | `Int(i32)`; `I8(i64)` beyond 32 bits | every integer type the number fits, `f64`, `f32` where exact |
    //! | `<i8>` | `I8(i64)` | every integer type the number fits, `f64` and `f32` where exact |
    //! | `<boolean>` | `Boolean(bool)` | `bool` |
    //! | `<double>` | `Double(f64)` | `f64`; `f32` as the nearest one, an error beyond its range |
    //! | `<string>`, text without a tag | `String(String)` | `String`, `char`, `Cow<str>`, `&str`, bytes of the text, an enum's variant without data |
    //! | `<dateTime.iso8601>` | `DateTime(DateTime)` | [`DateTime`](crate::DateTime); others by [`with::date_time`](crate::with::date_time) |
    //! | `<base64>` | `Base64(Base64)` | [`Base64`](crate::Base64), `Vec<u8>`, arrays of `u8`, `Cow<[u8]>` with serde's `borrow` |
    //! | `<array>` | `Array(Array)` | `Vec`, sets, tuples, arrays, tuple structs |
    //! | `<struct>` | `Struct(Struct)` | structs, maps with text, integer, `bool` or variant keys, an enum's variant with data (one member) |
    //! | `<nil/>` | `Nil` | `Option::None`, `()`; `()` also from the empty string |
    //! | no member | | `Option::None`, `#[serde(default)]` |
    //!
    //! Numbers are never changed in silence: a `<double>` is no integer, an `<i8>` of 2<sup>53</sup> + 1 is no `f64`, a number that does not
    //! fit is an error. A `<string>` of digits is no number; [`with::integer_text`](crate::with::integer_text) makes it one.
    //!
    //! `&str` and `&[u8]` borrow from the document where nothing had to be unescaped or decoded, and are errors elsewhere; `Cow` takes
    //! both.
    //!
    //! # Writing
    //!
    //! | Rust | XML-RPC |
    //! |---|---|
    //! | `bool` | `<boolean>` |
    //! | `i8`, `i16`, `i32`, `u8`, `u16` | `<int>` |
    //! | `u32`, `i64`, `u64`, `i128`, `u128` | `<int>` where the number fits 32 bits, else `<i8>` (see [`WideForm`](crate::WideForm)); an error beyond 64 bits |
    //! | `Value::I8` | `<i8>` always |
    //! | `f32`, `f64` | `<double>`: the shortest plain decimal that reads back to the same number |
    //! | `char`, `str`, `String` | `<string>` |
    //! | `&[u8]`, `Vec<u8>`, `[u8; N]` | `<array>` of `<int>`: serde does not tell them from other lists |
    //! | [`Base64`](crate::Base64), `serde_bytes` | `<base64>` |
    //! | [`DateTime`](crate::DateTime) | `<dateTime.iso8601>` |
    //! | `None`, `()`, unit structs | `<nil/>` (see [`NilForm`](crate::NilForm)) |
    //! | `Some(x)`, newtype structs | as `x` |
    //! | lists, sets, tuples, tuple structs | `<array>` |
    //! | structs, maps | `<struct>`; keys are texts, integers, `bool`s or variants without data |
    //! | an enum's variant without data | `<string>` with its name |
    //! | an enum's variant with data | `<struct>` of one member, named for the variant |
    //!
    //! # Through serde's buffers
    //!
    //! `#[serde(flatten)]`, untagged and internally tagged enums make serde read into a buffer of its own, which knows neither
    //! date-times nor base64 nor `i8`. All three come through: `DateTime`, `Base64` and `Value` in such types are what they are outside.
    //!
    //! ```
    //! use serde::Deserialize;
    //! use xmlrpc_core::{DateTime, Value, from_slice};
    //!
    //! #[derive(Debug, PartialEq, Deserialize)]
    //! #[serde(untagged)]
    //! enum Sent {
    //!     Moment(DateTime),
    //!     Other(Value),
    //! }
    //!
    //! let moment = b"<value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value>";
    //! assert_eq!(from_slice::<Sent>(moment)?, Sent::Moment("19980717T14:08:55".parse()?));
    //! assert_eq!(from_slice::<Sent>(b"<value><i8>5</i8></value>")?, Sent::Other(Value::I8(5)));
    //! # Ok::<(), xmlrpc_core::Error>(())
    //! ```
    //!
    //! # Parameters
    //!
    //! The parameters of a call are a tuple, array, slice, `Vec`, tuple struct or [`Array`](crate::Array); `()` is none, and one parameter is
    //! `(x,)`. Anything else is an error that says so:
    //!
    //! ```
    //! let error = xmlrpc_core::MethodCall::new("m", 5)?.to_vec().unwrap_err();
    //! assert_eq!(error.to_string(), "expected a list of parameters, which is `(x,)` for one and `()` for none, found int 5");
    //! # Ok::<(), xmlrpc_core::Error>(())
    //! ```
}

pub mod accepted {
    //! What is read, written and refused.
    //!
    //! # Read
    //!
    //! Each row is one switch of [`Reading`](crate::Reading). [`Reading::strict`](crate::Reading::strict) refuses what is marked *.
    //!
    //! | matter | read by default | switch |
    //! |---|---|---|
    //! | integers | `<int>` and `<i4>`: a sign, ASCII digits, leading zeros; beyond 32 bits they are what `<i8>` is*, beyond 64 an error | [`overlong_ints`](crate::Reading::overlong_ints) |
    //! | white space | around the text of numbers, booleans and date-times* | [`scalar_space`](crate::Reading::scalar_space) |
    //! | 64 bits | `<i8>` | [`wide_integers`](crate::Reading::wide_integers) |
    //! | nil | `<nil/>`, `<nil></nil>` | [`nil`](crate::Reading::nil) |
    //! | Apache's types | `ex:nil`, `ex:i1`, `ex:i2`, `ex:i8`, `ex:float`, `ex:bigdecimal`, `ex:biginteger`, `ex:dateTime`, by their namespace under any prefix or by an unbound `ex`; `i1`, `i2`, `biginteger` without prefix. `ex:bigdecimal` is the nearest double. Others are refused, above all `ex:serializable` and `ex:dom` | [`extensions`](crate::Reading::extensions) |
    //! | boolean | `0`, `1`; `true`, `false`* | [`boolean_words`](crate::Reading::boolean_words) |
    //! | double | sign, digits, point; an exponent* | [`exponents`](crate::Reading::exponents) |
    //! | | `nan`, `inf`, `infinity` in any case* | [`non_finite`](crate::Reading::non_finite) |
    //! | date-time | `19980717T14:08:55`; with dashes*, without colons*, with a fraction of up to nine digits behind a point or comma*, with `Z` or an offset*. Fields are checked, a leap second passes; all zeros are kept | [`date_time_forms`](crate::Reading::date_time_forms) |
    //! | base64 | white space anywhere; padding missing or short*, URL-safe alphabet* | [`base64_forms`](crate::Reading::base64_forms) |
    //! | string | the text exactly as sent, with or without `<string>`; CDATA, references and text join; line ends become line feeds | |
    //! | | `]]>` in text* | [`cdata_ends`](crate::Reading::cdata_ends) |
    //! | characters | what XML allows | [`forbidden_characters`](crate::Reading::forbidden_characters) |
    //! | surrogates | two references that are a UTF-16 pair are one character* | [`surrogate_pairs`](crate::Reading::surrogate_pairs) |
    //! | array | `<array/>` and `<array></array>` are empty* | [`empty_arrays`](crate::Reading::empty_arrays) |
    //! | struct | a value before its name* | [`value_first`](crate::Reading::value_first) |
    //! | | a name twice: the last value* | [`duplicates`](crate::Reading::duplicates) |
    //! | fault | see [`Fault`](crate::Fault)* | [`fault_forms`](crate::Reading::fault_forms) |
    //! | attributes | namespace declarations always; others are ignored* | [`attributes`](crate::Reading::attributes) |
    //! | the start | a byte-order mark; white space before the declaration* | [`leading_space`](crate::Reading::leading_space) |
    //! | call | no `<params>` is no parameters; white space around the method's name does not count | |
    //! | comments, processing instructions | anywhere | |
    //!
    //! # Refused always
    //!
    //! A DOCTYPE, at its first bytes; entities but the five of XML; unknown elements; text where none belongs; a wrong or second
    //! root; anything behind the root; several values in a response, or a result and a fault; bytes that are not in the document's
    //! encoding; an encoding that nobody knows.
    //!
    //! # Encodings
    //!
    //! A byte-order mark decides, then HTTP's charset ([`Decoder::charset`](crate::Decoder::charset)), then the XML declaration; else it
    //! is UTF-8. Read are UTF-8, UTF-16, US-ASCII (bytes above 0x7F are refused), ISO-8859-1 (0x80 to 0x9F as windows-1252 has them, since
    //! that is what senders mean) and what else the [Encoding Standard](https://encoding.spec.whatwg.org/) knows. UTF-8 is never copied.
    //!
    //! # Where peers disagree
    //!
    //! | matter | here | why |
    //! |---|---|---|
    //! | `--` in a comment, an attribute twice | refused | XML 1.0 says so |
    //! | `]]>` in text | read as it is | XML wants its `>` escaped, XML-RPC asks for `<` and `&` alone, and peers go by that; behind a CDATA section that it has ended too early, it is the rest of the same text |
    //! | `<int>` beyond 32 bits | read exactly | JavaScript, Ruby and Go have no other tag for a time in milliseconds |
    //! | an element whose name begins with a colon, such as `<:int>` | refused | Namespaces in XML has no such name |
    //! | `<array>` with values but no `<data>` | refused | an array in an unknown layout could lose values |
    //! | `TRUE`, `True`, `01` for a boolean | refused | no known peer; `0`, `1`, `true` and `false` cover all that are |
    //! | `<float>`, `<long>`, `<bool>` | refused | no types of XML-RPC or Apache's without prefix |
    //! | 1e400 | refused | reading it as infinity would invent a value |
    //! | 1e-400 | 0.0 | the nearest double |
    //! | a date-time without seconds or without `T` | refused | which field is missing would be a guess |
    //! | a fault that has neither `faultCode` nor `faultString` | refused | it says nothing; `FaultCode` is another name |
    //! | fault codes that are words | 0, with the word in [`Fault::raw`](crate::Fault::raw) | the fault itself must arrive |
    //!
    //! # Written
    //!
    //! The XML declaration with the encoding; no indentation; every value with its tag; empty elements with start and end tag
    //! (`<string></string>`, which ROS needs); `&`, `<`, `>` and carriage returns as references; doubles as plain decimals; base64 on one
    //! line; a fault with `faultCode` first. What differs between peers is in [`Dialect`](crate::Dialect):
    //!
    //! | switch | default | [`spec`](crate::Dialect::spec) | [`apache`](crate::Dialect::apache) |
    //! |---|---|---|---|
    //! | [`nil`](crate::Dialect::nil) | `<nil/>` | an error; a result that is nil is the empty string | `<ex:nil/>` |
    //! | [`wide_integers`](crate::Dialect::wide_integers) | `<i8>` | an error | `<ex:i8>` |
    //! | [`non_finite`](crate::Dialect::non_finite) | an error | an error | an error |
    //! | [`int_tag`](crate::Dialect::int_tag) | `<int>` | `<int>` | `<int>` |
    //! | [`base64_lines`](crate::Dialect::base64_lines) | one | one | one |
    //! | [`forbidden_characters`](crate::Dialect::forbidden_characters) | an error | an error | an error |
    //! | [`encoding`](crate::Dialect::encoding) | UTF-8 | UTF-8 | UTF-8 |
    //!
    //! Whatever a dialect carries, this crate reads back to the same value; whatever it does not carry is an error when it is written. Only
    //! where one asks for something else does something else arrive: [`WideForm::Text`](crate::WideForm::Text) makes a string of an integer,
    //! [`WideForm::Int`](crate::WideForm::Int) an `Int` of an `I8` that fits 32 bits,
    //! [`NilForm::EmptyResult`](crate::NilForm::EmptyResult) a string of a result that is nil, and
    //! [`Forbidden::Replace`](crate::Forbidden::Replace) puts U+FFFD for characters.
}

pub mod errors {
    //! What errors say.
    //!
    //! An [`Error`](crate::Error) has a [`Category`](crate::Category), a [`Position`](crate::Position) and the path of the value. Its text is one line
    //! that ends with the place; of the document it quotes 40 characters at most.
    //!
    //! ```
    //! use xmlrpc_core::{Category, MethodCall};
    //!
    //! let xml = b"<methodCall><methodName>m</methodName>\n<params><param><value><array><data>\
    //!     <value><struct><member><name>id</name><value><string>x7</string></value></member></struct></value>\
    //!     </data></array></value></param></params></methodCall>";
    //! #[derive(Debug, serde::Deserialize)]
    //! struct User { id: u32 }
    //! let error = MethodCall::<(Vec<User>,)>::from_slice(xml).unwrap_err();
    //! assert_eq!(error.to_string(), "expected u32, found string \"x7\" in params[0][0].id at line 2, column 74 (byte 112)");
    //! assert_eq!((error.expected(), error.found()), (Some("u32"), Some("string \"x7\"")));
    //! assert_eq!(error.category(), Category::Data);
    //! ```
    //!
    //! # Categories
    //!
    //! | category | fault code of a server | for example |
    //! |---|---|---|
    //! | [`Syntax`](crate::Category::Syntax) | -32700 | `expected </int>, found </i4>`; a DOCTYPE |
    //! | [`Encoding`](crate::Category::Encoding) | -32701 unknown, -32702 wrong bytes | `unknown encoding "x-klingon"` |
    //! | [`Protocol`](crate::Category::Protocol) | -32600 | `expected <params>, found <value>` |
    //! | [`Limit`](crate::Category::Limit) | -32600 | `a struct has more than 5 members; Limits::members raises this limit` |
    //! | [`Data`](crate::Category::Data) | -32602 | `expected int, found "12a"` |
    //!
    //! The first error in the order of the document is the one that is reported.
    //!
    //! # Limits
    //!
    //! [`Limits`](crate::Limits) has the table of limits and defaults. Reaching one is an error that names the setter; nothing is cut
    //! off. Time and memory grow with the document and no faster: what is read twice, for members whose value comes first, has a limit of its
    //! own.
    //!
    //! # Depth
    //!
    //! A [`Value`](crate::Value) is read, written, compared, hashed, cloned, printed and dropped by loops, at any depth on any stack.
    //! Types of one's own recurse through serde, level by level, which is what [`Limits::depth`](crate::Limits::depth) bounds.
}
