use std::rc::Rc;

use xmlrpc_server::rpc;

#[rpc]
trait Math {
    async fn add(&self, a: i32, b: i32) -> i32;
}

struct Service;

impl MathServer for Service {
    async fn add(&self, a: i32, b: i32) -> i32 {
        let sum = Rc::new(a + b);
        std::future::ready(()).await;
        *sum
    }
}

fn main() {}
