//! `xmlrpc help`: what a method does.

use crate::common::Common;
use crate::failure::Result;
use crate::terminal;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server
    url: String,
    /// The method's name
    method: String,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result {
    let call = common.server(&args.url)?.method_help(&args.method);
    let help = Common::runtime()?.block_on(async { call.await })?;
    if help.trim().is_empty() {
        terminal::note("the server has no help for this method");
        return Ok(());
    }
    terminal::print(format!("{}\n", terminal::printable(help.trim_end())).as_bytes())
}
