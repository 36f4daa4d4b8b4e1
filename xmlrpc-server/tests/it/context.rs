use http::{HeaderMap, HeaderValue};
use xmlrpc_core::{Decoder, MethodName, Params};
use xmlrpc_server::{Call, CallContext, Methods};

use crate::support::{plain_call, within};

#[derive(Clone, Debug, PartialEq)]
struct User(&'static str);

#[tokio::test]
async fn a_handler_sees_what_dispatch_was_given() {
    let methods = Methods::new().method("tell", |context: CallContext| {
        let agent = context
            .headers()
            .get("user-agent")
            .and_then(|value| value.to_str().ok());
        format!(
            "{} {} {} {}",
            context.peer().unwrap(),
            agent.unwrap(),
            context.method().unwrap(),
            context.extension::<User>().unwrap().0,
        )
    });
    let mut headers = HeaderMap::new();
    headers.insert("user-agent", HeaderValue::from_static("test"));
    let context = CallContext::new()
        .with_peer("192.0.2.1:80".parse().unwrap())
        .with_headers(headers)
        .with_extension(User("ada"));
    let reply = within(methods.dispatch(plain_call("tell"), context)).await;
    let text = String::from_utf8(reply.into_body().to_vec()).unwrap();
    assert!(text.contains("192.0.2.1:80 test tell ada"), "{text}");
}

#[tokio::test]
async fn a_handler_sees_what_was_added_to_the_call() {
    let methods = Methods::new().method("user", |context: CallContext| {
        context.extension::<User>().map(|user| user.0)
    });
    let mut call = Call::new(MethodName::try_from("user").unwrap(), Params::none());
    call.extensions.insert(User("grace"));
    call.extensions
        .insert(CallContext::new().with_extension(User("ada")));
    let result = within(methods.call(call)).await.unwrap();
    assert_eq!(result.parse::<String>().unwrap(), "grace");

    let mut call = Decoder::new().call(plain_call("user").into()).unwrap();
    call.extensions
        .insert(CallContext::new().with_extension(User("ada")));
    let result = within(methods.call(call)).await.unwrap();
    assert_eq!(result.parse::<String>().unwrap(), "ada");

    let call = Decoder::new().call(plain_call("user").into()).unwrap();
    let result = within(methods.call(call)).await.unwrap();
    assert_eq!(result.parse::<Option<String>>().unwrap(), None);
}

#[test]
fn the_values_of_headers_are_not_printed() {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_static("Basic c2VjcmV0"));
    let printed = format!("{:?}", CallContext::new().with_headers(headers));
    assert!(
        printed.contains("authorization") && !printed.contains("c2VjcmV0"),
        "{printed}"
    );
}
