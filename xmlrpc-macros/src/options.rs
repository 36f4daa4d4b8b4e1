//! What stands in `#[rpc(…)]`.

use std::mem::take;

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
        match self.case {
            Some(case) => self.within(&case.of_snake(name)),
            None => self.within(name),
        }
    }

    /// A name of its own, in the namespace.
    pub(crate) fn within(&self, name: &str) -> String {
        match self.namespace.as_str() {
            "" => name.to_owned(),
            namespace => format!("{namespace}{}{name}", self.separator),
        }
    }
}

/// What was read of a side.
#[derive(Default)]
struct Wanted {
    is_wanted: bool,
    path: Option<Path>,
}

impl Wanted {
    /// Reads `server` or `server(crate = path)`.
    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
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

    /// Where the crate is, if the side is to be made.
    fn into_path(self, otherwise: Path) -> Option<Path> {
        self.is_wanted.then(|| self.path.unwrap_or(otherwise))
    }
}

/// What was read of all options.
#[derive(Default)]
struct Read {
    server: Wanted,
    client: Wanted,
    /// `crate`.
    own: Option<Path>,
    namespace: Option<LitStr>,
    separator: Option<LitStr>,
    case: Option<Case>,
}

impl Read {
    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.get_ident().map(ToString::to_string);
        match name.as_deref() {
            Some("server") => self.server.read(meta)?,
            Some("client") => self.client.read(meta)?,
            Some("crate") => self.own = Some(path(meta)?),
            Some("namespace") => self.namespace = Some(part(meta)?),
            Some("separator") => self.separator = Some(part(meta)?),
            Some("rename_all") => self.case = Some(Case::parse(&string(meta)?)?),
            _ => return Err(meta.error(UNKNOWN)),
        }
        Ok(())
    }

    fn into_naming(self) -> syn::Result<Naming> {
        if let (Some(separator), None) = (&self.separator, &self.namespace) {
            let text = "a `separator` stands behind a `namespace`";
            return Err(syn::Error::new(separator.span(), text));
        }
        let text = |part: Option<LitStr>| part.map(|part| part.value());
        Ok(Naming {
            namespace: text(self.namespace).unwrap_or_default(),
            separator: text(self.separator).unwrap_or_else(|| ".".to_owned()),
            case: self.case,
        })
    }
}

impl Options {
    /// Reads the options of an `rpc` from the crate of `origin`.
    pub(crate) fn parse(options: TokenStream, origin: Side) -> syn::Result<Self> {
        let mut read = Read::default();
        syn::meta::parser(|meta| read.read(&meta)).parse2(options)?;
        let is_silent = !read.server.is_wanted && !read.client.is_wanted;
        let here = match origin {
            Side::Server => &mut read.server,
            Side::Client => &mut read.client,
        };
        here.is_wanted |= is_silent;
        here.path = here.path.take().or(read.own.take());
        let (server, client) = (take(&mut read.server), take(&mut read.client));
        Ok(Self {
            server: server.into_path(parse_quote!(::xmlrpc_server)),
            client: client.into_path(parse_quote!(::xmlrpc_client)),
            naming: read.into_naming()?,
        })
    }

    /// The sides to make.
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

/// The path to what generated code needs of a crate beside its public interface.
pub(crate) fn private(path: &Path) -> TokenStream {
    quote!(#path::__private)
}
