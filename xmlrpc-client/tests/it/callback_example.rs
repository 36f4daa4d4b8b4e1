//! The example that is called back, by a server that calls as the CCU of Homematic does.

use std::sync::Mutex;

use tokio::sync::mpsc;
use xmlrpc_client::{ServerProxy, Value, profile, value};
use xmlrpc_server::{Fault, Methods, Server, State};

use crate::support::within;

#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../examples/callback.rs"]
mod example;

/// Who wants events: URL and name.
#[derive(Clone, Default)]
struct Listeners(std::sync::Arc<Mutex<Vec<(String, String)>>>);

/// Before it answers, the CCU asks what the client can do and knows, and sends what has changed.
async fn init(listeners: State<Listeners>, url: String, interface: String) -> Result<Value, Fault> {
    if interface.is_empty() {
        listeners.0.lock().unwrap().retain(|(known, _)| *known != url);
        return Ok("".into());
    }
    call_back(&url, &interface)
        .await
        .map_err(|error| Fault::new(-1, format!("{error:#}")))?;
    listeners.0.lock().unwrap().push((url, interface));
    Ok("".into())
}

async fn call_back(url: &str, interface: &str) -> xmlrpc_client::Result<()> {
    let client = ServerProxy::builder(url).profile(profile::homematic()).build()?;
    let methods = client.list_methods().await?;
    for name in ["event", "listDevices", "system.multicall"] {
        assert!(methods.contains(&name.to_owned()), "{methods:?}");
    }
    let known: Vec<Value> = client.call("listDevices", (interface,)).await?;
    assert!(known.is_empty());
    let devices = value!([{ "ADDRESS": "ABC0000001", "TYPE": "HM-Sec-Win" }]);
    let answer: Value = client.call("newDevices", (interface, devices)).await?;
    assert_eq!(answer, "");

    let mut batch = client.multicall();
    let events = [
        batch.add::<String>("event", (interface, "ABC0000001:1", "STATE", true)),
        batch.add::<String>("event", (interface, "ABC0000001:1", "NAME", "Küche")),
    ];
    let mut results = batch.send().await?;
    for event in events {
        assert_eq!(results.take(event?)?, "");
    }
    let one: Value = client
        .call("event", (interface, "ABC0000002:1", "LEVEL", 0.5))
        .await?;
    assert_eq!(one, "");
    Ok(())
}

#[tokio::test]
async fn events_come_one_by_one_and_many_at_a_time_until_nobody_wants_them() {
    let listeners = Listeners::default();
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", server.local_addr());
    let methods = Methods::new().state(listeners.clone()).async_method("init", init);
    let serving = tokio::spawn(server.serve(methods));

    let (sender, mut events) = mpsc::channel(10);
    let subscription = within(example::Subscription::begin(&url, sender)).await.unwrap();
    let mut came = Vec::new();
    for _ in 0..3 {
        came.push(within(events.recv()).await.unwrap());
    }
    let event = |address: &str, key: &str, value: Value| example::Event {
        address: address.to_owned(),
        key: key.to_owned(),
        value,
    };
    let expected = [
        event("ABC0000001:1", "STATE", true.into()),
        event("ABC0000001:1", "NAME", "Küche".into()),
        event("ABC0000002:1", "LEVEL", 0.5.into()),
    ];
    assert_eq!(came, expected);

    let listening = listeners.0.lock().unwrap().clone();
    let [(callback, interface)] = &listening[..] else {
        panic!("{listening:?}")
    };
    assert_eq!(interface, "rust");
    within(subscription.end()).await.unwrap();
    assert!(listeners.0.lock().unwrap().is_empty());
    let gone = ServerProxy::new(callback).unwrap();
    assert!(
        within(gone.call::<Value>("system.listMethods", ()).into_future())
            .await
            .unwrap_err()
            .is_connect()
    );
    serving.abort();
}
