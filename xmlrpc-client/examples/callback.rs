//! A client that is called back, as the CCU of Homematic calls whoever wants to know its events:
//! `cargo run -p xmlrpc-client --example callback -- http://ccu:2001/`.
//!
//! The client serves on a port of its own, tells the CCU its URL by `init`, and gets events from then on, one by one or many in a
//! `system.multicall`. ROS works in the same way.

use std::error::Error;
use std::net::{IpAddr, UdpSocket};

use tokio::sync::mpsc;
use xmlrpc_client::{ServerProxy, Value, profile};
use xmlrpc_server::{Methods, Server, ServerHandle, State};

/// The name under which this client wants its events.
const INTERFACE: &str = "rust";

/// A value of a device has changed.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) address: String,
    pub(crate) key: String,
    pub(crate) value: Value,
}

/// The methods that a CCU calls. All of them give something: an answer without a value makes it call again, or stop.
fn methods(events: mpsc::Sender<Event>) -> Methods {
    Methods::new()
        .state(events)
        .async_method(
            "event",
            |events: State<mpsc::Sender<Event>>,
             _interface: String,
             address: String,
             key: String,
             value: Value| async move {
                // Nobody may be listening any more.
                let _ = events.send(Event { address, key, value }).await;
                ""
            },
        )
        // The devices that are known here: the CCU tells of all others by `newDevices`.
        .method("listDevices", |_interface: String| Vec::<Value>::new())
        .method("newDevices", |_interface: String, _devices: Vec<Value>| "")
        .method("deleteDevices", |_interface: String, _addresses: Vec<String>| "")
}

/// Events are coming until this is [ended](Self::end).
pub(crate) struct Subscription {
    ccu: ServerProxy,
    url: String,
    handle: ServerHandle,
}

impl Subscription {
    /// Serves on the address by which `ccu` is reached, and has events sent there.
    pub(crate) async fn begin(ccu: &str, events: mpsc::Sender<Event>) -> Result<Self, Box<dyn Error>> {
        let server = Server::bind((own_address(ccu)?, 0)).await?;
        let url = format!("http://{}/RPC2", server.local_addr());
        let handle = server.handle();
        tokio::spawn(server.serve(methods(events)));

        let ccu = ServerProxy::builder(ccu).profile(profile::homematic()).build()?;
        // Before it answers, the CCU may call already.
        ccu.call::<Value>("init", (&url, INTERFACE)).await?;
        Ok(Self { ccu, url, handle })
    }

    /// Has no more events sent.
    pub(crate) async fn end(self) -> xmlrpc_client::Result<()> {
        // Without a name the URL is taken off the list.
        let ended = self.ccu.call::<Value>("init", (&self.url, "")).await;
        self.handle.shutdown();
        self.handle.stopped().await;
        ended.map(drop)
    }
}

/// The address of this machine on the way to a server. Nothing is sent to find it out.
fn own_address(url: &str) -> Result<IpAddr, Box<dyn Error>> {
    let authority = url.split('/').nth(2).ok_or("a URL such as http://ccu:2001/")?;
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.connect(authority)?;
    Ok(socket.local_addr()?.ip())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ccu = std::env::args().nth(1).ok_or("usage: callback URL")?;
    let (sender, mut events) = mpsc::channel(100);
    let subscription = Subscription::begin(&ccu, sender).await?;
    loop {
        tokio::select! {
            Some(event) = events.recv() => println!("{} {} = {}", event.address, event.key, event.value),
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    Ok(subscription.end().await?)
}
