//! The virtual machines of XenServer or XCP-ng, by XenAPI:
//! `cargo run -p xmlrpc-client --example xenapi -- https://xen.example/ root password`.
//!
//! The session is the layer's business: it logs in before the first call, and again when the session has ended.

use std::collections::BTreeMap;
use std::error::Error;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use xmlrpc_client::layer::Session;
use xmlrpc_client::{ServerProxy, profile, with};

/// What every method answers with.
#[derive(Deserialize)]
#[serde(tag = "Status")]
enum Answer<T> {
    Success {
        #[serde(rename = "Value")]
        value: T,
    },
    Failure {
        #[serde(rename = "ErrorDescription")]
        description: Vec<String>,
    },
}

/// A virtual machine, or a template for such.
#[derive(Debug, Deserialize)]
struct Vm {
    name_label: String,
    power_state: String,
    is_a_template: bool,
    #[serde(with = "with::integer_text")]
    memory_static_max: i64,
}

/// A proxy that has a session whenever a method wants one. Methods that read may be called twice.
pub(crate) fn connect(url: &str, user: &str, password: &str) -> xmlrpc_client::Result<ServerProxy> {
    ServerProxy::builder(url)
        .profile(profile::xenapi())
        .layer(Session::xenapi(user, password))
        .idempotent_methods(|method| method.contains(".get_"))
        .build()
}

async fn get<T: DeserializeOwned + 'static>(server: &ServerProxy, method: &str) -> Result<T, Box<dyn Error>> {
    match server.call(method, ()).await? {
        Answer::Success { value } => Ok(value),
        Answer::Failure { description } => Err(description.join(": ").into()),
    }
}

/// A line for each virtual machine, by name.
pub(crate) async fn machines(server: &ServerProxy) -> Result<Vec<String>, Box<dyn Error>> {
    let records: BTreeMap<String, Vm> = get(server, "VM.get_all_records").await?;
    let machines = records.values().filter(|vm| !vm.is_a_template);
    let lines = machines.map(|vm| {
        let mebibytes = vm.memory_static_max >> 20;
        format!("{}: {}, {mebibytes} MiB", vm.name_label, vm.power_state)
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort();
    Ok(lines)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [url, user, password] = &*arguments else {
        return Err("usage: xenapi URL USER PASSWORD".into());
    };
    for line in machines(&connect(url, user, password)?).await? {
        println!("{line}");
    }
    Ok(())
}
