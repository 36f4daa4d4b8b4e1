#![cfg(unix)]

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use xmlrpc_server::{Address, CallContext, Error, Listener, Methods, Server, UnixOptions};

use crate::support::{plain_call, within};

#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../examples/unix.rs"]
mod example;

/// A directory of its own, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("xmlrpc-{}-{test}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("rpc.sock")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn methods() -> Methods {
    Methods::new().method("who", |context: CallContext| {
        assert_eq!(context.peer(), None);
        context
            .peer_credentials()
            .map(|who| format!("{} {} {:?}", who.uid(), who.gid(), who.pid()))
    })
}

async fn answer(path: &Path) -> String {
    let body = plain_call("who");
    let mut stream = within(UnixStream::connect(path)).await.unwrap();
    let request = format!("POST / HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    within(stream.write_all(request.as_bytes())).await.unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

/// Serves while a test looks at it.
async fn while_serving(server: Server, test: impl AsyncFnOnce()) {
    let handle = server.handle();
    let served = tokio::spawn(server.serve(methods()));
    test().await;
    handle.shutdown();
    within(served).await.unwrap().unwrap();
}

fn cause(error: &Error) -> ErrorKind {
    assert!(error.is_bind());
    let cause = std::error::Error::source(error).unwrap();
    cause.downcast_ref::<std::io::Error>().unwrap().kind()
}

#[tokio::test]
async fn a_unix_socket_is_served_beside_tcp_and_its_file_removed_at_the_end() {
    let directory = Directory::new("served");
    let path = directory.socket();
    let listener = Listener::bind_unix(&path).unwrap();
    assert_eq!(*listener.address(), Address::Unix(Some(path.clone())));
    assert_eq!(listener.address().to_string(), format!("unix:{}", path.display()));
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    while_serving(server.and_listener(listener).unwrap(), async || {
        let found = fs::metadata(&path).unwrap();
        assert!(found.file_type().is_socket());
        assert!(answer(&path).await.starts_with("HTTP/1.0 200 OK"));
    })
    .await;
    assert!(!path.exists());
}

#[tokio::test]
async fn handlers_see_the_credentials_of_the_peer() {
    let directory = Directory::new("credentials");
    let path = directory.socket();
    let mine = fs::metadata(&directory.0).unwrap();
    let (uid, gid) = {
        use std::os::unix::fs::MetadataExt as _;
        (mine.uid(), mine.gid())
    };
    let server = Server::from_listener(Listener::bind_unix(&path).unwrap()).unwrap();
    while_serving(server, async || {
        let expected = format!("{uid} {gid} Some({})", std::process::id());
        assert!(answer(&path).await.contains(&expected));
    })
    .await;
}

#[tokio::test]
async fn the_mode_is_as_asked_for_and_private_unless_set() {
    let directory = Directory::new("mode");
    for (options, mode) in [
        (UnixOptions::new(), 0o600),
        (UnixOptions::new().mode(0o660), 0o660),
    ] {
        let listener = options.backlog(8).bind(directory.socket()).unwrap();
        let found = fs::metadata(directory.socket()).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode);
        drop(listener);
    }
}

#[tokio::test]
async fn a_socket_left_behind_is_replaced() {
    let directory = Directory::new("stale");
    let path = directory.socket();
    // One that is closed leaves its file.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let server = Server::from_listener(Listener::bind_unix(&path).unwrap()).unwrap();
    while_serving(server, async || {
        assert!(answer(&path).await.starts_with("HTTP/1.0 200 OK"));
    })
    .await;
}

#[tokio::test]
async fn a_socket_on_which_somebody_listens_is_left_alone() {
    let directory = Directory::new("alive");
    let path = directory.socket();
    let first = UnixOptions::new().backlog(0).bind(&path).unwrap();
    // Even when its queue is full, which each look at it makes it.
    for _ in 0..4 {
        assert_eq!(
            cause(&Listener::bind_unix(&path).unwrap_err()),
            ErrorKind::AddrInUse
        );
    }
    assert!(path.exists());
    drop(first);
    Listener::bind_unix(&path).unwrap();
}

#[tokio::test]
async fn what_is_no_socket_is_left_alone() {
    let directory = Directory::new("file");
    let path = directory.socket();
    fs::write(&path, "precious").unwrap();
    let error = Listener::bind_unix(&path).unwrap_err();
    assert_eq!(cause(&error), ErrorKind::AlreadyExists);
    assert_eq!(
        error.to_string(),
        format!("unix:{} cannot be bound", path.display())
    );
    assert_eq!(fs::read(&path).unwrap(), b"precious");

    // Nor is a link followed, wherever it leads.
    fs::remove_file(&path).unwrap();
    let elsewhere = directory.0.join("elsewhere");
    drop(std::os::unix::net::UnixListener::bind(&elsewhere).unwrap());
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    let error = Listener::bind_unix(&path).unwrap_err();
    assert_eq!(cause(&error), ErrorKind::AlreadyExists);
    assert!(elsewhere.exists());

    let error = Listener::bind_unix(directory.0.join("missing/rpc.sock")).unwrap_err();
    assert_eq!(cause(&error), ErrorKind::NotFound);
    let error = Listener::bind_unix(directory.0.join("x".repeat(200))).unwrap_err();
    assert_eq!(cause(&error), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn the_file_of_a_successor_is_not_removed() {
    let directory = Directory::new("successor");
    let path = directory.socket();
    let first = Listener::bind_unix(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let second = Listener::bind_unix(&path).unwrap();
    drop(first);
    assert!(path.exists());
    drop(second);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_listener_made_elsewhere_keeps_its_file() {
    let directory = Directory::new("handed-over");
    for of_std in [true, false] {
        let path = directory.0.join(of_std.to_string());
        let server = if of_std {
            Server::from_listener(std::os::unix::net::UnixListener::bind(&path).unwrap())
        } else {
            Server::from_listener(tokio::net::UnixListener::bind(&path).unwrap())
        };
        let server = server.unwrap();
        assert_eq!(
            server.addresses().next().unwrap(),
            &Address::Unix(Some(path.clone()))
        );
        while_serving(server, async || {
            assert!(answer(&path).await.starts_with("HTTP/1.0 200 OK"));
        })
        .await;
        assert!(path.exists());
    }
}

#[tokio::test]
async fn the_example_tells_callers_their_user() {
    let directory = Directory::new("example");
    let path = directory.socket();
    let server = Server::from_listeners(example::listeners(Some(path.clone())).unwrap()).unwrap();
    let handle = server.handle();
    let served = tokio::spawn(server.serve(example::methods().alias("who", "whoami")));
    let answer = answer(&path).await;
    let expected = format!("in process Some({})", std::process::id());
    assert!(answer.contains(&expected), "{answer}");
    handle.shutdown();
    within(served).await.unwrap().unwrap();
}

/// The test runs itself again, in a process that was given sockets as systemd gives them.
#[test]
fn sockets_of_systemd_are_taken_over_with_their_names() {
    const CHILD: &str = "XMLRPC_TEST_OF_SYSTEMD";
    if std::env::var_os(CHILD).is_some() {
        return in_the_child();
    }
    let directory = Directory::new("systemd");
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = std::os::unix::net::UnixListener::bind(directory.socket()).unwrap();
    // The shell puts them where systemd would, and becomes the child, so that its number is right, too.
    let script =
        "exec 3<&0 4<&1 1>&2; LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:local exec \"$0\" \"$@\"";
    let status = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "unix::sockets_of_systemd_are_taken_over_with_their_names",
            "--nocapture",
        ])
        .env(CHILD, directory.socket())
        .stdin(std::os::fd::OwnedFd::from(tcp))
        .stdout(std::os::fd::OwnedFd::from(unix))
        .status();
    assert!(status.unwrap().success());
}

fn in_the_child() {
    let path = PathBuf::from(std::env::var_os("XMLRPC_TEST_OF_SYSTEMD").unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.unwrap().block_on(async {
        let listeners = Listener::from_systemd().unwrap();
        let names: Vec<_> = listeners.iter().map(Listener::name).collect();
        assert_eq!(names, [Some("web"), Some("local")]);
        assert!(
            Listener::from_systemd().unwrap().is_empty(),
            "they are taken once"
        );
        let server = Server::from_listeners(listeners).unwrap();
        let addresses: Vec<_> = server.addresses().map(ToString::to_string).collect();
        assert!(addresses[0].starts_with("127.0.0.1:"), "{addresses:?}");
        assert_eq!(addresses[1], format!("unix:{}", path.display()));
        while_serving(server, async || {
            assert!(answer(&path).await.starts_with("HTTP/1.0 200 OK"));
        })
        .await;
        assert!(path.exists(), "it belongs to systemd");
    });
}
