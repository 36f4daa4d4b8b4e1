use xmlrpc_server::rpc;

#[rpc(namespace = "math")]
trait Twice {
    fn add(&self);

    #[method(name = "add")]
    fn plus(&self);

    #[method(aliases("math.plus", "math.add"))]
    fn sum(&self);
}

#[rpc(server, client)]
trait Taken {
    fn into_methods(&self);

    fn register_in(&self);

    fn new(&self);

    fn proxy(&self);
}

fn main() {}
