use xmlrpc_server::rpc;

#[rpc]
trait Math {
    fn alone(a: i32) -> i32;

    fn mutable(&mut self);

    fn by_value(self);

    fn shared(self: std::sync::Arc<Self>);

    fn lifetime<'a>(&self, a: &'a str);

    fn generic<T>(&self, a: T);

    fn clause(&self) where i32: Copy;

    unsafe fn dangerous(&self);

    extern "C" fn foreign(&self);

    const fn constant(&self) {}

    const NUMBER: i32;

    type Number;
}

fn main() {}
