use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_util::stream;
use futures_util::{FutureExt as _, Stream};
use tokio::sync::mpsc;
use xmlrpc_server::{AsyncItems, Describe, Fault, Items, Methods, Value, value};

use crate::support::{call, fault};

fn numbers(least: i32, most: i32) -> Items<impl Iterator<Item = i32>> {
    Items(least..most)
}

/// Items that fail at one of them.
fn failing(at: i32) -> Items<impl Iterator<Item = Result<i32, Fault>>> {
    Items((0..10).map(move |number| match number == at {
        true => Err(Fault::new(4, format!("no {number}"))),
        false => Ok(number),
    }))
}

#[tokio::test]
async fn items_are_an_array() {
    let methods = Methods::new()
        .method("numbers", numbers)
        .async_method(
            "later",
            |least: i32, most: i32| async move { numbers(least, most) },
        )
        .blocking_method("elsewhere", |least: i32, most: i32| {
            Ok::<_, Fault>(numbers(least, most))
        })
        .method("list", || Items(vec![value!({ "a": [nil] }), value!("b")]));
    for method in ["numbers", "later", "elsewhere"] {
        assert_eq!(
            call(&methods, method, (2, 5)).await,
            Ok(vec![2, 3, 4]),
            "{method}"
        );
        assert_eq!(
            call::<Vec<i32>>(&methods, method, (2, 2)).await,
            Ok(vec![]),
            "{method}"
        );
        assert_eq!(methods.signature(method), Some(vec!["array", "int", "int"]));
    }
    assert_eq!(
        call(&methods, "list", ()).await,
        Ok(value!([{ "a": [nil] }, "b"]))
    );
}

#[tokio::test]
async fn the_first_item_that_fails_is_the_answer() {
    let methods = Methods::new()
        .method("items", failing)
        .blocking_method("elsewhere", failing)
        .method("refused", || {
            Err::<Items<Vec<i32>>, _>(Fault::new(5, "not at all"))
        });
    for method in ["items", "elsewhere"] {
        for at in [0, 9] {
            let failed = fault(&methods, method, (at,)).await;
            assert_eq!((failed.code(), failed.string()), (4, format!("no {at}").as_str()));
        }
        let whole: Vec<i32> = call(&methods, method, (10,)).await.unwrap();
        assert_eq!(whole.len(), 10);
    }
    assert_eq!(fault(&methods, "refused", ()).await.code(), 5);
}

#[tokio::test]
async fn an_item_that_cannot_be_encoded_is_named() {
    let methods = Methods::new().method("items", || Items([1.0, f64::NAN]));
    let failed = fault(&methods, "items", ()).await;
    assert_eq!(failed.code(), -32603);
    assert!(failed.string().contains("in [1]"), "{failed}");
}

#[tokio::test]
async fn items_never_exist_together() {
    /// Counts those that exist.
    struct Counted(Rc<Cell<(usize, usize)>>);

    impl Counted {
        fn new(counts: &Rc<Cell<(usize, usize)>>) -> Self {
            let (now, most) = counts.get();
            counts.set((now + 1, most.max(now + 1)));
            Self(counts.clone())
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            let (now, most) = self.0.get();
            self.0.set((now - 1, most));
        }
    }

    impl Describe for Counted {}

    impl serde::Serialize for Counted {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let (_, most) = self.0.get();
            serializer.serialize_u64(most as u64)
        }
    }

    let methods = Methods::new().method("count", || {
        let counts = Rc::new(Cell::new((0, 0)));
        Items((0..1000).map(move |_| Counted::new(&counts)))
    });
    assert_eq!(call(&methods, "count", ()).await, Ok(vec![1; 1000]));
}

#[tokio::test]
async fn items_without_end_are_given_up_at_the_limit() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let endless = move || {
        let counter = counter.clone();
        counter.store(0, Ordering::Relaxed);
        std::iter::from_fn(move || Some(counter.fetch_add(1, Ordering::Relaxed)))
    };
    let also = endless.clone();
    let methods = Methods::new()
        .reply_bytes(10_000)
        .method("items", move || Items(endless()))
        .async_method("later", move || {
            let mut items = also();
            async move { AsyncItems::poll_fn(move |_| Poll::Ready(items.next())) }
        });
    for method in ["items", "later"] {
        let failed = fault(&methods, method, ()).await;
        assert_eq!(failed.code(), -32603);
        assert_eq!(
            failed.string(),
            "the result takes more than 10000 bytes; Methods::reply_bytes raises this limit"
        );
        assert!(asked.load(Ordering::Relaxed) < 400, "{method}");
    }
}

fn rows(least: u32, most: u32) -> impl Stream<Item = Result<u32, Fault>> + Send {
    stream::unfold(least, move |next| async move {
        tokio::task::yield_now().await;
        match next {
            next if next == most => None,
            13 => Some((Err(Fault::new(13, "bad luck")), 14)),
            next => Some((Ok(next), next + 1)),
        }
    })
}

#[tokio::test]
async fn async_items_come_from_whatever_can_be_polled() {
    let methods = Methods::new()
        .async_method("stream", |least: u32, most: u32| async move {
            let mut rows = Box::pin(rows(least, most));
            AsyncItems::poll_fn(move |cx| rows.as_mut().poll_next(cx))
        })
        .async_method("result", |least: u32, most: u32| async move {
            if least > most {
                return Err(Fault::new(1, "the wrong way round"));
            }
            let (sender, mut receiver) = mpsc::channel(1);
            tokio::spawn(async move {
                for number in least..most {
                    sender.send(number).await.unwrap();
                }
            });
            Ok(AsyncItems::poll_fn(move |cx| receiver.poll_recv(cx)))
        });
    for method in ["stream", "result"] {
        assert_eq!(
            call(&methods, method, (2, 5)).await,
            Ok(vec![2, 3, 4]),
            "{method}"
        );
        let many: Vec<u32> = call(&methods, method, (14, 1014)).await.unwrap();
        assert_eq!(many, (14..1014).collect::<Vec<_>>(), "{method}");
        assert_eq!(methods.signature(method), Some(vec!["array", "i8", "i8"]));
    }
    assert_eq!(fault(&methods, "stream", (10, 20)).await.code(), 13);
    assert_eq!(fault(&methods, "result", (2, 1)).await.code(), 1);
}

#[tokio::test]
async fn nothing_is_asked_for_behind_the_last_item() {
    let methods = Methods::new().async_method("three", || async {
        let mut left = Some(3);
        AsyncItems::poll_fn(move |_| {
            let count = left.expect("asked again");
            left = (count > 0).then(|| count - 1);
            Poll::Ready((count > 0).then_some(count))
        })
    });
    assert_eq!(call(&methods, "three", ()).await, Ok(vec![3, 2, 1]));
}

#[tokio::test]
async fn others_get_their_turn_while_items_are_always_ready() {
    let methods = Methods::new().async_method("many", || async {
        let mut numbers = 0..10_000;
        AsyncItems::poll_fn(move |_| Poll::Ready(numbers.next()))
    });
    let mut called = Box::pin(call::<Value>(&methods, "many", ()));
    let turns = (0..)
        .take_while(|_| called.as_mut().now_or_never().is_none())
        .count();
    assert!((10..10_000).contains(&turns), "{turns} turns");
}

#[tokio::test]
async fn items_are_results_of_entries_too() {
    let methods = Methods::new().method("numbers", numbers).method("items", failing);
    let entries = value!([
        { "methodName": "numbers", "params": [1, 3] },
        { "methodName": "items", "params": [5] },
        { "methodName": "numbers", "params": [1, 1] },
    ]);
    assert_eq!(
        call(&methods, "system.multicall", (entries,)).await,
        Ok(value!([[[1, 2]], { "faultCode": 4, "faultString": "no 5" }, [[]]]))
    );
}

#[tokio::test]
async fn a_result_beyond_the_limit_is_a_fault_that_names_it() {
    let text = |length: usize| "x".repeat(length);
    let plain = Methods::new().method("text", text);
    let asynchronous = Methods::new().async_method("text", move |length: usize| async move { text(length) });
    let blocking = Methods::new().blocking_method("text", text);
    for methods in [plain, asynchronous, blocking] {
        let methods = methods.reply_bytes(1000);
        let most = 1000 - "<value><string></string></value>".len();
        assert_eq!(call(&methods, "text", (most,)).await, Ok(text(most)));
        let failed = fault(&methods, "text", (most + 1,)).await;
        assert_eq!(failed.code(), -32603);
        assert!(
            failed.string().contains("1000 bytes; Methods::reply_bytes"),
            "{failed}"
        );
        let entries = value!([
            { "methodName": "text", "params": [2000] },
            { "methodName": "text", "params": [1] },
        ]);
        let results: Value = call(&methods, "system.multicall", (entries,)).await.unwrap();
        assert_eq!(results[0]["faultCode"], -32603);
        assert_eq!(results[1], value!(["x"]));
    }
}

#[tokio::test]
async fn replies_of_64_mib_are_allowed_unless_said_otherwise() {
    let methods = Methods::new().method("text", |length: usize| "x".repeat(length));
    let most = 64 * 1024 * 1024 - "<value><string></string></value>".len();
    let reply = crate::support::dispatch(
        &methods,
        xmlrpc_server::MethodCall::new("text", (most,))
            .unwrap()
            .to_vec()
            .unwrap(),
    )
    .await;
    assert!(reply.len() > 64 * 1024 * 1024);
    assert_eq!(fault(&methods, "text", (most + 1,)).await.code(), -32603);
}
