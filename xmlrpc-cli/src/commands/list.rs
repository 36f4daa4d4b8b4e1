//! `xmlrpc list`: the methods of a server, by name or as a table.

use crate::common::Common;
use crate::failure::Result;
use crate::{introspection, table, terminal};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server
    url: String,
    /// A table of methods, signatures and help
    #[arg(long, short)]
    long: bool,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result {
    let server = common.server(&args.url)?;
    let runtime = Common::runtime()?;
    if args.long {
        let methods = runtime.block_on(introspection::methods(&server))?;
        return terminal::print(table::of_methods(&methods).as_bytes());
    }
    let call = server.list_methods();
    let names = runtime.block_on(async { call.await })?;
    let lines = names.iter().map(|name| terminal::one_line(name) + "\n");
    terminal::print(lines.collect::<String>().as_bytes())
}
