// The methods of the XML-RPC server at http://127.0.0.1/RPC2, by `xmlrpc generate`.
//
//     let server = DemoClient::new(xmlrpc_client::ServerProxy::new("http://…")?);
//
// `Variadic` stands for any number of parameters, where the server does not say which it takes.

use xmlrpc_client::{Base64, DateTime, Struct, Value};

/// The methods of the server.
#[xmlrpc_client::rpc(client)]
pub trait Demo {
    /// Adds numbers (booleans count as 0 and 1), or joins strings or arrays.
    fn addtogether(&self, params: Variadic<Value>) -> Value;

    /// The value itself.
    fn echo(&self, params: Variadic<Value>) -> Value;

    /// The slide's formula, which divides by 2.0 and multiplies by a: right where a is 1 or -1. See roots.
    fn quadratic(&self, arg1: f64, arg2: f64, arg3: f64) -> Vec<Value>;

    /// The real solutions of a x^2 + b x + c = 0, the smaller one first.
    fn roots(&self, arg1: f64, arg2: f64, arg3: f64) -> Vec<Value>;

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

    /// The sum of all curly members of an array of structs with moe, larry and curly.
    #[method(name = "validator1.arrayOfStructsTest")]
    fn validator1_array_of_structs_test(&self, arg1: &[Value]) -> i64;

    /// How many \< \> \& ' " a string has, as a struct.
    #[method(name = "validator1.countTheEntities")]
    fn validator1_count_the_entities(&self, arg1: &str) -> Struct;

    /// The sum of moe, larry and curly of a struct.
    #[method(name = "validator1.easyStructTest")]
    fn validator1_easy_struct_test(&self, arg1: &Struct) -> i64;

    /// The struct itself.
    #[method(name = "validator1.echoStructTest")]
    fn validator1_echo_struct_test(&self, arg1: &Struct) -> Struct;

    /// A number, boolean, string, double, date-time and base64, as an array.
    #[method(name = "validator1.manyTypesTest")]
    fn validator1_many_types_test(
        &self,
        arg1: i32,
        arg2: bool,
        arg3: &str,
        arg4: f64,
        arg5: DateTime,
        arg6: &Base64,
    ) -> Vec<Value>;

    /// The first and the last of an array of strings, joined.
    #[method(name = "validator1.moderateSizeArrayCheck")]
    fn validator1_moderate_size_array_check(&self, arg1: &[Value]) -> String;

    /// The sum of moe, larry and curly on 1 April 2000, in structs of years, months and days.
    #[method(name = "validator1.nestedStructTest")]
    fn validator1_nested_struct_test(&self, arg1: &Struct) -> i64;

    /// Ten, a hundred and a thousand times a number, as a struct.
    #[method(name = "validator1.simpleStructReturnTest")]
    fn validator1_simple_struct_return_test(&self, arg1: i32) -> Struct;
}
