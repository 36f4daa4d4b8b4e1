//! `xmlrpc generate`: a client in Rust for the server that answers, or its documentation.
//!
//! What comes from the server is data and stays that: names become identifiers of letters, digits and underscores or literals in
//! quotes, help becomes comments line by line, in which nothing is markup and nothing an example to be compiled.

mod markdown;
mod names;
mod rust;
mod signatures;

use crate::common::Common;
use crate::failure::Result;
use crate::{introspection, terminal};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server, which must answer system.listMethods
    url: String,
    /// Documentation in Markdown in place of Rust
    #[arg(long)]
    markdown: bool,
    /// The name of the trait; the client has it with Client behind
    #[arg(long, value_name = "TRAIT", default_value = "Server", value_parser = names::of_trait)]
    name: String,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result {
    let server = common.server(&args.url)?;
    let mut methods = Common::runtime()?.block_on(introspection::methods(&server))?;
    methods.sort_by(|one, other| one.name.cmp(&other.name));
    methods.dedup_by(|one, other| one.name == other.name);
    let address = terminal::one_line(without_credentials(&args.url).as_str());
    let text = match args.markdown {
        true => markdown::document(&address, &methods),
        false => rust::module(&args.name, &address, &methods),
    };
    terminal::print(text.as_bytes())
}

/// A URL without user, password and query, any of which may hold a secret.
fn without_credentials(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_no_secrets() {
        for (url, shown) in [
            ("http://ada:s3cret@host:1/RPC2?token=s3cret", "http://host:1/RPC2"),
            ("http://a:b@c@host", "http://host"),
            ("http://host/a@b", "http://host/a@b"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }
}
