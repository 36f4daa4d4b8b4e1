// The methods of the XML-RPC server at http://127.0.0.1/RPC2, by `xmlrpc generate`.
//
//     let server = OursClient::new(xmlrpc_client::ServerProxy::new("http://…")?);
//
// `Variadic` stands for any number of parameters, where the server does not say which it takes.

use xmlrpc_client::{Base64, DateTime, Struct, Value};

/// The methods of the server.
#[xmlrpc_client::rpc(client)]
pub trait Ours {
    /// Adds two numbers.
    ///
    /// Small ones, such as \*those\* of \<i4\>.
    fn add(&self, arg1: i32, arg2: i32) -> i32;

    #[method(name = "all.types")]
    fn all_types(
        &self,
        arg1: i64,
        arg2: bool,
        arg3: f64,
        arg4: &str,
        arg5: DateTime,
        arg6: &Base64,
        arg7: &[Value],
        arg8: &Struct,
    ) -> Vec<Value>;

    fn greet(&self, arg1: &str, arg2: Option<&str>) -> String;

    fn nothing(&self);

    fn sum(&self, params: Variadic<Value>) -> Value;

    /// What the server supports beyond plain XML-RPC: a struct with a member for each specification, which has specUrl and specVersion.
    #[method(name = "system.getCapabilities")]
    fn system_get_capabilities(&self) -> Struct;

    /// The names of all methods, sorted.
    #[method(name = "system.listMethods")]
    fn system_list_methods(&self) -> Vec<Value>;

    /// Whether there is a method of this name.
    #[method(name = "system.methodExist")]
    fn system_method_exist(&self, arg1: &str) -> bool;

    /// What a method does; the empty string where nothing is known of it.
    #[method(name = "system.methodHelp")]
    fn system_method_help(&self, arg1: &str) -> String;

    /// The signatures of a method: for each an array with the type of the result and those of the parameters. The string "undef" for a method whose types are not fixed.
    #[method(name = "system.methodSignature")]
    fn system_method_signature(&self, arg1: &str) -> Vec<Value>;

    /// Makes several calls. Takes an array of structs with methodName and params; gives an array with an array of one result for each call that succeeded, and a struct with faultCode and faultString for each one that failed.
    #[method(name = "system.multicall")]
    fn system_multicall(&self, arg1: &[Value]) -> Vec<Value>;

    fn twice(&self, arg1: Value) -> Value;
}
