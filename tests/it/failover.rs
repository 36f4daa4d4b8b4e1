//! Servers that stand in for one another, killed and started again while our client calls them.
#![cfg(unix)]

use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use xmlrpc_client::Retry;
use xmlrpc_client::blocking::ServerProxy;
use xmlrpc_tests::{LIMIT, ServerProcess};

const CALLERS: usize = 8;

fn server(listen: SocketAddr) -> ServerProcess {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    ServerProcess::start(command.args(["--listen", &listen.to_string()]))
}

/// What the callers count.
#[derive(Default)]
struct Count {
    answered: AtomicUsize,
    /// Calls that were not idempotent and came to nothing after they may have been sent.
    unknown: AtomicUsize,
    enough: AtomicBool,
}

impl Count {
    /// Waits until so many further calls were answered.
    fn wait(&self, more: usize) {
        let goal = self.answered.load(Ordering::SeqCst) + more;
        let deadline = Instant::now() + LIMIT;
        while self.answered.load(Ordering::SeqCst) < goal {
            assert!(Instant::now() < deadline, "nobody answers");
            std::thread::yield_now();
        }
    }

    fn call_until_enough(&self, server: &ServerProxy) {
        while !self.enough.load(Ordering::SeqCst) {
            let again = server.prepare::<u32>("wait", (1,)).idempotent().wait();
            assert_eq!(again.unwrap(), 1, "an idempotent call is lost");
            match server.call::<i32>("add", (1, 2)) {
                Ok(sum) => assert_eq!(sum, 3),
                Err(error) if error.is_maybe_sent() => {
                    self.unknown.fetch_add(1, Ordering::SeqCst);
                }
                Err(error) => panic!("a call is lost that was not sent: {error:#}"),
            }
            self.answered.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[test]
fn servers_are_killed_under_load_without_losing_a_call_that_may_be_made_again() {
    let any = "127.0.0.1:0".parse().unwrap();
    let mut members = [server(any), server(any)];
    let addresses = [members[0].address(), members[1].address()];
    let proxy = ServerProxy::builder(&members[0].url())
        .endpoint(&members[1].url())
        .ejection(Duration::from_millis(10), Duration::from_millis(40))
        .retry(Retry::new().reserve(1000))
        .build()
        .unwrap();
    let count = Count::default();
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| count.call_until_enough(&proxy));
        }
        let _enough = Enough(&count);
        for _ in 0..3 {
            for member in [0, 1] {
                count.wait(50);
                members[member].signal("KILL");
                count.wait(50);
                members[member] = server(addresses[member]);
            }
        }
        count.wait(50);
    });
    let unknown = count.unknown.load(Ordering::SeqCst);
    assert!(
        unknown <= 6 * CALLERS,
        "{unknown} calls came to nothing for 6 servers"
    );
}

/// Ends the callers, also where the test fails.
struct Enough<'c>(&'c Count);

impl Drop for Enough<'_> {
    fn drop(&mut self) {
        self.0.enough.store(true, Ordering::SeqCst);
    }
}
