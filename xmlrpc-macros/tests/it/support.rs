//! What the tests share.

use std::future::{Future, IntoFuture};
use std::time::Duration;

use xmlrpc_client::ServerProxy;
use xmlrpc_client::transport::Memory;
use xmlrpc_server::Methods;

/// The longest wait for anything.
const LIMIT: Duration = Duration::from_secs(30);

/// A proxy for methods in this process.
pub(crate) fn proxy(methods: Methods) -> ServerProxy {
    ServerProxy::over(Memory::new(methods)).build().unwrap()
}

/// Waits for something, but not for ever.
pub(crate) async fn within<F: IntoFuture<IntoFuture: Future>>(future: F) -> F::Output {
    match tokio::time::timeout(LIMIT, future.into_future()).await {
        Ok(output) => output,
        Err(_) => panic!("nothing came within {LIMIT:?}"),
    }
}
