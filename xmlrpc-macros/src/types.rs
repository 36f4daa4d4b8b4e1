//! What can be seen of types by how they are written.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{GenericArgument, PathArguments, PathSegment, Type, TypeReference};

/// Types that stand for what they hold.
const AROUND: [&str; 5] = ["Option", "Box", "Rc", "Arc", "Cow"];

/// Types that are arrays of what they hold.
const ARRAYS: [&str; 5] = ["Vec", "VecDeque", "LinkedList", "BTreeSet", "HashSet"];

/// What the items of a type are, if it is known as an array.
pub(crate) fn item(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(reference) => item(&reference.elem),
        Type::Group(group) => item(&group.elem),
        Type::Paren(paren) => item(&paren.elem),
        Type::Slice(slice) => Some(&slice.elem),
        Type::Array(array) => Some(&array.elem),
        Type::Path(_) => {
            let segment = last_segment(ty)?;
            let is = |names: &[&str]| names.iter().any(|name| segment.ident == name);
            match () {
                () if is(&AROUND) => item(last_generic(segment)?),
                () if is(&ARRAYS) => first_generic(segment),
                () => None,
            }
        }
        _ => None,
    }
}

/// An expression of what describes the items of a type, if it is known as an array.
pub(crate) fn describing_items(ty: &Type, private: &TokenStream) -> Option<TokenStream> {
    let item = item(ty)?;
    Some(quote! {{
        #[allow(unused_imports)]
        use #private::Undecided as _;
        #private::Probe::<#item>::new().describing()
    }})
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
pub(crate) fn borrows(ty: TokenStream) -> bool {
    let is_reference = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == '&');
    is_short_lived(ty.clone()) || find(ty, &is_reference).is_some()
}

/// Whether a type holds references or lifetimes other than `'static`.
pub(crate) fn is_short_lived(ty: TokenStream) -> bool {
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

/// What is owned in place of a reference, and the method of `Option` that lends what is in it.
pub(crate) fn owned_type(reference: &TypeReference) -> (TokenStream, TokenStream) {
    match ungrouped(&reference.elem) {
        text if last_segment(text).is_some_and(|segment| segment.ident == "str") => {
            (quote!(::std::string::String), quote!(as_deref))
        }
        Type::Slice(slice) => {
            let item = &slice.elem;
            (quote!(::std::vec::Vec<#item>), quote!(as_deref))
        }
        other => (quote!(#other), quote!(as_ref)),
    }
}

/// The `T` of a type whose name ends with `name<T>`.
pub(crate) fn inner<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    generic(last_segment(ty).filter(|segment| segment.ident == name)?)
}

/// A type without what macros put around it, and without parentheses.
pub(crate) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        other => other,
    }
}

pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ungrouped(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

/// The only generic type of a segment.
pub(crate) fn generic(segment: &PathSegment) -> Option<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(list) if list.args.len() == 1 => first_generic(segment),
        _ => None,
    }
}

pub(crate) fn first_generic(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = &segment.arguments else {
        return None;
    };
    match list.args.first() {
        Some(GenericArgument::Type(ty)) => Some(ty),
        _ => None,
    }
}

/// The last one, which for `Cow` stands behind a lifetime.
fn last_generic(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = &segment.arguments else {
        return None;
    };
    match list.args.last() {
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
