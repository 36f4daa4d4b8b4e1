use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tower_service::Service as _;
use xmlrpc_server::{
    Base64, Describe, Description, Documentation, HttpService, Member, Methods, ReplyBody, Type, Value,
    Variadic,
};

use crate::support::{TestServer, plain_call, within};

const SYSTEM: usize = 6;

fn methods() -> Methods {
    Methods::new()
        .method("users.find", |id: i64| id)
        .method("users.create", |name: String, admin: bool| (name, admin))
        .method("add", |a: i32, b: i32| a + b)
        .method("wiki.page.get", |name: String| name)
        .method("any", |x: Value| x)
        .method("sum", |x: Variadic<f64>| x.iter().sum::<f64>())
        .help("add", "Adds <two> numbers & \"returns\" their sum.")
}

fn get() -> http::request::Builder {
    Request::get("/RPC2")
}

async fn ask(service: &HttpService, request: http::request::Builder) -> Response<ReplyBody> {
    let request = request.body(String::new()).unwrap();
    within(service.clone().call(request)).await.unwrap()
}

/// The bytes of a body, which all come together.
async fn bytes(mut body: ReplyBody) -> Bytes {
    let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
    frame.map_or(Bytes::new(), |frame| frame.unwrap().into_data().unwrap())
}

async fn page(service: &HttpService) -> String {
    let body = bytes(ask(service, get()).await.into_body()).await;
    String::from_utf8(body.to_vec()).unwrap()
}

fn header<'r, B>(response: &'r Response<B>, name: &str) -> &'r str {
    let mut values = response.headers().get_all(name).iter();
    let value = values.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(values.next().is_none(), "{name} stands twice");
    value.to_str().unwrap()
}

/// All that stands between two marks, wherever they are.
fn between<'p>(page: &'p str, start: &str, end: &str) -> Vec<&'p str> {
    let parts = page.split(start).skip(1);
    parts.map(|part| part.split_once(end).unwrap().0).collect()
}

fn text(html: &str) -> String {
    let references = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#13;", "\r"),
    ];
    let text = references
        .iter()
        .fold(html.to_owned(), |text, (reference, character)| {
            text.replace(reference, character)
        });
    text.replace("&amp;", "&")
}

#[tokio::test]
async fn get_gives_the_page_on_every_path_and_the_connection_stays() {
    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    for path in ["/RPC2", "/", "/RPC2?any=query"] {
        client
            .send(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
            .await;
        let response = client.response().await;
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(response.body.starts_with("<!doctype html>"));
        assert!(response.body.ends_with("</html>\n"));
    }
    client.send("GET /other HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(client.response().await.status, 404);
    client.post(&plain_call("system.listMethods")).await;
    assert!(client.response().await.body.contains("users.find"));
    server.stopped().await;
}

#[tokio::test]
async fn head_gives_the_headers_of_the_page_alone() {
    let service = HttpService::new(methods());
    let (of_get, of_head) = (
        ask(&service, get()).await,
        ask(&service, Request::head("/RPC2")).await,
    );
    assert_eq!(of_head.status(), StatusCode::OK);
    assert_eq!(of_head.headers(), of_get.headers());
    let length: usize = header(&of_head, "content-length").parse().unwrap();
    assert_eq!(length, bytes(of_get.into_body()).await.len());
    assert_eq!(bytes(of_head.into_body()).await, "");

    let server = TestServer::start(methods()).await;
    let mut client = server.connect().await;
    client
        .send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await;
    let response = client.rest().await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(
        response.contains(&format!("\r\ncontent-length: {length}\r\n")),
        "{response}"
    );
    assert!(response.ends_with("\r\n\r\n"), "{response}");
    server.stopped().await;
}

#[tokio::test]
async fn without_the_page_only_post_is_allowed() {
    let service = HttpService::new(methods()).documentation(Documentation::none());
    for request in [get(), Request::head("/"), Request::put("/")] {
        let response = ask(&service, request).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&response, "allow"), "POST");
    }
    let with_page = ask(&HttpService::new(methods()), Request::put("/")).await;
    assert_eq!(with_page.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(header(&with_page, "allow"), "GET, HEAD, POST");
}

#[tokio::test]
async fn methods_stand_by_namespace_with_signatures_and_help() {
    let page = page(&HttpService::new(methods())).await;
    let headings = between(&page, "<h2><bdi>", "</bdi>");
    assert_eq!(headings, ["Methods", "users", "wiki.page", "system"]);
    let names = between(&page, "data-name=\"", "\"");
    assert_eq!(
        names[..6],
        ["add", "any", "sum", "users.create", "users.find", "wiki.page.get"]
    );
    assert_eq!(names.len(), 6 + SYSTEM);
    let shown = between(&page, "<bdi class=\"name\">", "</bdi>");
    assert_eq!(shown[..6], ["add", "any", "sum", "create", "find", "get"]);
    let signatures = between(&page, "data-signatures=\"", "\"");
    assert_eq!(
        signatures[..6],
        [
            "int int int",
            "any any",
            "",
            "array string boolean",
            "i8 i8",
            "string string"
        ]
    );
    let lines = between(&page, "<span class=\"signature\">", "</span>");
    assert_eq!(
        lines[..4],
        [
            "(int, int) → int",
            "(any) → any",
            "(…)",
            "(string, boolean) → array"
        ]
    );
    let help = between(&page, "<p class=\"help\" dir=\"auto\">", "</p>");
    assert_eq!(
        help[0],
        "Adds &lt;two&gt; numbers &amp; &quot;returns&quot; their sum."
    );
    assert!(help[6..].contains(&"The names of all methods, sorted."));
}

#[tokio::test]
async fn hidden_methods_are_left_out() {
    let methods = methods()
        .hidden("users.find")
        .hidden("users.create")
        .hidden("system.multicall");
    let page = page(&HttpService::new(methods)).await;
    assert!(!page.contains("users"), "a namespace without a method");
    assert!(!page.contains("multicall"));
    let names = between(&page, "data-name=\"", "\"");
    assert_eq!(names.len(), 4 + SYSTEM - 1);
    assert!(page.contains(&format!("<dd>{}</dd>", names.len())));
}

#[tokio::test]
async fn overloads_optional_parameters_and_aliases_are_shown() {
    let methods = Methods::new()
        .overload("double", |number: i32| number * 2)
        .overload("double", |text: String| text.repeat(2))
        .method("greet", |name: String, greeting: Option<String>| (name, greeting))
        .overload("mixed", |number: i32| number)
        .overload("mixed", |values: Variadic<Value>| values.0)
        .alias("twice", "double");
    let page = page(&HttpService::new(methods)).await;
    let signatures = between(&page, "data-signatures=\"", "\"");
    let double = "int int|string string";
    assert_eq!(
        signatures[..4],
        [double, "array string|array string string", "", double]
    );
    let lines = between(&page, "<span class=\"signature\">", "</span>");
    assert_eq!(lines[..2], ["(int) → int", "(string) → string"]);
}

#[tokio::test]
async fn parameters_are_shown_with_their_names() {
    let methods = methods()
        .parameter_names("users.create", ["name", "<admin>"])
        .parameter_names("sum", ["x"])
        .alias("total", "sum");
    let page = page(&HttpService::new(methods)).await;
    let lines = between(&page, "<span class=\"signature\">", "</span>");
    assert_eq!(
        lines[..5],
        [
            "(int, int) → int",
            "(any) → any",
            "(x…)",
            "(x…)",
            "(name: string, &lt;admin&gt;: boolean) → array"
        ]
    );
    let names = between(&page, "data-parameters=\"", "\"");
    assert_eq!(names, ["x", "x", "name\n&lt;admin&gt;"]);
}

struct Author;

impl Describe for Author {
    fn description() -> Description {
        Description::new(Type::Struct)
            .member(Member::of::<String>("<name>").help("As <b>she</b> writes it."))
            .member(Member::of::<Author>("teacher").optional())
            .member(Member::of::<Vec<String>>("books"))
    }
}

#[derive(Deserialize, Serialize)]
struct Book;

impl Describe for Book {
    fn description() -> Description {
        Description::new(Type::Struct).member(Member::of::<Option<Author>>("author"))
    }
}

#[derive(Deserialize, Serialize)]
struct Shelf;

impl Describe for Shelf {
    const TYPE: Type = Type::Array;

    fn description() -> Description {
        Description::new(Type::Array).items(|| Description::new(Type::Array).items(Book::description))
    }
}

/// The text of a part of the page, with marks where entries and lists begin and end.
fn outline(html: &str) -> String {
    let marks = [
        ("<dl>", " {"),
        ("</dl>", "}"),
        ("<dt>", " "),
        ("</dt>", ""),
        ("<dd>", ""),
        ("</dd>", ";"),
    ];
    let marked = marks
        .iter()
        .fold(html.to_owned(), |html, (tag, mark)| html.replace(tag, mark));
    let plain = marked
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    text(&plain.collect::<String>())
}

#[tokio::test]
async fn members_of_parameters_and_results_are_shown_four_levels_deep() {
    let methods = Methods::new()
        .method("add", |_: Book, copies: i32| copies)
        .parameter_names("add", ["<book>"])
        .method("copies", |copies: Option<i32>| copies)
        .method("sort", |_: Option<Vec<i32>>, shelf: Shelf| shelf);
    let page = page(&HttpService::new(methods)).await;
    let insides = between(&page, "<dl class=\"insides\">", "</dl></li>");
    let insides: Vec<_> = insides.into_iter().map(outline).collect();
    let author = |teacher: &str| {
        format!("{{ <name> stringAs <b>she</b> writes it.; teacher struct optional{teacher}; books array;}}")
    };
    let author = author(&format!(" {}", author(&format!(" {}", author("…")))));
    let book = format!("{{ author struct optional {author};}}");
    assert_eq!(
        insides,
        [
            format!(" <book> struct {book};"),
            format!(" parameter 2 array of array of struct {book}; result array of array of struct {book};"),
        ]
    );
}

#[tokio::test]
async fn title_and_introduction_are_the_service_s_own() {
    let documentation = Documentation::page()
        .title("Bank & <Co>")
        .introduction("Two\nlines {{style}}");
    let page = page(&HttpService::new(Methods::new()).documentation(documentation)).await;
    assert_eq!(between(&page, "<title>", "</title>"), ["Bank &amp; &lt;Co&gt;"]);
    let introduction = between(&page, "<p class=\"introduction\" dir=\"auto\">", "</p>");
    assert_eq!(introduction, ["Two\nlines {{style}}"]);
}

#[tokio::test]
async fn nothing_in_names_and_help_is_markup() {
    const HOSTILE: [&str; 8] = [
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        "</p></li></ul><h1>big</h1>",
        "\" onmouseover=\"alert(1)\" x=\"",
        "' autofocus onfocus='alert(1)'",
        "<!-- --> ]]> &lt;b&gt; &amp;",
        "line\u{2028}separator\r\nand return",
        "javascript:alert(1)//{{script}}",
    ];
    let plain = page(&HttpService::new(Methods::new())).await;
    let methods = HOSTILE.into_iter().fold(Methods::new(), |methods, text| {
        methods.method(text, || 1).help(text, text)
    });
    let page = page(&HttpService::new(methods)).await;

    let tags = |page: &str| {
        let tags = page.split('<').skip(1);
        let names = tags.map(|tag| tag.split([' ', '>', '\n']).next().unwrap_or_default().to_owned());
        names.collect::<BTreeSet<_>>()
    };
    assert_eq!(
        tags(&page),
        tags(&plain),
        "no element that is not there without them"
    );
    for tag in ["<script>", "<style>", "<h1", "<template"] {
        assert_eq!(page.matches(tag).count(), plain.matches(tag).count(), "{tag}");
    }
    let names: BTreeSet<_> = between(&page, "data-name=\"", "\"")
        .into_iter()
        .map(text)
        .collect();
    let help: BTreeSet<_> = between(&page, "<p class=\"help\" dir=\"auto\">", "</p>")
        .into_iter()
        .map(text)
        .collect();
    for hostile in HOSTILE {
        assert!(names.contains(hostile), "{hostile}");
        assert!(help.contains(hostile), "{hostile}");
    }
    let links = between(&page, "<li><a href=\"", "\"");
    assert_eq!(links.len(), HOSTILE.len() + SYSTEM);
    let harmless = |link: &&str| link.starts_with('#') && !link.contains(['<', '\'', '&', ' ', ':']);
    assert!(links.iter().all(harmless), "{links:?}");
}

#[tokio::test]
async fn the_policy_lets_the_script_and_the_style_of_the_page_run_and_nothing_else() {
    let service = HttpService::new(methods());
    let response = ask(&service, get()).await;
    let policy = header(&response, "content-security-policy").to_owned();
    let page = page(&service).await;
    for (directive, tag) in [("script-src", "script"), ("style-src", "style")] {
        let blocks = between(&page, &format!("<{tag}>"), &format!("</{tag}>"));
        let [block] = blocks[..] else {
            panic!("{} blocks of {tag}", blocks.len());
        };
        let hash = Base64::from(Sha256::digest(block).to_vec());
        let wanted = format!("{directive} 'sha256-{hash}';");
        assert!(
            policy.contains(&wanted),
            "the policy in docs_page/mod.rs needs {wanted}, and is {policy}"
        );
    }
    for directive in [
        "default-src 'none'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(
            policy.split("; ").any(|part| part == directive),
            "{directive}: {policy}"
        );
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(header(&response, name), value);
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let page = page(&HttpService::new(methods())).await;
    for loading in [
        "src=",
        "@import",
        "url(",
        "http-equiv",
        "<iframe",
        "<object",
        "style=\"",
        "onclick=\"",
    ] {
        assert!(!page.contains(loading), "{loading}");
    }
    let links = between(&page, "href=\"", "\"");
    assert!(
        links
            .iter()
            .all(|link| link.starts_with('#') || link.starts_with("data:image/svg+xml,"))
    );
}

#[tokio::test]
async fn a_page_that_is_known_is_not_sent_again() {
    let service = HttpService::new(methods());
    let tag = header(&ask(&service, get()).await, "etag").to_owned();
    let other = ask(&HttpService::new(Methods::new()), get()).await;
    assert_ne!(header(&other, "etag"), tag);
    for (known, status) in [
        (tag.clone(), StatusCode::NOT_MODIFIED),
        (format!("\"x\", W/{tag}"), StatusCode::NOT_MODIFIED),
        ("*".to_owned(), StatusCode::NOT_MODIFIED),
        ("\"x\"".to_owned(), StatusCode::OK),
        (String::new(), StatusCode::OK),
    ] {
        let response = ask(&service, get().header("if-none-match", &known)).await;
        assert_eq!(response.status(), status, "{known}");
        assert_eq!(header(&response, "etag"), tag);
        let is_empty = bytes(response.into_body()).await.is_empty();
        assert_eq!(is_empty, status == StatusCode::NOT_MODIFIED, "{known}");
    }
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn the_page_is_compressed_for_clients_that_accept_it() {
    use std::io::Read as _;

    use xmlrpc_server::ReplyCompression;

    let service = HttpService::new(methods());
    let accepting = || get().header("accept-encoding", "gzip, br");
    let response = ask(&service, accepting()).await;
    assert_eq!(header(&response, "content-encoding"), "gzip");
    assert_eq!(header(&response, "vary"), "Accept-Encoding");
    let tag = header(&response, "etag").to_owned();
    let compressed = bytes(response.into_body()).await;
    assert!(compressed.len() < 30_000, "{}", compressed.len());
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*compressed)
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, page(&service).await);

    let plain = ask(&service, get()).await;
    assert_ne!(header(&plain, "etag"), tag, "each form has its own tag");
    let known = ask(&service, accepting().header("if-none-match", tag)).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let off = ask(&service.reply_compression(ReplyCompression::Off), accepting()).await;
    assert!(!off.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn the_page_is_made_once_for_all_clones_of_a_service() {
    let service = HttpService::new(methods());
    let first = bytes(ask(&service.clone(), get()).await.into_body()).await;
    let second = bytes(ask(&service, get()).await.into_body()).await;
    assert_eq!(first.as_ptr(), second.as_ptr());
}

#[tokio::test]
async fn a_thousand_methods_fit_on_the_page() {
    let methods = (0..1000).fold(Methods::new(), |methods, i| {
        methods.method(format!("space{}.method{i}", i / 50), |x: i32| x)
    });
    let page = page(&HttpService::new(methods)).await;
    assert_eq!(between(&page, "data-name=\"", "\"").len(), 1000 + SYSTEM);
    assert!(page.len() < 400_000, "{}", page.len());
}
