//! What profiles write and read.

use xmlrpc_client::profile::{self, Profile};
use xmlrpc_client::transport::{Response, from_fn};
use xmlrpc_client::xmlrpc_core::Encoder;
use xmlrpc_client::{ServerProxy, Value};

/// A proxy with a profile, whose server answers with a value as it stands here.
fn answering(profile: Profile, value: &'static str) -> ServerProxy {
    let transport = from_fn(move |_| async move {
        let answer = format!("<methodResponse><params><param>{value}</param></params></methodResponse>");
        Ok(Response::new(answer))
    });
    ServerProxy::over(transport).profile(profile).build().unwrap()
}

/// A value as a profile writes it; the empty text where it refuses to.
fn written(profile: &Profile, value: &Value) -> String {
    let encoder = Encoder::new().dialect(profile.dialect().clone());
    let bytes = encoder.method_call("m", &(value,)).unwrap_or_default();
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[test]
fn each_profile_writes_what_its_peer_reads() {
    let (wide, nan) = (Value::from(5_000_000_000_i64), Value::from(f64::NAN));
    for (profile, wide_form, nil_form, nan_form) in [
        (profile::odoo(), "", "<nil/>", ""),
        (profile::rtorrent(), "<i8>5000000000</i8>", "<nil/>", ""),
        (profile::supervisord(), "", "", ""),
        (profile::ros1(), "", "", "<double>nan</double>"),
        (profile::homematic(), "", "", ""),
        (
            profile::xenapi(),
            "<string>5000000000</string>",
            "",
            "<double>nan</double>",
        ),
        (profile::koji(), "<i8>5000000000</i8>", "<nil/>", ""),
        (profile::wordpress(), "", "", ""),
        (profile::aria2(), "", "", ""),
    ] {
        for (value, form) in [(&wide, wide_form), (&Value::Nil, nil_form), (&nan, nan_form)] {
            let written = written(&profile, value);
            let inner = written
                .split("<value>")
                .nth(1)
                .and_then(|rest| rest.split("</value>").next());
            assert_eq!(inner.unwrap_or_default(), form, "{profile:?}");
        }
    }
    let latin = written(&profile::homematic(), &Value::from("é"));
    assert!(
        latin.contains("ISO-8859-1") && latin.contains("<string>é</string>"),
        "{latin}"
    );
}

#[tokio::test]
async fn duplicate_members_of_odoo_and_xenapi_are_no_error_in_a_type_of_ones_own() {
    #[derive(serde::Deserialize)]
    struct Host {
        name: String,
    }
    let host = "<value><struct><member><name>name</name><value>a</value></member>\
        <member><name>name</name><value>b</value></member></struct></value>";
    for profile in [profile::odoo(), profile::xenapi()] {
        let found: Host = answering(profile, host).call("m", ()).await.unwrap();
        assert_eq!(found.name, "b");
    }
    let error = answering(profile::koji(), host).call::<Host>("m", ()).await;
    assert!(error.is_err_and(|error| error.is_decode()));
}

#[tokio::test]
async fn control_characters_of_rtorrent_pass() {
    let value = "<value><string>a\u{1b}&#27;b</string></value>";
    assert_eq!(
        answering(profile::rtorrent(), value)
            .call::<String>("m", ())
            .await
            .unwrap(),
        "a\u{1b}\u{1b}b"
    );
    assert!(
        answering(profile::koji(), value)
            .call::<String>("m", ())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn bare_results_of_supervisord_are_read() {
    let results = "<value><array><data><value><array><data><value><int>7</int></value></data></array></value></data></array></value>";
    let server = answering(profile::supervisord(), results);
    let mut batch = server.multicall();
    let list = batch.add::<Vec<i32>>("m", ()).unwrap();
    assert_eq!(batch.send().await.unwrap().take(list).unwrap(), [7]);
}
