//! The trait: what both sides are made of.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Item, ItemTrait, Token, TraitItem, TypeParamBound, Visibility};

use crate::attributes::{Errors, conditions};
use crate::method::Method;
use crate::options::{Options, Side};
use crate::{client, server};

/// A service.
pub(crate) struct Service {
    pub(crate) ident: Ident,
    /// Those of the user's that stand on both sides.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) supertraits: Punctuated<TypeParamBound, Token![+]>,
    pub(crate) methods: Vec<Method>,
}

/// What `#[rpc(…)]` from the crate of `origin` makes of an item.
pub(crate) fn expand(options: TokenStream, item: TokenStream, origin: Side) -> syn::Result<TokenStream> {
    let options = Options::parse(options, origin)?;
    let item = match syn::parse2(item)? {
        Item::Trait(item) => item,
        other => return Err(syn::Error::new(other.span(), "`#[rpc]` stands on a trait")),
    };
    let service = Service::parse(item, &options)?;
    let server = options.server.as_ref().map(|path| server::side(&service, path));
    let client = options.client.as_ref().map(|path| client::side(&service, path));
    let (server, client) = (server.transpose()?, client.transpose()?);
    Ok(quote!(#server #client))
}

impl Service {
    fn parse(item: ItemTrait, options: &Options) -> syn::Result<Self> {
        let mut errors = Errors::default();
        errors.keep(check_trait(&item));
        let methods = item.items.iter().filter_map(|item| match item {
            TraitItem::Fn(function) => errors.keep(Method::parse(function, &options.naming)),
            other => {
                errors.say(other.span(), "a service has methods only: `async fn` and `fn`");
                None
            }
        });
        let methods: Vec<_> = methods.collect();
        check_names(&methods, &mut errors);
        for side in options.sides() {
            check_taken(&methods, side, &mut errors);
        }
        errors.into_result()?;
        Ok(Self {
            ident: item.ident,
            attributes: item.attrs,
            visibility: item.vis,
            supertraits: item.supertraits,
            methods,
        })
    }

    /// The name of what is made for a side.
    pub(crate) fn side(&self, side: Side) -> Ident {
        match side {
            Side::Server => format_ident!("{}Server", self.ident),
            Side::Client => format_ident!("{}Client", self.ident),
        }
    }

    /// The conditions under which it is there.
    pub(crate) fn conditions(&self) -> TokenStream {
        let conditions = conditions(&self.attributes);
        quote!(#(#conditions)*)
    }
}

fn check_trait(item: &ItemTrait) -> syn::Result<()> {
    let wrong = |span, text| Err(syn::Error::new(span, text));
    if let Some(token) = &item.unsafety {
        return wrong(token.span(), "a service is no `unsafe trait`");
    }
    if let Some(token) = &item.modifiers.auto_token {
        return wrong(token.span(), "a service is no `auto trait`");
    }
    if !item.generics.params.is_empty() || item.generics.where_clause.is_some() {
        let text =
            "a service has no generics, since what travels is of one type: write the types that are meant";
        return Err(syn::Error::new_spanned(&item.generics, text));
    }
    Ok(())
}

/// Refuses a name that two methods have, unless they are there under conditions.
fn check_names(methods: &[Method], errors: &mut Errors) {
    let mut names = HashMap::new();
    for method in methods.iter().filter(|method| !method.is_conditional()) {
        for name in method.names() {
            if let Some(other) = names.insert(&name.text, &method.ident) {
                let text = format!("the method `{other}` has the name {:?} already", name.text);
                errors.say(name.span, text);
            }
        }
    }
}

/// Refuses the names of what is made beside the methods.
fn check_taken(methods: &[Method], side: Side, errors: &mut Errors) {
    let (taken, what) = match side {
        Side::Server => (server::TAKEN, "the server's trait"),
        Side::Client => (client::TAKEN, "the client"),
    };
    for method in methods {
        if method.ident == taken[0] || method.ident == taken[1] {
            let text = format!(
                "{what} has a function `{0}` of its own: give this one another name, and write \
                 `#[method(name = \"{0}\")]` for the one that it is called by",
                method.ident
            );
            errors.say(method.ident.span(), text);
        }
    }
}
