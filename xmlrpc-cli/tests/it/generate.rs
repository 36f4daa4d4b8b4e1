//! `xmlrpc generate`: what it makes is what stands in `generated/`, which is compiled here, and calls the servers that it was made for.
//!
//! With `UPDATE_GENERATED` set, the files are written anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use xmlrpc_client::{Base64, DateTime, ServerProxy, Struct, Value, profile, value};
use xmlrpc_tests::{LIMIT, PythonServer, TestServer, found, within};

use crate::support::{Scratch, python_server, xmlrpc};

#[rustfmt::skip]
#[allow(clippy::doc_markdown, unreachable_pub, reason = "as a user of the command has it")]
#[path = "generated/demo.rs"]
mod demo;
#[rustfmt::skip]
#[allow(clippy::doc_markdown, unreachable_pub, reason = "as a user of the command has it")]
#[path = "generated/hostile.rs"]
mod hostile;
#[rustfmt::skip]
#[allow(clippy::doc_markdown, unreachable_pub, reason = "as a user of the command has it")]
#[path = "generated/ours.rs"]
mod ours;
#[rustfmt::skip]
#[allow(clippy::doc_markdown, unreachable_pub, reason = "as a user of the command has it")]
#[path = "generated/python.rs"]
mod python;
#[rustfmt::skip]
#[allow(clippy::doc_markdown, unreachable_pub, reason = "as a user of the command has it")]
#[path = "generated/supervisord.rs"]
mod supervisord;

/// Holds what is generated for a server against the file, but for the server's address.
#[track_caller]
fn matches_file(url: &str, options: &[&str], file: &str) {
    let generated = xmlrpc(&[&["generate", url], options].concat()).text();
    let address = url
        .split_once('@')
        .map_or(url.to_owned(), |(_, rest)| format!("http://{rest}"));
    assert!(generated.contains(&address), "{generated}");
    let generated = generated.replace(&address, "http://127.0.0.1/RPC2");
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/generated")
        .join(file);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        generated,
        kept,
        "UPDATE_GENERATED=1 writes {} anew",
        path.display()
    );
    if file.ends_with(".rs") {
        is_formatted(&generated);
    }
}

#[track_caller]
fn is_formatted(module: &str) {
    let file = Scratch::new(module.as_bytes());
    let output = Command::new("rustfmt")
        .args(["--check", "--config", "max_width=100", file.path()])
        .output();
    let Some(output) = found("rustfmt", output) else {
        return;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

/// A server with methods of all types.
fn server() -> TestServer {
    let sum = |numbers: xmlrpc_server::Variadic<i64>| numbers.iter().sum::<i64>();
    let methods = xmlrpc_server::Methods::new()
        .method("add", |a: i32, b: i32| a + b)
        .help("add", "Adds two numbers.\n\nSmall ones, such as *those* of <i4>.")
        .method(
            "all.types",
            |a: i64, b: bool, c: f64, d: String, e: DateTime, f: Base64, g: Vec<i32>, h: Struct| {
                (a, b, c, d, e, f, g, h)
            },
        )
        .method("greet", |name: String, greeting: Option<String>| {
            format!("{}, {name}!", greeting.unwrap_or_else(|| "Hello".to_owned()))
        })
        .method("nothing", || ())
        .method("sum", sum)
        .method("twice", |number: i32| 2 * number)
        .overload("twice", |text: String| text.repeat(2));
    TestServer::start(methods)
}

#[tokio::test]
async fn a_client_for_our_server_compiles_and_calls() {
    let server = server();
    matches_file(&server.url(), &["--name", "Ours"], "ours.rs");
    matches_file(&server.url(), &["--markdown"], "ours.md");
    let client = ours::OursClient::new(ServerProxy::new(&server.url()).unwrap());
    assert_eq!(within(async { client.add(2, 3).await }).await.unwrap(), 5);
    assert_eq!(
        within(async { client.greet("Ada", None).await }).await.unwrap(),
        "Hello, Ada!"
    );
    assert_eq!(
        within(async { client.greet("Ada", Some("Hi")).await })
            .await
            .unwrap(),
        "Hi, Ada!"
    );
    assert_eq!(within(async { client.sum([1, 2, 3]).await }).await.unwrap(), 6);
    assert_eq!(
        within(async { client.twice(value!("ab")).await }).await.unwrap(),
        "abab"
    );
    assert_eq!(
        within(async { client.twice(value!(21)).await }).await.unwrap(),
        42
    );
    within(async { client.nothing().await }).await.unwrap();
    let (moment, bytes) = ("19980717T14:08:55".parse().unwrap(), Base64::from(*b"ABC"));
    let (list, members) = ([value!(1)], Struct::from([("a", 1)]));
    let all = client.all_types(1, true, 1.5, "x", moment, &bytes, &list, &members);
    let all = within(async { all.await }).await.unwrap();
    assert_eq!(
        all,
        [
            value!(1),
            value!(true),
            value!(1.5),
            value!("x"),
            moment.into(),
            bytes.into(),
            value!([1]),
            value!({ "a": 1 })
        ]
    );
}

#[tokio::test]
async fn a_client_for_pythons_server_compiles_and_calls() {
    let Some(server) = python_server() else { return };
    matches_file(&server.url(), &[], "python.rs");
    let client = python::ServerClient::new(ServerProxy::new(&server.url()).unwrap());
    assert_eq!(within(async { client.add([1, 2]).await }).await.unwrap(), 3);
    let none: [Value; 0] = [];
    let names = within(async { client.system_list_methods(none).await })
        .await
        .unwrap();
    assert_eq!(names[0], "add");
}

#[tokio::test]
async fn nothing_that_a_server_says_becomes_code() {
    let Some(server) = PythonServer::start(include_str!("hostile.py")) else {
        return;
    };
    matches_file(&server.url(), &["--name", "Hostile"], "hostile.rs");
    matches_file(&server.url(), &["--markdown"], "hostile.md");
    let client = hostile::HostileClient::new(ServerProxy::new(&server.url()).unwrap());
    assert_eq!(within(async { client.type_(1).await }).await.unwrap(), "type");
    assert_eq!(
        within(async { client.x_fn_evil(value!("x")).await })
            .await
            .unwrap(),
        1
    );
    assert_eq!(within(async { client.a_b_3(7).await }).await.unwrap(), 1);
}

/// The demo server, which is built beside this program where the whole workspace is.
struct Demo {
    child: Child,
    url: String,
}

impl Demo {
    fn start() -> Option<Self> {
        let program = Path::new(env!("CARGO_BIN_EXE_xmlrpc")).with_file_name("demos");
        let mut command = Command::new(program);
        command.args(["rpc-server", "--listen", "127.0.0.1:0"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let child = found("demos", command.spawn())?;
        let mut demo = Self {
            child,
            url: String::new(),
        };
        let ready = xmlrpc_tests::first_line(&mut demo.child);
        let address = ready.split(' ').find(|word| word.contains(':')).unwrap();
        demo.url = format!("http://{address}/RPC2");
        Some(demo)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_demo_server_is_listed_and_called_and_a_client_for_it_compiles() {
    let Some(demo) = Demo::start() else { return };
    let url = &demo.url;
    assert_eq!(
        xmlrpc(&["call", url, "addtogether", "x", "y", "z"]).text(),
        "\"xyz\"\n"
    );
    assert_eq!(
        xmlrpc(&["call", url, "quadratic", "2", "-4", "0"]).text(),
        "[0.0,8.0]\n"
    );
    assert!(xmlrpc(&["list", url]).text().starts_with("addtogether\necho\n"));
    matches_file(url, &["--name", "Demo"], "demo.rs");
    let client = demo::DemoClient::new(ServerProxy::new(url).unwrap());
    let joined = within(async { client.addtogether(["x", "y", "z"]).await }).await;
    assert_eq!(joined.unwrap(), "xyz");
    let roots = within(async { client.quadratic(2.0, -4.0, 0.0).await }).await;
    assert_eq!(roots.unwrap(), [value!(0.0), value!(8.0)]);
}

/// supervisord behind a socket in a folder of its own.
#[cfg(unix)]
struct Supervisord {
    child: Child,
    folder: PathBuf,
}

#[cfg(unix)]
impl Supervisord {
    fn start() -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("xmlrpc-cli-supervisord-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let config = format!(
            "[supervisord]\nnodaemon=true\nlogfile={folder}/log\npidfile={folder}/pid\nchildlogdir={folder}\n\
             [unix_http_server]\nfile={folder}/sock\nusername=ada\npassword=l:ve@lace\n\
             [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
            folder = folder.display()
        );
        fs::write(folder.join("conf"), config).unwrap();
        let output = fs::File::create(folder.join("output")).unwrap();
        let mut command = Command::new("supervisord");
        command
            .arg("-c")
            .arg(folder.join("conf"))
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        let child = found("supervisord", command.spawn())?;
        let server = Self { child, folder };
        let deadline = Instant::now() + LIMIT;
        while std::os::unix::net::UnixStream::connect(server.folder.join("sock")).is_err() {
            let output = fs::read_to_string(server.folder.join("output")).unwrap();
            assert!(Instant::now() < deadline, "{output}");
            std::thread::yield_now();
        }
        Some(server)
    }

    fn url(&self) -> String {
        let socket = self.folder.join("sock").display().to_string().replace('/', "%2F");
        format!("http+unix://ada:l%3Ave%40lace@{socket}/RPC2")
    }
}

#[cfg(unix)]
impl Drop for Supervisord {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_client_for_supervisord_compiles_and_calls() {
    let Some(server) = Supervisord::start() else {
        return;
    };
    let generated = xmlrpc(&["generate", "--name", "Supervisord", &server.url()]).text();
    assert!(!generated.contains("lace"), "{generated}");
    let (_, behind) = generated.split_once('\n').unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/generated/supervisord.rs");
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        let head = "// The methods of the XML-RPC server at http+unix://%2Frun%2Fsupervisor.sock/RPC2, by `xmlrpc generate`.";
        fs::write(&path, format!("{head}\n{behind}")).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(Some(behind), kept.split_once('\n').map(|(_, behind)| behind));
    is_formatted(&generated);
    let proxy = ServerProxy::builder(&server.url())
        .profile(profile::supervisord())
        .build()
        .unwrap();
    let client = supervisord::SupervisordClient::new(proxy);
    let state = within(async { client.supervisor_get_state().await })
        .await
        .unwrap();
    assert_eq!(state.get("statename"), Some(&value!("RUNNING")));
    let table = xmlrpc(&["list", "--long", &server.url()]).text();
    let row = table
        .lines()
        .find(|row| row.starts_with("supervisor.getState "))
        .unwrap();
    assert!(row.contains("struct()"), "{row}");
}

#[test]
fn a_trait_is_not_named_as_what_the_module_uses() {
    for name in [
        "Value", "Struct", "Base64", "DateTime", "Vec", "Option", "Variadic", "Result", "String",
    ] {
        let message = xmlrpc(&["generate", "--name", name, "http://127.0.0.1:1/"]).failed(2);
        assert!(
            message.contains("--name") && message.contains("stands for something else"),
            "{message}"
        );
    }
}
