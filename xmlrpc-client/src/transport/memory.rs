//! Calls straight into a service in the same process.

use std::fmt;

use ::http::header::{self, HeaderMap};
use xmlrpc_server::{CallContext, Methods};

use crate::error::Result;
use crate::transport::{Request, Response, Transport};

/// The transport into a service's [`Methods`], without a socket: each call goes through encoder, dispatcher and decoder as over HTTP,
/// so that what works here works there.
///
/// # Examples
///
/// A service in-process:
///
/// ```
/// use xmlrpc_client::transport::Memory;
/// use xmlrpc_client::{ServerProxy, proxy};
/// use xmlrpc_server::Methods;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let methods = Methods::new()
///     .method("add", |a: i32, b: i32| a + b)
///     .method("greet", |name: String| format!("hello {name}"));
/// let server = ServerProxy::over(Memory::new(methods)).build()?;
///
/// assert_eq!(server.call::<i32>("add", (1, 2)).await?, 3);
/// assert_eq!(proxy!(server.greet("Ada")).await?, "hello Ada");
///
/// let fault = server.call::<i32>("subtract", (1, 2)).await.unwrap_err().into_fault()?;
/// assert_eq!(fault.code(), -32601);
/// # Ok(())
/// # }
/// ```
pub struct Memory(Methods);

impl Memory {
    /// A transport into a service.
    pub fn new(methods: Methods) -> Self {
        Self(methods)
    }
}

impl Transport for Memory {
    async fn send(&self, request: Request) -> Result<Response> {
        let context = CallContext::new().with_headers(request.headers);
        let reply = self.0.dispatch(request.body, context).await;
        let content_type = reply.content_type().parse();
        let headers = content_type.map(|value| (header::CONTENT_TYPE, value));
        Ok(Response::new(reply.into_body()).headers(HeaderMap::from_iter(headers.ok())))
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}
