//! The arguments of a method, and what becomes of each on the two sides.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Attribute, FnArg, Pat, PatIdent, Type, TypeReference};

use crate::attributes::take;
use crate::types::{borrows, check_type, generic, inner, last_segment, owned_type, ungrouped};

/// An argument.
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    /// With `mut` where there is one.
    pub(crate) pattern: PatIdent,
    pub(crate) ty: Type,
    pub(crate) kind: Kind,
}

/// What an argument is.
pub(crate) enum Kind {
    /// A parameter of the call.
    Plain,
    /// An `Option` behind which there is none that has to be there.
    Optional,
    /// All parameters that are left, of this type.
    Variadic(Box<Type>),
    /// What the server knows of the call: no parameter.
    Context,
}

impl Parameter {
    pub(crate) fn parse(argument: &FnArg) -> syn::Result<Self> {
        let FnArg::Typed(argument) = argument else {
            return Err(syn::Error::new_spanned(
                argument,
                "`self` stands before all arguments",
            ));
        };
        let mut attributes = argument.attrs.clone();
        let is_context = is_marked(&take(&mut attributes, "context"))?;
        if let Some(other) = attributes.first() {
            return Err(syn::Error::new_spanned(
                other,
                "the one attribute of an argument is `#[context]`",
            ));
        }
        let pattern = match &*argument.pat {
            Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => name.clone(),
            other => {
                let text = "an argument needs a name, which is that of the parameter: `name: Type`";
                return Err(syn::Error::new_spanned(other, text));
            }
        };
        let ty = (*argument.ty).clone();
        check_type(&ty, "an argument")?;
        let kind = if is_context { Kind::Context } else { Kind::of(&ty) };
        Ok(Self {
            ident: pattern.ident.clone(),
            pattern,
            ty,
            kind,
        })
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Whether it is a parameter of the call.
    pub(crate) fn is_in_call(&self) -> bool {
        !matches!(self.kind, Kind::Context)
    }

    /// The type that the server reads, and what lends it to the method, of which `variable` holds it.
    ///
    /// # Errors
    ///
    /// For a type that borrows in another way than the server can lend.
    pub(crate) fn lent(&self, variable: &Ident) -> syn::Result<(TokenStream, TokenStream)> {
        let ty = ungrouped(&self.ty);
        let lent = match ty {
            Type::Reference(reference) => {
                let (owned, _) = owned(reference)?;
                (owned, quote!(&#variable))
            }
            Type::Path(_) => match inner(ty, "Option").map(ungrouped) {
                Some(Type::Reference(reference)) => {
                    let (owned, method) = owned(reference)?;
                    let option = quote!(::core::option::Option);
                    (quote!(#option<#owned>), quote!(#option::#method(&#variable)))
                }
                _ => (quote!(#ty), quote!(#variable)),
            },
            _ => (quote!(#ty), quote!(#variable)),
        };
        match borrows(lent.0.clone()) {
            true => Err(syn::Error::new_spanned(
                ty,
                "the server cannot lend this: write an owned type, or `&T` or `Option<&T>` of an owned `T`",
            )),
            false => Ok(lent),
        }
    }
}

impl Kind {
    fn of(ty: &Type) -> Self {
        let (ty, is_reference) = match ungrouped(ty) {
            Type::Reference(reference) => (&*reference.elem, true),
            other => (other, false),
        };
        let Some(segment) = last_segment(ty) else {
            return Self::Plain;
        };
        match (segment.ident.to_string().as_str(), generic(segment)) {
            ("CallContext", None) | ("State", Some(_)) => Self::Context,
            _ if is_reference => Self::Plain,
            ("Variadic", Some(of)) => Self::Variadic(Box::new(of.clone())),
            ("Option", Some(_)) => Self::Optional,
            _ => Self::Plain,
        }
    }
}

/// Makes parameters of the `Option`s that cannot be left out, since there is another one behind them.
pub(crate) fn settle_optional(parameters: &mut [Parameter]) {
    let is_needed = |parameter: &Parameter| matches!(parameter.kind, Kind::Plain);
    let last_needed = parameters.iter().rposition(is_needed).unwrap_or(0);
    for parameter in &mut parameters[..last_needed] {
        if matches!(parameter.kind, Kind::Optional) {
            parameter.kind = Kind::Plain;
        }
    }
}

/// What the server reads to lend it as such a reference, and the method of `Option` that lends what is in it.
fn owned(reference: &TypeReference) -> syn::Result<(TokenStream, TokenStream)> {
    let wrong = |text| Err(syn::Error::new_spanned(reference, text));
    if reference.mutability.is_some() {
        return wrong("an argument is read, and not written: `&T` in place of `&mut T`");
    }
    if reference.lifetime.is_some() {
        return wrong("an argument is lent for the call: `&T`, without a lifetime");
    }
    Ok(owned_type(reference))
}

fn is_marked(attributes: &[Attribute]) -> syn::Result<bool> {
    for attribute in attributes {
        attribute.meta.require_path_only()?;
    }
    Ok(!attributes.is_empty())
}
