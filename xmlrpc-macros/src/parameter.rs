//! The arguments of a method, and what becomes of each on the two sides.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::spanned::Spanned as _;
use syn::{
    Attribute, FnArg, GenericArgument, Pat, PatIdent, PathArguments, PathSegment, ReturnType, Type,
    TypeReference,
};

use crate::attributes::take;

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
            return Err(syn::Error::new(
                argument.span(),
                "`self` stands before all arguments",
            ));
        };
        let mut attributes = argument.attrs.clone();
        let is_context = is_marked(&take(&mut attributes, "context"))?;
        if let Some(other) = attributes.first() {
            return Err(syn::Error::new(
                other.span(),
                "the one attribute of an argument is `#[context]`",
            ));
        }
        let pattern = match &*argument.pat {
            Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => name.clone(),
            other => {
                let text = "an argument needs a name, which is that of the parameter: `name: Type`";
                return Err(syn::Error::new(other.span(), text));
            }
        };
        let ty = (*argument.ty).clone();
        check_type(&ty, "an argument")?;
        let kind = match last_segment(unreferenced(&ty)) {
            _ if is_context => Kind::Context,
            Some(segment) => Kind::of(segment, matches!(ty, Type::Reference(_))),
            None => Kind::Plain,
        };
        Ok(Self {
            ident: pattern.ident.clone(),
            pattern,
            ty,
            kind,
        })
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
        let ty = &self.ty;
        let lent = match ty {
            Type::Reference(reference) => {
                let (owned, _) = owned(reference)?;
                (owned, quote!(&#variable))
            }
            Type::Path(_) => match inner(ty, "Option") {
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
            true => Err(syn::Error::new(
                ty.span(),
                "the server cannot lend this: write an owned type, or `&T` or `Option<&T>` of an owned `T`",
            )),
            false => Ok(lent),
        }
    }
}

impl Kind {
    fn of(segment: &PathSegment, is_reference: bool) -> Self {
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

/// The type that the client gets when all goes well.
///
/// # Errors
///
/// For a type that borrows.
pub(crate) fn received(output: &ReturnType) -> syn::Result<TokenStream> {
    let ty = match output {
        ReturnType::Default => return Ok(quote!(())),
        ReturnType::Type(_, ty) => &**ty,
    };
    let result = last_segment(ty).filter(|segment| segment.ident == "Result");
    let ty = result.and_then(first_generic).unwrap_or(ty);
    let received = match ty {
        Type::Reference(reference) => owned_type(reference).0,
        other => other.to_token_stream(),
    };
    match borrows(received.clone()) {
        true => Err(syn::Error::new(
            ty.span(),
            "the client gets a result that borrows from nobody: write an owned type",
        )),
        false => Ok(received),
    }
}

/// Refuses results that borrow from what is gone when they are sent.
pub(crate) fn check_result(output: &ReturnType) -> syn::Result<()> {
    let ReturnType::Type(_, ty) = output else {
        return Ok(());
    };
    check_type(ty, "the result")?;
    match is_short_lived(ty.to_token_stream()) {
        true => Err(syn::Error::new(
            ty.span(),
            "a result outlives the call: write an owned type, such as `String` for `&str`",
        )),
        false => Ok(()),
    }
}

/// Refuses types that cannot be named on both sides.
pub(crate) fn check_type(ty: &Type, what: &str) -> syn::Result<()> {
    let found = find(
        ty.to_token_stream(),
        &|token| matches!(token, TokenTree::Ident(word) if word == "impl" || word == "Self"),
    );
    match found {
        Some(token) if token.to_string() == "impl" => Err(syn::Error::new(
            token.span(),
            format!("{what} of a method is of one type, which has a name: write it in place of `impl …`"),
        )),
        Some(token) => Err(syn::Error::new(
            token.span(),
            "`Self` is another type on each side: write the name of the type that is meant",
        )),
        None => Ok(()),
    }
}

/// Whether a type holds references, or lifetimes other than `'static`.
fn borrows(ty: TokenStream) -> bool {
    let is_reference = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == '&');
    is_short_lived(ty.clone()) || find(ty, &is_reference).is_some()
}

/// Whether a type holds references or lifetimes other than `'static`.
fn is_short_lived(ty: TokenStream) -> bool {
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match token {
            TokenTree::Group(group) => is_short_lived(group.stream()),
            TokenTree::Punct(mark) if mark.as_char() == '\'' => {
                !matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "static")
            }
            TokenTree::Punct(mark) if mark.as_char() == '&' => {
                !matches!(tokens.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == '\'')
            }
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// What the server reads to lend it as such a reference, and the method of `Option` that lends what is in it.
fn owned(reference: &TypeReference) -> syn::Result<(TokenStream, TokenStream)> {
    let wrong = |text| Err(syn::Error::new(reference.span(), text));
    if reference.mutability.is_some() {
        return wrong("an argument is read, and not written: `&T` in place of `&mut T`");
    }
    if reference.lifetime.is_some() {
        return wrong("an argument is lent for the call: `&T`, without a lifetime");
    }
    Ok(owned_type(reference))
}

/// What is owned in place of a reference, and the method of `Option` that lends what is in it.
fn owned_type(reference: &TypeReference) -> (TokenStream, TokenStream) {
    match &*reference.elem {
        Type::Path(path) if path.path.is_ident("str") => (quote!(::std::string::String), quote!(as_deref)),
        Type::Slice(slice) => {
            let item = &slice.elem;
            (quote!(::std::vec::Vec<#item>), quote!(as_deref))
        }
        other => (quote!(#other), quote!(as_ref)),
    }
}

/// The `T` of a type whose name ends with `name<T>`.
fn inner<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    generic(last_segment(ty).filter(|segment| segment.ident == name)?)
}

/// What a reference is to.
fn unreferenced(ty: &Type) -> &Type {
    match ty {
        Type::Reference(reference) => &reference.elem,
        other => other,
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// The only generic type of a segment.
fn generic(segment: &PathSegment) -> Option<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(list) if list.args.len() == 1 => first_generic(segment),
        _ => None,
    }
}

fn first_generic(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = &segment.arguments else {
        return None;
    };
    match list.args.first() {
        Some(GenericArgument::Type(ty)) => Some(ty),
        _ => None,
    }
}

/// The first token for which something holds, in groups, too.
fn find(tokens: TokenStream, holds: &dyn Fn(&TokenTree) -> bool) -> Option<TokenTree> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Group(group) => find(group.stream(), holds),
        token => Some(token).filter(holds),
    })
}

fn is_marked(attributes: &[Attribute]) -> syn::Result<bool> {
    for attribute in attributes {
        attribute.meta.require_path_only()?;
    }
    Ok(!attributes.is_empty())
}
