//! `xmlrpc-client`, with the default of every option.

use std::num::NonZeroUsize;

use xmlrpc_client::ServerProxy;

use super::{Client, Result};
use crate::server::exchange::{TINY, tiny};

pub(super) fn client(url: &str) -> Result<ServerProxy> {
    Ok(ServerProxy::new(url)?)
}

impl Client for ServerProxy {
    async fn call(&self) -> Result<bool> {
        let (id, name, overwrite) = (17, "second draft", true);
        Ok(ServerProxy::call(self, TINY, (id, name, overwrite)).await?)
    }

    async fn batch(&self, calls: usize) -> Result<bool> {
        let mut batch = self
            .multicall()
            .chunk(NonZeroUsize::new(calls).ok_or("no calls")?);
        let handles: Result<Vec<_>, _> = (0..calls).map(|_| batch.add::<bool>(TINY, tiny())).collect();
        let mut results = batch.send().await?;
        let mut right = true;
        for handle in handles? {
            right &= results.take(handle)?;
        }
        Ok(right)
    }
}
