//! Takes the picture of the documentation page that stands in the README:
//! `cargo run -p xmlrpc-tests --example picture -- docs/documentation-page.png`.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::json;
use xmlrpc_server::{
    Array, Base64, DateTime, Documentation, Fault, HttpService, Methods, Struct, Value, rpc,
};
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

/// What is known of books.
#[rpc(namespace = "books")]
trait Books {
    /// What is known of the book with this ISBN; its reviews too, on request.
    fn find(&self, isbn: i64, reviews: bool) -> Result<BTreeMap<&'static str, Value>, Fault>;

    /// The books whose title or author has all of these words, at most so many of them.
    fn search(&self, words: String, limit: Option<i32>) -> Vec<String>;
}

/// Orders.
#[rpc(namespace = "orders")]
trait Orders {
    /// Orders a book, and gives the number of the order.
    fn place(&self, isbn: i64, until: DateTime, note: String) -> String;

    /// Attaches a file to an order.
    fn attach(&self, order: String, scan: Base64) -> String;

    /// Cancels an order that has not been sent.
    fn cancel(&self, order: &str) -> bool;
}

/// A shop that has one book.
struct Shop;

fn methods() -> Methods {
    Methods::new()
        .merge(BooksServer::into_methods(Shop))
        .merge(OrdersServer::into_methods(Shop))
        .method("ping", || "pong")
        .help("ping", "Answers, which shows that the shop is open.")
}

impl BooksServer for Shop {
    fn find(&self, isbn: i64, reviews: bool) -> Result<BTreeMap<&'static str, Value>, Fault> {
        let reviews = Array::from_iter(reviews.then(|| {
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

    fn search(&self, words: String, limit: Option<i32>) -> Vec<String> {
        vec![words; usize::from(limit.is_some())]
    }
}

impl OrdersServer for Shop {
    fn place(&self, isbn: i64, until: DateTime, note: String) -> String {
        format!("{isbn} {until} {note}")
    }

    fn attach(&self, order: String, scan: Base64) -> String {
        format!("{order}: {} bytes", scan.len())
    }

    fn cancel(&self, order: &str) -> bool {
        !order.is_empty()
    }
}
