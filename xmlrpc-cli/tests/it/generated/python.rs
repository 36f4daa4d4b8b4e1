// The methods of the XML-RPC server at http://127.0.0.1/RPC2, by `xmlrpc generate`.
//
//     let server = ServerClient::new(xmlrpc_client::ServerProxy::new("http://…")?);
//
// `Variadic` stands for any number of parameters, where the server does not say which it takes.

use xmlrpc_client::Value;

/// The methods of the server.
#[xmlrpc_client::rpc(client)]
pub trait Server {
    /// Adds two numbers.
    /// Small ones.
    fn add(&self, params: Variadic<Value>) -> Value;

    fn bytes(&self, params: Variadic<Value>) -> Value;

    /// The value itself.
    fn echo(&self, params: Variadic<Value>) -> Value;

    fn fail(&self, params: Variadic<Value>) -> Value;

    fn moment(&self, params: Variadic<Value>) -> Value;

    /// system.listMethods() =\> \['add', 'subtract', 'multiple'\]
    ///
    /// Returns a list of the methods supported by the server.
    #[method(name = "system.listMethods")]
    fn system_list_methods(&self, params: Variadic<Value>) -> Value;

    /// system.methodHelp('add') =\> "Adds two integers together"
    ///
    /// Returns a string containing documentation for the specified method.
    #[method(name = "system.methodHelp")]
    fn system_method_help(&self, params: Variadic<Value>) -> Value;

    /// system.methodSignature('add') =\> \[double, int, int\]
    ///
    /// Returns a list describing the signature of the method. In the
    /// above example, the add method takes two integers as arguments
    /// and returns a double result.
    ///
    /// This server does NOT support system.methodSignature.
    #[method(name = "system.methodSignature")]
    fn system_method_signature(&self, params: Variadic<Value>) -> Value;

    /// system.multicall(\[{'methodName': 'add', 'params': \[2, 2\]}, ...\]) =\> \[\[4\], ...\]
    ///
    /// Allows the caller to package multiple XML-RPC calls into a single
    /// request.
    ///
    /// See http://www.xmlrpc.com/discuss/msgReader\$1208
    #[method(name = "system.multicall")]
    fn system_multicall(&self, params: Variadic<Value>) -> Value;
}
