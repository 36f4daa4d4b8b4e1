//! `#[derive(Describe)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Fields, FieldsNamed, FieldsUnnamed, GenericParam, Path, Type,
    parse_quote,
};

use crate::attributes::{Errors, at, documentation};
use crate::options::private;
use crate::serde;
use crate::types::describing_items;

/// What stands in `#[describe(…)]`.
#[derive(Default)]
struct Options {
    /// The type that it travels as.
    travels_as: Option<Type>,
    path: Option<Path>,
}

impl Options {
    fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut options = Self::default();
        for attribute in attributes {
            if !attribute.path().is_ident("describe") {
                continue;
            }
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("as") {
                    options.travels_as = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("crate") {
                    options.path = Some(meta.value()?.call(Path::parse_mod_style)?);
                } else {
                    return Err(
                        meta.error("no option of `describe`: there are `as = Type` and `crate = path`")
                    );
                }
                Ok(())
            })?;
        }
        Ok(options)
    }
}

/// The implementation of `Describe`.
pub(crate) fn expand(item: TokenStream) -> syn::Result<TokenStream> {
    let mut input: DeriveInput = syn::parse2(item)?;
    let options = Options::parse(&input.attrs)?;
    let path = options
        .path
        .clone()
        .unwrap_or_else(|| parse_quote!(::xmlrpc_server));
    let deriving = Deriving {
        container: serde::Container::parse(&input.attrs)?,
        private: private(&path),
        path: path.clone(),
    };
    let described = deriving.described(&input, options)?;
    bound(&mut input, &path);
    let ident = &input.ident;
    let (generics, arguments, clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics #path::Describe for #ident #arguments #clause {
            #described
        }
    })
}

/// Demands of all generic types that they are described.
fn bound(input: &mut DeriveInput, path: &Path) {
    let types = input
        .generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(parameter.ident.clone()),
            _ => None,
        });
    let types: Vec<Ident> = types.collect();
    let clause = input.generics.make_where_clause();
    for ty in types {
        clause.predicates.push(parse_quote!(#ty: #path::Describe));
    }
}

/// What the fields of a type are read with.
struct Deriving {
    container: serde::Container,
    path: Path,
    private: TokenStream,
}

impl Deriving {
    /// What stands in the implementation.
    fn described(&self, input: &DeriveInput, options: Options) -> syn::Result<TokenStream> {
        if let Some(ty) = options.travels_as {
            return Ok(self.same_as(&ty));
        }
        match (&self.container.into, &self.container.from) {
            (Some(ty), None) | (None, Some(ty)) => {
                return Err(syn::Error::new_spanned(
                    ty,
                    "it travels as one type and comes as another: say which one it is, by `#[describe(as = Type)]`",
                ));
            }
            (Some(ty), Some(_)) => return Ok(self.same_as(ty)),
            (None, None) => {}
        }
        match &input.data {
            Data::Struct(data) => self.of_struct(&data.fields, &input.ident),
            Data::Enum(data) => Ok(self.of_enum(data)),
            Data::Union(data) => Err(syn::Error::new(
                data.union_token.span,
                "a `union` is nothing that serde knows: `Describe` is for structs and enums",
            )),
        }
    }

    /// As another type is, which may be left out where that may.
    fn same_as(&self, ty: &Type) -> TokenStream {
        let (path, alike) = (&self.path, self.around(ty));
        quote_spanned! {at(ty)=>
            const OPTIONAL: ::core::primitive::bool = <#ty as #path::Describe>::OPTIONAL;
            #alike
        }
    }

    /// As the one type is that it holds. serde makes none of nothing, even if that is an `Option`.
    fn around(&self, ty: &Type) -> TokenStream {
        let path = &self.path;
        quote_spanned! {at(ty)=>
            const TYPE: #path::Type = <#ty as #path::Describe>::TYPE;

            fn description() -> #path::Description {
                <#ty as #path::Describe>::description()
            }
        }
    }

    /// Of one type of XML-RPC's, and nothing else.
    fn just(&self, kind: &str) -> TokenStream {
        let (path, kind) = (&self.path, Ident::new(kind, proc_macro2::Span::call_site()));
        quote!(const TYPE: #path::Type = #path::Type::#kind;)
    }

    fn of_struct(&self, fields: &Fields, ident: &Ident) -> syn::Result<TokenStream> {
        match fields {
            Fields::Named(fields) if self.container.is_transparent => {
                let mut errors = Errors::default();
                let read = fields.named.iter().filter_map(|field| {
                    let attributes = errors.keep(serde::Field::parse(&field.attrs))?;
                    (!attributes.is_skipped).then_some(&field.ty)
                });
                let ty = read.collect::<Vec<_>>();
                errors.into_result()?;
                match ty[..] {
                    [ty] => Ok(self.same_as(ty)),
                    _ => Err(syn::Error::new(
                        ident.span(),
                        "what is `transparent` has one field",
                    )),
                }
            }
            Fields::Named(fields) => self.of_members(fields),
            Fields::Unnamed(fields) => self.of_tuple(fields),
            Fields::Unit => Ok(self.just("Nil")),
        }
    }

    fn of_members(&self, fields: &FieldsNamed) -> syn::Result<TokenStream> {
        let mut errors = Errors::default();
        let members: Vec<_> = fields
            .named
            .iter()
            .filter_map(|field| errors.keep(self.member(field)))
            .collect();
        errors.into_result()?;
        let (path, kind) = (&self.path, self.just("Struct"));
        Ok(quote! {
            #kind

            fn description() -> #path::Description {
                #path::Description::new(#path::Type::Struct) #(#members)*
            }
        })
    }

    /// What adds a member to the description.
    fn member(&self, field: &syn::Field) -> syn::Result<TokenStream> {
        let attributes = serde::Field::parse(&field.attrs)?;
        let Some(ident) = field.ident.as_ref().filter(|_| !attributes.is_skipped) else {
            return Ok(TokenStream::new());
        };
        let (path, ty) = (&self.path, self.described_type(field, &attributes)?);
        if attributes.is_flattened {
            return Ok(quote_spanned!(at(&ty)=> .flatten::<#ty>()));
        }
        let name = attributes.name.unwrap_or_else(|| {
            let name = ident.unraw().to_string();
            self.container
                .case
                .map_or(name.clone(), |case| case.of_snake(&name))
        });
        let optional = (attributes.is_optional || self.container.is_default).then(|| quote!(.optional()));
        let help = documentation(&field.attrs).map(|help| quote!(.help(#help)));
        let items = describing_items(&ty, &self.private).map(|items| quote!(.items(#items)));
        let member = quote_spanned!(at(&ty)=> #path::Member::of::<#ty>(#name));
        Ok(quote!(.member(#member #optional #help #items)))
    }

    fn of_tuple(&self, fields: &FieldsUnnamed) -> syn::Result<TokenStream> {
        match fields.unnamed.first() {
            Some(only) if fields.unnamed.len() == 1 => {
                let attributes = serde::Field::parse(&only.attrs)?;
                let ty = self.described_type(only, &attributes)?;
                Ok(match self.container.is_transparent {
                    true => self.same_as(&ty),
                    false => self.around(&ty),
                })
            }
            _ => Ok(self.just("Array")),
        }
    }

    /// The type that describes a field.
    fn described_type(&self, field: &syn::Field, attributes: &serde::Field) -> syn::Result<Type> {
        let (path, ty) = (&self.path, &field.ty);
        Ok(match Options::parse(&field.attrs)?.travels_as {
            Some(other) => other,
            None if attributes.is_converted => parse_quote!(#path::Undescribed<#ty>),
            None => ty.clone(),
        })
    }

    /// A string if no variant has anything in it, a struct if all have or the variant is a member, or else anything.
    fn of_enum(&self, data: &DataEnum) -> TokenStream {
        let mut empty = data
            .variants
            .iter()
            .map(|variant| matches!(variant.fields, Fields::Unit));
        self.just(match &self.container {
            container if container.is_untagged => "Undefined",
            container if container.is_tagged => "Struct",
            _ if empty.clone().all(|is_empty| is_empty) => "String",
            _ if empty.any(|is_empty| is_empty) => "Undefined",
            _ => "Struct",
        })
    }
}
