//! `<struct>`: members by name, kept in the order in which they came.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::{Name, Value, walk};

/// With more members than this, names are looked up in an index instead of one after the other.
const INDEXED: usize = 16;

/// The members of a `<struct>`.
///
/// Members keep their order; equality ignores it. A name stands once: inserting it again replaces the value. [`Struct::get`] looks
/// at one member after the other; to look up many names in a large struct, make a map of it first.
///
/// # Examples
///
/// ```
/// use xmlrpc_core::Struct;
///
/// let mut members = Struct::new();
/// members.insert("moe", 1);
/// members.insert("larry", 2);
/// assert_eq!(members.insert("moe", 3), Some(1.into()));
/// assert_eq!(members.names().collect::<Vec<_>>(), ["moe", "larry"]);
/// assert_eq!(members, Struct::from([("larry", 2), ("moe", 3)]));
/// ```
#[derive(Default)]
pub struct Struct(pub(super) Vec<(Name, Value)>);

impl Struct {
    /// The struct without members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the member `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// The value of the member `name`, to be changed in place.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.iter_mut().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Sets the member `name`, and gives the value it had before.
    pub fn insert(&mut self, name: impl Into<Name>, value: impl Into<Value>) -> Option<Value> {
        let name = name.into();
        match self.get_mut(&name) {
            Some(place) => Some(std::mem::replace(place, value.into())),
            None => {
                self.0.push((name, value.into()));
                None
            }
        }
    }

    /// Takes the member `name` out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let position = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.remove(position).1)
    }

    /// The names and values in order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    /// The names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The values in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }

    /// Members as they were read: of those that share a name the last value stays, at the first one's place.
    pub(crate) fn from_members(mut members: Vec<(Name, Value)>) -> Self {
        if repeats_name(&members) {
            let mut places: HashMap<Name, usize> = HashMap::with_capacity(members.len());
            let mut kept: Vec<(Name, Value)> = Vec::with_capacity(members.len());
            for (name, value) in members.drain(..) {
                match places.get(&name) {
                    Some(&place) => kept[place].1 = value,
                    None => {
                        places.insert(name.clone(), kept.len());
                        kept.push((name, value));
                    }
                }
            }
            members = kept;
        }
        Self(members)
    }

    /// The other struct's value for each of this one's members, or `None` when the names are not the same.
    pub(super) fn paired<'v>(&'v self, other: &'v Self) -> Option<Vec<(&'v Value, &'v Value)>> {
        if self.len() != other.len() {
            return None;
        }
        if self.len() > INDEXED {
            let index: HashMap<&str, &Value> = other.iter().collect();
            return self
                .iter()
                .map(|(name, value)| Some((value, *index.get(name)?)))
                .collect();
        }
        self.iter()
            .map(|(name, value)| Some((value, other.get(name)?)))
            .collect()
    }
}

fn repeats_name(members: &[(Name, Value)]) -> bool {
    if members.len() <= INDEXED {
        let mut digests = [0; INDEXED];
        for (digest, (name, _)) in digests.iter_mut().zip(members) {
            *digest = digest_of(name);
        }
        return (1..members.len()).any(|i| {
            digests[..i].contains(&digests[i])
                && members[..i].iter().any(|(earlier, _)| *earlier == members[i].0)
        });
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

/// A number that equal names share, and others rarely: it is quicker to compare.
fn digest_of(name: &str) -> u64 {
    let bytes = name.as_bytes();
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => u64::from_le_bytes(*first).rotate_left(29) ^ u64::from_le_bytes(*last),
        _ => bytes.iter().fold(0, |digest, &b| digest << 8 | u64::from(b)),
    }
}

/// The members of a [`Struct`] in order.
#[derive(Clone, Debug)]
pub struct Iter<'a>(std::slice::Iter<'a, (Name, Value)>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_str(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl PartialEq for Struct {
    /// Whether the same names stand for the same values, in whatever order.
    fn eq(&self, other: &Self) -> bool {
        self.paired(other).is_some_and(walk::all_equal)
    }
}

impl Eq for Struct {}

impl Drop for Struct {
    fn drop(&mut self) {
        if self.0.iter().any(|(_, value)| value.holds_values()) {
            walk::dismantle(self.0.drain(..).map(|(_, value)| value).collect());
        }
    }
}

impl Clone for Struct {
    fn clone(&self) -> Self {
        if self.values().any(Value::holds_values) {
            walk::clone_struct(self)
        } else {
            Self(self.0.clone())
        }
    }
}

impl fmt::Debug for Struct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::print::debug_struct(self, f)
    }
}

impl<N: Into<Name>, V: Into<Value>> FromIterator<(N, V)> for Struct {
    /// The last value of a repeated name stays.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(members: I) -> Self {
        Self::from_members(
            members
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl<N: Into<Name>, V: Into<Value>, const C: usize> From<[(N, V); C]> for Struct {
    fn from(members: [(N, V); C]) -> Self {
        members.into_iter().collect()
    }
}

impl<N: Into<Name>, V: Into<Value>> From<Vec<(N, V)>> for Struct {
    fn from(members: Vec<(N, V)>) -> Self {
        members.into_iter().collect()
    }
}

impl<N: Into<Name>, V: Into<Value>> From<BTreeMap<N, V>> for Struct {
    fn from(members: BTreeMap<N, V>) -> Self {
        members.into_iter().collect()
    }
}

impl<N: Into<Name>, V: Into<Value>, S> From<HashMap<N, V, S>> for Struct {
    fn from(members: HashMap<N, V, S>) -> Self {
        members.into_iter().collect()
    }
}

impl<N: Into<Name>, V: Into<Value>> Extend<(N, V)> for Struct {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, members: I) {
        let mut all = std::mem::take(&mut self.0);
        all.extend(
            members
                .into_iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        *self = Self::from_members(all);
    }
}

impl IntoIterator for Struct {
    type Item = (Name, Value);
    type IntoIter = std::vec::IntoIter<(Name, Value)>;

    fn into_iter(mut self) -> Self::IntoIter {
        std::mem::take(&mut self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Struct {
    type Item = (&'a str, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}
