//! The example for XenAPI, against a server that answers as XenAPI does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use xmlrpc_client::{Value, value};
use xmlrpc_server::{Methods, Server};

use crate::support::within;

#[expect(dead_code, reason = "the example's main function is not called")]
#[path = "../../examples/xenapi.rs"]
mod example;

/// Knows one user, and sessions from the second one on.
fn methods(logins: &Arc<AtomicU32>) -> Methods {
    let logins = logins.clone();
    let login = move |user: String, password: String, _version: String, _originator: String| match &*password
    {
        "secret" => {
            value!({ "Status": "Success", "Value": format!("OpaqueRef:{}", logins.fetch_add(1, Ordering::SeqCst)) })
        }
        _ => value!({ "Status": "Failure", "ErrorDescription": ["SESSION_AUTHENTICATION_FAILED", user] }),
    };
    let vm = |name: &str, template: bool| {
        value!({
            "name_label": name,
            "name_description": "",
            "power_state": "Running",
            "is_a_template": template,
            "memory_static_max": "4294967296",
        })
    };
    let records = value!({
        "OpaqueRef:a": vm("web", false),
        "OpaqueRef:b": vm("Debian", true),
        "OpaqueRef:c": vm("db", false),
    });
    let records = move |session: String| -> Value {
        match &*session {
            "OpaqueRef:0" => {
                value!({ "Status": "Failure", "ErrorDescription": ["SESSION_INVALID", session] })
            }
            _ => value!({ "Status": "Success", "Value": records.clone() }),
        }
    };
    Methods::new()
        .method("session.login_with_password", login)
        .method("VM.get_all_records", records)
}

#[tokio::test]
async fn machines_are_listed_by_sessions_that_end_and_begin() {
    let logins = Arc::default();
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let (url, handle) = (format!("http://{}/RPC2", server.local_addr()), server.handle());
    let serving = tokio::spawn(server.serve(methods(&logins)));

    let pool = example::connect(&url, "root", "secret").unwrap();
    for _ in 0..2 {
        let lines = within(example::machines(&pool)).await.unwrap();
        assert_eq!(lines, ["db: Running, 4096 MiB", "web: Running, 4096 MiB"]);
    }
    assert_eq!(logins.load(Ordering::SeqCst), 2);

    let stranger = example::connect(&url, "root", "guess").unwrap();
    let error = within(example::machines(&stranger)).await.unwrap_err();
    assert_eq!(error.to_string(), "logging in failed");
    assert_eq!(
        error.source().unwrap().to_string(),
        "fault 0: SESSION_AUTHENTICATION_FAILED"
    );
    handle.shutdown();
    within(serving).await.unwrap().unwrap();
}
