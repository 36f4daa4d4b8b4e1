//! The attributes of serde's derive that decide what travels.

use syn::meta::ParseNestedMeta;
use syn::parse::Parse as _;
use syn::{Attribute, Expr, LitStr, Token, Type, token};

use crate::rename::Case;

/// Those of a struct or an enum.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) case: Option<Case>,
    pub(crate) is_transparent: bool,
    pub(crate) is_default: bool,
    pub(crate) is_untagged: bool,
    /// `tag`, and so a struct.
    pub(crate) is_tagged: bool,
    /// `into`.
    pub(crate) into: Option<Type>,
    /// `from` or `try_from`.
    pub(crate) from: Option<Type>,
}

/// Those of a field or a variant.
#[derive(Default)]
pub(crate) struct Field {
    pub(crate) name: Option<String>,
    pub(crate) is_skipped: bool,
    /// `default`, or skipped on one side.
    pub(crate) is_optional: bool,
    pub(crate) is_flattened: bool,
    /// `with` and its like: it travels as something else.
    pub(crate) is_converted: bool,
}

impl Container {
    pub(crate) fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut found = Self::default();
        each(attributes, |meta| {
            match word(meta).as_deref() {
                Some("rename_all") => {
                    if let Some(name) = sent(meta)? {
                        found.case = Some(Case::parse(&name)?);
                    }
                }
                Some("transparent") => found.is_transparent = true,
                Some("default") => {
                    found.is_default = true;
                    pass(meta)?;
                }
                Some("untagged") => found.is_untagged = true,
                Some("tag") => {
                    found.is_tagged = true;
                    pass(meta)?;
                }
                Some("into") => found.into = Some(named_type(meta)?),
                Some("from" | "try_from") => found.from = Some(named_type(meta)?),
                _ => pass(meta)?,
            }
            Ok(())
        })?;
        Ok(found)
    }
}

impl Field {
    pub(crate) fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut found = Self::default();
        let (mut sent_too, mut received_too) = (true, true);
        each(attributes, |meta| {
            match word(meta).as_deref() {
                Some("rename") => found.name = sent(meta)?.map(|name| name.value()).or(found.name.take()),
                Some("skip") => (sent_too, received_too) = (false, false),
                Some("skip_serializing") => sent_too = false,
                Some("skip_deserializing") => received_too = false,
                Some("flatten") => found.is_flattened = true,
                Some("default" | "skip_serializing_if") => {
                    found.is_optional = true;
                    pass(meta)?;
                }
                Some("with" | "serialize_with" | "deserialize_with") => {
                    found.is_converted = true;
                    pass(meta)?;
                }
                _ => pass(meta)?,
            }
            Ok(())
        })?;
        found.is_skipped = !sent_too && !received_too;
        found.is_optional |= !sent_too || !received_too;
        Ok(found)
    }
}

/// Calls a function with each thing that stands in `#[serde(…)]`.
fn each(
    attributes: &[Attribute],
    mut read: impl FnMut(&ParseNestedMeta<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    for attribute in attributes {
        if attribute.path().is_ident("serde") {
            attribute.parse_nested_meta(|meta| read(&meta))?;
        }
    }
    Ok(())
}

fn word(meta: &ParseNestedMeta<'_>) -> Option<String> {
    meta.path.get_ident().map(ToString::to_string)
}

/// The name of `rename = "…"`, or of `rename(serialize = "…", …)`.
fn sent(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) {
        return meta.value()?.parse().map(Some);
    }
    let mut found = None;
    meta.parse_nested_meta(|meta| {
        let name: LitStr = meta.value()?.parse()?;
        if meta.path.is_ident("serialize") || found.is_none() {
            found = Some(name);
        }
        Ok(())
    })?;
    Ok(found)
}

/// The type of `into = "Type"`.
fn named_type(meta: &ParseNestedMeta<'_>) -> syn::Result<Type> {
    let name: LitStr = meta.value()?.parse()?;
    name.parse()
}

/// Passes over what stands behind a word.
fn pass(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        Expr::parse(meta.value()?)?;
    } else if meta.input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in meta.input);
        content.parse::<proc_macro2::TokenStream>()?;
    }
    Ok(())
}
