//! A method of the trait.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Block, LitStr, Receiver, ReceiverKind, ReturnType, Safety, Signature, TraitItemFn};

use crate::attributes::{Errors, conditions, documentation, string, strings, take};
use crate::options::{Naming, check_name};
use crate::parameter::{Kind, Parameter, settle_optional};
use crate::result::{check_result, received};

/// A method.
pub(crate) struct Method {
    pub(crate) ident: Ident,
    /// Those of the user's that stand on both sides.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) is_async: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: ReturnType,
    pub(crate) body: Option<Block>,
    /// The name by which it is called.
    pub(crate) name: Name,
    pub(crate) aliases: Vec<Name>,
    pub(crate) is_idempotent: bool,
    pub(crate) is_blocking: bool,
    pub(crate) is_hidden: bool,
}

/// A name, and where it comes from.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// What stands in `#[method(…)]`.
#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    aliases: Vec<LitStr>,
    is_idempotent: bool,
    blocking: Option<Span>,
    is_hidden: bool,
}

impl Method {
    pub(crate) fn parse(function: &TraitItemFn, naming: &Naming) -> syn::Result<Self> {
        let mut errors = Errors::default();
        errors.keep(check_signature(&function.sig));
        let mut attributes = function.attrs.clone();
        let options = errors.keep(Options::parse(&take(&mut attributes, "method")));
        let options = options.unwrap_or_default();
        let ident = &function.sig.ident;
        if let (Some(span), Some(_)) = (options.blocking, function.sig.asyncness) {
            errors.say(
                span,
                "an `async fn` does not block: write `fn`, or leave out `blocking`",
            );
        }
        let arguments = function.sig.inputs.iter().skip(1);
        let mut parameters: Vec<_> = arguments
            .filter_map(|argument| errors.keep(Parameter::parse(argument)))
            .collect();
        settle_optional(&mut parameters);
        errors.keep(check_variadic(&parameters));
        errors.into_result()?;
        let name = match &options.name {
            Some(name) => Name {
                text: naming.within(&name.value()),
                span: name.span(),
            },
            None => Name {
                text: naming.name(&ident.unraw().to_string()),
                span: ident.span(),
            },
        };
        let alias = |alias: &LitStr| Name {
            text: alias.value(),
            span: alias.span(),
        };
        Ok(Self {
            ident: ident.clone(),
            attributes,
            is_async: function.sig.asyncness.is_some(),
            parameters,
            output: function.sig.output.clone(),
            body: function.default.clone(),
            name,
            aliases: options.aliases.iter().map(alias).collect(),
            is_idempotent: options.is_idempotent,
            is_blocking: options.blocking.is_some(),
            is_hidden: options.is_hidden,
        })
    }

    /// The parameters of the call.
    pub(crate) fn in_call(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.is_in_call())
    }

    /// The type that the client gets when all goes well.
    pub(crate) fn received(&self) -> syn::Result<TokenStream> {
        received(&self.output)
    }

    pub(crate) fn help(&self) -> Option<TokenStream> {
        documentation(&self.attributes)
    }

    /// The conditions under which it is there.
    pub(crate) fn conditions(&self) -> TokenStream {
        let conditions = conditions(&self.attributes);
        quote!(#(#conditions)*)
    }

    pub(crate) fn is_conditional(&self) -> bool {
        !conditions(&self.attributes).is_empty()
    }

    /// All names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Name> {
        std::iter::once(&self.name).chain(&self.aliases)
    }
}

impl Options {
    fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut options = Self::default();
        for attribute in attributes {
            attribute.parse_nested_meta(|meta| {
                let word = meta.path.get_ident().map(ToString::to_string);
                match word.as_deref() {
                    Some("name") => options.name = Some(checked(string(&meta)?)?),
                    Some("aliases") => {
                        for alias in strings(&meta)? {
                            options.aliases.push(checked(alias)?);
                        }
                    }
                    Some("idempotent") => options.is_idempotent = true,
                    Some("blocking") => options.blocking = Some(meta.path.span()),
                    Some("hidden") => options.is_hidden = true,
                    _ => return Err(meta.error(UNKNOWN)),
                }
                Ok(())
            })?;
        }
        Ok(options)
    }
}

const UNKNOWN: &str = "no option of `method`: there are `name = \"…\"`, `aliases(\"…\", …)`, `idempotent`, `blocking` and `hidden`";

fn checked(name: LitStr) -> syn::Result<LitStr> {
    check_name(&name.value(), name.span()).map(|()| name)
}

/// Refuses functions that cannot be methods.
fn check_signature(signature: &Signature) -> syn::Result<()> {
    let wrong = |what: &dyn ToTokens, text: &str| Err(syn::Error::new_spanned(what, text));
    if let Some(token) = &signature.constness {
        return wrong(token, "a method is no `const fn`");
    }
    if let Safety::Safe(_) | Safety::Unsafe(_) = &signature.safety {
        let text = "a method is called by strangers, and cannot be `unsafe`";
        return wrong(&signature.fn_token, text);
    }
    if let Some(abi) = &signature.abi {
        return wrong(abi, "a method is a function of Rust: leave out `extern`");
    }
    if !signature.generics.params.is_empty() {
        let text =
            "a method has no generics, since what travels is of one type: write the types that are meant";
        return wrong(&signature.generics, text);
    }
    if let Some(clause) = &signature.generics.where_clause {
        return wrong(clause, "a method has no `where` clause, since it has no generics");
    }
    if let Some(variadic) = &signature.variadic {
        return wrong(variadic, "any number of parameters is `Variadic<T>`");
    }
    match signature.receiver() {
        Some(receiver) if is_shared(receiver) => check_result(&signature.output),
        Some(receiver) => wrong(
            receiver,
            "a method takes `&self`, since calls come at the same time: what changes stands behind a lock",
        ),
        None => wrong(&signature.ident, "a method takes `&self` as its first argument"),
    }
}

fn is_shared(receiver: &Receiver) -> bool {
    matches!(receiver.kind, ReceiverKind::Reference(_, None, None)) && receiver.attrs.is_empty()
}

fn check_variadic(parameters: &[Parameter]) -> syn::Result<()> {
    let mut in_call = parameters.iter().filter(|parameter| parameter.is_in_call());
    let variadic = in_call.find(|parameter| matches!(parameter.kind, Kind::Variadic(_)));
    match (variadic, in_call.next()) {
        (Some(_), Some(behind)) => Err(syn::Error::new_spanned(
            &behind.ty,
            "no parameter can follow a `Variadic`, which takes all that are left",
        )),
        _ => Ok(()),
    }
}
