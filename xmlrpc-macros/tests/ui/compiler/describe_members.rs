use xmlrpc_server::Describe;

struct Foreign;

#[derive(Describe)]
struct User {
    name: String,
    foreign: Foreign,
    many: Vec<Foreign>,
}

fn main() {}
