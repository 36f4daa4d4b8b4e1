use xmlrpc_server::rpc;

struct TooLarge;

#[rpc]
trait Math {
    async fn add(&self, a: i32, b: i32) -> Result<i32, TooLarge>;
}

fn main() {}
