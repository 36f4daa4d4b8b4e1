//! Holes that other implementations of XML-RPC had, each by a test named for it: against this server they do nothing.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use xmlrpc_core::{MethodResponse, Value};
use xmlrpc_server::layer::{Authenticate, Users};
use xmlrpc_server::{Fault, HttpService, Limits, Methods};
use xmlrpc_tests::TestServer;

use crate::hostile::{GOOD, assert_fault, assert_good, call_with, post};
use crate::service;

fn server() -> TestServer {
    TestServer::start(service::methods())
}

/// Echoes a value that must come back as it was sent.
#[track_caller]
fn assert_plain_data(server: &TestServer, value: &str) {
    let answer = post(server, &call_with(&format!("<value>{value}</value>")));
    assert!(answer.body.contains(value), "{value}: {}", answer.body);
}

/// CVE-2003-1564, CVE-2013-0340: "billion laughs", in Python's `xmlrpc` and others.
#[test]
fn internal_entities_are_never_expanded() {
    let server = server();
    let mut bomb = "<?xml version=\"1.0\"?><!DOCTYPE z [<!ENTITY a0 \"ha\">".to_owned();
    for level in 1..20 {
        let inner = format!("&a{};", level - 1).repeat(10);
        bomb += &format!("<!ENTITY a{level} \"{inner}\">");
    }
    bomb += &format!("]>{}", call_with("<value>&a19;</value>"));
    assert_fault(&post(&server, &bomb), -32700, "DOCTYPE");
    let undefined = call_with("<value>&a19;</value>");
    assert_fault(&post(&server, &undefined), -32700, "undefined entity");
}

/// CVE-2014-5265, CVE-2014-5266, CVE-2014-5267: one long entity many times, in WordPress and Drupal.
#[test]
fn quadratic_blowup_has_nothing_to_blow_up() {
    let server = server();
    let entity = format!("<!DOCTYPE z [<!ENTITY a \"{}\">]>", "x".repeat(100_000));
    let bomb = entity + &call_with(&format!("<value>{}</value>", "&a;".repeat(100_000)));
    assert_fault(&post(&server, &bomb), -32700, "DOCTYPE");

    let references = call_with(&format!("<value>{}</value>", "&#x41;&amp;".repeat(500_000)));
    let answer = post(&server, &references);
    assert!(answer.body.contains(&"A&amp;".repeat(500_000)));
}

/// CVE-2016-5002 in Apache, CVE-2012-3363 and CVE-2015-5161 in Zend, CVE-2018-8033 in `OFBiz`: files and addresses read through entities.
#[test]
fn external_entities_and_includes_reach_nothing() {
    let server = server();
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let trapped = trap.local_addr().unwrap();
    for doctype in [
        "<!DOCTYPE x>".to_owned(),
        "<!DOCTYPE x SYSTEM \"file:///etc/hostname\">".to_owned(),
        "<!DOCTYPE x PUBLIC \"-//x//y\" \"file:///etc/hostname\">".to_owned(),
        format!("<!DOCTYPE x [<!ENTITY e SYSTEM \"http://{trapped}/\">]>"),
        format!("<!DOCTYPE x [<!ENTITY % e SYSTEM \"http://{trapped}/\"> %e;]>"),
        "<!doctype x>".to_owned(),
    ] {
        let document = format!("<?xml version=\"1.0\"?>{doctype}{GOOD}");
        let text = if doctype.contains("DOCTYPE") {
            "DOCTYPE"
        } else {
            ""
        };
        assert_fault(&post(&server, &document), -32700, text);
    }
    let utf_16: Vec<u8> = format!("\u{feff}<!DOCTYPE x SYSTEM \"http://{trapped}/\">{GOOD}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_fault(&server.connect().post(utf_16).unwrap(), -32700, "DOCTYPE");

    // What is no DOCTYPE is no more than a processing instruction, which is passed over, and an element that does not belong here.
    let sheet = format!("<?xml-stylesheet href=\"http://{trapped}/x.xsl\"?>{GOOD}");
    assert_good(&post(&server, &sheet));
    let include = call_with(&format!(
        "<value><xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"http://{trapped}/\"/></value>"
    ));
    assert_fault(&post(&server, &include), -32600, "include");
    assert!(trap.accept().is_err(), "nobody came");
}

/// CVE-2016-5003 and CVE-2019-17570 in Apache, CVE-2020-9496, CVE-2023-49070 and CVE-2023-51467 in `OFBiz`.
#[test]
fn java_objects_are_never_made() {
    let server = server();
    for name in ["serializable", "dom", "unknown"] {
        for namespace in [
            "",
            " xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"",
        ] {
            let value = format!("<value><ex:{name}{namespace}>rO0ABXNy</ex:{name}></value>");
            assert_fault(&post(&server, &call_with(&value)), -32600, name);
        }
    }
    assert_plain_data(&server, "<base64>rO0ABXNy</base64>");
    assert_plain_data(
        &server,
        "<struct><member><name>faultCause</name><value><base64>rO0ABXNy</base64></value></member></struct>",
    );
}

/// Ruby's `xmlrpc` before 0.3.3 made objects of the class that a member names.
#[test]
fn ruby_classes_are_plain_members() {
    let server = server();
    for name in ["___class___", "__jsonclass__", "json_class"] {
        assert_plain_data(
            &server,
            &format!(
                "<struct><member><name>{name}</name><value><string>Kernel</string></value></member></struct>"
            ),
        );
    }
}

/// node-xmlrpc set members of a struct on an object with a prototype.
#[test]
fn prototypes_are_plain_members() {
    let server = server();
    for name in ["__proto__", "constructor", "prototype"] {
        assert_plain_data(
            &server,
            &format!(
                "<struct><member><name>{name}</name><value><struct><member><name>x</name><value><int>1</int></value>\
                 </member></struct></value></member></struct>"
            ),
        );
    }
}

/// Stacks that overflow end the process: `serde_xmlrpc` and `xmlrpc` at 20,000 levels, CVE-2024-8176 in expat.
#[test]
fn deep_nesting_is_refused_one_level_beyond_the_limit() {
    let server = server();
    for (open, close) in [
        ("<value><array><data>", "</data></array></value>"),
        (
            "<value><struct><member><name>a</name>",
            "</member></struct></value>",
        ),
    ] {
        let nested = |levels: usize| {
            let (open, close) = (open.repeat(levels), close.repeat(levels));
            call_with(&format!("{open}<value><int>1</int></value>{close}"))
        };
        for levels in [1, 127, 128] {
            let answer = post(&server, &nested(levels));
            assert!(answer.body.contains("<int>1</int>"), "{levels}: {}", answer.body);
        }
        for levels in [129, 1000, 150_000] {
            assert_fault(&post(&server, &nested(levels)), -32600, "Limits::depth");
        }
    }
}

/// RUSTSEC-2026-0194 and RUSTSEC-2026-0195 in quick-xml, CVE-2026-45186 in expat: work that grows with the square of the attributes.
#[test]
fn many_attributes_and_namespaces_are_refused() {
    let server = server();
    for attribute in ["a", "xmlns:a"] {
        let attributes: String = (0..100_000).map(|n| format!(" {attribute}{n}='x'")).collect();
        let document = GOOD.replacen("<methodCall", &format!("<methodCall{attributes}"), 1);
        assert_fault(&post(&server, &document), -32600, "Limits::attributes");
    }
}

/// Names that fall into one bucket of a hash table, and structs of very many members.
#[test]
fn structs_of_very_many_members_are_read_in_their_order_and_no_further_than_allowed() {
    let methods = Methods::new()
        .limits(Limits::default().members(50_000))
        .method("count", |members: BTreeMap<String, Value>| members.len())
        .method("add", |a: i32, b: i32| a + b);
    let server = TestServer::start(methods);
    let document = |count: usize| {
        let members = (0..count).map(|n| format!("<member><name>{n}</name><value/></member>"));
        let members: String = members.collect();
        call_with(&format!("<value><struct>{members}</struct></value>")).replace("echo", "count")
    };
    assert!(post(&server, &document(50_000)).body.contains("<int>50000</int>"));
    assert_fault(&post(&server, &document(50_001)), -32600, "Limits::members");
}

/// WordPress in 2015, Koji, the Python package index: one request that tries hundreds of passwords, or asks for a huge answer.
#[test]
fn multicalls_amplify_no_further_than_allowed() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let methods = Methods::new()
        .multicall_entries(10)
        .multicall_reply_bytes(10_000)
        .method("add", |a: i32, b: i32| a + b)
        .method("dump", move || {
            counted.fetch_add(1, Ordering::Relaxed);
            "x".repeat(4000)
        });
    let server = TestServer::start(methods);
    let multicall = |name: &str, count: usize| {
        let entry = format!(
            "<value><struct><member><name>methodName</name><value>{name}</value></member>\
             <member><name>params</name><value><array><data/></array></value></member></struct></value>"
        );
        let entries = entry.repeat(count);
        call_with(&format!("<value><array><data>{entries}</data></array></value>"))
            .replace("<methodName>echo<", "<methodName>system.multicall<")
    };
    assert_fault(
        &post(&server, &multicall("dump", 11)),
        -32600,
        "multicall_entries",
    );
    assert_eq!(calls.load(Ordering::Relaxed), 0);

    let answer = post(&server, &multicall("dump", 10));
    assert!(answer.body.len() < 20_000, "{} bytes", answer.body.len());
    assert!(answer.body.contains("multicall_reply_bytes"), "{}", answer.body);
    assert_eq!(calls.load(Ordering::Relaxed), 3, "what has no room is not called");

    for spelling in ["system.multicall", " system.multicall ", "\nsystem.multicall\t"] {
        let answer = post(&server, &multicall(spelling, 1));
        assert!(
            answer.body.contains("<int>-32600</int>"),
            "{spelling:?}: {}",
            answer.body
        );
    }
}

/// CVE-2018-1000226, CVE-2021-45082, CVE-2021-45083 and CVE-2024-47533 in Cobbler: methods that did not ask who calls, and secrets that
/// everybody had.
#[test]
fn no_call_gets_past_authentication() {
    let users = Users::new().user("ada", "lovelace").token("robot", "t0ken");
    let methods = service::methods()
        .alias("batch", "system.multicall")
        .layer(Authenticate::new(users));
    let server = TestServer::start(methods);
    let entries = "<array><data><value><struct>\
        <member><name>methodName</name><value>echo</value></member>\
        <member><name>params</name><value><array><data><value>x</value></data></array></value></member>\
        </struct></value></data></array>";
    let call = |method: &str, param: &str| {
        format!(
            "<methodCall><methodName>{method}</methodName><params><param><value>{param}</value></param></params></methodCall>"
        )
    };
    let calls = [
        call("echo", "x"),
        call("nothing", "x"),
        call("system.methodHelp", "echo"),
        call("system.multicall", entries),
        call("batch", entries),
        call(" system.multicall ", entries),
        "<methodCall><methodName>system.listMethods</methodName></methodCall>".to_owned(),
    ];
    // Nothing, empty passwords, "-1", a token as a password and the other way round.
    for authorization in [
        "X-None: ",
        "Authorization: ",
        "Authorization: Basic Og==",
        "Authorization: Basic YWRhOg==",
        "Authorization: Basic OmxvdmVsYWNl",
        "Authorization: Basic YWRhOi0x",
        "Authorization: Basic cm9ib3Q6dDBrZW4=",
        "Authorization: Bearer ",
        "Authorization: Bearer -1",
        "Authorization: Bearer lovelace",
        "Authorization: Bearer x\r\nAuthorization: Bearer t0ken",
    ] {
        let mut connection = server.connect();
        for call in &calls {
            let length = call.len();
            connection
                .send(format!(
                    "POST /RPC2 HTTP/1.1\r\nHost: x\r\n{authorization}\r\nContent-Length: {length}\r\n\r\n{call}"
                ))
                .unwrap();
            let answer = connection.answer().unwrap();
            assert!(
                answer.body.contains("<int>-32001</int>") && !answer.body.contains("echo"),
                "{authorization}: {call}: {}",
                answer.body
            );
        }
    }
    let (method, basic) = (&calls[0], "Authorization: Basic YWRhOmxvdmVsYWNl");
    let mut connection = server.connect();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\n{basic}\r\nContent-Length: {}",
        method.len()
    );
    connection.send(format!("{head}\r\n\r\n{method}")).unwrap();
    let answer = connection.answer().unwrap();
    assert!(answer.body.contains("<string>x</string>"), "{}", answer.body);
}

/// CVE-2005-0089 in Python, CVE-2017-11610 in supervisord: names with dots that led to the attributes of objects.
#[test]
fn dotted_names_lead_nowhere() {
    let server = server();
    for name in [
        "__class__",
        "__init__.__globals__",
        "..",
        "add.__class__",
        "supervisor.supervisord.options.warnings.linecache.os.system",
        "système",
        "system.",
        "SYSTEM.LISTMETHODS",
        "add\u{a0}",
        "/etc/passwd",
        &"x".repeat(1_000_000),
    ] {
        let body = format!("<methodCall><methodName>{name}</methodName><params/></methodCall>");
        assert_fault(&post(&server, &body), -32601, "");
    }
    for (name, code) in [("", -32600), ("add\0", -32700), (" add ", -32602)] {
        let body = format!("<methodCall><methodName>{name}</methodName><params/></methodCall>");
        assert_fault(&post(&server, &body), code, "");
    }
}

/// Libraries that wrote names and texts as they were: xml-rpc, kolo/xmlrpc.
#[test]
fn nothing_that_a_peer_or_a_handler_says_becomes_markup() {
    const EVIL: &str = "</name></value>]]>&lt;<!-- \"'><value>";
    let methods = Methods::new()
        .method("add", |a: i32, b: i32| a + b)
        .method("names", || BTreeMap::from([(EVIL, EVIL)]))
        .method("fail", || Err::<(), _>(Fault::new(1, EVIL)));
    let server = TestServer::start(methods);

    let answer = post(&server, "<methodCall><methodName>names</methodName></methodCall>");
    let response = MethodResponse::<BTreeMap<String, String>>::from_slice(answer.body.as_bytes());
    let expected = BTreeMap::from([(EVIL.to_owned(), EVIL.to_owned())]);
    assert_eq!(response.unwrap(), MethodResponse::Success(expected));

    let fault = |method: &str| {
        let body = format!("<methodCall><methodName>{method}</methodName></methodCall>");
        let answer = post(&server, &body);
        let response = MethodResponse::<Value>::from_slice(answer.body.as_bytes()).unwrap();
        response.into_result().unwrap_err()
    };
    assert_eq!(fault("fail").string(), EVIL);
    let unknown = fault("&lt;/name>&lt;value>");
    assert!(unknown.string().contains("</name><value>"), "{unknown}");
}

/// CVE-2012-0453 in Bugzilla: pages of other sites that posted calls in the user's name, as forms.
#[test]
fn forms_of_other_sites_cannot_call() {
    let server = TestServer::start(HttpService::new(service::methods()).allow_origin("https://good.example"));
    let mut connection = server.connect();
    for content_type in [
        "text/xml",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ] {
        for (headers, status) in [
            ("", 200),
            ("Origin: http://test\r\nSec-Fetch-Site: same-origin\r\n", 200),
            (
                "Origin: https://good.example\r\nSec-Fetch-Site: cross-site\r\n",
                200,
            ),
            ("Origin: https://evil.example\r\n", 403),
            ("Origin: null\r\n", 403),
            ("Sec-Fetch-Site: cross-site\r\n", 403),
            (
                "Origin: https://good.example.evil.example\r\nSec-Fetch-Site: cross-site\r\n",
                403,
            ),
        ] {
            let head = format!(
                "POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Type: {content_type}\r\n{headers}Content-Length: {}\r\n\r\n",
                GOOD.len()
            );
            connection.send(head + GOOD).unwrap();
            let answer = connection.answer().unwrap();
            assert_eq!(answer.status(), status, "{content_type}, {headers}");
        }
    }
}

/// Python's server tells the class and text of an exception, and where it was raised on request; phpxmlrpc had `X-traceback`.
#[test]
fn what_a_panic_says_stays_inside() {
    let methods = Methods::new()
        .method("add", |a: i32, b: i32| a + b)
        .method("panic", || -> i32 {
            std::panic::resume_unwind(Box::new("secret of the panic"))
        })
        .async_method("later", || async { later() });
    let server = TestServer::start(methods);
    for method in ["panic", "later"] {
        let body = format!("<methodCall><methodName>{method}</methodName></methodCall>");
        let answer = post(&server, &body);
        assert_fault(&answer, -32603, method);
        assert!(
            !answer.body.contains("secret") && !answer.head.contains("secret"),
            "{answer:?}"
        );
    }
}

/// CVE-2020-16124 and CVE-2019-13566 in ROS, CVE-2019-9024 in PHP, CVE-2016-6296 in xmlrpc-epi: lengths and characters that C code
/// trusted.
#[test]
fn broken_numbers_and_base64_are_faults() {
    let server = server();
    for value in [
        "<int>9223372036854775808</int>",
        "<int>99999999999999999999</int>",
        "<i8>9223372036854775808</i8>",
        "<int></int>",
        "<int>1 2</int>",
        "<double>1e999999x</double>",
        "<boolean>2</boolean>",
        "<base64>A</base64>",
        "<base64>====</base64>",
        "<base64>AA=A</base64>",
        "<base64>\u{ff}\u{fe}</base64>",
        "<dateTime.iso8601>99999999T99:99:99</dateTime.iso8601>",
    ] {
        assert_fault(
            &post(&server, &call_with(&format!("<value>{value}</value>"))),
            -32602,
            "",
        );
    }
}

/// CVE-2012-0845 in Python: a body shorter than it says, on a connection that was half closed, kept the server reading for ever.
#[test]
#[cfg(target_os = "linux")]
fn a_body_that_ends_early_leaves_no_thread_running() {
    use std::process::Command;
    use xmlrpc_tests::ServerProcess;

    let server = ServerProcess::start(&mut Command::new(env!("CARGO_BIN_EXE_server")));
    let mut connections: Vec<_> = (0..10).map(|_| server.connect()).collect();
    for connection in &mut connections {
        let head = "POST /RPC2 HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n<methodCall>";
        connection.send(head).unwrap();
        connection.end().unwrap();
    }
    for connection in &mut connections {
        assert_eq!(connection.answer().unwrap().status(), 400);
    }
    // A thread that goes round in a loop is never asleep.
    let tasks = format!("/proc/{}/task", server.id());
    let asleep = || {
        std::fs::read_dir(&tasks).unwrap().all(|task| {
            let stat = std::fs::read_to_string(task.unwrap().path().join("stat"));
            // A thread that ended meanwhile runs no more, either.
            stat.map_or(true, |stat| {
                stat.rsplit(')')
                    .next()
                    .is_some_and(|rest| rest.starts_with(" S "))
            })
        })
    };
    let deadline = std::time::Instant::now() + xmlrpc_tests::LIMIT;
    while !asleep() {
        assert!(
            std::time::Instant::now() < deadline,
            "a thread does not come to rest"
        );
        std::thread::yield_now();
    }
    drop(connections);
    assert_good(&server.connect().post(GOOD).unwrap());
}

fn later() -> i32 {
    std::panic::resume_unwind(Box::new("secret of the panic"))
}
