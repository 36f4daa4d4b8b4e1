use xmlrpc_client::rpc;

#[rpc(server, client)]
trait Math {
    fn pattern(&self, (a, b): (i32, i32));

    fn any(&self, a: impl Into<i32>);

    fn itself(&self, a: Option<Self>);

    fn attribute(&self, #[optional] a: i32);

    fn valued_attribute(&self, #[context = "x"] a: i32);
}

#[rpc(server, client)]
trait Lent {
    fn mutable(&self, a: &mut String);

    fn forever(&self, a: &'static str);

    fn inside(&self, a: Vec<&str>);

    fn deep(&self, a: &[&str]);

    fn cow(&self, a: std::borrow::Cow<'_, str>);
}

fn main() {}
