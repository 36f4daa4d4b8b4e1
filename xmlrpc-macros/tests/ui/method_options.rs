use xmlrpc_server::rpc;

#[rpc]
trait Math {
    #[method(named = "plus")]
    fn unknown(&self);

    #[method(name = "")]
    fn empty(&self);

    #[method(name = "a b", aliases("c\nd", 7))]
    fn white_space(&self);

    #[method(aliases("\u{1}"))]
    fn control(&self);

    #[method(blocking)]
    async fn blocking(&self);

    #[method]
    fn no_options(&self);
}

fn main() {}
