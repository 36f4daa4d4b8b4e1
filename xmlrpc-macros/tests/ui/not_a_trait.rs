use xmlrpc_server::rpc;

#[rpc]
struct Math;

#[rpc(namespace = "math")]
impl Math {}

fn main() {}
