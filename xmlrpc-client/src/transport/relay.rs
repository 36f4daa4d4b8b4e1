//! A proxy as a transport: documents that others wrote go its way as they are.

use crate::error::Result;
use crate::proxy::ServerProxy;
use crate::transport::{Request, Response, Transport};

/// Sends a document as it is, for relays: by the proxy's connections and with its headers, timeout, retries, limit and tap. What the
/// request says itself goes before: its headers, a time, a lower limit. Without a `Content-Type` of its own it is `text/xml`, in the
/// encoding that the document names. Layers, dialect and reading are for calls, and not asked.
///
/// # Examples
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use xmlrpc_client::transport::{Request, Response, Transport, from_fn};
/// use xmlrpc_client::{MethodCall, MethodResponse, ServerProxy};
///
/// let server = from_fn(|request| async move { Ok(Response::new(request.body)) });
/// let server = ServerProxy::over(server).header("X-Relayed", "1").build()?;
///
/// let call = MethodCall::new("add", (1, 2))?.to_vec()?;
/// let answer = server.send(Request::new("add".try_into()?, call.clone())).await?;
/// assert_eq!(answer.body, call);
/// # Ok(())
/// # }
/// ```
impl Transport for ServerProxy {
    async fn send(&self, request: Request) -> Result<Response> {
        self.0.relay(request).await
    }
}
