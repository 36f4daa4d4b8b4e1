//! `dxr_client`, which is reqwest with dxr's codec.

use std::sync::Arc;

use dxr::TryFromValue as _;
use dxr_client::{ClientBuilder, Url};

use super::{Client, Result};
use crate::server::exchange::{TINY, tiny};

#[derive(Clone)]
pub(super) struct Dxr(Arc<dxr_client::Client>);

pub(super) fn client(url: &str) -> Result<Dxr> {
    Ok(Dxr(Arc::new(ClientBuilder::new(Url::parse(url)?).build())))
}

impl Client for Dxr {
    async fn call(&self) -> Result<bool> {
        Ok(self.0.call(TINY, (17, "second draft", true)).await?)
    }

    async fn batch(&self, calls: usize) -> Result<bool> {
        let batch = (0..calls).map(|_| (TINY.to_owned(), tiny())).collect();
        let mut right = true;
        for result in self.0.multicall(batch).await? {
            right &= bool::try_from_value(&result?)?;
        }
        Ok(right)
    }
}
