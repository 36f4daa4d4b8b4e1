use std::time::Duration;

use xmlrpc_core::{MethodCall, MethodResponse};
use xmlrpc_server::layer::Timeout;
use xmlrpc_server::{CallContext, Fault, Methods, Value, value};

fn slow(layer: Timeout) -> Methods {
    Methods::new()
        .async_method("sleep", |seconds: u32| async move {
            tokio::time::sleep(Duration::from_secs(seconds.into())).await;
            seconds
        })
        .layer(layer)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_a_fault_that_names_the_setter() {
    let methods = slow(Timeout::new(Duration::from_secs(5)).methods("system.*", Duration::from_secs(60)));
    let sleep = async |seconds: u32| {
        let body = MethodCall::new("sleep", (seconds,)).unwrap().to_vec().unwrap();
        let reply = methods.dispatch(body, CallContext::new()).await;
        reply.fault().cloned()
    };
    assert_eq!(sleep(4).await, None);
    let text = "the call took longer than 5s; Timeout::new raises this limit";
    assert_eq!(sleep(6).await, Some(Fault::new(-32400, text)));

    let nap = |seconds: i32| value!({ "methodName": "sleep", "params": [seconds] });
    let entries = |seconds: &[i32]| (Value::from(seconds.iter().copied().map(nap).collect::<Vec<_>>()),);
    let body = MethodCall::new("system.multicall", entries(&[4, 9, 3])).unwrap();
    let reply = methods.dispatch(body.to_vec().unwrap(), CallContext::new()).await;
    let results = MethodResponse::<Value>::from_slice(reply.body()).unwrap();
    let results = results.into_result().unwrap();
    assert_eq!(results[0], value!([4]));
    assert_eq!(results[1]["faultCode"], Value::Int(-32400));
    assert_eq!(results[2], value!([3]));

    let body = MethodCall::new("system.multicall", entries(&[4; 20])).unwrap();
    let reply = methods.dispatch(body.to_vec().unwrap(), CallContext::new()).await;
    let fault = reply.fault().unwrap();
    assert!(fault.string().contains("Timeout::methods"), "{fault}");
}
