use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use xmlrpc_server::{CallContext, Dialect, Limits, Methods, Reading, Value, value};

use crate::support::{code_of, dispatch, plain_call, within};

fn call_with(params: &str) -> String {
    format!("<methodCall><methodName>echo</methodName><params>{params}</params></methodCall>")
}

#[tokio::test]
async fn the_slides_answer_is_written_to_the_byte() {
    let methods = Methods::new().method("addtogether", |a: String, b: String, c: String| a + &b + &c);
    let body = "<?xml version='1.0'?>\n<methodCall>\n<methodName>addtogether</methodName>\n<params>\n\
        <param>\n<value><string>x</string></value>\n</param>\n<param>\n<value><string>y</string></value>\n</param>\n\
        <param>\n<value><string>z</string></value>\n</param>\n</params>\n</methodCall>\n";
    assert_eq!(
        dispatch(&methods, body).await,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <methodResponse><params><param><value><string>xyz</string></value></param></params></methodResponse>",
    );
}

#[tokio::test]
async fn every_failure_has_its_code() {
    let methods = Methods::new().method("echo", |x: Value| x);
    let good = call_with("<param><value>x</value></param>");
    let deep = "<value><array><data>".repeat(200);
    for (body, code) in [
        (good.clone().into_bytes(), 0),
        (b"".to_vec(), -32700),
        (b"garbage".to_vec(), -32700),
        (b"<methodCall>".to_vec(), -32700),
        (good[..good.len() - 5].into(), -32700),
        (format!("<!DOCTYPE x>{good}").into_bytes(), -32700),
        (format!("{good}x").into_bytes(), -32700),
        (call_with("<param><value>&x;</value></param>").into_bytes(), -32700),
        (format!("<?xml version='1.0' encoding='klingon'?>{good}").into_bytes(), -32701),
        (b"<methodCall><methodName>echo</methodName><params><param><value>\xFF</value></param></params></methodCall>".to_vec(), -32702),
        (b"<html/>".to_vec(), -32600),
        (b"<methodCall><params/></methodCall>".to_vec(), -32600),
        (b"<methodCall><methodName></methodName></methodCall>".to_vec(), -32600),
        (call_with("<param><value><what/></value></param>").into_bytes(), -32600),
        (call_with(&format!("<param>{deep}")).into_bytes(), -32600),
        (plain_call("nothing").into_bytes(), -32601),
        (plain_call("Echo").into_bytes(), -32601),
        (plain_call("echo.__class__").into_bytes(), -32601),
        (plain_call("echo").into_bytes(), -32602),
        (call_with("<param><value><int>x</int></value></param>").into_bytes(), -32602),
    ] {
        assert_eq!(code_of(&methods, body.clone()).await, code, "{}", String::from_utf8_lossy(&body));
    }
}

#[tokio::test]
async fn an_unknown_method_in_a_document_that_is_cut_short_is_malformed() {
    let methods = Methods::new();
    let call = "<methodCall><methodName>what</methodName><params><param><value>x</value></param></params></methodCall>";
    assert_eq!(code_of(&methods, call).await, -32601);
    assert_eq!(code_of(&methods, &call[..call.len() - 1]).await, -32700);
    let wrong = call.replace("<value>x", "<value><int>x</int>");
    assert_eq!(code_of(&methods, wrong).await, -32601);
}

#[tokio::test]
async fn the_text_for_an_unknown_method_is_short_and_quoted() {
    let reply = dispatch(&Methods::new(), plain_call(&"&lt;é".repeat(10_000))).await;
    assert!(reply.len() < 1000, "{} bytes", reply.len());
    assert!(reply.contains("there is no method \"&lt;é&lt;é"), "{reply}");
}

#[tokio::test]
async fn a_handler_starts_only_behind_the_end_of_the_document() {
    let runs = Arc::new(AtomicU32::new(0));
    let counter = runs.clone();
    let methods = Methods::new().method("echo", move |_: Value| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let good = call_with("<param><value>x</value></param>");
    for wrong in [
        good.replace("</methodCall>", ""),
        good.replace("</methodCall>", "</methodcall>"),
        format!("{good}<!--"),
        format!("{good}{good}"),
        good.replace("</params>", "<param><value>y</value></param></params>"),
    ] {
        assert_ne!(code_of(&methods, wrong).await, 0);
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    assert_eq!(code_of(&methods, good).await, 0);
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn limits_name_their_setter() {
    let methods = Methods::new()
        .limits(Limits::default().depth(1).document_bytes(300))
        .method("echo", |x: Value| x);
    let nested = "<param><value><array><data><value><array><data></data></array></value></data></array></value></param>";
    let reply = dispatch(&methods, call_with(nested)).await;
    assert!(
        reply.contains("-32600") && reply.contains("Limits::depth"),
        "{reply}"
    );
    let reply = dispatch(&methods, call_with(&" ".repeat(300))).await;
    assert!(
        reply.contains("-32600") && reply.contains("Limits::document_bytes"),
        "{reply}"
    );
}

#[tokio::test]
async fn the_reading_and_the_dialect_can_be_set() {
    let methods = Methods::new()
        .reading(Reading::strict())
        .dialect(Dialect::spec())
        .method("echo", |x: Value| x)
        .method("nothing", || ());
    assert_eq!(
        code_of(&methods, call_with("<param><value><int> 1</int></value></param>")).await,
        -32602
    );
    assert!(
        dispatch(&methods, plain_call("nothing"))
            .await
            .contains("<value><string></string></value>")
    );
    let wide = call_with("<param><value><i8>5000000000</i8></value></param>");
    assert_eq!(code_of(&methods, wide).await, -32603);
}

#[tokio::test]
async fn a_request_with_apaches_types_is_answered_in_kind() {
    let namespace = "xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"";
    let methods = Methods::new()
        .method("echo", |x: Value| x)
        .async_method("async", |x: Value| async { x })
        .blocking_method("blocking", |x: Value| x);
    for method in ["echo", "async", "blocking"] {
        let plain = call_with("<param><value><array><data><value><nil/></value><value><i8>1</i8></value></data></array></value></param>")
            .replace("echo", method);
        let reply = dispatch(&methods, plain.clone()).await;
        assert!(
            reply.contains("<value><nil/></value><value><i8>1</i8></value>"),
            "{reply}"
        );
        let apache = plain
            .replace("<methodCall>", &format!("<methodCall {namespace}>"))
            .replace("<nil/>", "<ex:nil/>");
        let reply = dispatch(&methods, apache).await;
        assert!(
            reply.contains("<value><ex:nil/></value><value><ex:i8>1</ex:i8></value>"),
            "{reply}"
        );
        assert!(reply.contains(namespace), "{reply}");
    }
}

#[tokio::test]
async fn the_charset_of_the_context_is_obeyed() {
    let methods = Methods::new().method("echo", |x: String| x);
    let call = |text: &[u8]| {
        let (head, tail) = (
            "<methodCall><methodName>echo</methodName><params><param><value>",
            "</value></param></params></methodCall>",
        );
        [head.as_bytes(), text, tail.as_bytes()].concat()
    };
    for (charset, text) in [
        (None, "ü".as_bytes()),
        (Some("UTF-8"), "ü".as_bytes()),
        (Some("iso-8859-1"), b"\xFC"),
    ] {
        let mut context = CallContext::new();
        if let Some(charset) = charset {
            context = context.with_charset(charset);
        }
        let reply = within(methods.dispatch(call(text), context)).await;
        let reply = String::from_utf8(reply.into_body().to_vec()).unwrap();
        assert!(reply.contains("<string>ü</string>"), "{charset:?}: {reply}");
    }
    let reply = within(methods.dispatch(call(b"x"), CallContext::new().with_charset("klingon"))).await;
    assert_eq!(reply.fault().unwrap().code(), -32701);
}

#[tokio::test]
async fn another_encoding_of_replies_is_named_in_the_content_type() {
    let dialect = Dialect::default().encoding(xmlrpc_core::Encoding::ISO_8859_1);
    let methods = Methods::new().dialect(dialect).method("umlaut", || "ü");
    let reply = within(methods.dispatch(plain_call("umlaut"), CallContext::new())).await;
    assert_eq!(
        reply.content_type().to_lowercase(),
        "text/xml; charset=iso-8859-1"
    );
    assert!(reply.body().windows(10).any(|bytes| bytes == b"<string>\xFC<"));
}

#[tokio::test]
async fn names_are_flat_keys_of_any_form() {
    let names = ["a.b.c", "..", "__class__", "ö", "a b", "x/y:z", "a<b&c"];
    let methods = names.iter().fold(Methods::new(), |methods, name| {
        let answer = (*name).to_owned();
        methods.method(name, move || answer.clone())
    });
    for name in names {
        assert_eq!(crate::support::call(&methods, name, ()).await, Ok(value!(name)));
    }
}
