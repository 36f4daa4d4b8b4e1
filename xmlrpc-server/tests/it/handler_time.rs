//! How long handlers may take. The clock stands still, and goes on while all wait.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use xmlrpc_server::{AsyncItems, CallContext, Fault, MethodCall, MethodResponse, Methods, Value, value};

/// Calls without a limit of the test's own, which would be over first.
async fn call(methods: &Methods, method: &str, params: Value) -> Result<Value, Fault> {
    let Value::Array(params) = params else {
        unreachable!()
    };
    let body = MethodCall::new(method, params).unwrap().to_vec().unwrap();
    let reply = methods.dispatch(body, CallContext::new()).await;
    MethodResponse::from_slice(reply.body()).unwrap().into_result()
}

fn methods() -> Methods {
    Methods::new()
        .method("now", || 1)
        .async_method("wait", |seconds: u64| async move {
            sleep(Duration::from_secs(seconds)).await;
            seconds
        })
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_cut_off_after_five_minutes() {
    assert_eq!(call(&methods(), "wait", value!([299])).await, Ok(value!(299)));
    let started = Instant::now();
    let fault = call(&methods(), "wait", value!([301])).await.unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 300);
    assert_eq!(fault.code(), -32400);
    assert_eq!(
        fault.string(),
        "the call took longer than 300s; Methods::handler_timeout raises this limit"
    );
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_set_and_lifted() {
    let short = methods().handler_timeout(Duration::from_secs(2));
    assert_eq!(call(&short, "wait", value!([1])).await, Ok(value!(1)));
    let fault = call(&short, "wait", value!([3])).await.unwrap_err();
    assert!(fault.string().contains("longer than 2s"), "{fault}");
    let none = methods().handler_timeout(None);
    assert_eq!(call(&none, "wait", value!([86400])).await, Ok(value!(86400)));
    let endless = methods().handler_timeout(Duration::MAX);
    assert_eq!(call(&endless, "wait", value!([86400])).await, Ok(value!(86400)));
}

#[tokio::test(start_paused = true)]
async fn the_future_that_is_cut_off_is_dropped() {
    let (sender, dropped) = oneshot::channel::<()>();
    let sender = Arc::new(std::sync::Mutex::new(Some(sender)));
    let methods = Methods::new().async_method("hang", move || {
        let held = sender.lock().unwrap().take();
        async move {
            let _held = held;
            pending::<i32>().await
        }
    });
    assert_eq!(
        call(&methods, "hang", value!([])).await.unwrap_err().code(),
        -32400
    );
    assert!(dropped.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_blocking_handler_is_answered_for_while_it_goes_on() {
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let (finished, is_finished) = oneshot::channel();
    let held = std::sync::Mutex::new(Some((receiver, finished)));
    let methods = Methods::new()
        .handler_timeout(Duration::from_secs(1))
        .blocking_method("hang", move || {
            let (receiver, finished) = held.lock().unwrap().take().unwrap();
            receiver.recv().unwrap();
            finished.send("to its end").unwrap();
        });
    // A paused clock does not go on by itself while a blocking thread runs.
    let clock = async {
        loop {
            tokio::time::advance(Duration::from_millis(100)).await;
            tokio::task::yield_now().await;
        }
    };
    let fault = tokio::select! {
        outcome = call(&methods, "hang", value!([])) => outcome.unwrap_err(),
        () = clock => unreachable!(),
    };
    assert_eq!(fault.code(), -32400);
    sender.send(()).unwrap();
    assert_eq!(is_finished.await, Ok("to its end"));
}

#[tokio::test(start_paused = true)]
async fn a_multicall_has_one_limit_over_its_entries() {
    let plain = methods().handler_timeout(Duration::from_secs(10));
    let layered = plain.clone().layer(tower_layer::Identity::new());
    for methods in [plain, layered] {
        let wait = |seconds: i32| value!({ "methodName": "wait", "params": [(seconds)] });
        let now = value!({ "methodName": "now" });
        let entries = Value::from(vec![wait(6), now.clone(), wait(6), now, wait(1)]);
        let started = Instant::now();
        let results = call(&methods, "system.multicall", value!([(entries)]))
            .await
            .unwrap();
        assert_eq!(started.elapsed().as_secs(), 10);
        assert_eq!((&results[0], &results[1]), (&value!([6]), &value!([1])));
        let setter = "longer than 10s; Methods::handler_timeout raises this limit";
        for (index, what) in [
            (2, "the call took"),
            (3, "not called: the entries before took"),
            (4, "not called: the entries before took"),
        ] {
            assert_eq!(results[index]["faultCode"], -32400);
            assert_eq!(results[index]["faultString"], format!("{what} {setter}"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn entries_that_run_together_are_cut_off_together() {
    let methods = methods()
        .handler_timeout(Duration::from_secs(10))
        .multicall_concurrency(3);
    let entries: Vec<_> = [3, 20, 3, 20, 3, 3]
        .map(|seconds| value!({ "methodName": "wait", "params": [(seconds)] }))
        .into();
    let started = Instant::now();
    let results = call(&methods, "system.multicall", value!([(Value::from(entries))]))
        .await
        .unwrap();
    assert_eq!(started.elapsed().as_secs(), 10);
    for index in [0, 2] {
        assert_eq!(results[index], value!([3]), "{index}");
    }
    // Behind the second one, which is not finished, no more than two others are begun.
    for (index, begin) in [
        (1, "the call"),
        (3, "the call"),
        (4, "not called"),
        (5, "not called"),
    ] {
        assert_eq!(results[index]["faultCode"], -32400, "{index}");
        let text = results[index]["faultString"].as_str().unwrap();
        assert!(text.starts_with(begin), "{index}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_merged_keeps_to_the_limit_of_the_one_around_it() {
    let inner = methods()
        .handler_timeout(Duration::from_secs(1))
        .layer(tower_layer::Identity::new());
    let methods = Methods::new()
        .merge(inner)
        .handler_timeout(Duration::from_secs(5));
    assert_eq!(call(&methods, "wait", value!([4])).await, Ok(value!(4)));
    let fault = call(&methods, "wait", value!([6])).await.unwrap_err();
    assert!(fault.string().contains("longer than 5s"), "{fault}");
}

#[tokio::test(start_paused = true)]
async fn items_are_waited_for_no_longer_than_a_handler() {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = asked.clone();
    let methods = Methods::new()
        .handler_timeout(Duration::from_secs(10))
        .async_method("ticks", move || {
            let counter = counter.clone();
            async move {
                let mut ticks = tokio::time::interval(Duration::from_secs(3));
                AsyncItems::poll_fn(move |cx| {
                    ticks
                        .poll_tick(cx)
                        .map(|_| Some(counter.fetch_add(1, Ordering::Relaxed)))
                })
            }
        });
    assert_eq!(
        call(&methods, "ticks", value!([])).await.unwrap_err().code(),
        -32400
    );
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[test]
fn a_handler_that_waits_outside_of_a_runtime_has_no_limit() {
    let methods = Methods::new().async_method("twice", || {
        let mut polled = false;
        std::future::poll_fn(move |cx| {
            if std::mem::replace(&mut polled, true) {
                return Poll::Ready(5);
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    });
    let mut called = Box::pin(call(&methods, "twice", value!([])));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let outcome = (0..5).find_map(|_| match called.as_mut().poll(&mut context) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    });
    assert_eq!(outcome, Some(Ok(value!(5))));
}
