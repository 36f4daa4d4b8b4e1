//! reqwest, with the features that `xmlrpc-client` has it built with: the least that a client on it can cost.

use hyper::body::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client as Http, Url};

use super::{Client, Result};
use crate::server::exchange::{Exchange, Protocol, XML, tiny_reply};

#[derive(Clone)]
pub(super) struct Reqwest {
    http: Http,
    url: Url,
    body: Bytes,
    reply: Bytes,
}

pub(super) fn client(url: &str) -> Result<Reqwest> {
    Ok(Reqwest {
        http: Http::new(),
        url: Url::parse(url)?,
        body: Exchange::tiny(Protocol::Fixed).body.into(),
        reply: tiny_reply().into(),
    })
}

impl Client for Reqwest {
    async fn call(&self) -> Result<bool> {
        let request = self.http.post(self.url.clone());
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static(XML));
        let response = request.body(self.body.clone()).send().await?;
        let is_ok = response.status().is_success();
        Ok(is_ok && response.bytes().await? == self.reply)
    }

    async fn batch(&self, _: usize) -> Result<bool> {
        Err("fixed bytes are no batch".into())
    }
}
