use xmlrpc_server::rpc;

#[rpc(servers)]
trait Unknown {}

#[rpc(namespace = 7)]
trait NotAName {}

#[rpc(namespace = "two words")]
trait WhiteSpace {}

#[rpc(namespace = "")]
trait Empty {}

#[rpc(separator = "/")]
trait SeparatorAlone {}

#[rpc(rename_all = "camel")]
trait UnknownCase {}

#[rpc(server(path = xmlrpc_server))]
trait UnknownOptionOfASide {}

fn main() {}
