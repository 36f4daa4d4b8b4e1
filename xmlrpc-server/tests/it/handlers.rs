use std::sync::Arc;

use serde::{Serialize, Serializer};
use tokio::sync::{Barrier, Notify};
use xmlrpc_server::{CallContext, Describe, Fault, Methods, State, Value};

use crate::support::{call, fault, plain_call, within};

#[derive(Debug)]
enum BankError {
    NoAccount(u32),
}

impl From<BankError> for Fault {
    fn from(BankError::NoAccount(number): BankError) -> Self {
        Fault::new(7, format!("there is no account {number}"))
    }
}

#[tokio::test]
async fn all_kinds_give_values_and_results() {
    async fn balance(id: u32) -> Result<f64, BankError> {
        tokio::task::yield_now().await;
        if id == 1 {
            Ok(12.5)
        } else {
            Err(BankError::NoAccount(id))
        }
    }
    let methods = Methods::new()
        .method("plain", |id: u32| {
            if id == 1 {
                Ok(12.5)
            } else {
                Err(BankError::NoAccount(id))
            }
        })
        .async_method("async", balance)
        .blocking_method("blocking", |id: u32| {
            if id == 1 {
                Ok(12.5)
            } else {
                Err(BankError::NoAccount(id))
            }
        })
        .async_method("value", |x: i32| async move { x + 1 })
        .blocking_method("nothing", || ());
    for method in ["plain", "async", "blocking"] {
        assert_eq!(call(&methods, method, (1,)).await, Ok(12.5));
        assert_eq!(
            fault(&methods, method, (2,)).await,
            Fault::new(7, "there is no account 2")
        );
        assert_eq!(fault(&methods, method, ("x",)).await.code(), -32602);
        assert_eq!(fault(&methods, method, ()).await.code(), -32602);
        assert_eq!(methods.signature(method), Some(vec!["double", "i8"]));
    }
    assert_eq!(call(&methods, "value", (1,)).await, Ok(2));
    assert_eq!(call(&methods, "nothing", ()).await, Ok(()));
}

#[tokio::test]
async fn panics_are_faults_without_their_text_and_the_table_lives_on() {
    let methods = Methods::new()
        .method("plain", |wrong: bool| assert!(!wrong, "secret"))
        .async_method("at_start", |wrong: bool| {
            assert!(!wrong, "secret");
            async {}
        })
        .async_method("later", |wrong: bool| async move {
            tokio::task::yield_now().await;
            assert!(!wrong, "secret {wrong}");
        })
        .blocking_method("blocking", |wrong: bool| {
            if wrong {
                std::panic::panic_any(7);
            }
        });
    for method in ["plain", "at_start", "later", "blocking"] {
        let refused = fault(&methods, method, (true,)).await;
        assert_eq!(
            refused,
            Fault::new(-32603, format!("{method} failed inside the server"))
        );
        assert_eq!(call(&methods, method, (false,)).await, Ok(()), "{method}");
    }
}

#[tokio::test]
async fn a_panic_while_the_result_is_written_is_a_fault() {
    struct Bomb;
    impl Serialize for Bomb {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("boom")
        }
    }
    impl Describe for Bomb {}
    let methods = Methods::new()
        .method("plain", || Bomb)
        .async_method("async", || async { Bomb })
        .blocking_method("blocking", || Bomb);
    for method in ["plain", "async", "blocking"] {
        assert_eq!(fault(&methods, method, ()).await.code(), -32603);
    }
}

#[tokio::test]
async fn a_result_that_cannot_be_encoded_is_a_fault_with_its_path() {
    let methods = Methods::new()
        .method("plain", || vec![(1, f64::NAN)])
        .async_method("async", || async { Ok::<_, Fault>(vec![(1, f64::INFINITY)]) })
        .blocking_method("blocking", || vec![(1, "\u{1}")]);
    for method in ["plain", "async", "blocking"] {
        let refused = fault(&methods, method, ()).await;
        assert_eq!(refused.code(), -32603);
        assert!(
            refused.string().starts_with("the result cannot be encoded: "),
            "{refused}"
        );
        assert!(refused.string().contains("[0][1]"), "{refused}");
    }
}

#[tokio::test]
async fn a_fault_with_forbidden_characters_goes_out_with_these_replaced() {
    let methods = Methods::new().method("m", || Err::<(), _>(Fault::new(1, "a\u{1}<b>")));
    let reply = methods.dispatch(plain_call("m"), CallContext::new()).await;
    let text = std::str::from_utf8(reply.body()).unwrap();
    assert!(text.contains("<string>a\u{FFFD}&lt;b&gt;</string>"), "{text}");
}

#[tokio::test]
async fn async_handlers_run_side_by_side() {
    let methods = Methods::new()
        .state(Barrier::new(2))
        .async_method("meet", |barrier: State<Barrier>| async move {
            barrier.wait().await.is_leader()
        });
    let (first, second) = tokio::join!(
        call::<bool>(&methods, "meet", ()),
        call::<bool>(&methods, "meet", ())
    );
    assert!(first.unwrap() ^ second.unwrap());
}

#[tokio::test]
async fn blocking_handlers_do_not_stop_the_runtime() {
    // One thread runs all futures here, and the handler waits for one of them.
    let (sender, receiver) = std::sync::mpsc::channel::<i32>();
    let methods = Methods::new()
        .state(std::sync::Mutex::new(receiver))
        .blocking_method(
            "wait",
            |receiver: State<std::sync::Mutex<std::sync::mpsc::Receiver<i32>>>| {
                receiver.lock().unwrap().recv().unwrap()
            },
        );
    let send = async { sender.send(5).unwrap() };
    let (received, ()) = tokio::join!(biased; call::<i32>(&methods, "wait", ()), send);
    assert_eq!(received, Ok(5));
}

#[test]
fn a_blocking_method_outside_of_a_runtime_is_a_fault() {
    let methods = Methods::new().blocking_method("m", || 1).method("plain", || 1);
    let dispatch = |name| {
        let mut running = std::pin::pin!(methods.dispatch(plain_call(name), CallContext::new()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match running.as_mut().poll(&mut context) {
            std::task::Poll::Ready(reply) => reply.fault().map_or(0, Fault::code),
            std::task::Poll::Pending => panic!("nothing to wait for"),
        }
    };
    assert_eq!(dispatch("m"), -32603);
    assert_eq!(dispatch("plain"), 0);
}

#[tokio::test]
async fn a_dropped_call_drops_its_future() {
    struct Guard(Arc<Notify>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (started, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let methods = {
        let (started, dropped) = (started.clone(), dropped.clone());
        Methods::new().async_method("hang", move || {
            let (started, guard) = (started.clone(), Guard(dropped.clone()));
            async move {
                started.notify_one();
                std::future::pending::<()>().await;
                drop(guard);
            }
        })
    };
    tokio::select! {
        value = call::<Value>(&methods, "hang", ()) => panic!("{value:?}"),
        () = within(started.notified()) => {}
    }
    within(dropped.notified()).await;
}
