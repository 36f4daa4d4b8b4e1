//! `xmlrpc call`: one call, its result as JSON.

use xmlrpc_client::Value;

use crate::argument;
use crate::common::Common;
use crate::failure::{Failure, Result};
use crate::terminal;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server: http, https, http+unix, scgi or scgi+unix
    url: String,
    /// The method's name
    method: String,
    /// Parameters: what parses as JSON is that, anything else a string. @FILE sends the bytes of a file as base64, @- those of
    /// standard input; '"@x"' is the string @x
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    params: Vec<String>,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result {
    if args.params.iter().filter(|text| *text == "@-").count() > 1 {
        return Err(Failure::usage(
            "@- twice: standard input can be read once; the text is '\"@-\"'",
        ));
    }
    let types = common.types();
    let params: Result<Vec<Value>> = args
        .params
        .iter()
        .map(|text| argument::to_value(text, types))
        .collect();
    let server = common.server(&args.url)?;
    let call = server.call::<Value>(&args.method, params?);
    let result = Common::runtime()?.block_on(async { call.await })?;
    terminal::print_json(&types.to_json(&result))
}
