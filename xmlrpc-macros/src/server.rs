//! The server's side: a trait to implement, and what makes a table of methods of it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Path, ReturnType};

use crate::attributes::{Errors, at, is_documented};
use crate::method::Method;
use crate::options::{Side, private};
use crate::parameter::{Kind, Parameter};
use crate::result::value;
use crate::service::Service;
use crate::types::describing_items;

/// What the trait has beside the methods.
pub(crate) const TAKEN: [&str; 2] = ["into_methods", "register_in"];

/// How many parameters a method can have.
const MOST: usize = 12;

/// How many arguments it can have, those included that are no parameters.
const MOST_ARGUMENTS: usize = 14;

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
        .filter_map(|method| errors.keep(registration(method, &server, &private(path))))
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
fn registration(method: &Method, server: &Ident, private: &TokenStream) -> syn::Result<TokenStream> {
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
    let (register, handler) = handler(method, &call, &quote!(#(#variables: #types),*), &service);
    let name = &name.text;
    let checks = checks(method, &types, private);
    let (more, items, aliases) = (more(method), items(method, private), aliases(method));
    Ok(quote! {
        #conditions
        let methods = {
            #checks
            let #service = ::std::sync::Arc::clone(self);
            let methods = methods.#register(#name, #handler) #more;
            #items
            methods #aliases
        };
    })
}

/// The function of `Methods` that registers it, and the handler that makes this call.
fn handler(
    method: &Method,
    call: &TokenStream,
    arguments: &TokenStream,
    service: &Ident,
) -> (Ident, TokenStream) {
    let span = at(&method.ident);
    let register = match (method.is_async, method.is_blocking) {
        (false, false) => "method",
        (false, true) => "blocking_method",
        (true, _) => "async_method",
    };
    let handler = match method.is_async {
        false => quote_spanned!(span=> move |#arguments| #call),
        true => quote_spanned! {span=>
            move |#arguments| {
                let #service = ::std::sync::Arc::clone(&#service);
                async move { #call.await }
            }
        },
    };
    (Ident::new(register, span), handler)
}

/// Code that holds the types to what methods need, and fails where they stand.
fn checks(method: &Method, types: &[TokenStream], private: &TokenStream) -> TokenStream {
    let arguments = method
        .parameters
        .iter()
        .zip(types)
        .map(|(parameter, ty)| quote_spanned!(at(&parameter.ty)=> #private::argument::<#ty>();));
    let result = match &method.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) if method.is_async => {
            Some(quote_spanned!(at(&ty)=> #private::async_result::<#ty>();))
        }
        ReturnType::Type(_, ty) => Some(quote_spanned!(at(&ty)=> #private::result::<#ty>();)),
    };
    quote!(#(#arguments)* #result)
}

/// A variable for each argument, other than those of the user's and of this code.
fn variables(method: &Method) -> Vec<Ident> {
    let places = 0..method.parameters.len();
    places
        .map(|place| Ident::new(&format!("argument{place}"), Span::mixed_site()))
        .collect()
}

/// What is said of a method in the table.
fn more(method: &Method) -> TokenStream {
    let name = &method.name.text;
    let names: Vec<_> = method.in_call().map(Parameter::name).collect();
    let names = (!names.is_empty()).then(|| quote!(.parameter_names(#name, [#(#names),*])));
    let help = method.help().map(|help| quote!(.help(#name, #help)));
    let hidden = method.is_hidden.then(|| quote!(.hidden(#name)));
    quote!(#names #help #hidden)
}

/// The statement that says what the items of arrays are, if there are arrays.
fn items(method: &Method, private: &TokenStream) -> Option<TokenStream> {
    let fixed = method
        .in_call()
        .filter(|parameter| !matches!(parameter.kind, Kind::Variadic(_)));
    let parameters: Vec<_> = fixed
        .map(|parameter| describing_items(&parameter.ty, private))
        .collect();
    let result = value(&method.output).and_then(|ty| describing_items(ty, private));
    if result.is_none() && parameters.iter().all(Option::is_none) {
        return None;
    }
    let or_none = |items: Option<TokenStream>| items.unwrap_or_else(|| quote!(::core::option::Option::None));
    let (parameters, result) = (parameters.into_iter().map(or_none), or_none(result));
    let name = &method.name.text;
    Some(quote! {
        let methods = #private::items(methods, #name, [#(#parameters),*], #result);
    })
}

fn aliases(method: &Method) -> TokenStream {
    let name = &method.name.text;
    let aliases = method.aliases.iter().map(|alias| {
        let alias = &alias.text;
        quote!(.alias(#alias, #name))
    });
    quote!(#(#aliases)*)
}

fn check(method: &Method) -> syn::Result<()> {
    if method.in_call().count() > MOST {
        let text = format!("a method has at most {MOST} parameters: put some of them into a struct");
        return Err(syn::Error::new(method.ident.span(), text));
    }
    if method.parameters.len() > MOST_ARGUMENTS {
        let text =
            format!("a method has at most {MOST_ARGUMENTS} arguments: put what they give into the service");
        return Err(syn::Error::new(method.ident.span(), text));
    }
    Ok(())
}
