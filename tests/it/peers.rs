//! Programs that speak XML-RPC, started for real: what our client makes of them, and they of our server.
#![cfg(unix)]

use std::fs;
use std::future::Future;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use serde::Deserialize;
use xmlrpc_client::blocking::ServerProxy;
use xmlrpc_client::layer::FirstParameter;
use xmlrpc_client::{Base64, Error, Fault, Value, profile, proxy, value};
use xmlrpc_tests::{LIMIT, ServerProcess, TestServer, found};

use crate::service;

#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../xmlrpc-client/examples/aria2.rs"]
mod aria2_example;
#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../xmlrpc-client/examples/rtorrent.rs"]
mod rtorrent_example;
#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../xmlrpc-client/examples/supervisord.rs"]
mod supervisord_example;

/// Runs an example, which does not take for ever.
fn run<T>(example: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(xmlrpc_tests::within(example))
}

/// A folder for a program's files, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "xmlrpc-peer-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program that serves, ended when dropped; its folder goes with it.
struct Peer {
    child: Child,
    folder: Folder,
}

impl Peer {
    /// Starts a program; `None`, loudly, where there is none. What it prints goes into a file of its folder.
    fn start(folder: Folder, program: &str, arguments: impl FnOnce(&mut Command, &Folder)) -> Option<Self> {
        let mut command = Command::new(program);
        arguments(&mut command, &folder);
        let output = fs::File::create(folder.path("output")).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        let child = found(program, command.spawn())?;
        Some(Self { child, folder })
    }

    /// Calls until an answer comes, whatever it is.
    fn wait<T>(&self, call: impl Fn() -> Result<T, Error>) -> T {
        let deadline = Instant::now() + LIMIT;
        loop {
            match call() {
                Ok(answer) => return answer,
                Err(error) if error.is_connect() && Instant::now() < deadline => std::thread::yield_now(),
                Err(error) => {
                    let output = fs::read_to_string(self.folder.path("output")).unwrap_or_default();
                    panic!("{error:#}\n{output}");
                }
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago: these programs cannot be asked for any free one.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn encoded(path: &Path) -> String {
    path.to_str().unwrap().replace('/', "%2F")
}

/// What supervisord tells of a process.
#[derive(Debug, Deserialize)]
struct Process {
    name: String,
    group: String,
    statename: String,
    pid: i64,
}

#[test]
fn supervisord_is_called_over_tcp_and_a_unix_socket_with_the_right_password_only() {
    let (folder, port) = (Folder::new(), free_port());
    let socket = folder.path("supervisor.sock");
    let config = format!(
        "[supervisord]\nnodaemon=true\nuser={user}\nlogfile={folder}/log\npidfile={folder}/pid\nchildlogdir={folder}\n\
         [inet_http_server]\nport=127.0.0.1:{port}\nusername=ada\npassword=l:ve@lace\n\
         [unix_http_server]\nfile={socket}\nusername=ada\npassword=l:ve@lace\n\
         [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\
         [program:sleeper]\ncommand=sleep 1000\nautostart=false\nstartsecs=0\n",
        user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout)
            .unwrap()
            .trim(),
        folder = folder.0.display(),
        socket = socket.display(),
    );
    let config = folder.write("supervisord.conf", &config);
    let Some(peer) = Peer::start(folder, "supervisord", |command, _| {
        command.arg("-c").arg(config);
    }) else {
        return;
    };
    for url in [
        format!("http://ada:l%3Ave%40lace@127.0.0.1:{port}/RPC2"),
        format!("http+unix://ada:l%3Ave%40lace@{}/RPC2", encoded(&socket)),
    ] {
        let server = ServerProxy::builder(&url)
            .profile(profile::supervisord())
            .build()
            .unwrap();
        let state = peer.wait(|| proxy!(server.supervisor.getState()));
        assert_eq!(state["statename"], "RUNNING", "{url}");
        assert!(
            server
                .list_methods()
                .unwrap()
                .contains(&"supervisor.startProcess".to_owned())
        );
        assert!(
            server
                .method_help("supervisor.getState")
                .unwrap()
                .contains("state")
        );
        assert_eq!(
            server
                .method_signature("supervisor.getState")
                .unwrap()
                .to_string(),
            "struct()"
        );

        assert!(
            server
                .call::<bool>("supervisor.startProcess", ("sleeper", true))
                .unwrap()
        );
        let all: Vec<Process> = server.call("supervisor.getAllProcessInfo", ()).unwrap();
        assert_eq!(
            (&*all[0].name, &*all[0].group, &*all[0].statename),
            ("sleeper", "sleeper", "RUNNING")
        );
        assert!(all[0].pid > 0);
        let mut batch = server.multicall();
        let stop = batch
            .add::<bool>("supervisor.stopProcess", ("sleeper", true))
            .unwrap();
        let again = batch
            .add::<bool>("supervisor.stopProcess", ("sleeper", true))
            .unwrap();
        let mut results = batch.send().unwrap();
        assert!(results.take(stop).unwrap());
        let fault = results.take(again).unwrap_err().into_fault().unwrap();
        assert_eq!((fault.code(), fault.string()), (70, "NOT_RUNNING: sleeper"));

        let example = supervisord_example::connect(&url).unwrap();
        for _ in 0..2 {
            run(supervisord_example::restart(&example, "sleeper")).unwrap();
        }
        let processes = run(supervisord_example::processes(&example)).unwrap();
        let [process] = &processes[..] else {
            panic!("{processes:?}")
        };
        assert_eq!((&*process.name, &*process.statename), ("sleeper", "RUNNING"));
        assert!(process.description.starts_with("pid "), "{process:?}");
        let fault = run(supervisord_example::restart(&example, "nobody")).unwrap_err();
        assert_eq!(fault.fault().map(Fault::string), Some("BAD_NAME: nobody"));
        assert!(
            server
                .call::<bool>("supervisor.stopProcess", ("sleeper", true))
                .unwrap()
        );

        let wrong = url.replace("lace", "life");
        let error = ServerProxy::new(&wrong).unwrap().list_methods().unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(401), "{error}");
        assert!(!format!("{error:?} {error:#}").contains("l:ve"), "{error:?}");
    }
}

#[test]
fn aria2_is_called_with_its_token_and_takes_a_torrent_in_base64() {
    let (folder, port) = (Folder::new(), free_port());
    let Some(peer) = Peer::start(folder, "aria2c", |command, folder| {
        command.args([
            "--no-conf",
            "--enable-rpc",
            "--rpc-secret=s3cret",
            "--enable-dht=false",
            "--enable-dht6=false",
        ]);
        command.args([
            "--disable-ipv6",
            "--bt-enable-lpd=false",
            "--enable-peer-exchange=false",
            &format!("--listen-port={}", free_port()),
        ]);
        command.arg(format!("--rpc-listen-port={port}"));
        command.arg(format!("--dir={}", folder.0.display()));
    }) else {
        return;
    };
    let server = |token: &'static str| {
        let builder = ServerProxy::builder(&format!("http://127.0.0.1:{port}/rpc"));
        let layered = builder
            .profile(profile::aria2())
            .layer(FirstParameter::new(token));
        layered.build().unwrap()
    };
    let (server, stranger) = (server("token:s3cret"), server("token:wrong"));
    let version = peer.wait(|| server.call::<Value>("aria2.getVersion", ()));
    assert!(version["version"].as_str().unwrap().starts_with('1'), "{version}");
    let fault = stranger
        .call::<Value>("aria2.getVersion", ())
        .unwrap_err()
        .into_fault()
        .unwrap();
    assert_eq!((fault.code(), fault.string()), (1, "Unauthorized"));
    assert!(
        server
            .list_methods()
            .unwrap()
            .contains(&"aria2.addTorrent".to_owned())
    );

    // A torrent of one file with one piece, without a tracker.
    let torrent = b"d8:announce20:http://127.0.0.1:9/a4:infod6:lengthi1e4:name1:x12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee";
    let options = [("pause", "true")]
        .into_iter()
        .collect::<std::collections::BTreeMap<_, _>>();
    let torrent = Base64::from(torrent.to_vec());
    let gid: String = server
        .call("aria2.addTorrent", (torrent, Vec::<String>::new(), options))
        .unwrap();
    let status: Value = server
        .call("aria2.tellStatus", (&gid, ["status", "bittorrent"]))
        .unwrap();
    assert_eq!(status["status"], "paused");
    assert_eq!(status["bittorrent"]["info"]["name"], "x");
    let mut batch = server.multicall();
    let first = batch.add::<String>("aria2.remove", (&gid,)).unwrap();
    let second = batch.add::<String>("aria2.remove", (&gid,)).unwrap();
    let mut results = batch.send().unwrap();
    assert_eq!(results.take(first).unwrap(), gid);
    assert!(results.take(second).unwrap_err().fault().is_some());

    let example = aria2_example::connect(&format!("http://127.0.0.1:{port}/rpc"), "s3cret").unwrap();
    let gid = run(aria2_example::add(&example, "http://127.0.0.1:9/x", true)).unwrap();
    let downloads = run(aria2_example::downloads(&example)).unwrap();
    let [download] = &downloads[..] else {
        panic!("{downloads:?}")
    };
    assert_eq!((&download.gid, &*download.status), (&gid, "paused"));
    assert_eq!((download.total_length, download.completed_length), (0, 0));
}

#[test]
fn rtorrent_is_called_by_scgi_over_tcp_and_a_unix_socket() {
    for unix in [false, true] {
        let (folder, port) = (Folder::new(), free_port());
        let socket = folder.path("rpc.sock");
        let (open, url) = match unix {
            false => (
                format!("network.scgi.open_port=127.0.0.1:{port}"),
                format!("scgi://127.0.0.1:{port}"),
            ),
            true => (
                format!("network.scgi.open_local={}", socket.display()),
                format!("scgi+unix://{}", socket.display()),
            ),
        };
        let Some(peer) = Peer::start(folder, "rtorrent", |command, folder| {
            command.env("TERM", "dumb").env("HOME", &folder.0).arg("-n");
            for option in [
                "system.daemon.set=true",
                "dht.mode.set=disable",
                "protocol.pex.set=no",
                "network.port_open.set=no",
                "network.bind_address.set=127.0.0.1",
                &format!("session.path.set={}", folder.0.display()),
                &open,
            ] {
                command.args(["-o", option]);
            }
        }) else {
            return;
        };
        let server = ServerProxy::builder(&url)
            .profile(profile::rtorrent())
            .build()
            .unwrap();
        let version: String = peer.wait(|| server.call("system.client_version", ()));
        assert!(version.starts_with("0."), "{version}");
        assert!(
            server
                .list_methods()
                .unwrap()
                .contains(&"d.multicall2".to_owned())
        );
        let bytes: i64 = server.call("throttle.global_up.total", ()).unwrap();
        assert_eq!(bytes, 0);

        // A name with a control character, which rTorrent sends as it is, though XML lacks it.
        let torrent = b"d8:announce20:http://127.0.0.1:9/a4:infod6:lengthi1e4:name5:a\x1bb\xc3\xa912:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee";
        let loaded: i64 = server
            .call("load.raw", ("", Base64::from(torrent.to_vec())))
            .unwrap();
        assert_eq!(loaded, 0);
        let deadline = Instant::now() + LIMIT;
        let names = loop {
            let names: Vec<(String,)> = server.call("d.multicall2", ("", "main", "d.name=")).unwrap();
            assert!(Instant::now() < deadline, "the torrent is not loaded");
            if !names.is_empty() {
                break names;
            }
        };
        assert_eq!(names, [("a\u{1b}bé".to_owned(),)]);
        let example = rtorrent_example::connect(&url).unwrap();
        let torrents = run(rtorrent_example::torrents(&example)).unwrap();
        let [(hash, name, 1, 0)] = &torrents[..] else {
            panic!("{torrents:?}")
        };
        assert_eq!((hash.len(), name.as_str()), (40, "a\u{1b}bé"));
        let other = b"d8:announce20:http://127.0.0.1:9/a4:infod6:lengthi1e4:name1:y12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee";
        run(rtorrent_example::add(&example, other.to_vec())).unwrap();
        while run(rtorrent_example::torrents(&example)).unwrap().len() < 2 {
            assert!(Instant::now() < deadline, "the other torrent is not loaded");
        }
        let picky = ServerProxy::new(&url).unwrap();
        let list = picky.call::<Value>("d.multicall2", ("", "main", "d.name="));
        assert!(
            list.unwrap_err().is_decode(),
            "without the profile such an answer is refused"
        );

        let fault = server
            .call::<Value>("no.such.method", ())
            .unwrap_err()
            .into_fault()
            .unwrap();
        assert!(fault.code() != 0 && !fault.string().is_empty(), "{fault}");
        let mut batch = server.multicall();
        let name = batch.add::<String>("system.library_version", ()).unwrap();
        let pid = batch.add::<i64>("system.pid", ()).unwrap();
        let mut results = batch.send().unwrap();
        assert!(results.take(name).unwrap().starts_with("0."));
        assert_eq!(results.take(pid).unwrap(), i64::from(peer.child.id()));
    }
}

/// Runs a script of another language against our server and gives what it prints; `None`, loudly, where there is no such program or
/// library, for which `check` is run first.
fn script(program: &str, check: &[&str], arguments: &[&str]) -> Option<String> {
    checked(program, check)?;
    let output = Command::new(program).args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {error}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// `None`, loudly, where there is no such program, or no such library, for which `check` is run.
fn checked(program: &str, check: &[&str]) -> Option<()> {
    let checked = found(program, Command::new(program).args(check).output())?;
    if checked.status.success() {
        return Some(());
    }
    let missing = std::io::Error::other(String::from_utf8_lossy(&checked.stderr).into_owned());
    found(program, Err(missing))
}

#[test]
fn perls_rpc_xml_calls_our_server() {
    let server = TestServer::start(service::methods());
    let text = r#"
        use strict; use RPC::XML; use RPC::XML::Client;
        binmode(STDOUT, ':utf8');
        my $client = RPC::XML::Client->new($ARGV[0]);
        print $client->simple_request('add', 1, 2), "\n";
        print join(',', @{$client->simple_request('echo', [1, 'two', 3.5])}), "\n";
        print $client->simple_request('echo', RPC::XML::i8->new(5000000000)), "\n";
        print $client->simple_request('echo', {a => {b => RPC::XML::boolean->new(1)}})->{a}{b}, "\n";
        my $fault = $client->send_request('add', 1);
        print $fault->is_fault ? $fault->code : 'no fault', "\n";
        print scalar(@{$client->simple_request('system.multicall', [{methodName => 'add', params => [1, 2]}])}), "\n";
    "#;
    if let Some(said) = script(
        "perl",
        &["-MRPC::XML::Client", "-e1"],
        &["-e", text, &server.url()],
    ) {
        assert_eq!(said, "3\n1,two,3.5\n5000000000\n1\n-32602\n1\n");
    }
}

#[test]
fn rubys_xmlrpc_calls_our_server() {
    let server = TestServer::start(service::methods());
    let text = r#"
        require "xmlrpc/client"
        client = XMLRPC::Client.new2(ARGV[0])
        puts client.call("add", 1, 2)
        p client.call("echo", [1, "größer <&>", 3.5, true])
        p client.call("echo", XMLRPC::Base64.new("\x00\xff".b)).bytes
        p client.call("echo", Time.utc(1998, 7, 17, 14, 8, 55)).to_a
        begin
          client.call("add", 1)
        rescue XMLRPC::FaultException => fault
          puts fault.faultCode
        end
        p client.multicall(["add", 1, 2], ["divide", 1.0, 0.0]).map { |x| x.is_a?(XMLRPC::FaultException) ? x.faultCode : x }
    "#;
    if let Some(said) = script(
        "ruby",
        &["-e", "require 'xmlrpc/client'"],
        &["-e", text, &server.url()],
    ) {
        assert_eq!(
            said,
            "3\n[1, \"größer <&>\", 3.5, true]\n[0, 255]\n[1998, 7, 17, 14, 8, 55]\n-32602\n[3, 8]\n"
        );
    }
}

#[test]
fn php_calls_our_server_by_its_streams() {
    let server = TestServer::start(service::methods());
    let text = r#"
        $body = '<?xml version="1.0"?><methodCall><methodName>add</methodName><params><param><value><i4>1</i4></value></param>'
            . '<param><value><int>2</int></value></param></params></methodCall>';
        $context = stream_context_create(['http' => ['method' => 'POST', 'header' => 'Content-Type: text/xml', 'content' => $body]]);
        $xml = simplexml_load_string(file_get_contents($argv[1], false, $context));
        echo $xml->params->param->value->int, "\n", implode(',', preg_grep('/^Content-Length/i', $http_response_header)) !== '' ? 'length' : 'none', "\n";
    "#;
    let check = ["-r", "exit(function_exists('simplexml_load_string') ? 0 : 1);"];
    if let Some(said) = script("php", &check, &["-r", text, "--", &server.url()]) {
        assert_eq!(said, "3\nlength\n");
    }
}

const NODE_CHECK: [&str; 2] = ["-e", "require('xmlrpc')"];

#[test]
fn nodes_xmlrpc_calls_our_server() {
    let server = TestServer::start(service::methods());
    let text = r#"
        const client = require('xmlrpc').createClient({ url: process.argv[1] });
        const call = (method, ...params) => new Promise((done) => client.methodCall(method, params, (error, value) =>
            done(error ? `fault ${error.faultCode}` : value)));
        (async () => {
            console.log(await call('add', 1, 2));
            console.log(JSON.stringify(await call('echo', [1, 'größer <&> 世界', 3.5, true, null, { a: { b: [''] } }])));
            console.log((await call('echo', Buffer.from([0, 255]))).toString('hex'));
            console.log((await call('echo', new Date(1998, 6, 17, 14, 8, 55))).getTime() === new Date(1998, 6, 17, 14, 8, 55).getTime());
            console.log(await call('add', 1), await call('nothing.like.it'));
            console.log(JSON.stringify(await call('system.multicall', [{ methodName: 'add', params: [1, 2] }, { methodName: 'no', params: [] }])
                .then(([sum, fault]) => [sum, fault.faultCode])));
        })();
    "#;
    if let Some(said) = script("node", &NODE_CHECK, &["-e", text, &server.url()]) {
        assert_eq!(
            said,
            "3\n[1,\"größer <&> 世界\",3.5,true,null,{\"a\":{\"b\":[\"\"]}}]\n00ff\ntrue\nfault -32602 fault -32601\n[[3],-32601]\n"
        );
    }
}

const NODE_SERVER: &str = r#"
    const server = require('xmlrpc').createServer({ host: '127.0.0.1', port: 0 },
        () => setImmediate(() => console.log(`127.0.0.1:${server.httpServer.address().port}`)));
    server.on('echo', (error, params, answer) => answer(null, params[0]));
    server.on('add', (error, params, answer) => answer(null, params[0] + params[1]));
    server.on('fail', (error, params, answer) => answer({ faultCode: 4, faultString: 'größer' }));
    server.on('late', (error, params, answer) => setTimeout(() => answer(null, params[0]), 20));
"#;

#[test]
fn nodes_xmlrpc_is_called_and_has_no_multicall() {
    if checked("node", &NODE_CHECK).is_none() {
        return;
    }
    let node = ServerProcess::start(Command::new("node").args(["-e", NODE_SERVER]));
    let server = ServerProxy::new(&node.url()).unwrap();
    for sent in [
        value!(0),
        value!(i32::MIN),
        value!(true),
        value!(2.5),
        value!(""),
        value!("größer <&> ]]> 世界 \u{1F600}\n"),
        value!(["x", [1, []], { "a": { "b": [1.5] } }]),
        value!(Base64::from(vec![0, 255, 10])),
        value!(nil),
    ] {
        assert_eq!(server.call::<Value>("echo", (&sent,)).unwrap(), sent);
    }
    // What is no int to JavaScript comes back as a double.
    assert_eq!(server.call::<f64>("add", (0.5, 2)).unwrap(), 2.5);
    let fault = server
        .call::<Value>("fail", ())
        .unwrap_err()
        .into_fault()
        .unwrap();
    assert_eq!((fault.code(), fault.string()), (4, "größer"));
    let error = server.call::<Value>("no.such.method", ()).unwrap_err();
    assert_eq!(
        error.status().map(|status| status.as_u16()),
        Some(404),
        "{error:?}"
    );

    let mut batch = server.multicall();
    let sum = batch.add::<i32>("add", (1, 2)).unwrap();
    let failure = batch.add::<i32>("fail", ()).unwrap();
    let unknown = batch.add::<i32>("no.such.method", ()).unwrap();
    let mut results = batch.send().unwrap();
    assert_eq!(results.take(sum).unwrap(), 3);
    assert_eq!(
        results.take(failure).unwrap_err().fault().map(Fault::code),
        Some(4)
    );
    assert_eq!(
        results
            .take(unknown)
            .unwrap_err()
            .status()
            .map(|status| status.as_u16()),
        Some(404)
    );
    let batch = server.multicall().concurrency(NonZeroUsize::MAX);
    let numbers = batch
        .batch::<i32>("late", (0..50).map(|number| (number,)))
        .unwrap();
    let numbers: Vec<_> = numbers.into_iter().map(Result::unwrap).collect();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
}
