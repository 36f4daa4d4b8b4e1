use serde::{Deserialize, Serialize};
use xmlrpc_server::rpc;

#[derive(Deserialize, Serialize)]
struct Point {
    x: f64,
}

#[rpc]
trait Plane {
    fn find(&self, near: Point);

    async fn origin(&self) -> Result<Point, xmlrpc_server::Fault>;
}

fn main() {}
