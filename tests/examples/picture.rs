//! Takes the picture of the documentation page that stands in the README:
//! `cargo run -p xmlrpc-tests --example picture -- docs/documentation-page.png`.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::json;
use xmlrpc_server::{Array, Base64, DateTime, Documentation, Fault, HttpService, Methods, Struct, Value};
use xmlrpc_tests::{Browser, TestServer};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("where shall the picture go?")?;
    let browser = Browser::start().ok_or("no browser, no picture")?;
    let page = Documentation::page().title("Bookshop");
    let server = TestServer::start(HttpService::new(methods()).documentation(page));
    browser.resize(1440, 760);
    browser.prefer("light");
    browser.open(&(server.url() + "#books.find"));
    browser.run(
        "document.querySelector('main .field input').value = '9780262510875'",
        json!([]),
    );
    browser.click("main .field:nth-child(2) .segments label:last-child");
    browser.click("main .call");
    browser.wait_until("document.querySelector('main .status.good')");
    browser.run("document.activeElement.blur(); scrollTo(0, 0)", json!([]));
    std::fs::write(path, browser.picture())?;
    Ok(())
}

/// A shop that has one book.
fn methods() -> Methods {
    Methods::new()
        .method("books.find", find)
        .help(
            "books.find",
            "What is known of the book with this ISBN; its reviews too, on request.",
        )
        .method("books.search", |words: String, limit: Option<i32>| {
            vec![words; usize::from(limit.is_some())]
        })
        .help(
            "books.search",
            "The books whose title or author has all of these words, at most so many of them.",
        )
        .method("orders.place", |isbn: i64, until: DateTime, note: String| {
            format!("{isbn} {until} {note}")
        })
        .help(
            "orders.place",
            "Orders a book, and gives the number of the order.",
        )
        .method("orders.attach", |order: String, scan: Base64| {
            format!("{order}: {} bytes", scan.len())
        })
        .help("orders.attach", "Attaches a file to an order.")
        .method("orders.cancel", |order: String| !order.is_empty())
        .help("orders.cancel", "Cancels an order that has not been sent.")
        .method("ping", || "pong")
        .help("ping", "Answers, which shows that the shop is open.")
}

fn find(isbn: i64, with_reviews: bool) -> Result<BTreeMap<&'static str, Value>, Fault> {
    let reviews = Array::from_iter(with_reviews.then(|| {
        let review = [
            ("stars", Value::Int(5)),
            ("text", Value::from("Magic, and no tricks.")),
        ];
        Value::from(Struct::from_iter(review))
    }));
    let published: DateTime = "19960725T00:00:00"
        .parse()
        .map_err(|_| Fault::new(1, "no date"))?;
    Ok(BTreeMap::from([
        ("isbn", Value::I8(isbn)),
        (
            "title",
            Value::from("Structure and Interpretation of Computer Programs"),
        ),
        (
            "authors",
            Value::from(vec![Value::from("Abelson"), Value::from("Sussman")]),
        ),
        ("published", Value::from(published)),
        ("price", Value::Double(48.95)),
        ("in stock", Value::Boolean(true)),
        ("reviews", Value::from(reviews)),
    ]))
}
