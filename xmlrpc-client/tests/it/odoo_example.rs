//! The example for Odoo, against a server that answers as Odoo does.

use xmlrpc_client::{Fault, Struct, Value, value};
use xmlrpc_server::{HttpService, Methods, Server};

use crate::support::within;

#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../examples/odoo.rs"]
mod example;

const UID: i32 = 2;

/// Empty fields are `false`, and nothing is a fault, with the words of Python's marshaller.
#[expect(clippy::needless_pass_by_value, reason = "handlers own their parameters")]
fn execute_kw(
    database: String,
    uid: i32,
    password: String,
    model: String,
    method: String,
    args: Vec<Value>,
    kwargs: Option<Struct>,
) -> Result<Value, Fault> {
    if (&*database, uid, &*password) != ("shop", UID, "secret") {
        return Err(Fault::new(3, "Access Denied"));
    }
    match (&*model, &*method) {
        ("res.partner", "search_read") => {
            assert_eq!(args, [value!([["active", "=", true]])]);
            let fields = kwargs.and_then(|kwargs| kwargs.get("fields").cloned());
            assert_eq!(fields, Some(value!(["name", "email", "parent_id"])));
            Ok(value!([
                { "id": 7, "name": "Ada <3", "email": "ada@shop.example", "parent_id": [8, "Shop & Co"] },
                { "id": 8, "name": "Shop & Co", "email": false, "parent_id": false },
            ]))
        }
        ("res.partner", "action_archive") => Err(Fault::new(
            1,
            "Traceback (most recent call last):\n…\nTypeError: cannot marshal None unless allow_none is enabled\n",
        )),
        (_, method) => Err(Fault::new(
            1,
            format!("The method '{method}' does not exist on the model '{model}'"),
        )),
    }
}

fn service() -> HttpService {
    let authenticate = |database: String, user: String, password: String, _agent: Struct| -> Value {
        match (&*database, &*user, &*password) {
            ("shop", "ada", "secret") => UID.into(),
            _ => false.into(),
        }
    };
    let methods = Methods::new()
        .method("authenticate", authenticate)
        .method("execute_kw", execute_kw);
    HttpService::new(methods).paths(["/xmlrpc/2/common", "/xmlrpc/2/object"])
}

#[tokio::test]
async fn partners_are_read_and_methods_that_return_nothing_run() {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let (url, handle) = (format!("http://{}/", server.local_addr()), server.handle());
    let serving = tokio::spawn(server.serve(service()));

    let odoo = within(example::Odoo::login(&url, "shop", "ada", "secret"))
        .await
        .unwrap();
    let partners = within(odoo.partners()).await.unwrap();
    let shown: Vec<String> = partners.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "7: Ada <3 (ada@shop.example), Shop & Co",
            "8: Shop & Co (no mail)"
        ]
    );

    within(odoo.run("res.partner", "action_archive", ([7],)))
        .await
        .unwrap();
    let error = within(odoo.run("res.partner", "vanish", ([7],)))
        .await
        .unwrap_err();
    assert_eq!(error.fault().map(Fault::code), Some(1));
    let error = within(example::Odoo::login(&url, "shop", "ada", "wrong"))
        .await
        .err()
        .unwrap();
    assert_eq!(error.to_string(), "wrong user or password");
    handle.shutdown();
    within(serving).await.unwrap().unwrap();
}
