use xmlrpc_client::rpc;

struct Point;

#[rpc]
trait Plane {
    fn find(&self, near: Point) -> i32;

    async fn origin(&self) -> Vec<Point>;
}

fn main() {}
