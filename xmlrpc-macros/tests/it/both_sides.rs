use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};
use xmlrpc_server::{CallContext, Describe, Fault, Methods, State, Value, Variadic, rpc};

use crate::support::{proxy, within};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

impl Describe for Point {}

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

    #[method(blocking)]
    fn shift(&self, points: &[Point], by: &Point) -> Vec<Point>;

    async fn visits(&self, context: CallContext, counter: State<AtomicU32>, by: u32) -> (String, u32);

    async fn nothing(&self);

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
    assert_eq!(within(math.sum_of(1.0, [2, 3])).await.unwrap(), 6.0);
    let points = [Point { x: 1.0, y: 2.0 }];
    let moved = within(math.shift(&points, &points[0])).await.unwrap();
    assert_eq!(moved, [Point { x: 2.0, y: 4.0 }]);
    assert_eq!(
        within(math.visits(3)).await.unwrap(),
        ("math.visits".to_owned(), 3)
    );
    within(math.nothing()).await.unwrap();
}
