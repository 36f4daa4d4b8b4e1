//! The options that all commands share.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use tower_layer::Layer as _;
use xmlrpc_server::layer::{HttpAuthenticate, Users};
use xmlrpc_server::{CallContext, HttpService, Listener, Methods, Server, Tls};
use xmlrpc_tests::{LIMIT, TestServer};

use crate::support::{Running, Scratch, command, server, xmlrpc};

/// Tells the headers of a call.
fn listening() -> TestServer {
    TestServer::start(
        Methods::new().method("header", |context: CallContext, name: String| {
            let values: Vec<String> = context
                .headers()
                .get_all(&name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect();
            values.join("|")
        }),
    )
}

fn header(args: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = command(args);
    command.envs(environment.iter().copied());
    Running::start(&mut command, b"")
        .finish()
        .text()
        .trim()
        .trim_matches('"')
        .to_owned()
}

#[test]
fn options_stand_before_the_command_or_behind_it() {
    let server = listening();
    let url = server.url();
    for args in [
        ["--header", "X-A: 1", "call", &url, "header", "x-a"],
        ["call", "--header", "X-A: 1", &url, "header", "x-a"],
        ["call", &url, "header", "x-a", "--header", "X-A:1"],
    ] {
        assert_eq!(header(&args, &[]), "1");
    }
    let both = ["--header", "X-A: 1", "call", "--header", "X-B: 2", &url, "header"];
    assert_eq!(header(&[&both[..], &["x-a"]].concat(), &[]), "1");
    assert_eq!(header(&[&both[..], &["x-b"]].concat(), &[]), "2");
}

#[test]
fn credentials_come_from_the_option_then_the_url_then_the_environment() {
    let server = listening();
    let plain = server.url();
    let with_user = plain.replace("http://", "http://url:p%40%3A%C3%BC@");
    let environment = [("XMLRPC_USER", "env"), ("XMLRPC_PASSWORD", "secret")];
    let call = |url: &str, options: &[&str], environment: &[(&str, &str)]| {
        header(
            &[options, &["call", url, "header", "authorization"]].concat(),
            environment,
        )
    };
    assert_eq!(call(&plain, &[], &[]), "");
    assert_eq!(
        call(&plain, &["--user", "ada:pass"], &environment),
        "Basic YWRhOnBhc3M="
    );
    assert_eq!(
        call(&with_user, &["--user", "ada:pass"], &[]),
        "Basic YWRhOnBhc3M="
    );
    // url:p@:ü
    assert_eq!(call(&with_user, &[], &environment), "Basic dXJsOnBAOsO8");
    assert_eq!(call(&plain, &[], &environment), "Basic ZW52OnNlY3JldA==");
    assert_eq!(
        call(&plain, &[], &[("XMLRPC_USER", "env:secret")]),
        "Basic ZW52OnNlY3JldA=="
    );
    assert_eq!(
        call(&plain, &["--user", "env"], &environment[1..]),
        "Basic ZW52OnNlY3JldA=="
    );
    let message = xmlrpc(&["call", "--user", "ada", &plain, "header", "x"]).failed(2);
    assert!(message.contains("XMLRPC_PASSWORD"), "{message}");
}

#[test]
fn a_user_of_the_url_takes_the_password_of_the_environment() {
    let server = listening();
    let url = |info: &str| server.url().replace("http://", &format!("http://{info}@"));
    let call = |url: &str, environment: &[(&str, &str)]| {
        header(&["call", url, "header", "authorization"], environment)
    };
    let environment = [("XMLRPC_USER", "env"), ("XMLRPC_PASSWORD", "p@:/ü")];
    // us:p@:/ü
    assert_eq!(call(&url("us"), &environment), "Basic dXM6cEA6L8O8");
    // us:
    assert_eq!(call(&url("us:"), &environment), "Basic dXM6");
    assert_eq!(call(&url("us:"), &[]), "Basic dXM6");
    let message = xmlrpc(&["call", &url("us"), "header", "x"]).failed(2);
    assert!(message.contains("XMLRPC_PASSWORD"), "{message}");
    assert_eq!(
        header(
            &[
                "call",
                "--user",
                "ada:pass",
                &url("us"),
                "header",
                "authorization"
            ],
            &[]
        ),
        "Basic YWRhOnBhc3M="
    );
}

#[test]
fn no_password_is_ever_told() {
    let url = "http://ada:s3cret@127.0.0.1:1/RPC2";
    let message = xmlrpc(&["call", url, "m"]).failed(3);
    assert!(
        message.contains("127.0.0.1:1") && !message.contains("s3cret"),
        "{message}"
    );
    let message = xmlrpc(&["call", "http://ada:s3cret@[::1/RPC2", "m"]).failed(2);
    assert!(!message.contains("s3cret"), "{message}");
    let users = Users::new().user("ada", "right");
    let server =
        TestServer::start_service(HttpAuthenticate::new(users).layer(HttpService::new(Methods::new())));
    let url = server.url().replace("http://", "http://ada:s3cret@");
    let message = xmlrpc(&["call", &url, "m"]).failed(3);
    assert!(
        message.contains("401") && !message.contains("s3cret"),
        "{message}"
    );
}

/// A server for https with a certificate that it signed itself, which is given back as PEM; it ends with the tests.
fn secure_server(is_ca: IsCa) -> (String, String) {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = is_ca;
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let tls = Tls::from_pem(&pem, key.serialize_pem()).unwrap();
    let (bound, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = Listener::bind("127.0.0.1:0").await.unwrap().tls(tls);
            let server = Server::from_listener(listener).unwrap();
            bound.send(server.local_addr().port()).unwrap();
            server
                .serve(Methods::new().method("ping", || "pong"))
                .await
                .unwrap();
        });
    });
    let port = address.recv_timeout(LIMIT).unwrap();
    (format!("https://localhost:{port}/RPC2"), pem)
}

#[test]
fn trust_comes_from_an_option_or_the_environment_or_is_waived() {
    // The last is what `openssl req -x509` makes.
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let (url, pem) = secure_server(is_ca);
        let file = Scratch::new(pem.as_bytes());
        let (path, missing) = (file.path(), "/no/such/ca.pem");
        assert_eq!(
            xmlrpc(&["call", &url, "ping", "--cacert", path]).text(),
            "\"pong\"\n"
        );
        assert_eq!(xmlrpc(&["call", &url, "ping", "--insecure"]).text(), "\"pong\"\n");
        let mut command = command(&["call", &url, "ping"]);
        let trusting = Running::start(command.env("SSL_CERT_FILE", path), b"").finish();
        assert_eq!(trusting.text(), "\"pong\"\n");
        let message = xmlrpc(&["call", &url, "ping"]).failed(3);
        assert!(
            message.contains("no connection to https://localhost"),
            "{message}"
        );
        let message = xmlrpc(&["call", &url, "ping", "--cacert", missing]).failed(2);
        assert!(message.contains(missing), "{message}");
    }
}

/// The URL of a server by http that leads all calls to another one.
fn redirecting(target: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer =
        format!("HTTP/1.1 308 Permanent Redirect\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut call = Vec::new();
            while !call.ends_with(b"</methodCall>") {
                let mut part = [0; 4096];
                let read = stream.read(&mut part).unwrap();
                assert_ne!(read, 0, "no whole call");
                call.extend_from_slice(&part[..read]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("http://127.0.0.1:{port}/RPC2")
}

#[test]
fn trust_holds_behind_a_redirect_to_https() {
    let (url, pem) = secure_server(IsCa::NoCa);
    let (url, file) = (redirecting(&url), Scratch::new(pem.as_bytes()));
    for options in [&["--cacert", file.path()][..], &["--insecure"]] {
        let arguments = [&["call", url.as_str(), "ping"], options].concat();
        assert_eq!(xmlrpc(&arguments).text(), "\"pong\"\n");
    }
    xmlrpc(&["call", &url, "ping"]).failed(3);
}

#[test]
fn trust_is_of_no_effect_without_https() {
    let server = server();
    assert_eq!(
        xmlrpc(&["call", "--insecure", &server.url(), "add", "1", "2"]).text(),
        "3\n"
    );
}

#[cfg(unix)]
#[test]
fn sockets_of_the_system_are_called_by_http() {
    let socket = std::env::temp_dir().join(format!("xmlrpc-cli-{}.sock", std::process::id()));
    let path = socket.clone();
    let (bound, waiting) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = Server::from_listener(Listener::bind_unix(path).unwrap()).unwrap();
            bound.send(()).unwrap();
            server
                .serve(Methods::new().method("ping", || "pong"))
                .await
                .unwrap();
        });
    });
    waiting.recv_timeout(LIMIT).unwrap();
    let url = format!(
        "http+unix://{}/RPC2",
        socket.display().to_string().replace('/', "%2F")
    );
    assert_eq!(xmlrpc(&["call", &url, "ping"]).text(), "\"pong\"\n");
    std::fs::remove_file(socket).unwrap();
}

#[test]
fn scgi_is_spoken_where_the_url_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("scgi://{}", listener.local_addr().unwrap());
    let serve = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"</methodCall>") {
            let mut bytes = [0; 1024];
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0, "a call");
            request.extend_from_slice(&bytes[..read]);
        }
        let body = xmlrpc_server::MethodResponse::Success(7).to_vec().unwrap();
        stream
            .write_all(&[&b"Status: 200 OK\r\nContent-Type: text/xml\r\n\r\n"[..], &body].concat())
            .unwrap();
        request
    });
    assert_eq!(
        xmlrpc(&["call", &url, "m", "--profile", "rtorrent"]).text(),
        "7\n"
    );
    let request = serve.join().unwrap();
    assert!(
        request.windows(14).any(|part| part == b"CONTENT_LENGTH"),
        "{}",
        String::from_utf8_lossy(&request)
    );
}

#[test]
fn answers_beyond_the_limit_are_refused() {
    let server = server();
    let long = "x".repeat(2000);
    let message = xmlrpc(&["call", "--max-response", "1K", &server.url(), "echo", &long]).failed(3);
    assert!(
        message.contains("1024 bytes; --max-response raises this limit"),
        "{message}"
    );
    assert_eq!(
        xmlrpc(&["call", "--max-response", "3K", &server.url(), "echo", &long])
            .text()
            .len(),
        2003
    );
}

#[test]
fn the_wire_is_shown_on_standard_error_without_secrets() {
    let server = server();
    let url = server.url().replace("http://", "http://ada:s3cret@");
    let ran = xmlrpc(&[
        "call",
        "--header",
        "X-Api-Key: s3cret",
        "--wire",
        &url,
        "echo",
        "\"\\u0085x\"",
    ]);
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(ran.out, "\"\\u0085x\"\n");
    for part in [
        "POST /RPC2 HTTP/1.1\n",
        "authorization: ***\n",
        "x-api-key: ***\n",
        "<methodName>echo</methodName>",
        "HTTP/1.1 200 OK\n",
        "\\u{85}x",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(
        !ran.err.contains("s3cret") && !ran.err.contains('\u{85}'),
        "{}",
        ran.err
    );
}

/// A server that answers one call with these lines of a head, and its address.
fn answering_with(head: &'static str) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/RPC2", listener.local_addr().unwrap());
    let serve = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"</methodCall>") {
            let mut bytes = [0; 1024];
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0, "a call");
            request.extend_from_slice(&bytes[..read]);
        }
        let body = xmlrpc_server::MethodResponse::Success(7).to_vec().unwrap();
        let length = format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream
            .write_all(&[head.as_bytes(), length.as_bytes(), &body].concat())
            .unwrap();
    });
    (url, serve)
}

#[test]
fn the_wire_hides_secrets_of_answers_and_all_that_are_named_so() {
    let (url, serve) = answering_with(
        "HTTP/1.1 200 OK\r\nX-Auth-Token: s3cret\r\nAuthentication-Info: s3cret\r\nSet-Cookie: a=s3cret\r\n\
         WWW-Authenticate: Basic realm=\"seen\"\r\nLocation: http://ada:s3cret@host/x\r\n",
    );
    let sent = [
        "X-TOKEN: s3cret",
        "Client-Credentials: s3cret",
        "Db-Password: s3cret",
        "Session-Id: s3cret",
        "X-Plain: seen",
    ];
    let mut args = vec!["call", "--wire", &url, "m"];
    args.extend(sent.iter().flat_map(|header| ["--header", header]));
    let ran = xmlrpc(&args);
    serve.join().unwrap();
    assert_eq!(ran.out, "7\n", "{ran:?}");
    for part in [
        "x-token: ***\n",
        "client-credentials: ***\n",
        "x-plain: seen\n",
        "x-auth-token: ***\n",
        "authentication-info: ***\n",
        "www-authenticate: Basic realm=\"seen\"\n",
        "location: http://***@host/x\n",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(!ran.err.contains("s3cret"), "{}", ran.err);
}
