use xmlrpc_server::rpc;

#[rpc]
trait Math<T> {
    fn double(&self, a: T) -> T;
}

#[rpc]
unsafe trait Dangerous {}

fn main() {}
