//! XML-RPC without a socket: a document in memory, and an HTTP request in memory.
//!
//! ```sh
//! cargo run -p xmlrpc-server --example in_process
//! ```
//!
//! The first is for transports of one's own, such as a message queue, and for tests. The second is for whatever has HTTP requests
//! already, such as a framework or a gateway. `xmlrpc_client::transport::Memory` makes a client's calls end there.

use std::error::Error;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tower_service::Service as _;
use xmlrpc_server::{CallContext, HttpService, MethodCall, MethodResponse, Methods};

pub(crate) fn methods() -> Methods {
    Methods::new()
        .method("greet", |name: String| format!("Hello, {name}!"))
        .method("shout", |context: CallContext, text: String| {
            let loud = context.headers().contains_key("x-loud");
            if loud { text.to_uppercase() } else { text }
        })
}

/// A document in, a document out.
pub(crate) async fn dispatched(methods: &Methods) -> Result<String, Box<dyn Error>> {
    let document = MethodCall::new("greet", ("Ada",))?.to_vec()?;
    let reply = methods.dispatch(document, CallContext::new()).await;
    Ok(MethodResponse::from_slice(reply.body())?.into_result()?)
}

/// A request in, a response out; any type of body will do.
pub(crate) async fn requested(service: &HttpService) -> Result<String, Box<dyn Error>> {
    let document = MethodCall::new("shout", ("hello",))?.to_vec()?;
    let request = Request::post("/RPC2")
        .header("X-Loud", "yes")
        .body(Full::new(Bytes::from(document)))?;
    let response = service.clone().call(request).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("status {}", response.status()).into());
    }
    let document = response.into_body().collect().await?.to_bytes();
    Ok(MethodResponse::from_slice(&document)?.into_result()?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", dispatched(&methods()).await?);
    println!("{}", requested(&HttpService::new(methods())).await?);
    Ok(())
}
