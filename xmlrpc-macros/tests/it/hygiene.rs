//! Services in modules where nothing is what it is elsewhere, and where every warning is an error.

#![deny(
    warnings,
    missing_docs,
    unused_qualifications,
    unreachable_pub,
    missing_debug_implementations
)]
#![deny(
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    unused_lifetimes,
    trivial_casts,
    let_underscore_drop
)]
#![deny(clippy::all, clippy::pedantic)]

use crate::support::{proxy, within};

/// Names of the standard library's, for other things.
mod shadowed {
    #![allow(dead_code, non_camel_case_types, reason = "they are here to be in the way")]

    pub(super) mod std {}
    pub(super) mod core {}
    pub(super) mod alloc {}
    pub(super) struct Result;
    pub(super) struct Option;
    pub(super) struct Some;
    pub(super) struct None;
    pub(super) struct Ok;
    pub(super) struct Err;
    pub(super) struct String;
    pub(super) struct Vec;
    pub(super) struct Box;
    pub(super) struct Arc;
    pub(super) struct Methods;
    pub(super) struct ServerProxy;
    pub(super) struct PendingCall;
    pub(super) struct Description;
    pub(super) struct Member;
    pub(super) struct Type;
    pub(super) trait Send {}
    pub(super) trait Sync {}
    pub(super) trait Sized {}
    pub(super) trait Future {}
    pub(super) trait Iterator {}
    pub(super) trait IntoIterator {}
    pub(super) trait Into {}
    pub(super) trait Clone {}
    pub(super) trait Debug {}
    pub(super) trait Describe {}
    pub(super) trait Serialize {}
    pub(super) trait Deserialize {}
}

/// A service of which every argument has a name that generated code might have.
mod names {
    #[allow(unused_imports, reason = "they are here to be in the way")]
    use super::shadowed::*;

    /// A point.
    #[derive(::std::fmt::Debug, ::serde::Serialize, ::serde::Deserialize, ::xmlrpc_server::Describe)]
    pub(crate) struct Point {
        /// To the right.
        pub(crate) x: f64,
        /// All before it.
        pub(crate) trail: ::std::vec::Vec<Point>,
    }

    /// The service.
    #[::xmlrpc_server::rpc(server, client)]
    pub(crate) trait Names {
        /// One.
        async fn locals(
            &self,
            service: i32,
            methods: i32,
            this: i32,
            private: i32,
            name: i32,
            server: i32,
        ) -> i32;

        #[doc = "Two,"]
        #[doc = ::std::concat!("and ", "more")]
        fn lent(&self, proxy: &::std::primitive::str, path: ::std::option::Option<&Point>) -> f64;

        /// Three.
        async fn bodied(
            &self,
            mut number: i32,
            rest: ::xmlrpc_server::Variadic<i32>,
        ) -> ::std::result::Result<i32, ::xmlrpc_server::Fault> {
            number += rest.iter().sum::<i32>();
            if number < 0 {
                return ::std::result::Result::Err(::xmlrpc_server::Fault::new(1, "negative"));
            }
            ::std::result::Result::Ok(number)
        }
    }

    /// Answers.
    #[derive(::std::fmt::Debug)]
    pub(crate) struct Answers;

    impl NamesServer for Answers {
        async fn locals(
            &self,
            service: i32,
            methods: i32,
            this: i32,
            private: i32,
            name: i32,
            server: i32,
        ) -> i32 {
            service + methods + this + private + name + server
        }

        fn lent(&self, proxy: &::std::primitive::str, path: ::std::option::Option<&Point>) -> f64 {
            #[expect(clippy::cast_precision_loss, reason = "it is short")]
            let length = proxy.len() as f64;
            length
                + path.map_or(0.0, |path| {
                    path.x + path.trail.iter().map(|point| point.x).sum::<f64>()
                })
        }
    }
}

#[tokio::test]
async fn names_of_the_users_are_in_nobody_s_way() {
    use names::NamesServer as _;

    let methods = names::Answers.into_methods();
    let proxy = proxy(methods);
    let names = names::NamesClient::new(proxy.clone());
    assert_eq!(within(names.locals(1, 2, 3, 4, 5, 6)).await.unwrap(), 21);
    let point = names::Point {
        x: 1.0,
        trail: vec![names::Point {
            x: 2.0,
            trail: vec![],
        }],
    };
    assert!((within(names.lent("ab", Some(&point))).await.unwrap() - 5.0).abs() < 1e-9);
    assert_eq!(within(names.bodied(1, [2, 3])).await.unwrap(), 6);
    let fault = within(names.bodied(-1, Vec::<i32>::new())).await.unwrap_err();
    assert_eq!(fault.fault().unwrap().code(), 1);
    assert_eq!(within(proxy.method_help("lent")).await.unwrap(), "Two,\nand more");
}

/// A service that nobody uses, and one that is not documented.
mod private {
    use xmlrpc_client::rpc;

    #[rpc(server, client)]
    trait Private {
        fn undocumented(&self) -> i32;
    }

    #[rpc(server, client)]
    trait Empty {}
}

/// Conditions, and attributes of others.
mod attributes {
    use xmlrpc_client::rpc;

    /// Attributes.
    #[rpc(server, client)]
    #[allow(clippy::module_name_repetitions)]
    pub(crate) trait Attributes {
        /// Never there.
        #[cfg(not(test))]
        fn gone(&self, gone: TypeThatIsNotThere) -> TypeThatIsNotThere;

        /// Another one of the same name, which is there.
        #[cfg(test)]
        #[method(name = "gone")]
        fn there(&self) -> i32;

        /// Out of date.
        #[deprecated = "use `there`"]
        fn old(&self) -> i32;
    }

    #[rpc(server, client)]
    #[cfg(not(test))]
    trait Gone {
        fn gone(&self) -> TypeThatIsNotThere;
    }

    /// Answers.
    #[derive(Debug)]
    pub(crate) struct Answers;

    impl AttributesServer for Answers {
        fn there(&self) -> i32 {
            1
        }

        fn old(&self) -> i32 {
            2
        }
    }
}

#[tokio::test]
async fn conditions_and_deprecations_go_along_to_both_sides() {
    use attributes::AttributesServer as _;

    let client = attributes::AttributesClient::new(proxy(attributes::Answers.into_methods()));
    assert_eq!(within(client.there()).await.unwrap(), 1);
    #[expect(deprecated, reason = "it is what is tested")]
    let old = client.old();
    assert_eq!(within(old).await.unwrap(), 2);
}

/// Both crates under other names, as where a crate passes them on.
mod renamed {
    /// A crate that passes others on.
    pub(crate) mod facade {
        pub(crate) use ::xmlrpc_client as client;
        pub(crate) use ::xmlrpc_server as server;
    }

    /// From the server's side.
    #[facade::server::rpc(crate = crate::hygiene::renamed::facade::server, server, client(crate = facade::client))]
    pub(crate) trait Renamed {
        /// Answers.
        fn answer(&self) -> Answer;
    }

    /// From the client's.
    #[facade::client::rpc(server(crate = facade::server), client, crate = facade::client)]
    pub(crate) trait Again {
        /// Answers.
        fn answer(&self) -> Answer;
    }

    /// What is answered.
    #[derive(Debug, serde::Serialize, serde::Deserialize, facade::server::Describe)]
    #[describe(crate = facade::server)]
    pub(crate) struct Answer(pub(crate) i32);

    /// Answers.
    #[derive(Debug)]
    pub(crate) struct Answers;

    impl RenamedServer for Answers {
        fn answer(&self) -> Answer {
            Answer(42)
        }
    }

    impl AgainServer for Answers {
        fn answer(&self) -> Answer {
            Answer(43)
        }
    }
}

#[tokio::test]
async fn crates_may_have_other_names() {
    use renamed::{AgainServer, RenamedServer};

    let renamed = renamed::RenamedClient::new(proxy(RenamedServer::into_methods(renamed::Answers)));
    assert_eq!(within(renamed.answer()).await.unwrap().0, 42);
    let again = renamed::AgainClient::new(proxy(AgainServer::into_methods(renamed::Answers)));
    assert_eq!(within(again.answer()).await.unwrap().0, 43);
}

/// A service by a macro of the user's, whose types come in groups.
mod by_macro {
    macro_rules! service {
        ($name:ident, $argument:ty, $optional:ty, $result:ty, $context:ty) => {
            /// By a macro.
            #[xmlrpc_server::rpc(server, client)]
            pub(crate) trait $name {
                /// Answers.
                fn answer(&self, context: $context, argument: $argument, optional: $optional) -> $result;
            }
        };
    }
    service! { ByMacro, &str, Option<i32>, Result<i32, xmlrpc_server::Fault>, xmlrpc_server::CallContext }

    /// Answers.
    #[derive(Debug)]
    pub(crate) struct Answers;

    impl ByMacroServer for Answers {
        fn answer(
            &self,
            context: xmlrpc_server::CallContext,
            argument: &str,
            optional: Option<i32>,
        ) -> Result<i32, xmlrpc_server::Fault> {
            assert_eq!(context.method(), Some("answer"));
            argument
                .parse()
                .ok()
                .or(optional)
                .ok_or(xmlrpc_server::Fault::new(3, "no number"))
        }
    }
}

#[tokio::test]
async fn macros_may_make_services() {
    use by_macro::ByMacroServer as _;

    let client = by_macro::ByMacroClient::new(proxy(by_macro::Answers.into_methods()));
    assert_eq!(within(client.answer("7", None)).await.unwrap(), 7);
    assert_eq!(within(client.answer("x", Some(8))).await.unwrap(), 8);
    let error = within(client.answer("x", None)).await.unwrap_err();
    assert_eq!(error.fault().unwrap().code(), 3);
}
