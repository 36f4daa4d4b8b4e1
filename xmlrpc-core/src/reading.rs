//! What is accepted in a document beyond, or short of, the letter of the specification.

use crate::dialect::Forbidden;

/// Whether a form is read or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Read it.
    Accept,
    /// Refuse the document.
    Refuse,
}

/// What happens when a struct names a member twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Duplicates {
    /// The last one wins for [`Value`](crate::Value) and maps; a derived struct keeps serde's error. The default.
    LastWins,
    /// The last one wins everywhere: a struct that is asked for by a derived type is read into a [`Struct`](crate::Struct) first,
    /// which costs a copy.
    LastWinsBuffered,
    /// The document is refused.
    Refuse,
}

/// The forms of values and documents that are read.
///
/// The default takes what real peers send and what can mean one thing only; [`Reading::strict`] takes what the specification
/// writes (with `i8`, `nil` and Apache's `ex:` types, which have switches of their own). Every field is a switch; the method of the
/// same name sets it. The reference documentation has [the whole list](crate::documentation::accepted).
///
/// # Examples
///
/// ```
/// use xmlrpc_core::{Category, Decoder, Policy, Reading};
///
/// let spaced = b"<value><int> 7 </int></value>";
/// assert_eq!(Decoder::new().value::<i32>(spaced)?, 7);
///
/// let error = Decoder::new().reading(Reading::strict()).value::<i32>(spaced).unwrap_err();
/// assert_eq!(error.category(), Category::Data);
///
/// let picky = Reading::default().nil(Policy::Refuse);
/// assert!(Decoder::new().reading(picky).value::<Option<i32>>(b"<value><nil/></value>").is_err());
/// # Ok::<(), xmlrpc_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// `<nil/>`.
    pub nil: Policy,
    /// `<i8>`, a 64-bit integer.
    pub wide_integers: Policy,
    /// Apache's types: `ex:nil`, `ex:i1`, `ex:i2`, `ex:i8`, `ex:float`, `ex:bigdecimal`, `ex:biginteger`, `ex:dateTime` under any
    /// prefix bound to Apache's namespace or under an unbound `ex`; and `i1`, `i2`, `biginteger` without a prefix.
    pub extensions: Policy,
    /// White space around the text of a number, boolean or date-time.
    pub scalar_space: Policy,
    /// `<int>` and `<i4>` beyond 32 bits, as what `<i8>` of that number is.
    pub overlong_ints: Policy,
    /// `true` and `false` for a boolean.
    pub boolean_words: Policy,
    /// An exponent in a double.
    pub exponents: Policy,
    /// `nan`, `inf` and `infinity`, in any case and with a sign.
    pub non_finite: Policy,
    /// Date-times with dashes, without colons, with a fraction, with `Z` or an offset.
    pub date_time_forms: Policy,
    /// Base64 without padding or in the URL-safe alphabet.
    pub base64_forms: Policy,
    /// A member whose value stands before its name.
    pub value_first: Policy,
    /// Two members of one name.
    pub duplicates: Duplicates,
    /// Attributes other than namespace declarations, which are ignored.
    pub attributes: Policy,
    /// `<array/>` and `<array></array>` for the empty array.
    pub empty_arrays: Policy,
    /// White space before the XML declaration.
    pub leading_space: Policy,
    /// `]]>` in text, which XML-RPC allows and XML does not.
    pub cdata_ends: Policy,
    /// Faults with a code that is no `int`, a string that is no `string`, more or fewer members, or no `<value>`.
    pub fault_forms: Policy,
    /// A character above U+FFFF as two references, one for each UTF-16 surrogate. Where they are refused, `forbidden_characters` decides
    /// on each half as on any character that XML lacks.
    pub surrogate_pairs: Policy,
    /// Characters that XML cannot carry, raw or as a reference.
    pub forbidden_characters: Forbidden,
}

macro_rules! policies {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, policy: Policy) -> Self {
            self.$name = policy;
            self
        }
    )*};
}

impl Reading {
    /// The letter of the specification, as far as peers exist that follow it.
    pub fn strict() -> Self {
        Self {
            scalar_space: Policy::Refuse,
            overlong_ints: Policy::Refuse,
            boolean_words: Policy::Refuse,
            exponents: Policy::Refuse,
            non_finite: Policy::Refuse,
            date_time_forms: Policy::Refuse,
            base64_forms: Policy::Refuse,
            value_first: Policy::Refuse,
            duplicates: Duplicates::Refuse,
            attributes: Policy::Refuse,
            empty_arrays: Policy::Refuse,
            leading_space: Policy::Refuse,
            cdata_ends: Policy::Refuse,
            fault_forms: Policy::Refuse,
            surrogate_pairs: Policy::Refuse,
            ..Self::default()
        }
    }

    policies! {
        /// Sets whether `<nil/>` is read.
        nil
        /// Sets whether `<i8>` is read.
        wide_integers
        /// Sets whether Apache's types are read.
        extensions
        /// Sets whether white space may surround the text of a number, boolean or date-time.
        scalar_space
        /// Sets whether `<int>` and `<i4>` may go beyond 32 bits.
        overlong_ints
        /// Sets whether `true` and `false` are booleans.
        boolean_words
        /// Sets whether doubles may have an exponent.
        exponents
        /// Sets whether `nan` and `inf` are read.
        non_finite
        /// Sets whether date-times may have dashes, a fraction, a zone, or no colons.
        date_time_forms
        /// Sets whether base64 may lack its padding or use the URL-safe alphabet.
        base64_forms
        /// Sets whether a member's value may stand before its name.
        value_first
        /// Sets whether attributes are ignored.
        attributes
        /// Sets whether `<array/>` is an empty array.
        empty_arrays
        /// Sets whether white space may stand before the XML declaration.
        leading_space
        /// Sets whether `]]>` may stand in text.
        cdata_ends
        /// Sets whether faults out of shape are read.
        fault_forms
        /// Sets whether two surrogate references make one character.
        surrogate_pairs
    }

    /// Sets what happens when a struct names a member twice.
    #[must_use]
    pub fn duplicates(mut self, duplicates: Duplicates) -> Self {
        self.duplicates = duplicates;
        self
    }

    /// Sets what happens to characters that XML cannot carry.
    #[must_use]
    pub fn forbidden_characters(mut self, forbidden: Forbidden) -> Self {
        self.forbidden_characters = forbidden;
        self
    }
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            nil: Policy::Accept,
            wide_integers: Policy::Accept,
            extensions: Policy::Accept,
            scalar_space: Policy::Accept,
            overlong_ints: Policy::Accept,
            boolean_words: Policy::Accept,
            exponents: Policy::Accept,
            non_finite: Policy::Accept,
            date_time_forms: Policy::Accept,
            base64_forms: Policy::Accept,
            value_first: Policy::Accept,
            duplicates: Duplicates::LastWins,
            attributes: Policy::Accept,
            empty_arrays: Policy::Accept,
            leading_space: Policy::Accept,
            cdata_ends: Policy::Accept,
            fault_forms: Policy::Accept,
            surrogate_pairs: Policy::Accept,
            forbidden_characters: Forbidden::Refuse,
        }
    }
}
