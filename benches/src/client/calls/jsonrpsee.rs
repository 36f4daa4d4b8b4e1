//! jsonrpsee's client by HTTP, on hyper-util.

use jsonrpsee_core::client::ClientT as _;
use jsonrpsee_core::params::{ArrayParams, BatchRequestBuilder};
use jsonrpsee_http_client::{HttpClient, HttpClientBuilder};

use super::{Client, Result};
use crate::server::exchange::TINY;

pub(super) fn client(url: &str) -> Result<HttpClient> {
    Ok(HttpClientBuilder::new().build(url)?)
}

impl Client for HttpClient {
    async fn call(&self) -> Result<bool> {
        Ok(self.request(TINY, params()?).await?)
    }

    async fn batch(&self, calls: usize) -> Result<bool> {
        let mut batch = BatchRequestBuilder::new();
        for _ in 0..calls {
            batch.insert(TINY, params()?)?;
        }
        let mut right = true;
        for result in self.batch_request::<bool>(batch).await? {
            right &= result.map_err(|error| error.message().to_owned())?;
        }
        Ok(right)
    }
}

fn params() -> Result<ArrayParams> {
    let mut params = ArrayParams::new();
    params.insert(17)?;
    params.insert("second draft")?;
    params.insert(true)?;
    Ok(params)
}
