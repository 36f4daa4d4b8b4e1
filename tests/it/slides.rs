//! The slides' service as the README has it, by one trait.

use xmlrpc_client::ServerProxy;
use xmlrpc_server::{Value, Variadic, rpc};
use xmlrpc_tests::{TestServer, python, within};

include!("slides/course.rs");

const README: &str = include_str!("../../README.md");
const CODE: &str = include_str!("slides/course.rs");

/// The lines of a piece of code that are not empty.
fn lines(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn the_readme_has_this_service_with_a_server_of_14_lines_and_a_client_of_8() {
    assert!(
        README.contains(CODE),
        "the README has other code than tests/it/slides/course.rs"
    );
    let (_, implementation) = CODE.split_once("\n}\n").unwrap();
    let function = |name: &str| {
        let (_, function) = README.split_once(&format!("async fn {name}()")).unwrap();
        let (body, _) = function.split_once("\n}\n").unwrap();
        lines(body) + 1
    };
    assert_eq!(lines(implementation) + function("server"), 14);
    assert_eq!(function("client"), 8);
}

#[tokio::test]
async fn the_slides_calls_give_the_slides_results() {
    let server = TestServer::start(Course.into_methods());
    let slides = SlidesClient::new(ServerProxy::new(&server.url()).unwrap());
    assert_eq!(
        within(async { slides.addtogether(["x", "y", "z"]).await })
            .await
            .unwrap(),
        "xyz"
    );
    assert_eq!(
        within(async { slides.addtogether([1, 2, 3, 4, 5]).await })
            .await
            .unwrap(),
        15
    );
    assert_eq!(
        within(async { slides.quadratic(2.0, -4.0, 0.0).await })
            .await
            .unwrap(),
        [0.0, 8.0]
    );
    assert_eq!(
        within(async { slides.quadratic(1.0, 2.0, 1.0).await })
            .await
            .unwrap(),
        [-1.0]
    );
}

#[test]
fn the_slides_client_in_python_gets_them_too() {
    let server = TestServer::start(Course.into_methods());
    let script = "
import sys, xmlrpc.client
proxy = xmlrpc.client.ServerProxy(sys.argv[1])
print(proxy.addtogether('x', 'y', 'z'))
print(proxy.addtogether(1, 2, 3, 4, 5))
print(proxy.quadratic(2, -4, 0))
print(proxy.quadratic(1, 2, 1))
print(proxy.system.methodSignature('quadratic'), proxy.system.methodHelp('addtogether'))
try:
    proxy.quadratic(1, 'two', 3)
except xmlrpc.client.Fault as fault:
    print(fault.faultCode, fault.faultString.split(' in ')[0])
";
    let Some(printed) = python(script, [server.url()]) else {
        return;
    };
    assert_eq!(
        printed,
        "xyz\n15\n[0.0, 8.0]\n[-1.0]\n[['array', 'double', 'double', 'double']] Adds integers, or joins strings.\n\
         -32602 parameter b: expected f64, found string \"two\"\n"
    );
}
