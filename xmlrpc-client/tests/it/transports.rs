//! Transports other than HTTP, and what sits on top of any.

use std::time::Duration;

use http::StatusCode;
use tower_service::Service;
use xmlrpc_client::transport::{Request, Response, Transport, from_fn};
use xmlrpc_client::{Call, Error, Fault, MethodResponse, Params, ServerProxy, Signatures};

struct Fixed(&'static str);

impl Transport for Fixed {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        assert_eq!(request.headers["content-length"], request.body.len().to_string());
        assert_eq!(request.timeout, Some(Duration::from_secs(60)));
        assert!(!request.idempotent);
        Ok(Response::new(self.0))
    }
}

const TEN: &str =
    "<methodResponse><params><param><value><i4>10</i4></value></param></params></methodResponse>";

#[tokio::test]
async fn a_type_of_ones_own_is_a_transport() {
    let server = ServerProxy::over(Fixed(TEN)).build().unwrap();
    assert_eq!(server.call::<f64>("m", ()).await.unwrap(), 10.0);
}

#[tokio::test]
async fn the_proxy_keeps_the_timeout_of_any_transport() {
    let never = from_fn(|_| std::future::pending());
    let server = ServerProxy::over(never)
        .timeout(Duration::from_millis(10))
        .build()
        .unwrap();
    assert!(server.call::<i32>("m", ()).await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_proxy_is_a_service_of_calls() {
    let mut server = ServerProxy::over(Fixed(TEN)).build().unwrap();
    let call = || Call::new("m".try_into().unwrap(), Params::none());
    let result = Service::call(&mut server, call()).await.unwrap();
    assert_eq!(result.parse::<i32>().unwrap(), 10);

    let refusing = from_fn(|_| async { Ok(Response::new("gone").status(StatusCode::GONE)) });
    let mut server = ServerProxy::over(refusing).build().unwrap();
    assert_eq!(
        Service::call(&mut server, call()).await.unwrap_err().status(),
        Some(StatusCode::GONE)
    );

    let failing = from_fn(|_| async {
        let fault = MethodResponse::<()>::Fault(Fault::new(3, "no")).to_vec();
        fault.map(Response::new).map_err(Error::transport)
    });
    let mut server = ServerProxy::over(failing).build().unwrap();
    assert_eq!(
        Service::call(&mut server, call())
            .await
            .unwrap_err()
            .fault()
            .map(Fault::code),
        Some(3)
    );
}

#[tokio::test]
async fn a_signature_that_is_no_array_is_undefined() {
    let answer = |value: &str| {
        let document = format!("<methodResponse><params><param>{value}</param></params></methodResponse>");
        let transport = from_fn(move |_| std::future::ready(Ok(Response::new(document.clone()))));
        ServerProxy::over(transport).build().unwrap()
    };
    for undefined in [
        "<value>undef</value>",
        "<value></value>",
        "<value><int>0</int></value>",
        "<value><boolean>0</boolean></value>",
        "<value><nil/></value>",
        "<value><struct><member><name>a</name><value>b</value></member></struct></value>",
    ] {
        let signatures = answer(undefined).method_signature("m").await.unwrap();
        assert_eq!(signatures, Signatures::Undefined, "{undefined}");
    }
    let known = "<value><array><data><value><array><data><value>int</value><value>string</value></data></array></value>\
                 </data></array></value>";
    assert_eq!(
        answer(known).method_signature("m").await.unwrap().to_string(),
        "int(string)"
    );
}
