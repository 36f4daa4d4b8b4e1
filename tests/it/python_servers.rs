//! Our client on Python's `SimpleXMLRPCServer` as people run it: plain, threaded, compressing, and behind TLS; many calls at a time.

use std::fs;
use std::path::PathBuf;

use rcgen::{CertificateParams, KeyPair};
use xmlrpc_client::{ServerProxy, ServerProxyBuilder, Tls};
use xmlrpc_tests::{PythonServer, within};

/// A server with some methods; what else it is stands in place of `KIND`.
const SERVER: &str = r"
import ssl, threading, time
from socketserver import ThreadingMixIn
from xmlrpc.server import SimpleXMLRPCServer, SimpleXMLRPCRequestHandler

class Handler(SimpleXMLRPCRequestHandler):
    rpc_paths = ('/RPC2',)
    encodings = {'asked': [], 'answered': []}
    def do_POST(self):
        self.encodings['asked'].append(self.headers.get('content-encoding', ''))
        super().do_POST()
    def send_header(self, name, value):
        if name.lower() == 'content-encoding':
            self.encodings['answered'].append(value)
        super().send_header(name, value)

class Threaded(ThreadingMixIn, SimpleXMLRPCServer):
    daemon_threads = True
    request_queue_size = 128

gate = threading.Barrier(8, timeout=20)
KIND
server.register_introspection_functions()
server.register_function(lambda value: value, 'echo')
server.register_function(lambda a, b: a + b, 'add')
server.register_function(lambda: Handler.encodings, 'encodings')
server.register_function(lambda: gate.wait() >= 0, 'meet')
print('%s:%d' % server.server_address, flush=True)
server.serve_forever()
";

const PLAIN: &str = "server = SimpleXMLRPCServer(('127.0.0.1', 0), Handler, logRequests=False)";
const THREADED: &str = "server = Threaded(('127.0.0.1', 0), Handler, logRequests=False)";

fn start(kind: &str) -> Option<PythonServer> {
    PythonServer::start(&SERVER.replace("KIND", kind))
}

/// So many calls at a time, each with an answer of its own.
async fn call_at_once(server: &ServerProxy, calls: i32) {
    let calls: Vec<_> = (0..calls)
        .map(|number| {
            let server = server.clone();
            tokio::spawn(async move { (number, server.call::<i32>("add", (number, 1)).await) })
        })
        .collect();
    for call in calls {
        let (number, sum) = within(call).await.unwrap();
        assert_eq!(sum.unwrap(), number + 1);
    }
}

#[tokio::test]
async fn a_plain_server_takes_one_call_after_the_other_however_many_come() {
    let Some(python) = start(PLAIN) else { return };
    let server = ServerProxy::new(&python.url()).unwrap();
    // As many as its queue of connections takes.
    for _ in 0..5 {
        call_at_once(&server, 5).await;
    }
    let numbers = (0..100).map(|number| (number, 1));
    // It was not told to have `system.multicall`.
    let sums = within(server.batch::<i32>("add", numbers).into_future())
        .await
        .unwrap();
    let sums: Vec<_> = sums.into_iter().map(Result::unwrap).collect();
    assert_eq!(sums, (1..=100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_threaded_server_takes_calls_at_the_same_time() {
    let Some(python) = start(THREADED) else { return };
    let server = ServerProxy::new(&python.url()).unwrap();
    let meetings: Vec<_> = (0..8)
        .map(|_| {
            let server = server.clone();
            tokio::spawn(async move { server.call::<bool>("meet", ()).await })
        })
        .collect();
    for meeting in meetings {
        assert!(within(meeting).await.unwrap().unwrap());
    }
    call_at_once(&server, 200).await;
}

#[tokio::test]
async fn a_threaded_server_that_keeps_connections_is_called_on_them() {
    let Some(python) = start(&format!("Handler.protocol_version = 'HTTP/1.1'\n{THREADED}")) else {
        return;
    };
    let server = ServerProxy::new(&python.url()).unwrap();
    for _ in 0..3 {
        call_at_once(&server, 30).await;
    }
}

#[tokio::test]
async fn answers_and_calls_are_compressed() {
    let Some(python) = start(&format!("Handler.encode_threshold = 100\n{PLAIN}")) else {
        return;
    };
    let server = ServerProxy::builder(&python.url())
        .compress_requests(1000)
        .build()
        .unwrap();
    let long = "größer ".repeat(1000);
    let echoed: String = within(server.call("echo", (&long,)).into_future()).await.unwrap();
    assert_eq!(echoed, long);
    let short: String = within(server.call("echo", ("short",)).into_future())
        .await
        .unwrap();
    assert_eq!(short, "short");
    let seen = within(server.call::<Encodings>("encodings", ()).into_future())
        .await
        .unwrap();
    assert_eq!(seen.asked, ["gzip", "", ""]);
    assert_eq!(seen.answered[0], "gzip");
}

/// The encodings of bodies that a server has seen and sent.
#[derive(serde::Deserialize)]
struct Encodings {
    asked: Vec<String>,
    answered: Vec<String>,
}

/// A certificate that vouches for itself, and its key, in files that are removed at the end.
struct Certificate {
    pem: String,
    files: [PathBuf; 2],
}

impl Certificate {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let file =
            |part| std::env::temp_dir().join(format!("xmlrpc-python-{}-{name}-{part}", std::process::id()));
        let files = [file("chain"), file("key")];
        fs::write(&files[0], &pem).unwrap();
        fs::write(&files[1], key.serialize_pem()).unwrap();
        Self { pem, files }
    }

    fn server(&self) -> Option<PythonServer> {
        let [chain, key] = self.files.each_ref().map(|path| path.to_str().unwrap());
        start(&format!(
            "{THREADED}\n\
             context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n\
             context.load_cert_chain('{chain}', '{key}')\n\
             server.socket = context.wrap_socket(server.socket, server_side=True)"
        ))
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
    }
}

#[tokio::test]
async fn a_server_behind_tls_is_called_where_its_certificate_is_trusted() {
    let certificate = Certificate::new("trusted");
    let Some(python) = certificate.server() else {
        return;
    };
    let url = python.url().replace("http://", "https://");
    let with = |tls: Tls| -> ServerProxyBuilder { ServerProxy::builder(&url).tls(tls) };
    let trusting = Tls::new().authorities(&certificate.pem).unwrap();
    let server = with(trusting).build().unwrap();
    call_at_once(&server, 30).await;
    let by_name = ServerProxy::builder(&url.replace("127.0.0.1", "localhost"))
        .tls(Tls::new().danger_accept_invalid_certificates())
        .build()
        .unwrap();
    call_at_once(&by_name, 3).await;

    let nobody = Certificate::new("nobody");
    let other = Tls::new()
        .authorities(&nobody.pem)
        .unwrap()
        .without_platform_authorities();
    let server = with(other).build().unwrap();
    let error = within(server.call::<i32>("add", (1, 2)).into_future())
        .await
        .unwrap_err();
    assert!(error.is_connect() && !error.is_maybe_sent(), "{error:?}");
}
