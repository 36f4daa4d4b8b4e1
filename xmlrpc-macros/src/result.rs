//! What a method gives.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{ReturnType, Type};

use crate::types::{borrows, check_type, first_generic, is_short_lived, last_segment, owned_type, ungrouped};

/// The type that the client gets when all goes well.
///
/// # Errors
///
/// For a type that borrows.
pub(crate) fn received(output: &ReturnType) -> syn::Result<TokenStream> {
    let Some(ty) = value(output) else {
        return Ok(quote!(()));
    };
    let received = match ungrouped(ty) {
        Type::Reference(reference) => owned_type(reference).0,
        other => other.to_token_stream(),
    };
    match borrows(received.clone()) {
        true => Err(syn::Error::new_spanned(
            ty,
            "the client gets a result that borrows from nobody: write an owned type",
        )),
        false => Ok(received),
    }
}

/// The type of the value that is given when all goes well; `None` for nothing.
pub(crate) fn value(output: &ReturnType) -> Option<&Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let result = last_segment(ty).filter(|segment| segment.ident == "Result");
    Some(result.and_then(first_generic).unwrap_or(ty))
}

/// Refuses results that borrow from what is gone when they are sent.
pub(crate) fn check_result(output: &ReturnType) -> syn::Result<()> {
    let ReturnType::Type(_, ty) = output else {
        return Ok(());
    };
    check_type(ty, "the result")?;
    match is_short_lived(ty.to_token_stream()) {
        true => Err(syn::Error::new_spanned(
            ty,
            "a result outlives the call: write an owned type, such as `String` for `&str`",
        )),
        false => Ok(()),
    }
}
