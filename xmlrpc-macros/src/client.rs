//! The client's side: a struct with a function for each method.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Path, ReturnType};

use crate::attributes::{Errors, at, is_documented};
use crate::method::Method;
use crate::options::{Side, private};
use crate::parameter::{Kind, Parameter};
use crate::service::Service;

/// What the client has beside the methods.
pub(crate) const TAKEN: [&str; 2] = ["new", "proxy"];

/// serde's traits go as far as tuples of so many.
const TUPLE: usize = 16;

/// The struct and its functions. `path` is that of the crate `xmlrpc_client`.
pub(crate) fn side(service: &Service, path: &Path) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let calls = service.methods.iter();
    let calls: Vec<_> = calls
        .filter_map(|method| errors.keep(Call::new(service, method, path)))
        .collect();
    errors.into_result()?;
    let client = service.side(Side::Client);
    let (conditions, allowed, private) = (service.conditions(), allowed(), private(path));
    let declaration = declaration(service, path);
    let functions = calls.iter().map(Call::function);
    let blocking = calls.iter().map(Call::blocking);
    let checks = calls.iter().map(Call::checks);
    Ok(quote! {
        #declaration

        #conditions
        #allowed
        impl #client<#path::ServerProxy> {
            #(#functions)*
        }

        #private::blocking! {
            #conditions
            #allowed
            impl #client<#path::blocking::ServerProxy> {
                #(#blocking)*
            }
        }

        #conditions
        const _: fn() = || { #(#checks)* };
    })
}

/// What users need not hear of code that they did not write.
fn allowed() -> TokenStream {
    quote! {
        #[allow(
            dead_code,
            clippy::missing_errors_doc,
            clippy::should_implement_trait,
            clippy::too_many_arguments,
            clippy::wrong_self_convention
        )]
    }
}

/// The struct, and what it has beside the methods.
fn declaration(service: &Service, path: &Path) -> TokenStream {
    let client = service.side(Side::Client);
    let Service {
        attributes,
        visibility,
        ..
    } = service;
    let summary = (!is_documented(attributes)).then(|| {
        let text = format!("Calls the methods of `{}`.", service.ident);
        quote!(#[doc = #text])
    });
    let (conditions, allowed) = (service.conditions(), allowed());
    quote! {
        #(#attributes)*
        #summary
        #[doc = ""]
        #[doc = "It is made of a `ServerProxy`, or of one without `await`, and as cheap to clone."]
        #[allow(dead_code)]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #client<P = #path::ServerProxy> {
            proxy: P,
        }

        #conditions
        #allowed
        impl<P> #client<P> {
            /// A client that makes its calls by this proxy.
            #[must_use]
            #visibility fn new(proxy: P) -> Self {
                #client { proxy }
            }

            /// The proxy.
            #[must_use]
            #visibility fn proxy(&self) -> &P {
                &self.proxy
            }
        }
    }
}

/// A method as it is called.
struct Call<'s> {
    service: &'s Service,
    method: &'s Method,
    path: &'s Path,
    private: TokenStream,
    /// What comes when all goes well.
    received: TokenStream,
}

impl<'s> Call<'s> {
    fn new(service: &'s Service, method: &'s Method, path: &'s Path) -> syn::Result<Self> {
        Ok(Self {
            service,
            method,
            path,
            private: private(path),
            received: method.received()?,
        })
    }

    /// The function that prepares a call.
    fn function(&self) -> TokenStream {
        let (path, received, params) = (self.path, &self.received, self.params());
        let name = &self.method.name.text;
        let idempotent = self.idempotent();
        self.declared(
            &quote!(#path::PendingCall<#received>),
            &quote_spanned!(at(&self.method.ident)=> self.proxy.call(#name, #params) #idempotent),
        )
    }

    /// The function that makes a call, and waits for its result.
    fn blocking(&self) -> TokenStream {
        let (path, received, params) = (self.path, &self.received, self.params());
        let name = &self.method.name.text;
        let idempotent = self.idempotent();
        self.declared(
            &quote!(#path::Result<#received>),
            &quote_spanned!(at(&self.method.ident)=> self.proxy.prepare(#name, #params) #idempotent .wait()),
        )
    }

    fn idempotent(&self) -> Option<TokenStream> {
        self.method.is_idempotent.then(|| quote!(.idempotent()))
    }

    /// A function of the method's arguments.
    fn declared(&self, output: &TokenStream, body: &TokenStream) -> TokenStream {
        let Method {
            ident, attributes, ..
        } = self.method;
        let visibility = &self.service.visibility;
        let text = format!("Calls `{}`.", self.method.name.text);
        let apart = is_documented(attributes).then(|| quote!(#[doc = ""]));
        let arguments = self.method.in_call().map(argument);
        quote! {
            #(#attributes)*
            #apart
            #[doc = #text]
            #visibility fn #ident(&self, #(#arguments),*) -> #output {
                #body
            }
        }
    }

    /// The list of parameters: a tuple, unless some of them may be left out, or there is no end of them.
    fn params(&self) -> TokenStream {
        let parameters: Vec<_> = self.method.in_call().collect();
        let is_plain = |parameter: &&Parameter| matches!(parameter.kind, Kind::Plain);
        let names = parameters.iter().map(|parameter| &parameter.ident);
        let span = at(&self.method.ident);
        match parameters.len() {
            0 => return quote!(()),
            1..=TUPLE if parameters.iter().all(is_plain) => return quote_spanned!(span=> (#(#names,)*)),
            _ => {}
        }
        let added = parameters.iter().map(|Parameter { ident, kind, .. }| match kind {
            Kind::Optional => quote!(.and_optional(#ident)),
            Kind::Variadic(of) => quote!(.and_all::<#of>(#ident)),
            Kind::Plain | Kind::Context => quote!(.and(#ident)),
        });
        let private = &self.private;
        quote_spanned!(span=> #private::Arguments::none() #(#added)*)
    }

    /// Code that holds the types to what the call needs, and fails where they stand.
    fn checks(&self) -> TokenStream {
        let (private, received) = (&self.private, &self.received);
        let span = match &self.method.output {
            ReturnType::Default => at(&self.method.ident),
            ReturnType::Type(_, ty) => at(ty),
        };
        let result = quote_spanned!(span=> #private::result::<#received>(););
        let parameters = self.method.in_call().map(|parameter| {
            let ty = match &parameter.kind {
                Kind::Variadic(of) => of,
                _ => &parameter.ty,
            };
            quote_spanned!(at(&ty)=> #private::parameter::<#ty>();)
        });
        let conditions = self.method.conditions();
        quote!(#conditions { #result #(#parameters)* })
    }
}

fn argument(parameter: &Parameter) -> TokenStream {
    let Parameter { ident, ty, kind, .. } = parameter;
    match kind {
        Kind::Variadic(of) => {
            quote!(#ident: impl ::core::iter::IntoIterator<Item: ::core::convert::Into<#of>>)
        }
        _ => quote!(#ident: #ty),
    }
}
