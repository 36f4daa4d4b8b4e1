use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};
use xmlrpc_server::{CallContext, Describe, Fault, Methods, State, Value, Variadic, rpc, value};

use crate::support::{proxy, within};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Describe)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Debug)]
enum MathError {
    TooLarge,
}

impl From<MathError> for Fault {
    fn from(error: MathError) -> Self {
        match error {
            MathError::TooLarge => Self::new(7, "too large"),
        }
    }
}

/// Arithmetic for the course.
#[rpc(server, client, namespace = "math")]
trait Math {
    /// Adds two numbers.
    #[method(idempotent, aliases("sum", "math.plus"))]
    async fn add(&self, a: i32, b: i32) -> Result<i32, MathError>;

    /// Greets somebody,
    /// politely.
    fn greet(&self, name: &str, greeting: Option<&str>, times: Option<u8>) -> String;

    #[method(name = "sumOf", hidden)]
    fn sum_of(&self, first: f64, rest: Variadic<f64>) -> f64;

    /**
     * Moves points:
     *
     *  - each by the same.
     */
    #[method(blocking)]
    fn shift(&self, points: &[Point], by: &Point) -> Vec<Point>;

    async fn visits(&self, context: CallContext, counter: State<AtomicU32>, by: u32) -> (String, u32);

    async fn nothing(&self);

    async fn lend(&self, text: &str, numbers: &[u8], maybe: Option<&[i32]>, point: &Point) -> String;

    async fn r#type(&self, value: Value) -> &'static str {
        let _ = self;
        value.type_name()
    }
}

struct Service;

impl MathServer for Service {
    async fn add(&self, a: i32, b: i32) -> Result<i32, MathError> {
        tokio::task::yield_now().await;
        a.checked_add(b).ok_or(MathError::TooLarge)
    }

    fn greet(&self, name: &str, greeting: Option<&str>, times: Option<u8>) -> String {
        let greeting = greeting.unwrap_or("Hello");
        format!("{greeting}, {name}!").repeat(times.unwrap_or(1).into())
    }

    fn sum_of(&self, first: f64, rest: Variadic<f64>) -> f64 {
        first + rest.iter().sum::<f64>()
    }

    fn shift(&self, points: &[Point], by: &Point) -> Vec<Point> {
        let shift = |point: &Point| Point {
            x: point.x + by.x,
            y: point.y + by.y,
        };
        points.iter().map(shift).collect()
    }

    async fn visits(&self, context: CallContext, counter: State<AtomicU32>, by: u32) -> (String, u32) {
        let name = context.method().unwrap_or_default().to_owned();
        (name, counter.fetch_add(by, Ordering::Relaxed) + by)
    }

    async fn nothing(&self) {}

    async fn lend(&self, text: &str, numbers: &[u8], maybe: Option<&[i32]>, point: &Point) -> String {
        tokio::task::yield_now().await;
        format!("{text} {numbers:?} {maybe:?} {}", point.x)
    }
}

fn methods() -> Methods {
    Arc::new(Service).register_in(Methods::new().state(AtomicU32::new(0)))
}

#[tokio::test]
async fn every_kind_of_method_is_called() {
    let math = MathClient::new(proxy(methods()));
    assert_eq!(within(math.add(2, 3)).await.unwrap(), 5);
    assert_eq!(
        within(math.greet("Ada", Some("Hi"), Some(2))).await.unwrap(),
        "Hi, Ada!Hi, Ada!"
    );
    assert_eq!(
        within(math.greet("Ada", None, Some(1))).await.unwrap(),
        "Hello, Ada!"
    );
    assert_eq!(
        within(math.greet("Ada", None, None)).await.unwrap(),
        "Hello, Ada!"
    );
    assert_eq!(within(math.sum_of(1.0, [2, 3])).await.unwrap(), 6.0);
    assert_eq!(within(math.sum_of(1.0, vec![0.5_f32])).await.unwrap(), 1.5);
    let points = [Point { x: 1.0, y: 2.0 }];
    let moved = within(math.shift(&points, &points[0])).await.unwrap();
    assert_eq!(moved, [Point { x: 2.0, y: 4.0 }]);
    assert_eq!(
        within(math.visits(3)).await.unwrap(),
        ("math.visits".to_owned(), 3)
    );
    within(math.nothing()).await.unwrap();
    assert_eq!(within(math.r#type(value!([1]))).await.unwrap(), "array");
}

#[tokio::test]
async fn references_are_lent_for_as_long_as_a_call_waits() {
    let math = MathClient::new(proxy(methods()));
    let point = Point { x: 0.5, y: 1.0 };
    let lent = within(math.lend("a", &[1, 2], Some(&[-1]), &point))
        .await
        .unwrap();
    assert_eq!(lent, "a [1, 2] Some([-1]) 0.5");
    let lent = within(math.lend("", &[], None, &point)).await.unwrap();
    assert_eq!(lent, " [] None 0.5");
}

#[tokio::test]
async fn a_service_may_demand_more_of_its_implementation() {
    #[rpc(server, client)]
    trait Shown: std::fmt::Debug + Clone {
        /// How it is shown.
        fn show(&self) -> String {
            format!("{:?}", self.clone())
        }
    }

    #[derive(Clone, Debug)]
    struct Seven;

    impl ShownServer for Seven {}

    let shown = ShownClient::new(proxy(Seven.into_methods()));
    assert_eq!(within(shown.show()).await.unwrap(), "Seven");
}

#[test]
fn calls_are_made_without_await_by_a_proxy_that_blocks() {
    let blocking = xmlrpc_client::blocking::ServerProxy::from(proxy(methods()));
    let math = MathClient::new(blocking);
    assert_eq!(math.add(2, 3).unwrap(), 5);
    assert_eq!(math.greet("Ada", None, None).unwrap(), "Hello, Ada!");
    assert_eq!(math.sum_of(1.0, [2]).unwrap(), 3.0);
    math.nothing().unwrap();
    assert_eq!(math.add(i32::MAX, 1).unwrap_err().fault().unwrap().code(), 7);
    assert_eq!(math.proxy().list_methods().unwrap()[0], "math.add");
}

#[tokio::test]
async fn the_error_of_the_server_arrives_as_its_fault() {
    let math = MathClient::new(proxy(methods()));
    let error = within(math.add(i32::MAX, 1)).await.unwrap_err();
    let fault = error.into_fault().unwrap();
    assert_eq!((fault.code(), fault.string()), (7, "too large"));
}

#[tokio::test]
async fn names_signatures_and_help_come_from_the_trait() {
    let proxy = proxy(methods());
    let names: Vec<_> = within(proxy.list_methods()).await.unwrap();
    let names: Vec<_> = names.iter().filter(|name| !name.starts_with("system.")).collect();
    assert_eq!(
        names,
        [
            "math.add",
            "math.greet",
            "math.lend",
            "math.nothing",
            "math.plus",
            "math.shift",
            "math.type",
            "math.visits",
            "sum"
        ]
    );
    for (name, help) in [
        ("math.add", "Adds two numbers."),
        ("sum", "Adds two numbers."),
        ("math.plus", "Adds two numbers."),
        ("math.greet", "Greets somebody,\npolitely."),
        ("math.shift", "Moves points:\n\n - each by the same."),
        ("math.sumOf", ""),
    ] {
        assert_eq!(within(proxy.method_help(name)).await.unwrap(), help, "{name}");
    }
    let methods = methods();
    assert_eq!(methods.signatures("sum"), [["int", "int", "int"]]);
    assert_eq!(
        methods.signatures("math.greet"),
        [
            vec!["string", "string"],
            vec!["string", "string", "string"],
            vec!["string", "string", "string", "int"]
        ]
    );
    assert_eq!(methods.signatures("math.shift"), [["array", "array", "struct"]]);
    assert_eq!(methods.signatures("math.visits"), [["array", "i8"]]);
    assert_eq!(methods.signatures("math.nothing"), [["nil"]]);
}

#[tokio::test]
async fn a_fault_names_the_parameter_of_the_trait() {
    let proxy = proxy(methods());
    for (call, text) in [
        (
            proxy.call::<Value>("math.add", (1, "x")),
            "parameter b: expected i32, found string",
        ),
        (
            proxy.call("sum", ("x", 1)),
            "parameter a: expected i32, found string",
        ),
        (
            proxy.call("math.visits", ("x",)),
            "parameter by: expected u32, found string",
        ),
        (
            proxy.call("math.greet", ()),
            "math.greet takes 1 to 3 parameters (name, [greeting], [times]), but 0 came",
        ),
        (
            proxy.call("math.sumOf", ()),
            "math.sumOf takes at least 1 parameter (first, rest…), but 0 came",
        ),
    ] {
        let fault = within(call).await.unwrap_err().into_fault().unwrap();
        assert_eq!(fault.code(), -32602);
        assert!(fault.string().starts_with(text), "{fault}");
    }
}

#[tokio::test]
async fn the_service_is_shared_with_whoever_has_it() {
    #[rpc(server, client)]
    trait Counter {
        /// Counts.
        fn count(&self) -> u32;
    }

    #[derive(Default)]
    struct Count(AtomicU32);

    impl CounterServer for Count {
        fn count(&self) -> u32 {
            self.0.fetch_add(1, Ordering::Relaxed) + 1
        }
    }

    let count = Arc::new(Count::default());
    let methods = methods().merge(count.register_in(Methods::new()));
    let counter = CounterClient::new(proxy(methods));
    assert_eq!(within(counter.count()).await.unwrap(), 1);
    assert_eq!(within(counter.clone().count()).await.unwrap(), 2);
    assert_eq!(count.count(), 3);
}

#[test]
#[should_panic(expected = "no state of type `core::sync::atomic::AtomicU32` is there")]
fn a_state_that_is_not_there_is_missed_when_the_methods_are_made() {
    let _ = Service.into_methods();
}

#[test]
#[should_panic(expected = "\"sum\"")]
fn a_name_that_is_there_already_is_refused() {
    let methods = Methods::new().state(AtomicU32::new(0)).method("sum", || 1);
    let _ = Arc::new(Service).register_in(methods);
}
