// The methods of the XML-RPC server at http://127.0.0.1/RPC2, by `xmlrpc generate`.
//
//     let server = HostileClient::new(xmlrpc_client::ServerProxy::new("http://…")?);
//
// `Variadic` stands for any number of parameters, where the server does not say which it takes.
// Methods left out, since no call can carry their names: 1.

use xmlrpc_client::{Base64, DateTime, Struct, Value};

/// The methods of the server.
#[xmlrpc_client::rpc(client)]
pub trait Hostile {
    /// \# head
    /// \- item
    /// 1\. item
    /// long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long …
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// x
    /// …
    #[method(name = "2.a")]
    fn method_2_a(&self, arg1: &Base64) -> DateTime;

    /// \[link\](javascript:evil) \<script\>evil()\</script\> \\u{202e}
    #[method(name = "Self")]
    fn self_(&self, arg1: Value) -> Value;

    #[method(name = "a.b")]
    fn a_b(&self, arg1: i64) -> i64;

    #[method(name = "aB")]
    fn a_b_2(&self, arg1: i64) -> i64;

    #[method(name = "a_b")]
    fn a_b_3(&self, arg1: i64) -> i64;

    /// std::process::exit(1);
    /// std::process::exit(1);
    #[method(name = "new")]
    fn new_(&self);

    #[method(
        name = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
    )]
    fn nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn(
        &self,
        arg1: f64,
        arg2: f64,
        arg3: f64,
        arg4: f64,
        arg5: f64,
        arg6: f64,
        arg7: f64,
        arg8: f64,
        arg9: f64,
    ) -> bool;

    /// \*/ fn evil() { std::process::exit(1) } /\*
    #[method(name = "type")]
    fn type_(&self, arg1: i32) -> String;

    /// Line one.
    /// fn evil() {}
    ///
    /// \`\`\`
    /// std::process::exit(1)
    /// \`\`\`
    #[method(name = "x\";fn/**/evil(){}//\\")]
    fn x_fn_evil(&self, arg1: Value) -> i32;

    /// 日本語 — \\u0041 "quotes" 'single' {braces} #\[hash\]
    #[method(name = "日本.語")]
    fn method(&self, arg1: &[Value]) -> Struct;
}
