//! Clients that say who they are, and those that do not.

use tower_layer::Layer as _;
use xmlrpc_server::layer::{Access, Authenticate, HttpAuthenticate, Identity, Users};
use xmlrpc_server::{CallContext, HttpService, Methods};
use xmlrpc_tests::{TestServer, curl, python};

const CALL: &str = "<methodCall><methodName>whoami</methodName></methodCall>";

fn users() -> Users {
    Users::new()
        .user("ada", "p@ss:w\u{f6}rd")
        .user(Identity::new("grace").role("admin"), "hopper")
        .token("robot", "t0ken")
}

fn methods() -> Methods {
    Methods::new()
        .method("ping", || "pong")
        .method("whoami", |context: CallContext| {
            context.extension::<Identity>().map(|who| who.name().to_owned())
        })
        .method("admin.stop", || true)
        .layer(
            Authenticate::new(users())
                .rule("ping", Access::Everybody)
                .rule("admin.*", Access::Role("admin".to_owned())),
        )
}

/// Runs a script with `at(user)`, which gives a proxy, and `fails(call)`, which gives a code: of a fault, or of an HTTP status.
fn python_calls(server: &TestServer, script: &str) {
    let script = format!(
        "import sys\nfrom urllib.parse import quote\nfrom xmlrpc.client import *\n\
         def at(user, password=''):\n    \
             credentials = quote(user, '') + ':' + quote(password, '') + '@' if user else ''\n    \
             return ServerProxy('http://' + credentials + sys.argv[1] + '/RPC2', allow_none=True)\n\
         def fails(call):\n    \
             try:\n        return call()\n    \
             except Fault as fault:\n        return fault.faultCode\n    \
             except ProtocolError as error:\n        return error.errcode\n\
         {script}\nprint('done')"
    );
    if let Some(printed) = python(&script, [server.address().to_string()]) {
        assert_eq!(printed.lines().last(), Some("done"), "{printed}");
    }
}

#[test]
fn python_gets_faults_where_calls_are_refused() {
    let server = TestServer::start(methods());
    python_calls(
        &server,
        "
ada, grace, wrong, nobody = at('ada', 'p@ss:w\u{f6}rd'), at('grace', 'hopper'), at('ada', 'x'), at('')
assert ada.whoami() == 'ada' and grace.whoami() == 'grace'
assert nobody.ping() == 'pong' and fails(nobody.whoami) == -32001 and fails(nobody.system.listMethods) == -32001
assert fails(wrong.whoami) == -32001 and fails(wrong.ping) == -32001
assert fails(ada.admin.stop) == -32003 and grace.admin.stop() is True
batch = MultiCall(ada)
batch.whoami(); batch.admin.stop(); batch.ping()
results = batch()
assert results[0] == 'ada' and fails(lambda: results[1]) == -32003 and results[2] == 'pong'
",
    );
}

#[test]
fn python_gets_status_401_where_requests_are_refused() {
    let layer = HttpAuthenticate::new(users());
    let server = TestServer::start_service(layer.layer(HttpService::new(methods())));
    python_calls(
        &server,
        "
assert at('ada', 'p@ss:w\u{f6}rd').whoami() == 'ada'
assert fails(at('ada', 'x').whoami) == 401 and fails(at('').ping) == 401
assert fails(at('ada', 'p@ss:w\u{f6}rd').admin.stop) == -32003
",
    );
}

#[test]
fn curl_says_who_it_is_at_once_or_when_it_is_asked() {
    let layer = HttpAuthenticate::new(users());
    let server = TestServer::start_service(layer.layer(HttpService::new(methods())));
    let url = server.url();
    for (arguments, status, answer) in [
        (&["--user", "grace:hopper"][..], "200", "<string>grace</string>"),
        // Asks without credentials first.
        (
            &["--anyauth", "--user", "grace:hopper"],
            "200",
            "<string>grace</string>",
        ),
        (&["--oauth2-bearer", "t0ken"], "200", "<string>robot</string>"),
        (&["--user", "grace:wrong"], "401", "credentials"),
        (&[], "401", "credentials"),
    ] {
        let common = ["--data", CALL, "--write-out", "%{http_code}", url.as_str()];
        let Some(printed) = curl(arguments.iter().copied().chain(common)) else {
            return;
        };
        assert!(
            printed.ends_with(status) && printed.contains(answer),
            "{arguments:?}: {printed}"
        );
    }
}
