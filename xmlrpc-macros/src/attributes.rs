//! Attributes of the user's: those that go along, and the text of doc comments.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Token};

/// Where something of the user's stands, for code that the user did not write.
pub(crate) fn at(place: &impl Spanned) -> Span {
    Span::call_site().located_at(place.span())
}

/// The string of `name = "…"`.
pub(crate) fn string(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    meta.value()?.parse()
}

/// The strings of `name("…", "…")`.
pub(crate) fn strings(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<LitStr>> {
    let content;
    syn::parenthesized!(content in meta.input);
    let strings = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
    Ok(strings.into_iter().collect())
}

/// Takes the attributes of a name out of all.
pub(crate) fn take(attributes: &mut Vec<Attribute>, name: &str) -> Vec<Attribute> {
    let (taken, left) = attributes
        .drain(..)
        .partition(|attribute| attribute.path().is_ident(name));
    *attributes = left;
    taken
}

/// The conditions under which an item is there.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<&Attribute> {
    let conditions = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.collect()
}

/// Whether there is a doc comment.
pub(crate) fn is_documented(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("doc") && matches!(attribute.meta, Meta::NameValue(_)))
}

/// The text of a doc comment, as an expression; `None` if there is no text.
pub(crate) fn documentation(attributes: &[Attribute]) -> Option<TokenStream> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for attribute in attributes {
        match &attribute.meta {
            Meta::NameValue(line) if line.path.is_ident("doc") => parts.push(Part::of(&line.value)),
            _ => {}
        }
    }
    let all_known: Option<Vec<&str>> = parts.iter().map(Part::text).collect();
    if let Some(lines) = all_known {
        let text = unindented(&lines.join("\n"));
        return (!text.is_empty()).then(|| quote!(#text));
    }
    let parts = parts
        .iter()
        .enumerate()
        .map(|(line, part)| part.expression(line > 0));
    Some(quote!(::core::concat!(#(#parts),*)))
}

/// One `doc` attribute.
enum Part<'a> {
    Text(String),
    /// A macro's, such as `include_str!`'s.
    Macro(&'a Expr),
}

impl<'a> Part<'a> {
    fn of(value: &'a Expr) -> Self {
        match value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => Self::Text(without_stars(&text.value())),
            other => Self::Macro(other),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Macro(_) => None,
        }
    }

    /// With a line feed before it, unless it is the first.
    fn expression(&self, is_further: bool) -> TokenStream {
        let apart = is_further.then(|| quote!("\n",));
        match self {
            Self::Text(text) => {
                let text = text.strip_prefix(' ').unwrap_or(text);
                quote!(#apart #text)
            }
            Self::Macro(expression) => quote!(#apart #expression),
        }
    }
}

/// The text of a comment `/** … */`, of which each further line may begin with a star.
fn without_stars(text: &str) -> String {
    let Some((first, rest)) = text.split_once('\n') else {
        return text.to_owned();
    };
    let mut filled = rest.lines().map(str::trim_start).filter(|line| !line.is_empty());
    if first.trim_start().starts_with('*') || !filled.all(|line| line.starts_with('*')) {
        return text.to_owned();
    }
    let lines = rest.lines().map(|line| line.trim_start().trim_start_matches('*'));
    let lines: Vec<_> = std::iter::once(first).chain(lines).collect();
    lines.join("\n")
}

/// A text without the white space that all of its lines begin with, and without empty lines around it.
fn unindented(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    let common = filled.map(indent).min().unwrap_or(0);
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.get(common..).unwrap_or("").trim_end())
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// All errors, in one.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn say(&mut self, span: Span, text: impl std::fmt::Display) {
        self.add(syn::Error::new(span, text));
    }

    /// What there is, unless something is wrong with it.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(crate) fn into_result(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_comments_in_one_lose_their_stars() {
        assert_eq!(
            without_stars("\n * Adds.\n *\n * - more\n "),
            "\n Adds.\n\n - more\n"
        );
        for kept in [
            "* one\n* two",
            " Adds.\n\n     more\n ",
            "Adds.",
            "Adds.\n* more\nand more",
        ] {
            assert_eq!(without_stars(kept), kept);
        }
    }

    #[test]
    fn doc_comments_lose_what_all_their_lines_begin_with() {
        assert_eq!(
            unindented(" Adds.\n\n     deeper\n wide \n"),
            "Adds.\n\n    deeper\nwide"
        );
        assert_eq!(unindented("\n * one\n * two\n "), "* one\n* two");
        assert_eq!(unindented(""), "");
    }
}
