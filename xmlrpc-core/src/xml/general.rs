//! The general lane: one piece of markup at a time, found by quick-xml and judged by XML's rules.
//!
//! quick-xml tells where a tag, comment, processing instruction or CDATA section ends. Names, attributes, `--`, reserved targets and
//! the declaration are checked here, since quick-xml leaves them to its users.

use std::collections::{HashMap, HashSet};
use std::fmt;

use quick_xml::Reader as XmlReader;
use quick_xml::events::Event;

use super::tag::{APACHE_NAMESPACE, APACHE_PREFIX, Tag};
use super::text::{is_space, reference, trimmed};
use super::work::look;
use crate::error::{Error, LimitName, Result, excerpt};
use crate::reading::Policy;
use crate::{Limits, Reading};

/// A piece of markup.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Markup<'r> {
    Open(Element<'r>),
    /// `<tag/>`
    Empty(Element<'r>),
    Close(Element<'r>),
    CData(&'r str),
    /// A comment or processing instruction.
    Nothing,
}

/// The element of a tag, with its name as it stands there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Element<'r> {
    pub(super) tag: Tag,
    pub(super) name: &'r str,
}

/// Finds markup in one document.
pub(super) struct General<'r> {
    text: &'r str,
    /// Made when it is needed first, which for most documents is never.
    scanner: Option<Box<XmlReader<&'r [u8]>>>,
    /// For each prefix, whether it stands for Apache's namespace, in each open element that binds it; the innermost one is last.
    bindings: Option<HashMap<&'r str, Vec<bool>>>,
    /// What elements bind that another reader has read.
    pub(super) inherited: Option<&'r Bindings>,
    /// Whether the root's start tag is behind.
    pub(super) in_root: bool,
    /// The elements below the root that bind prefixes and are still open.
    scopes: Vec<Scope<'r>>,
    /// Whether Apache's namespace was met: bound to a prefix, or as that of an element.
    pub(super) met_extensions: bool,
}

/// Prefixes, and whether each stands for Apache's namespace.
pub(crate) type Bindings = HashMap<Box<str>, bool>;

/// What one element binds, and how many elements are open from it on.
struct Scope<'r> {
    prefixes: Vec<&'r str>,
    open: usize,
}

impl fmt::Debug for General<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("General")
            .field("met_extensions", &self.met_extensions)
            .finish_non_exhaustive()
    }
}

impl<'r> General<'r> {
    pub(super) fn new(text: &'r str) -> Self {
        Self {
            text,
            scanner: None,
            bindings: None,
            inherited: None,
            in_root: false,
            scopes: Vec::new(),
            met_extensions: false,
        }
    }

    /// Whether no element so far has bound a prefix.
    pub(super) fn binds_nothing(&self) -> bool {
        self.bindings.is_none()
    }

    /// What the root binds, where no element below it binds anything; `None` for nothing.
    pub(super) fn bindings(&self) -> Option<Bindings> {
        let innermost = |(prefix, apache): (&&str, &Vec<bool>)| Some(((*prefix).into(), *apache.last()?));
        Some(self.bindings.as_ref()?.iter().filter_map(innermost).collect())
    }

    /// How many elements below the root bind prefixes, and how many are open in the innermost one of these.
    pub(super) fn depth(&self) -> (usize, usize) {
        (
            self.scopes.len(),
            self.scopes.last().map_or(0, |scope| scope.open),
        )
    }

    /// Forgets the elements that were opened since [`General::depth`] gave `depth`.
    pub(super) fn leave(&mut self, depth: (usize, usize)) {
        while self.scopes.len() > depth.0 || self.depth().1 > depth.1 {
            self.close_scope();
        }
    }

    /// Whether an element below the root binds prefixes. While one does, all markup has to come by here.
    pub(super) fn is_scoped(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// The markup at `place`, where a `<` stands, and the place behind it. `None` when it does not end.
    pub(super) fn markup(
        &mut self,
        place: usize,
        limits: &Limits,
        reading: &Reading,
    ) -> Result<Option<(Markup<'r>, usize)>> {
        let rest = &self.text[place..];
        if rest.starts_with("<!") && !rest.starts_with("<!--") && !rest.starts_with("<![CDATA[") {
            return declaration_refused(rest);
        }
        let Some((kind, length)) = self.scan(rest) else {
            return malformed(rest);
        };
        let raw = &rest[..length];
        let markup = match kind {
            Kind::Start => Markup::Open(self.start(&raw[1..length - 1], limits, reading)?),
            Kind::Empty => {
                let element = self.start(&raw[1..length - 2], limits, reading)?;
                self.close_scope();
                Markup::Empty(element)
            }
            Kind::End => {
                let element = self.end(&raw[2..length - 1])?;
                self.close_scope();
                Markup::Close(element)
            }
            Kind::Comment => comment(&raw[4..length - 3])?,
            Kind::CData => Markup::CData(&raw[9..length - 3]),
            Kind::Instruction => instruction(&raw[2..length - 2])?,
        };
        Ok(Some((markup, place + length)))
    }

    /// Where the markup ends that `rest` begins with.
    fn scan(&mut self, rest: &'r str) -> Option<(Kind, usize)> {
        let scanner = self.scanner.get_or_insert_with(|| {
            let mut scanner = XmlReader::from_reader(&[][..]);
            scanner.config_mut().check_end_names = false;
            scanner.config_mut().allow_unmatched_ends = true;
            scanner.config_mut().trim_markup_names_in_closing_tags = false;
            Box::new(scanner)
        });
        *scanner.get_mut() = rest.as_bytes();
        let event = scanner.read_event();
        look(rest.len() - scanner.get_ref().len());
        let kind = match event {
            Ok(Event::Start(_)) => Kind::Start,
            Ok(Event::Empty(_)) => Kind::Empty,
            Ok(Event::End(_)) => Kind::End,
            Ok(Event::Comment(_)) => Kind::Comment,
            Ok(Event::CData(_)) => Kind::CData,
            Ok(Event::PI(_) | Event::Decl(_)) => Kind::Instruction,
            _ => return None,
        };
        Some((kind, rest.len() - scanner.get_ref().len()))
    }

    /// A start tag without its brackets.
    fn start(&mut self, content: &'r str, limits: &Limits, reading: &Reading) -> Result<Element<'r>> {
        let length = content.find([' ', '\t', '\n', '\r']).unwrap_or(content.len());
        let (name, attributes) = content.split_at(length);
        check_name(name)?;
        let prefixes = attributes_of(attributes, limits, reading)?;
        self.met_extensions |= prefixes.iter().any(|&(_, apache)| apache);
        let prefixes = self.bind(prefixes);
        if !self.in_root {
            self.in_root = true;
        } else if !prefixes.is_empty() {
            self.scopes.push(Scope { prefixes, open: 1 });
        } else if let Some(scope) = self.scopes.last_mut() {
            scope.open += 1;
        }
        let element = self.element(name);
        if name.contains(':') && element.tag != Tag::Unknown {
            self.met_extensions = true;
        }
        Ok(element)
    }

    /// An end tag without its brackets.
    fn end(&self, content: &'r str) -> Result<Element<'r>> {
        let name = content.trim_end_matches([' ', '\t', '\n', '\r']);
        check_name(name)?;
        Ok(self.element(name))
    }

    fn element(&self, name: &'r str) -> Element<'r> {
        let tag = match name.split_once(':') {
            None => Tag::plain(name),
            Some((prefix, local)) if self.is_apache(prefix) => Tag::apache(local),
            Some(_) => Tag::Unknown,
        };
        Element { tag, name }
    }

    /// The innermost binding of a prefix decides; `ex` is Apache's where nothing binds it.
    fn is_apache(&self, prefix: &str) -> bool {
        let bindings = self.bindings.as_ref().and_then(|bindings| bindings.get(prefix));
        bindings
            .and_then(|bindings| bindings.last().copied())
            .or_else(|| self.inherited?.get(prefix).copied())
            .unwrap_or(prefix == APACHE_PREFIX)
    }

    fn bind(&mut self, prefixes: Vec<(&'r str, bool)>) -> Vec<&'r str> {
        for &(prefix, apache) in &prefixes {
            let bindings = self.bindings.get_or_insert_default();
            bindings.entry(prefix).or_default().push(apache);
        }
        prefixes.into_iter().map(|(prefix, _)| prefix).collect()
    }

    /// Ends what an element bound, the root's bindings excepted: nothing comes after the root.
    fn close_scope(&mut self) {
        let Some(scope) = self.scopes.last_mut() else {
            return;
        };
        scope.open -= 1;
        if scope.open == 0 {
            for prefix in std::mem::take(&mut scope.prefixes) {
                let bindings = self.bindings.as_mut();
                bindings
                    .and_then(|bindings| bindings.get_mut(prefix))
                    .map(Vec::pop);
            }
            self.scopes.pop();
        }
    }
}

enum Kind {
    Start,
    Empty,
    End,
    Comment,
    CData,
    Instruction,
}

/// A DOCTYPE and its like, refused at its first bytes, before anything in it is looked at.
fn declaration_refused<T>(rest: &str) -> Result<Option<T>> {
    let is_start_of = |whole: &str| whole.starts_with(rest);
    if is_start_of("<!--") || is_start_of("<![CDATA[") {
        return Ok(None);
    }
    let doctype = rest
        .get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("<!DOCTYPE"));
    Err(Error::syntax(if doctype {
        "a DOCTYPE is refused"
    } else {
        "markup that is no comment and no CDATA section"
    }))
}

/// Markup that quick-xml finds no end of: the document stops in it, or it is none.
fn malformed<T>(rest: &str) -> Result<Option<T>> {
    if rest.starts_with("<!--") && !rest.contains("-->")
        || rest.starts_with("<![CDATA[")
        || rest.starts_with("<?")
    {
        return Ok(None);
    }
    if rest.starts_with("<!--") {
        return Err(Error::syntax("a comment that ends too early"));
    }
    Ok(None)
}

fn comment<'r>(content: &str) -> Result<Markup<'r>> {
    if content.contains("--") || content.ends_with('-') {
        return Err(Error::syntax("`--` inside of a comment"));
    }
    Ok(Markup::Nothing)
}

fn instruction<'r>(content: &str) -> Result<Markup<'r>> {
    let target = content.split([' ', '\t', '\n', '\r']).next().unwrap_or_default();
    check_plain_name(target)?;
    if target.eq_ignore_ascii_case("xml") {
        return Err(Error::syntax(
            "an XML declaration that is not at the start of the document",
        ));
    }
    Ok(Markup::Nothing)
}

/// Whether the declaration at the start of a document is one. `content` stands between `<?xml` and `?>`.
pub(super) fn check_declaration(content: &str) -> Result<()> {
    let mut names = Vec::new();
    let mut rest = content;
    while let Some((name, value, after)) = next_attribute(rest)? {
        rest = after;
        let valid = match name {
            "version" => value
                .strip_prefix("1.")
                .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit())),
            // Whether anybody knows the encoding was asked when the document was decoded.
            "encoding" => value.is_empty() || is_encoding_name(value),
            "standalone" => matches!(value, "yes" | "no"),
            _ => false,
        };
        if !valid || names.contains(&name) {
            return Err(Error::syntax("an XML declaration out of shape"));
        }
        names.push(name);
    }
    if names.contains(&"version") {
        Ok(())
    } else {
        Err(Error::syntax("an XML declaration without version"))
    }
}

/// XML's `EncName` (81).
fn is_encoding_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Checks the attributes of a start tag and gives the prefixes that it binds.
fn attributes_of<'r>(
    attributes: &'r str,
    limits: &Limits,
    reading: &Reading,
) -> Result<Vec<(&'r str, bool)>> {
    let mut prefixes = Vec::new();
    let mut names = HashSet::new();
    let mut rest = attributes;
    while let Some((name, value, after)) = next_attribute(rest)? {
        rest = after;
        check_value(value, reading)?;
        if names.len() == limits.attributes {
            return Err(Error::limit(LimitName::Attributes, limits.attributes));
        }
        if !names.insert(name) {
            return Err(Error::syntax(format!("attribute {} twice", excerpt(name))));
        }
        if let Some(prefix) = name.strip_prefix("xmlns:") {
            prefixes.push((prefix, value == APACHE_NAMESPACE));
        } else if name != "xmlns" && reading.attributes == Policy::Refuse {
            return Err(Error::protocol(format!("attribute {}", excerpt(name))));
        }
    }
    Ok(prefixes)
}

/// The next `name = "value"` of a tag; `None` when only white space is left.
fn next_attribute(rest: &str) -> Result<Option<(&str, &str, &str)>> {
    let bare = rest.trim_start_matches([' ', '\t', '\n', '\r']);
    if bare.is_empty() {
        return Ok(None);
    }
    let shape = || Error::syntax("a tag out of shape");
    if bare.len() == rest.len() {
        return Err(shape());
    }
    let (name, after) = bare.split_once('=').ok_or_else(shape)?;
    let name = trimmed(name);
    check_plain_name(name)?;
    let after = after.trim_start_matches([' ', '\t', '\n', '\r']);
    let quote = after
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))
        .ok_or_else(shape)?;
    let (value, after) = after[1..].split_once(quote).ok_or_else(shape)?;
    Ok(Some((name, value, after)))
}

fn check_value(value: &str, reading: &Reading) -> Result<()> {
    if value.contains('<') {
        return Err(Error::syntax("`<` in the value of an attribute"));
    }
    let mut rest = value;
    while let Some(place) = rest.find('&') {
        let (_, length) = reference(&rest[place..], reading)?;
        rest = &rest[place + length..];
    }
    Ok(())
}

/// Whether the name of an attribute or the target of an instruction is one, colons anywhere included.
fn check_plain_name(name: &str) -> Result<()> {
    let mut characters = name.chars();
    let valid = characters.next().is_some_and(|c| c == ':' || is_name_start(c))
        && characters.all(|c| c == ':' || is_name(c));
    if valid { Ok(()) } else { Err(no_name(name)) }
}

fn no_name(name: &str) -> Error {
    Error::syntax(format!("{} is no name", excerpt(name)))
}

/// Whether the name of an element is one: `prefix:local` or `local`, of XML's name characters.
fn check_name(name: &str) -> Result<()> {
    let part = |part: &str| {
        let mut characters = part.chars();
        characters.next().is_some_and(is_name_start) && characters.all(is_name)
    };
    let valid = match name.split_once(':') {
        Some((prefix, local)) => part(prefix) && part(local),
        None => part(name),
    };
    if valid { Ok(()) } else { Err(no_name(name)) }
}

fn is_name_start(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn is_name(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// White space, comments and the like in front of `rest`, of which only white space counts here.
pub(super) fn leading_space(rest: &[u8]) -> usize {
    let length = rest.iter().take_while(|&&b| is_space(b)).count();
    look(length);
    length
}
