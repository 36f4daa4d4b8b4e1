//! The forms of `proxy!`.

use std::time::Duration;

use xmlrpc_client::transport::{Response, from_fn};
use xmlrpc_client::{Error, MethodCall, MethodResponse, ServerProxy, Value, proxy, value};

/// A server that answers with the method's name and the parameters.
fn echo() -> ServerProxy {
    let echo = from_fn(|request| async move {
        let call: MethodCall = MethodCall::from_slice(&request.body).map_err(Error::transport)?;
        let answer = MethodResponse::Success((&*call.method, call.params)).to_vec();
        Ok(Response::new(answer.map_err(Error::transport)?))
    });
    ServerProxy::over(echo).build().unwrap()
}

#[tokio::test]
async fn no_one_and_many_arguments_become_the_parameters() {
    let server = echo();
    assert_eq!(proxy!(server.m()).await.unwrap(), value!(["m", []]));
    assert_eq!(proxy!(server.m(1)).await.unwrap(), value!(["m", [1]]));
    assert_eq!(
        proxy!(server.m(1, "x", 2.5, true,)).await.unwrap(),
        value!(["m", [1, "x", 2.5, true]])
    );
    let all = proxy!(server.m(
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
        30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57,
        58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85,
        86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99
    ) -> (String, Vec<i32>));
    assert_eq!(all.await.unwrap().1, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn names_with_dots_and_keywords_are_sent_as_written() {
    let server = echo();
    for (call, expected) in [
        (proxy!(server.system.listMethods()), "system.listMethods"),
        (proxy!(server.a.b.c.d()), "a.b.c.d"),
        (proxy!(server.type()), "type"),
        (proxy!(server.d.self.in.multicall2()), "d.self.in.multicall2"),
    ] {
        assert_eq!(call.await.unwrap()[0], expected);
    }
}

#[tokio::test]
async fn a_type_behind_the_call_is_that_of_the_result() {
    let server = echo();
    let (name, numbers) = proxy!(server.m(1, 2) -> (String, Vec<i64>)).await.unwrap();
    assert_eq!((name.as_str(), numbers), ("m", vec![1, 2]));
}

#[tokio::test]
async fn any_expression_in_parentheses_is_the_proxy() {
    struct Client {
        server: ServerProxy,
    }
    impl Client {
        async fn ask(&self, question: &str) -> Value {
            proxy!((self.server).a.ask(question)).await.unwrap()
        }
        fn server(&self) -> &ServerProxy {
            &self.server
        }
    }
    let client = Client { server: echo() };
    assert_eq!(client.ask("x").await, value!(["a.ask", ["x"]]));
    assert_eq!(proxy!((client.server()).m() -> Value).await.unwrap()[0], "m");
    let borrowed = &client.server;
    assert_eq!(proxy!(borrowed.m()).await.unwrap()[0], "m");
}

#[tokio::test]
async fn options_of_the_call_follow_the_macro() {
    let server = echo();
    let call = proxy!(server.m(&String::from("x")))
        .timeout(Duration::from_secs(5))
        .idempotent();
    assert_eq!(call.await.unwrap()[1][0], "x");
}

#[tokio::test]
async fn arguments_are_moved_or_borrowed_as_written() {
    let server = echo();
    let kept = vec![1, 2];
    let given = vec![3];
    let answer = proxy!(server.m(&kept, given, None::<i32>, [(1, "x")]))
        .await
        .unwrap();
    assert_eq!(answer[1], value!([[1, 2], [3], nil, [[1, "x"]]]));
    assert_eq!(kept, [1, 2]);
}
