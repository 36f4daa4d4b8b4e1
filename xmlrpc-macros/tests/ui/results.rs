use xmlrpc_client::rpc;

#[rpc(server, client)]
trait Math {
    fn any(&self) -> impl Iterator<Item = i32>;

    fn borrowed(&self) -> &str;

    fn borrowed_inside(&self) -> Result<Vec<&str>, String>;

    fn itself(&self) -> Self;
}

#[rpc]
trait Forever {
    fn forever(&self) -> std::collections::HashMap<&'static str, i32>;
}

fn main() {}
