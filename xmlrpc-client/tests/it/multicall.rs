//! `Multicall`: the shapes of its answers, chunks and failures.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use xmlrpc_client::transport::{Response, from_fn};
use xmlrpc_client::{Error, Fault, MethodCall, MethodResponse, ServerProxy, Value, value};

/// A server whose answers to `system.multicall` come from a function of the entries and of how many batches came before.
fn server(
    answer: impl Fn(&Value, usize) -> MethodResponse + Send + Sync + 'static,
) -> (ServerProxy, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let (answer, batches) = (Arc::new(answer), count.clone());
    let transport = from_fn(move |request| {
        let call: MethodCall = MethodCall::from_slice(&request.body).unwrap();
        assert_eq!(call.method, "system.multicall");
        assert_eq!(call.params.len(), 1);
        let answer = answer(&call.params[0], batches.fetch_add(1, Ordering::SeqCst)).to_vec();
        async move { answer.map(Response::new).map_err(Error::transport) }
    });
    (ServerProxy::over(transport).build().unwrap(), count)
}

/// Each call's parameters, as its result.
fn echo(entries: &Value, _: usize) -> MethodResponse {
    let Value::Array(entries) = entries else {
        panic!("{entries}")
    };
    let results = entries.iter().map(|entry| value!([entry["params"].clone()]));
    MethodResponse::Success(Value::Array(results.collect()))
}

#[tokio::test]
async fn calls_of_different_types_give_their_results() {
    let (server, _) = server(|entries, _| {
        assert_eq!(
            *entries,
            value!([
                { "methodName": "add", "params": [1, 2] },
                { "methodName": "name", "params": [] },
                { "methodName": "list", "params": [["x"]] },
            ])
        );
        MethodResponse::Success(value!([[3], ["Ada"], [[1, 2]]]))
    });
    let mut batch = server.multicall();
    let sum = batch.add::<i64>("add", (1, 2)).unwrap();
    let name = batch.add::<String>("name", ()).unwrap();
    let list = batch.add::<Vec<i32>>("list", (["x"],)).unwrap();
    let mut results = batch.send().await.unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results.take(list).unwrap(), [1, 2]);
    assert_eq!(results.take(sum).unwrap(), 3);
    assert_eq!(results.take(name).unwrap(), "Ada");
}

#[tokio::test]
async fn a_fault_belongs_to_its_call() {
    let fault = value!({ "faultCode": 4, "faultString": "no" });
    let (server, _) = server(move |_, _| MethodResponse::Success(value!([[1], (fault.clone()), [3]])));
    let mut batch = server.multicall();
    let handles: Vec<_> = (0..3)
        .map(|number| batch.add::<i32>("m", (number,)).unwrap())
        .collect();
    let mut results = batch.send().await.unwrap();
    let results: Vec<_> = handles.into_iter().map(|handle| results.take(handle)).collect();
    assert_eq!(results[0].as_ref().unwrap(), &1);
    assert_eq!(
        results[1].as_ref().unwrap_err().fault(),
        Some(&Fault::new(4, "no"))
    );
    assert_eq!(results[2].as_ref().unwrap(), &3);
}

#[tokio::test]
async fn answers_of_a_wrong_shape_fail_as_a_whole() {
    for (answer, expected) in [
        (
            value!([[1]]),
            "system.multicall answered with 1 results to 2 calls",
        ),
        (
            value!([[1], [2], [3]]),
            "system.multicall answered with 3 results to 2 calls",
        ),
        (value!([]), "system.multicall answered with 0 results to 2 calls"),
        (
            value!({ "a": 1 }),
            "system.multicall must answer with an array, and answered with struct",
        ),
        (
            value!(nil),
            "system.multicall must answer with an array, and answered with nil",
        ),
    ] {
        let (server, _) = server(move |_, _| MethodResponse::Success(answer.clone()));
        let mut batch = server.multicall();
        let _a = batch.add::<i32>("m", ()).unwrap();
        let _b = batch.add::<i32>("m", ()).unwrap();
        let error = batch.send().await.unwrap_err();
        assert!(error.is_decode() && error.is_maybe_sent());
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn results_of_a_wrong_shape_fail_one_by_one() {
    let answer = value!([[], [1, 2], { "code": 1 }, ["x"], [[7]]]);
    let (server, _) = server(move |_, _| MethodResponse::Success(answer.clone()));
    let mut batch = server.multicall();
    let handles: Vec<_> = (0..4).map(|_| batch.add::<i32>("m", ()).unwrap()).collect();
    let nested = batch.add::<Vec<i32>>("m", ()).unwrap();
    let mut results = batch.send().await.unwrap();
    let errors: Vec<_> = handles
        .into_iter()
        .map(|handle| results.take(handle).unwrap_err())
        .collect();
    assert!(
        errors
            .iter()
            .all(|error| error.is_decode() && error.fault().is_none())
    );
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts[0],
        "result 0 of system.multicall must be an array of one value, and has 0; Multicall::bare_results takes results \
         without an array around them"
    );
    assert!(
        texts[1].contains("result 1 ") && texts[1].contains("has 2"),
        "{}",
        texts[1]
    );
    assert_eq!(texts[3], "the result is not of the type asked for");
    assert_eq!(results.take(nested).unwrap(), [7]);
}

#[tokio::test]
async fn results_without_an_array_around_them_are_taken_where_nothing_else_can_be_meant() {
    let answer = value!([1, "x", true, { "faultCode": 7, "faultString": "no" }]);
    let (server, _) = server(move |_, _| MethodResponse::Success(answer.clone()));
    let mut batch = server.multicall();
    let (int, text) = (
        batch.add::<i32>("m", ()).unwrap(),
        batch.add::<String>("m", ()).unwrap(),
    );
    let (truth, fault) = (
        batch.add::<bool>("m", ()).unwrap(),
        batch.add::<i32>("m", ()).unwrap(),
    );
    let mut results = batch.send().await.unwrap();
    assert_eq!(results.take(int).unwrap(), 1);
    assert_eq!(results.take(text).unwrap(), "x");
    assert!(results.take(truth).unwrap());
    assert_eq!(results.take(fault).unwrap_err().fault().map(Fault::code), Some(7));
}

#[tokio::test]
async fn a_server_that_gives_bare_results_is_read_when_that_is_said() {
    let answer = value!([[1], [], { "code": 1 }, { "faultCode": 7, "faultString": "no" }]);
    let (server, _) = server(move |_, _| MethodResponse::Success(answer.clone()));
    let mut batch = server.multicall().bare_results();
    let (one, none) = (
        batch.add::<Vec<i32>>("m", ()).unwrap(),
        batch.add::<Vec<i32>>("m", ()).unwrap(),
    );
    let (members, fault) = (
        batch.add::<Value>("m", ()).unwrap(),
        batch.add::<Value>("m", ()).unwrap(),
    );
    let mut results = batch.send().await.unwrap();
    assert_eq!(results.take(one).unwrap(), [1]);
    assert_eq!(results.take(none).unwrap(), [0; 0]);
    assert_eq!(results.take(members).unwrap(), value!({ "code": 1 }));
    assert_eq!(results.take(fault).unwrap_err().fault().map(Fault::code), Some(7));
}

#[tokio::test]
async fn a_fault_of_the_whole_is_the_error_of_send() {
    let (server, _) = server(|_, _| MethodResponse::Fault(Fault::new(-32601, "no such method")));
    let mut batch = server.multicall();
    let _a = batch.add::<i32>("m", ()).unwrap();
    assert_eq!(
        batch.send().await.unwrap_err().fault().map(Fault::code),
        Some(-32601)
    );
}

#[tokio::test]
async fn a_call_that_cannot_be_written_is_refused_and_the_batch_goes_on() {
    let (server, _) = server(echo);
    let mut batch = server.multicall();
    let first = batch.add::<Vec<i32>>("m", (1,)).unwrap();
    for error in [
        batch.add::<Value>("m", (1, [f64::NAN])).unwrap_err(),
        batch.add::<Value>("m", 5).unwrap_err(),
        batch.add::<Value>("", ()).unwrap_err(),
    ] {
        assert!(error.is_encode() && !error.is_maybe_sent(), "{error:?}");
    }
    let second = batch.add::<Vec<i32>>("m", (2,)).unwrap();
    let mut results = batch.send().await.unwrap();
    assert_eq!(results.take(first).unwrap(), [1]);
    assert_eq!(results.take(second).unwrap(), [2]);
}

#[tokio::test]
async fn a_long_batch_travels_in_chunks_and_keeps_its_order() {
    for (chunk, calls, expected) in [(None, 250, 3), (Some(1), 5, 5), (Some(7), 14, 2), (None, 0, 0)] {
        let (server, batches) = server(echo);
        let mut batch = server.multicall();
        if let Some(chunk) = chunk.and_then(NonZeroUsize::new) {
            batch = batch.chunk(chunk);
        }
        let handles: Vec<_> = (0..calls)
            .map(|number| batch.add::<(i32,)>("m", (number,)).unwrap())
            .collect();
        let mut results = batch.send().await.unwrap();
        for (number, handle) in handles.into_iter().enumerate() {
            assert_eq!(results.take(handle).unwrap().0, i32::try_from(number).unwrap());
        }
        assert_eq!(batches.load(Ordering::SeqCst), expected);
    }
}

#[tokio::test]
async fn what_came_before_a_chunk_that_failed_is_kept() {
    let (server, batches) = server(|entries, number| match number {
        1 => MethodResponse::Fault(Fault::new(5, "tired")),
        _ => echo(entries, number),
    });
    let mut batch = server.multicall().chunk(NonZeroUsize::new(2).unwrap());
    let mut handles: Vec<_> = (0..6)
        .map(|number| batch.add::<(i32,)>("m", (number,)).unwrap())
        .collect();
    let mut results = batch.send().await.unwrap();
    let last = results.take(handles.pop().unwrap()).unwrap_err();
    assert!(!last.is_maybe_sent() && last.fault().is_none());
    assert_eq!(
        last.to_string(),
        "not sent, since an earlier part of the batch failed"
    );
    assert_eq!(
        results
            .take(handles.remove(3))
            .unwrap_err()
            .fault()
            .map(Fault::code),
        Some(5)
    );
    assert_eq!(results.take(handles.remove(1)).unwrap(), (1,));
    assert_eq!(batches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
#[should_panic(expected = "a handle of another batch")]
async fn a_handle_of_another_batch_is_not_taken() {
    let (server, _) = server(echo);
    let (mut one, mut other) = (server.multicall(), server.multicall());
    let _own = one.add::<i32>("m", ()).unwrap();
    let foreign = other.add::<i32>("m", ()).unwrap();
    let mut results = one.send().await.unwrap();
    let _ = results.take(foreign);
}
