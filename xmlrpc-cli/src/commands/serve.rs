//! `xmlrpc serve`: a mock server, which answers from a recording.

use std::path::PathBuf;

use clap::ValueEnum;
use xmlrpc_client::record::{Order, Recording};
use xmlrpc_client::transport::Response;
use xmlrpc_client::{Call, Fault, MethodResponse, fault};

use crate::common::Common;
use crate::endpoint::{self, Answer, Posted, Reply};
use crate::failure::Result;
use crate::terminal;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The recording, as xmlrpc proxy makes it
    #[arg(long, value_name = "FILE")]
    record: PathBuf,
    /// Where to listen: HOST:PORT, or a port of the loopback interface; port 0 is any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7001", value_parser = endpoint::address)]
    listen: String,
    /// In which order calls may come: any, in which equal calls get the answers one after the other and then the last one again;
    /// once, each answer; or as they were recorded
    #[arg(long, value_enum, default_value_t = Orders::Any)]
    order: Orders,
}

#[derive(ValueEnum, Clone, Copy)]
enum Orders {
    Any,
    Once,
    Recorded,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result {
    let order = match args.order {
        Orders::Any => Order::Any,
        Orders::Once => Order::Once,
        Orders::Recorded => Order::AsRecorded,
    };
    let recording = Recording::load(&args.record)?.order(order);
    let what = format!("answering from {} exchanges", recording.len());
    let mock = Mock {
        recording,
        common: common.clone(),
    };
    let body_bytes = common.document_bytes();
    let serving = endpoint::serve(&args.listen, &what, body_bytes, mock, std::future::pending());
    Common::runtime()?.block_on(serving)
}

#[derive(Clone)]
struct Mock {
    recording: Recording,
    common: Common,
}

impl Answer for Mock {
    async fn answer(&self, posted: Posted) -> Reply {
        let charset = endpoint::charset(&posted.headers);
        let recorded = self.recording.answer(&posted.body, charset.as_deref());
        let response = recorded.unwrap_or_else(|error| {
            let fault = self.fault(&posted, charset.as_deref(), &format!("{error:#}"));
            terminal::note(&format!("xmlrpc: {fault}"));
            document(&fault)
        });
        endpoint::reply(response)
    }
}

impl Mock {
    /// The fault that says what did not match.
    fn fault(&self, posted: &Posted, charset: Option<&str>, why: &str) -> Fault {
        let decoder = self.common.decoder();
        let decoder = charset.map_or(decoder.clone(), |charset| decoder.charset(charset));
        match decoder.call(posted.body.to_vec()) {
            Err(error) => Fault::from(error),
            Ok(Call { method, .. }) => {
                let known = self.recording.methods().any(|name| name == method.as_str());
                let code = if known {
                    fault::code::INVALID_PARAMETERS
                } else {
                    fault::code::METHOD_NOT_FOUND
                };
                Fault::new(code, why)
            }
        }
    }
}

fn document(fault: &Fault) -> Response {
    let written = MethodResponse::<()>::Fault(fault.clone()).to_vec();
    // A text that XML cannot carry is left out.
    let plain =
        || MethodResponse::<()>::Fault(Fault::new(fault.code(), "no answer in the recording")).to_vec();
    let body = written.or_else(|_| plain()).unwrap_or_default();
    let content_type = (
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("text/xml; charset=utf-8"),
    );
    Response::new(body).headers(http::HeaderMap::from_iter([content_type]))
}
