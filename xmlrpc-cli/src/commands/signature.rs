//! `xmlrpc signature`: how a method can be called.

use xmlrpc_client::Signatures;

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
    let call = common.server(&args.url)?.method_signature(&args.method);
    let signatures = Common::runtime()?.block_on(async { call.await })?;
    let Signatures::Known(signatures) = signatures else {
        return terminal::print(b"undefined\n");
    };
    let lines = signatures
        .iter()
        .map(|signature| terminal::one_line(&signature.to_string()) + "\n");
    terminal::print(lines.collect::<String>().as_bytes())
}
