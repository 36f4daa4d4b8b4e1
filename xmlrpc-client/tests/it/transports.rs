//! Transports other than HTTP, and what sits on top of any.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tower_service::Service;
use xmlrpc_client::transport::{Request, Response, Transport, from_fn};
use xmlrpc_client::{Call, Error, Fault, Limits, MethodResponse, Params, ServerProxy, Signatures};

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

#[cfg(feature = "memory")]
mod memory {
    use xmlrpc_client::transport::Memory;
    use xmlrpc_client::{Fault, ServerProxy, Value, proxy};
    use xmlrpc_server::{CallContext, Methods};

    fn server() -> ServerProxy {
        let methods = Methods::new()
            .method("add", |a: i32, b: i32| a + b)
            .method("fail", || Err::<i32, _>(Fault::new(42, "as asked")))
            .method("trace", |context: CallContext| {
                let trace = context.headers().get("x-trace");
                trace
                    .map(|trace| String::from_utf8_lossy(trace.as_bytes()).into_owned())
                    .unwrap_or_default()
            });
        ServerProxy::over(Memory::new(methods)).build().unwrap()
    }

    #[tokio::test]
    async fn results_and_faults_come_from_the_service() {
        let server = server();
        assert_eq!(server.call::<i32>("add", (1, 2)).await.unwrap(), 3);
        assert_eq!(proxy!(server.add(1, 2)).await.unwrap(), 3);
        let fault = |error: xmlrpc_client::Error| error.into_fault().unwrap().code();
        assert_eq!(fault(proxy!(server.fail()).await.unwrap_err()), 42);
        assert_eq!(fault(proxy!(server.add("x", 2)).await.unwrap_err()), -32602);
        assert_eq!(fault(proxy!(server.nothing()).await.unwrap_err()), -32601);
    }

    #[tokio::test]
    async fn headers_reach_the_handler() {
        let traced = server().call::<String>("trace", ()).header("X-Trace", "7").await;
        assert_eq!(traced.unwrap(), "7");
    }

    #[tokio::test]
    async fn introspection_and_multicall_work_against_the_service() {
        let server = server();
        let names = server.list_methods().await.unwrap();
        assert!(names.contains(&"add".to_owned()), "{names:?}");
        assert_eq!(
            server.method_signature("add").await.unwrap().to_string(),
            "int(int, int)"
        );
        assert_eq!(server.method_help("add").await.unwrap(), "");

        let mut batch = server.multicall();
        let sum = batch.add::<i32>("add", (1, 2)).unwrap();
        let failed = batch.add::<Value>("fail", ()).unwrap();
        let mut results = batch.send().await.unwrap();
        assert_eq!(results.take(sum).unwrap(), 3);
        assert_eq!(
            results.take(failed).unwrap_err().fault(),
            Some(&Fault::new(42, "as asked"))
        );
    }
}

#[tokio::test]
async fn a_proxy_relays_documents_of_others_with_its_own_options() {
    let seen = from_fn(|request| async move {
        let said = |name: &str| {
            request
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(said("x-own").as_deref(), Some("1"));
        assert_eq!(said("x-both").as_deref(), Some("theirs"));
        assert_eq!(said("content-type").as_deref(), Some("text/xml"));
        assert_eq!(said("content-length").as_deref(), Some("3"));
        assert_eq!(request.timeout, Some(Duration::from_secs(7)));
        assert!(request.idempotent);
        assert_eq!(request.response_limit, 100);
        Ok(Response::new(request.body).status(StatusCode::IM_A_TEAPOT))
    });
    let server = ServerProxy::over(seen)
        .header("X-Own", "1")
        .header("X-Both", "ours")
        .timeout(Duration::from_secs(7))
        .limits(Limits::client().document_bytes(100))
        .idempotent_methods(|method| method == "m")
        .build()
        .unwrap();
    let headers = HeaderMap::from_iter([(
        HeaderName::from_static("x-both"),
        HeaderValue::from_static("theirs"),
    )]);
    let request = Request::new("m".try_into().unwrap(), "<a>").headers(headers);
    let answer = server.send(request).await.unwrap();
    assert_eq!(
        (answer.status, &*answer.body),
        (StatusCode::IM_A_TEAPOT, &b"<a>"[..])
    );
}
