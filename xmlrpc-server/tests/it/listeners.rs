use std::net::{Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};
use xmlrpc_server::{Address, CallContext, Listener, Methods, Server, TcpOptions};

use crate::support::{Client, plain_call, within};

fn methods() -> Methods {
    Methods::new().method("peer", |context: CallContext| {
        context.peer().map(|peer| peer.ip().to_string())
    })
}

/// The TCP addresses of a server.
fn addresses(server: &Server) -> Vec<SocketAddr> {
    server
        .addresses()
        .map(|address| match address {
            Address::Tcp(address) => *address,
            other => panic!("{other} is no TCP address"),
        })
        .collect()
}

/// What the method `peer` says on a new connection.
async fn peer(address: SocketAddr) -> String {
    let mut client = Client(within(TcpStream::connect(address)).await.unwrap());
    client.post(&plain_call("peer")).await;
    client.response().await.body
}

/// Serves while a test looks at it.
async fn while_serving(server: Server, test: impl AsyncFnOnce(Vec<SocketAddr>)) {
    let (addresses, handle) = (addresses(&server), server.handle());
    let served = tokio::spawn(server.serve(methods()));
    test(addresses.clone()).await;
    handle.shutdown();
    within(handle.stopped()).await;
    within(served).await.unwrap().unwrap();
    for address in addresses {
        assert!(within(TcpStream::connect(address)).await.is_err());
    }
}

/// Whether there is a `::1`; says so loudly if not.
fn has_ipv6() -> bool {
    let bound = std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0));
    if let Err(error) = &bound {
        eprintln!("SKIPPED: no ::1 on this machine ({error})");
    }
    bound.is_ok()
}

#[tokio::test]
async fn a_server_serves_on_all_its_listeners() {
    let of_std = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let of_tokio = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let server = server.and_bind("127.0.0.1:0").await.unwrap();
    let server = server
        .and_listener(of_std)
        .unwrap()
        .and_listener(of_tokio)
        .unwrap();
    assert_eq!(server.local_addr(), addresses(&server)[0]);
    while_serving(server, async |addresses| {
        assert_eq!(addresses.len(), 4);
        for address in addresses {
            assert!(peer(address).await.contains("<string>127.0.0.1</string>"));
        }
    })
    .await;
}

#[tokio::test]
async fn connections_are_limited_over_all_listeners_together() {
    let server = Server::bind("127.0.0.1:0").await.unwrap().connections(1);
    let server = server.and_bind("127.0.0.1:0").await.unwrap();
    while_serving(server, async |addresses| {
        let mut first = Client(within(TcpStream::connect(addresses[0])).await.unwrap());
        first.post(&plain_call("peer")).await;
        assert_eq!(first.response().await.status, 200);
        let mut second = Client(within(TcpStream::connect(addresses[1])).await.unwrap());
        second.post(&plain_call("peer")).await;
        first.post(&plain_call("peer")).await;
        assert_eq!(first.response().await.status, 200);
        drop(first);
        assert_eq!(second.response().await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_busy_listener_does_not_keep_another_from_its_turn() {
    let server = Server::bind("127.0.0.1:0").await.unwrap().connections(1);
    let server = server.and_bind("127.0.0.1:0").await.unwrap();
    while_serving(server, async |addresses| {
        // All of them wait before the first is taken, most of them on the first listener.
        let mut waiting = Vec::new();
        for address in [addresses[0]; 5].into_iter().chain([addresses[1]]) {
            waiting.push(Client(within(TcpStream::connect(address)).await.unwrap()));
        }
        let mut last = waiting.pop().unwrap();
        last.post(&plain_call("peer")).await;
        // One ends, and then the other listener has its turn.
        drop(waiting.remove(0));
        drop(waiting.remove(0));
        assert_eq!(last.response().await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn ipv6_is_served_and_ipv4_over_it_told_as_such() {
    if !has_ipv6() {
        return;
    }
    let server = Server::bind("[::1]:0").await.unwrap();
    let server = server.and_bind("[::]:0").await.unwrap();
    while_serving(server, async |addresses| {
        assert!(peer(addresses[0]).await.contains("<string>::1</string>"));
        let port = addresses[1].port();
        let over_v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
        assert!(peer(over_v6).await.contains("<string>::1</string>"));
        let over_v4 = SocketAddr::from(([127, 0, 0, 1], port));
        assert!(peer(over_v4).await.contains("<string>127.0.0.1</string>"));
    })
    .await;
}

#[tokio::test]
async fn only_v6_leaves_the_port_to_ipv4() {
    if !has_ipv6() {
        return;
    }
    let v6 = TcpOptions::new().only_v6().bind("[::]:0").await.unwrap();
    let Address::Tcp(address) = *v6.address() else {
        panic!("{v6:?} has no TCP address")
    };
    let server = Server::from_listener(v6).unwrap();
    let server = server.and_bind(("0.0.0.0", address.port())).await.unwrap();
    assert_eq!(addresses(&server).len(), 2);
}

#[cfg(unix)]
#[tokio::test]
async fn reuse_port_lets_two_sockets_have_one_address() {
    let options = TcpOptions::new().reuse_port().backlog(16);
    let first = options.bind("127.0.0.1:0").await.unwrap();
    let Address::Tcp(address) = *first.address() else {
        panic!("{first:?} has no TCP address")
    };
    assert!(Listener::bind(address).await.unwrap_err().is_bind());
    let second = options.bind(address).await.unwrap();
    assert_eq!(second.address(), first.address());
}

#[tokio::test]
async fn a_server_without_listeners_is_an_error() {
    let error = Server::from_listeners([]).unwrap_err();
    assert!(error.is_bind());
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "there is no listener"
    );
}

#[tokio::test]
async fn a_name_without_a_usable_address_is_an_error() {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let holder = Server::bind(free).await.unwrap();
    let taken = holder.local_addr();
    assert!(Server::bind(&[taken, taken][..]).await.unwrap_err().is_bind());
    assert!(Server::bind(&[][..]).await.unwrap_err().is_bind());
    let server = Server::bind(&[taken, free][..]).await.unwrap();
    assert_ne!(server.local_addr(), taken, "the first that works is taken");
}
