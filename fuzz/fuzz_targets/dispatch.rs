//! Whole requests to a small server: there is always an answer, it is a methodResponse, and no larger than it may be.
//!
//! The first byte chooses HTTP's charset and the dialect, the rest is the document.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use xmlrpc_core::{Decoder, Dialect, Encoding, Limits, MethodResponse, NonFinite, Value};
use xmlrpc_fuzz::choices;
use xmlrpc_server::{Base64, CallContext, DateTime, Describe, Fault, Methods, State, Variadic};

/// What the results of a multicall may take together.
const MULTICALL_BYTES: usize = 2000;
const MULTICALL_ENTRIES: usize = 6;
/// What a fault may take in a reply, its tags included.
const FAULT: usize = 1800;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap()
});
static PLAIN: LazyLock<Methods> = LazyLock::new(methods);
static LATIN: LazyLock<Methods> = LazyLock::new(|| {
    let dialect = Dialect::spec()
        .encoding(Encoding::ISO_8859_1)
        .non_finite(NonFinite::Text);
    methods().dialect(dialect)
});

#[derive(Serialize, Deserialize)]
struct Point {
    a: f64,
    b: Option<i32>,
}

impl Describe for Point {}

fn methods() -> Methods {
    Methods::new()
        .limits(Limits::default().depth(20).values(2000))
        .multicall_entries(MULTICALL_ENTRIES)
        .multicall_reply_bytes(MULTICALL_BYTES)
        .state(7_i32)
        .method("a", |value: Value| value)
        .method("add", |a: i32, b: i32| {
            a.checked_add(b)
                .ok_or_else(|| Fault::new(1, "the sum is too large"))
        })
        .method("all", |values: Variadic<Value>| {
            i64::try_from(values.len()).unwrap_or(-1)
        })
        .method("b", |state: State<i32>, truth: bool, moment: DateTime| {
            (*state, !truth, moment)
        })
        .method("big", |times: u8| "x".repeat(20 * usize::from(times)))
        .method("bytes", |data: Base64, name: String| (name, data))
        .method("fail", |code: i32, text: String| {
            Err::<(), _>(Fault::new(code, text.chars().take(20).collect::<String>()))
        })
        .method("map", |map: BTreeMap<String, f64>, most: Option<i64>| (map, most))
        .method("nothing", || ())
        .method("point", |point: Point, others: Vec<Point>| (point, others))
        .method("wide", |number: i64, whole: u64, half: f32| (number, whole, half))
        .async_method("later", async |context: CallContext, text: String| {
            tokio::task::yield_now().await;
            (context.method().map(ToOwned::to_owned), text)
        })
        .help("a", "Gives back what comes.")
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, document)) = input.split_first() else {
        return;
    };
    let methods = if choice & 16 == 0 { &*PLAIN } else { &*LATIN };
    let context = match choices::charset(choice) {
        Some(charset) => CallContext::new().with_charset(charset),
        None => CallContext::new(),
    };
    let reply = RUNTIME.block_on(methods.dispatch(document.to_vec(), context));

    let decoder = Decoder::new().limits(Limits::client());
    let response = decoder
        .method_response::<Value>(reply.body())
        .unwrap_or_else(|error| panic!("{error:?} in {}", String::from_utf8_lossy(reply.body())));
    match &response {
        MethodResponse::Fault(fault) => {
            assert_eq!(reply.fault().map(Fault::code), Some(fault.code()));
            assert!(reply.body().len() <= FAULT, "{fault:?}");
        }
        MethodResponse::Success(result) => {
            assert!(reply.fault().is_none());
            assert!(reply.body().len() <= 4096 + 16 * document.len());
            check_call(methods, document, choice, result, reply.body().len());
        }
    }
});

/// A success has a call before it, of a method that is there.
fn check_call(methods: &Methods, document: &[u8], choice: u8, result: &Value, length: usize) {
    let call = choices::with_charset(Decoder::new(), choice)
        .call(document.to_vec())
        .unwrap();
    assert!(methods.names().any(|name| call.method == name), "{}", call.method);
    if call.method == "system.multicall" {
        let results = result.as_array().unwrap();
        assert!(results.len() <= MULTICALL_ENTRIES);
        for result in results {
            let is_result = result.as_array().is_some_and(|results| results.len() == 1);
            let text = result["faultString"].as_str();
            assert!(
                is_result || text.is_some_and(|text| text.len() <= FAULT),
                "{result:?}"
            );
        }
        let most = MULTICALL_BYTES + (MULTICALL_ENTRIES + 1) * FAULT;
        assert!(length <= most, "{length} bytes");
    }
}
