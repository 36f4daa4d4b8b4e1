//! What stands in `#[rpc(…)]`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser as _;
use syn::{LitStr, Path, parse_quote, token};

use crate::attributes::string;
use crate::rename::Case;

/// A side of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

/// The options of a service.
pub(crate) struct Options {
    /// The crate of the server, if that side is to be made.
    pub(crate) server: Option<Path>,
    /// That of the client, likewise.
    pub(crate) client: Option<Path>,
    pub(crate) naming: Naming,
}

/// How methods are named that do not say so themselves.
pub(crate) struct Naming {
    namespace: String,
    separator: String,
    case: Option<Case>,
}

impl Naming {
    /// The name of a method that is called `name` in the trait.
    pub(crate) fn name(&self, name: &str) -> String {
        self.within(
            &self
                .case
                .map_or_else(|| name.to_owned(), |case| case.of_snake(name)),
        )
    }

    /// A name of its own, in the namespace.
    pub(crate) fn within(&self, name: &str) -> String {
        match self.namespace.as_str() {
            "" => name.to_owned(),
            namespace => format!("{namespace}{}{name}", self.separator),
        }
    }
}

/// A side that was asked for.
#[derive(Default)]
struct Wanted {
    is_wanted: bool,
    path: Option<Path>,
}

impl Wanted {
    /// Reads `server` or `server(crate = path)`.
    fn parse(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        self.is_wanted = true;
        if !meta.input.peek(token::Paren) {
            return Ok(());
        }
        meta.parse_nested_meta(|meta| match meta.path.is_ident("crate") {
            true => {
                self.path = Some(path(&meta)?);
                Ok(())
            }
            false => Err(meta.error("the one option here is `crate = path`")),
        })
    }
}

impl Options {
    /// Reads the options of an `rpc` from the crate of `origin`.
    pub(crate) fn parse(options: TokenStream, origin: Side) -> syn::Result<Self> {
        let (mut server, mut client) = (Wanted::default(), Wanted::default());
        let (mut own, mut namespace, mut separator, mut case) = (None, None, None, None);
        let parser = syn::meta::parser(|meta| {
            let name = meta.path.get_ident().map(ToString::to_string);
            match name.as_deref() {
                Some("server") => server.parse(&meta)?,
                Some("client") => client.parse(&meta)?,
                Some("crate") => own = Some(path(&meta)?),
                Some("namespace") => namespace = Some(part(&meta)?),
                Some("separator") => separator = Some(part(&meta)?),
                Some("rename_all") => case = Some(Case::parse(&string(&meta)?)?),
                _ => return Err(meta.error(UNKNOWN)),
            }
            Ok(())
        });
        parser.parse2(options)?;
        if let (Some(separator), None) = (&separator, &namespace) {
            return Err(syn::Error::new(
                separator.span(),
                "a `separator` stands behind a `namespace`",
            ));
        }
        let here = match origin {
            Side::Server => &mut server,
            Side::Client => &mut client,
        };
        here.path = here.path.take().or(own);
        if !server.is_wanted && !client.is_wanted {
            match origin {
                Side::Server => server.is_wanted = true,
                Side::Client => client.is_wanted = true,
            }
        }
        let text = |part: Option<LitStr>| part.map(|part| part.value());
        Ok(Self {
            server: (server.is_wanted).then(|| server.path.unwrap_or_else(|| parse_quote!(::xmlrpc_server))),
            client: (client.is_wanted).then(|| client.path.unwrap_or_else(|| parse_quote!(::xmlrpc_client))),
            naming: Naming {
                namespace: text(namespace).unwrap_or_default(),
                separator: text(separator).unwrap_or_else(|| ".".to_owned()),
                case,
            },
        })
    }

    /// What is said where neither side can be made, for what comes after.
    pub(crate) fn sides(&self) -> impl Iterator<Item = Side> {
        let server = self.server.as_ref().map(|_| Side::Server);
        let client = self.client.as_ref().map(|_| Side::Client);
        server.into_iter().chain(client)
    }
}

const UNKNOWN: &str = "no option of `rpc`: there are `server`, `client`, `namespace = \"…\"`, `separator = \"…\"`, \
     `rename_all = \"…\"` and `crate = path`";

/// The path of `crate = path`.
fn path(meta: &ParseNestedMeta<'_>) -> syn::Result<Path> {
    meta.value()?.call(Path::parse_mod_style)
}

/// A part of a name.
fn part(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let part = string(meta)?;
    check_name(&part.value(), part.span())?;
    Ok(part)
}

/// Whether documents can carry a name, or a part of one.
pub(crate) fn check_name(name: &str, span: Span) -> syn::Result<()> {
    let text = match name {
        "" => "a name has at least one character",
        name if name.contains(char::is_whitespace) => "a name has no white space",
        name if name.contains(char::is_control) => "a name has no control characters",
        name if name.contains(['\u{FFFE}', '\u{FFFF}']) => "a name has characters that XML can carry",
        _ => return Ok(()),
    };
    Err(syn::Error::new(span, text))
}

/// A path to something that the generated code needs of a crate.
pub(crate) fn private(path: &Path) -> TokenStream {
    quote!(#path::__private)
}
