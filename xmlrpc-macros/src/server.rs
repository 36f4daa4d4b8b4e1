//! The server's side: a trait to implement, and what makes a table of methods of it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Path, ReturnType};

use crate::attributes::{Errors, is_documented};
use crate::method::Method;
use crate::options::Side;
use crate::parameter::Parameter;
use crate::service::Service;

/// What the trait has beside the methods.
pub(crate) const TAKEN: [&str; 2] = ["into_methods", "register_in"];

/// How many parameters a method can have.
const MOST: usize = 12;

/// The trait. `path` is that of the crate `xmlrpc_server`.
pub(crate) fn side(service: &Service, path: &Path) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let server = service.side(Side::Server);
    let Service {
        attributes,
        visibility,
        supertraits,
        methods,
        ..
    } = service;
    let documentation = documentation(service);
    let declarations = methods.iter().map(declaration);
    let registrations: Vec<_> = methods
        .iter()
        .filter_map(|method| errors.keep(registration(method, &server)))
        .collect();
    errors.into_result()?;
    let supertraits = supertraits.iter();
    Ok(quote! {
        #(#attributes)*
        #documentation
        #[allow(clippy::missing_errors_doc)]
        #visibility trait #server:
            #(#supertraits +)* ::core::marker::Send + ::core::marker::Sync + 'static
        {
            #(#declarations)*

            /// A table with these methods, which share the one service.
            ///
            /// # Panics
            ///
            /// As `register_in`.
            #[allow(dead_code)]
            #[must_use]
            #[track_caller]
            fn into_methods(self) -> #path::Methods
            where
                Self: ::core::marker::Sized,
            {
                #server::register_in(&::std::sync::Arc::new(self), #path::Methods::new())
            }

            /// Adds these methods to a table, from which they have their `State`s. The service is shared with whoever has it.
            ///
            /// # Panics
            ///
            /// When the table has a method of one of their names already, and when it lacks a `State` that one of them takes.
            #[allow(deprecated)]
            #[must_use]
            #[track_caller]
            fn register_in(self: &::std::sync::Arc<Self>, methods: #path::Methods) -> #path::Methods
            where
                Self: ::core::marker::Sized,
            {
                #(#registrations)*
                methods
            }
        }
    })
}

/// The user's text is before it.
fn documentation(service: &Service) -> TokenStream {
    if is_documented(&service.attributes) {
        return TokenStream::new();
    }
    let text = format!("Answers the methods of `{}`.", service.ident);
    quote!(#[doc = #text])
}

/// The function to implement.
fn declaration(method: &Method) -> TokenStream {
    let Method {
        ident,
        attributes,
        parameters,
        output,
        body,
        ..
    } = method;
    let documentation = (!is_documented(attributes)).then(|| {
        let text = format!("Answers calls of `{}`.", method.name.text);
        quote!(#[doc = #text])
    });
    let parameters = parameters
        .iter()
        .map(|Parameter { pattern, ty, .. }| quote!(#pattern: #ty));
    let body = match (body, method.is_async) {
        (None, _) => quote!(;),
        (Some(body), false) => quote!(#body),
        (Some(body), true) => quote!({ async move #body }),
    };
    let output = match method.is_async {
        false => quote!(#output),
        true => {
            let output = match output {
                ReturnType::Default => quote!(()),
                ReturnType::Type(_, ty) => quote!(#ty),
            };
            quote!(-> impl ::core::future::Future<Output = #output> + ::core::marker::Send)
        }
    };
    quote! {
        #(#attributes)*
        #documentation
        #[allow(clippy::manual_async_fn)]
        fn #ident(&self, #(#parameters),*) #output #body
    }
}

/// The statement that adds a method to the table.
fn registration(method: &Method, server: &Ident) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let Method { ident, name, .. } = method;
    let variables: Vec<_> = variables(method);
    let lent = method.parameters.iter().zip(&variables);
    let lent: Vec<_> = lent
        .filter_map(|(parameter, variable)| errors.keep(parameter.lent(variable)))
        .collect();
    errors.keep(check(method));
    errors.into_result()?;
    let (types, given): (Vec<_>, Vec<_>) = lent.into_iter().unzip();
    let conditions = method.conditions();
    let service = Ident::new("service", Span::mixed_site());
    let call = quote!(#server::#ident(&*#service, #(#given),*));
    let (register, handler) = match (method.is_async, method.is_blocking) {
        (false, false) => ("method", quote!(move |#(#variables: #types),*| #call)),
        (false, true) => ("blocking_method", quote!(move |#(#variables: #types),*| #call)),
        (true, _) => (
            "async_method",
            quote! {
                move |#(#variables: #types),*| {
                    let #service = ::std::sync::Arc::clone(&#service);
                    async move { #call.await }
                }
            },
        ),
    };
    let register = Ident::new(register, ident.span());
    let name = &name.text;
    let more = more(method);
    Ok(quote! {
        #conditions
        let methods = {
            let #service = ::std::sync::Arc::clone(self);
            methods.#register(#name, #handler) #more
        };
    })
}

/// A variable for each argument, other than the user's own names.
fn variables(method: &Method) -> Vec<Ident> {
    let names = method.parameters.iter();
    names
        .map(|parameter| Ident::new(&parameter.ident.to_string(), Span::mixed_site()))
        .collect()
}

/// What is said of a method in the table.
fn more(method: &Method) -> TokenStream {
    let name = &method.name.text;
    let help = method.help().map(|help| quote!(.help(#name, #help)));
    let hidden = method.is_hidden.then(|| quote!(.hidden(#name)));
    let aliases = method.aliases.iter().map(|alias| {
        let alias = &alias.text;
        quote!(.alias(#alias, #name))
    });
    quote!(#help #hidden #(#aliases)*)
}

fn check(method: &Method) -> syn::Result<()> {
    if method.in_call().count() > MOST {
        let text = format!("a method has at most {MOST} parameters: put some of them into a struct");
        return Err(syn::Error::new(method.ident.span(), text));
    }
    Ok(())
}
