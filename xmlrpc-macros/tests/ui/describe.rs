use serde::Serialize;
use xmlrpc_server::Describe;

#[derive(Describe)]
union Number {
    int: i32,
    float: f32,
}

#[derive(Clone, Serialize, Describe)]
#[serde(into = "String")]
struct OneWay {
    name: String,
}

impl From<OneWay> for String {
    fn from(this: OneWay) -> Self {
        this.name
    }
}

#[derive(Describe)]
#[describe(name = "user")]
struct UnknownOption {
    name: String,
}

fn main() {}
