#![allow(unused_imports)]

use xmlrpc_server::{CallContext, Value, Variadic, rpc};

#[rpc]
trait Math {
    fn sum(&self, a: i32, rest: Variadic<f64>, context: CallContext, b: i32) -> f64;

    fn twice(&self, some: Variadic<Value>, others: Variadic<Value>);

    fn well(&self, some: Variadic<Value>, context: CallContext);
}

fn main() {}
