//! The documentation page in a browser: found, called, read, and tried to be broken.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Notify;
use xmlrpc_server::{
    Array, Base64, DateTime, Describe, Documentation, Fault, HttpService, Methods, State, Struct, Value,
    Variadic, rpc,
};
use xmlrpc_tests::{Browser, TestServer, keys};

fn methods() -> Methods {
    Methods::new()
        .method("roots.quadratic", |a: f64, b: f64, c: f64| {
            let root = (b * b - 4.0 * a * c).sqrt();
            if root.is_nan() {
                return Err(Fault::new(17, "no <real> roots & no markup"));
            }
            Ok(vec![(-b - root) / (2.0 * a), (-b + root) / (2.0 * a)])
        })
        .help("roots.quadratic", "The roots of a x² + b x + c.")
        .method("roots.linear", |a: f64, b: f64| -b / a)
        .method("debug", |values: Variadic<Value>| format!("{:?}", values.0))
        .method("echo", |value: Value| value)
        .method("add", |a: i32, b: i32| a.wrapping_add(b))
}

/// Calls the method that is open, and waits for what comes of it.
fn call(browser: &Browser) {
    browser.run(
        "document.querySelector('main .status').className = 'status'",
        json!([]),
    );
    browser.click("main .call");
    wait_for_outcome(browser);
}

fn wait_for_outcome(browser: &Browser) {
    let mistakes =
        "[...document.querySelectorAll('main .mistake')].map(mistake => mistake.textContent).join('')";
    browser.wait_until(&format!(
        "document.querySelector('main .status:is(.good, .bad)') || {mistakes}"
    ));
    assert_eq!(browser.value(mistakes), "");
}

fn result(browser: &Browser) -> String {
    browser.text("main .result")
}

/// Enters a value into a field; what was there is replaced.
fn enter(browser: &Browser, field: usize, text: &str) {
    browser.run(
        "const field = document.querySelectorAll('main .field')[arguments[0]];
         field.querySelector('input:not([type=radio]), textarea').value = arguments[1]",
        json!([field, text]),
    );
}

#[test]
fn a_method_is_found_called_and_its_result_read_with_the_keyboard_alone() {
    let Some(browser) = Browser::start() else { return };
    let all = methods().names().count();
    let server = TestServer::start(methods());
    browser.open(&server.url());
    browser.press("/");
    browser.press("roots");
    assert_eq!(browser.text("#found"), format!("2 of {all} methods"));
    browser.press(" quad");
    assert_eq!(browser.text("#found"), format!("1 of {all} methods"));
    browser.press(keys::ENTER);
    browser.wait_until("document.querySelector('main h1')?.textContent === 'roots.quadratic'");
    assert_eq!(
        browser.text("main .signatures"),
        "(double, double, double) → array"
    );
    assert_eq!(browser.text("main .help"), "The roots of a x² + b x + c.");

    // From the heading, which has the focus, to the first field.
    browser.press(keys::TAB);
    for (value, next) in [("2", keys::TAB), ("-4", keys::TAB), ("0.0e0", keys::ENTER)] {
        browser.press(value);
        browser.press(next);
    }
    wait_for_outcome(&browser);
    let items =
        browser.value("[...document.querySelectorAll('main .result .scalar')].map(item => item.textContent)");
    assert_eq!(items, json!(["0.0", "2.0"]));
    let status = browser.text("main .status");
    assert!(status.starts_with("Result") && status.contains("ms"), "{status}");

    // What went over the wire, reached by arrows from the first tab.
    browser.run(
        "document.querySelector('main .outcome [role=tab]').focus()",
        json!([]),
    );
    browser.press(keys::RIGHT);
    let request = browser.text("main [role=tabpanel]:not([hidden])");
    assert!(
        request.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall>\n"),
        "{request}"
    );
    assert!(
        request.contains("\n      <value><double>-4.0</double></value>\n"),
        "{request}"
    );
    browser.press(keys::RIGHT);
    let reply = browser.text("main [role=tabpanel]:not([hidden])");
    assert!(
        reply.contains("\n            <value><double>2.0</double></value>\n"),
        "{reply}"
    );
    assert_eq!(browser.console(), [""; 0]);
}

#[derive(Serialize, Deserialize, Describe)]
struct Book {
    /// As on the <cover>.
    title: String,
    authors: Vec<Author>,
    pages: Option<u16>,
}

#[derive(Serialize, Deserialize, Describe)]
struct Author {
    name: String,
    born: Option<DateTime>,
}

/// A shop.
#[rpc(namespace = "books")]
trait Shop {
    /// Puts a book on the shelf.
    fn add(&self, book: Book, copies: Option<i32>) -> Vec<Author>;

    /// Joins things.
    fn join(&self, first: &str, rest: Variadic<String>) -> String;
}

struct Shelf;

impl ShopServer for Shelf {
    fn add(&self, book: Book, _: Option<i32>) -> Vec<Author> {
        book.authors
    }

    fn join(&self, first: &str, rest: Variadic<String>) -> String {
        format!("{first}{}", rest.join(""))
    }
}

#[test]
fn parameters_have_their_names_and_structs_their_members() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::start(Shelf.into_methods());
    browser.open(&(server.url() + "#books.add"));
    browser.wait_until("document.querySelector('main h1')?.textContent === 'books.add'");
    let choice = "(book: struct) → array\n(book: struct, copies: int) → array";
    let seen = |selector: &str| browser.value(&format!("document.querySelector('{selector}').innerText"));
    assert_eq!(seen("main .signatures"), choice);
    assert_eq!(browser.text("main .label label"), "book");
    browser.click("main .choice label:last-child");
    let labels =
        browser.value("[...document.querySelectorAll('main .label label')].map(label => label.textContent)");
    assert_eq!(labels, json!(["book", "copies"]));
    assert_eq!(
        seen("main .insides"),
        "book struct\ntitle string\n\nAs on the <cover>.\n\nauthors array of struct\nname string\n\
         born dateTime.iso8601 optional\npages int optional\nresult array of struct\nname string\n\
         born dateTime.iso8601 optional"
    );
    enter(&browser, 0, "{title: \"x\", authors: [{name: \"Ada\"}]}");
    enter(&browser, 1, "7");
    call(&browser);
    assert!(result(&browser).contains("Ada"), "{}", result(&browser));

    browser.open(&(server.url() + "#books.join"));
    browser.wait_until("document.querySelector('main h1')?.textContent === 'books.join'");
    assert_eq!(browser.text("main .signatures"), "(first, rest…)");
    for _ in 0..3 {
        browser.click("main .add");
    }
    let labels =
        browser.value("[...document.querySelectorAll('main .label label')].map(label => label.textContent)");
    assert_eq!(labels, json!(["first", "rest", "Parameter 3"]));
    assert_eq!(
        browser.value("document.querySelector('main .insides')"),
        json!(null)
    );
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn a_fault_is_shown_as_text() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::start(methods());
    browser.open(&(server.url() + "#roots.quadratic"));
    for field in 0..3 {
        enter(&browser, field, "1");
    }
    call(&browser);
    let status = browser.text("main .status");
    assert!(status.starts_with("Fault 17"), "{status}");
    assert!(
        status.ends_with("no <real> roots & no markup"),
        "announced, too: {status}"
    );
    assert_eq!(result(&browser), "Fault 17\nno <real> roots & no markup");
    let reply = browser.text("main .reply");
    assert!(
        reply.contains("<value><string>no &lt;real&gt; roots &amp; no markup</string></value>"),
        "{reply}"
    );
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn every_type_has_a_control_whose_value_arrives() {
    let Some(browser) = Browser::start() else { return };
    type Arguments = (i32, i64, f64, bool, String, DateTime, Base64);
    let all =
        |a: i32, b: i64, c: f64, d: bool, e: String, f: DateTime, g: Base64, h: Array, i: Struct, (): ()| {
            let scalars: Arguments = (a, b, c, d, e, f, g);
            format!("{scalars:?} {:?} {:?}", Value::from(h), Value::from(i))
        };
    let server = TestServer::start(Methods::new().method("all", all));
    browser.open(&(server.url() + "#all"));
    for (field, text) in [
        (0, "-2147483648"),
        (1, "9007199254740993"),
        (2, "1.5e-7"),
        (4, "<&>\"'\r\n\u{2028} größer \u{1F600}"),
        (5, "2024-02-29T13:05:09"),
        (7, "[1, \"two\"]"),
        (8, "{\"__proto__\": {a: 1}}"),
    ] {
        enter(&browser, field, text);
    }
    browser.click("main .field:nth-child(4) .segments label:last-child");
    browser.click("main .field:nth-child(7) .segments label:last-child");
    let file = std::env::temp_dir().join(format!("xmlrpc-page-{}", std::process::id()));
    std::fs::write(&file, [0, 255, 13, 10]).unwrap();
    browser.type_into("main input[type=file]", &file.to_string_lossy());
    call(&browser);
    std::fs::remove_file(file).unwrap();
    let expected = (
        i32::MIN,
        9_007_199_254_740_993_i64,
        1.5e-7,
        true,
        // A form's text has line feeds for line ends.
        "<&>\"'\n\u{2028} größer \u{1F600}",
        "20240229T13:05:09".parse::<DateTime>().unwrap(),
        Base64::from(vec![0, 255, 13, 10]),
    );
    let containers = "Array([Int(1), String(\"two\")]) Struct({\"__proto__\": Struct({\"a\": Int(1)})})";
    assert_eq!(result(&browser), format!("{expected:?} {containers}string"));
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn values_are_written_in_json_with_types_by_name() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::start(methods());
    browser.open(&(server.url() + "#debug"));
    browser.click("main .add");
    for (text, arrived) in [
        ("1", "Int(1)"),
        (" -2147483649 ", "I8(-2147483649)"),
        ("9223372036854775807", "I8(9223372036854775807)"),
        ("i8(7)", "I8(7)"),
        ("i8(\"7\")", "I8(7)"),
        ("2.50", "Double(2.5)"),
        ("1e3", "Double(1000.0)"),
        ("double(3)", "Double(3.0)"),
        (
            "[true, false, null, nil,]",
            "Array([Boolean(true), Boolean(false), Nil, Nil])",
        ),
        (r#""\u20ac \"\n\\""#, r#"String("€ \"\n\\")"#),
        ("{}", "Struct({})"),
        (
            "{a.b: [], \"\": {}}",
            "Struct({\"a.b\": Array([]), \"\": Struct({})})",
        ),
        ("dateTime(\"2024-02-29T13:05\")", "DateTime(20240229T13:05:00)"),
        ("base64(\"AP8=\")", "Base64(\"AP8=\")"),
        ("string(\"x\")", "String(\"x\")"),
    ] {
        enter(&browser, 0, text);
        call(&browser);
        assert_eq!(result(&browser), format!("[{arrived}]string"), "{text}");
    }
    for (text, mistake) in [
        ("", "Line 1, column 1: a value is needed here"),
        ("[1 2]", "Line 1, column 4: \",\" or \"]\" is needed here."),
        (
            "{\n  a: 1,\n  a: 2}",
            "Line 3, column 4: there are two members named \"a\".",
        ),
        (
            "text",
            "Line 1, column 5: text is not known here; a string stands in double quotes.",
        ),
        (
            "9223372036854775808",
            "i8 goes from -9223372036854775808 to 9223372036854775807.",
        ),
        ("int(2147483648)", "int goes from -2147483648 to 2147483647."),
        ("1e999", "beyond the range of a double"),
        ("\"a", "the string does not end on its line"),
        ("1 2", "there is more text after the value"),
        ("base64(\"!\")", "That is not base64"),
        ("\"\\u0007\"", "The character U+0007 cannot be sent in XML."),
        ("\"\\ud800\"", "The character U+D800 cannot be sent in XML."),
    ] {
        enter(&browser, 0, text);
        browser.click("main .call");
        browser.wait_until("document.querySelector('main .mistake').textContent");
        let said = browser.text("main .mistake");
        assert!(said.contains(mistake), "{text}: {said}");
        let invalid = "document.activeElement.getAttribute('aria-invalid') === 'true'";
        assert_eq!(browser.value(invalid), true, "{text}");
        enter(&browser, 0, "1");
        call(&browser);
        browser.wait_until("!document.querySelector('main .mistake').textContent");
    }
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn deep_values_are_a_mistake_and_deep_results_are_read_all_the_same() {
    let Some(browser) = Browser::start() else { return };
    let deep = |levels: usize| (0..levels).fold(Value::from(1), |inner, _| Value::from(vec![inner]));
    let server = TestServer::start(methods().method("deep", move || deep(600)));
    browser.open(&(server.url() + "#echo"));
    enter(&browser, 0, &"[".repeat(100_000));
    browser.click("main .call");
    browser.wait_until("document.querySelector('main .mistake').textContent");
    assert!(browser.text("main .mistake").contains("more than 128 levels"));

    browser.open(&(server.url() + "#deep"));
    call(&browser);
    assert!(browser.text("main .status").starts_with("Result"));
    assert!(result(&browser).starts_with("array · 1 item"));
    assert_eq!(
        browser.value("document.querySelector('main .reply').textContent.match(/<array>/g).length"),
        600
    );
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn parameters_are_added_removed_and_given_a_type() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::start(methods());
    browser.open(&(server.url() + "#debug"));
    call(&browser);
    assert_eq!(result(&browser), "[]string");
    for _ in 0..3 {
        browser.click("main .add");
    }
    enter(&browser, 0, "1");
    enter(&browser, 1, "2");
    browser.type_into("main .field:nth-child(3) select", "string");
    enter(&browser, 2, "plain text");
    browser.click("main .field:nth-child(2) .remove");
    // Enter alone is a line of the text.
    browser.type_into("main .field:last-child textarea", keys::ENTER);
    browser.type_into("main .field:last-child textarea", keys::BACKSPACE);
    browser.run(
        "document.querySelector('main .status').className = 'status'",
        json!([]),
    );
    browser.press_together(&[keys::CONTROL, keys::ENTER].concat());
    wait_for_outcome(&browser);
    assert_eq!(result(&browser), "[Int(1), String(\"plain text\")]string");
    let labels =
        browser.value("[...document.querySelectorAll('main .label label')].map(label => label.textContent)");
    assert_eq!(labels, json!(["Parameter 1", "Parameter 2"]));
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn an_overload_is_chosen_and_a_value_of_any_type_entered_as_one_of_its_type() {
    let Some(browser) = Browser::start() else { return };
    let overloaded = methods()
        .overload("double", |number: i32| number * 2)
        .overload("double", |text: String| text.repeat(2));
    let server = TestServer::start(overloaded);
    browser.open(&(server.url() + "#double"));
    enter(&browser, 0, "21");
    call(&browser);
    assert_eq!(result(&browser), "42int");
    browser.click("main .choice label:last-child");
    enter(&browser, 0, "21");
    call(&browser);
    assert_eq!(result(&browser), "2121string");

    browser.open(&(server.url() + "#echo"));
    browser.wait_until("document.querySelector('main h1')?.textContent === 'echo'");
    assert_eq!(browser.text("main .signatures"), "(any) → any");
    enter(&browser, 0, "[5000000000]");
    call(&browser);
    assert_eq!(browser.text("main .result li"), "05000000000i8");
    browser.type_into("main .field select", "string");
    enter(&browser, 0, "[1]");
    call(&browser);
    assert_eq!(result(&browser), "[1]string");
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn hostile_names_help_and_results_do_nothing() {
    const HOSTILE: [&str; 9] = [
        "<img src=x onerror=\"hacked=1\">",
        "</script><script>hacked=1</script>",
        "</li></ul></div><svg onload=hacked=1>",
        "\" onfocus=\"hacked=1\" autofocus x=\"",
        "' onmouseover='hacked=1",
        "javascript:hacked=1",
        "${hacked=1} {{script}} <!-- ]]> &lt;b&gt;",
        "two\u{2028}lines\u{2029}\nthree\r\u{0085}",
        "__proto__.constructor",
    ];
    let Some(browser) = Browser::start() else { return };
    let methods = HOSTILE.into_iter().fold(Methods::new(), |methods, text| {
        methods.method(text, move || vec![text]).help(text, text)
    });
    let documentation = Documentation::page().title(HOSTILE[0]).introduction(HOSTILE[1]);
    let server = TestServer::start(HttpService::new(methods).documentation(documentation));
    browser.open(&server.url());
    assert_eq!(browser.value("document.title"), HOSTILE[0]);
    assert_eq!(browser.text(".introduction"), HOSTILE[1]);
    for text in HOSTILE {
        browser.run(
            "[...document.querySelectorAll('#groups a')].find(link => link.dataset.name === arguments[0]).click()",
            json!([text]),
        );
        browser.wait_until(
            "document.querySelector('main h1') && !document.querySelector('main .status').textContent",
        );
        assert_eq!(browser.text("main h1"), text);
        assert_eq!(browser.text("main .help"), text);
        call(&browser);
        assert_eq!(browser.text("main .result .scalar"), text);
        assert_eq!(browser.text("main .result .type"), "string", "{text}");
    }
    assert_eq!(browser.value("typeof hacked"), "undefined");
    let strange =
        "document.querySelectorAll('img, main svg, body script, iframe, [onerror], [onfocus]').length";
    assert_eq!(browser.value(strange), 0);
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn scripts_and_styles_that_are_not_the_page_s_own_do_not_run() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::start(methods());
    browser.open(&server.url());
    browser.run(
"const attempts = [
             () => { const script = document.createElement('script'); document.head.append(script); script.text = 'hacked = 1'; },
             () => { const script = document.createElement('script'); script.append('hacked = 1'); document.head.append(script); },
             () => document.body.setAttribute('onclick', 'hacked = 1'),
             () => { document.body.innerHTML = '<img src=x onerror=hacked=1>'; },
             () => setTimeout('hacked = 1'),
             () => { const style = document.createElement('style'); style.append('body { display: none }'); document.head.append(style); },
             () => document.body.setAttribute('style', 'display: none'),
         ];
         for (const attempt of attempts) try { attempt(); } catch {}
         document.body.click();",
        json!([]),
    );
    assert_eq!(browser.value("typeof hacked"), "undefined");
    assert_eq!(browser.value("getComputedStyle(document.body).display"), "grid");
    assert!(
        browser
            .console()
            .iter()
            .any(|line| line.contains("Content Security Policy")),
        "the log tells violations"
    );
}

#[test]
fn a_thousand_methods_are_searched_and_walked_through() {
    let Some(browser) = Browser::start() else { return };
    let methods = (0..1000).fold(Methods::new(), |methods, i| {
        methods.method(format!("space{:02}.method{i}", i / 50), move || i)
    });
    let all = methods.names().count();
    let server = TestServer::start(methods);
    browser.open(&server.url());
    browser.press("/");
    browser.press("method77");
    assert!(browser.text("#found").starts_with("11 of 1,00"));
    for _ in 0..3 {
        browser.press(keys::DOWN);
    }
    browser.press(keys::UP);
    let focused = "document.activeElement.dataset.name";
    assert_eq!(browser.value(focused), "space15.method770");
    browser.press(keys::ENTER);
    browser.wait_until("document.querySelector('main h1')?.textContent === 'space15.method770'");
    browser.press("/");
    browser.press(keys::ESCAPE);
    assert_eq!(browser.text("#found"), "");
    assert_eq!(
        browser.value("document.querySelectorAll('#groups li:not([hidden])').length"),
        all
    );
    call(&browser);
    assert_eq!(result(&browser), "770int");
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn long_results_are_shown_in_parts() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::start(
        Methods::new()
            .method("many", || (0..1000).collect::<Vec<i32>>())
            .method("long", || "x".repeat(300_000)),
    );
    browser.open(&(server.url() + "#many"));
    call(&browser);
    let shown = "document.querySelectorAll('main .result .scalar').length";
    assert_eq!(browser.value(shown), 200);
    browser.click("main .result button");
    assert_eq!(browser.value(shown), 400);
    browser.open(&(server.url() + "#long"));
    browser.wait_until("document.querySelector('main h1')?.textContent === 'long'");
    call(&browser);
    let length = "document.querySelector('main .result .scalar').textContent.length";
    assert_eq!(browser.value(length), 4000);
    browser.click("main .result button");
    assert_eq!(browser.value(length), 300_000);
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn a_call_that_hangs_can_be_stopped_and_refusals_say_why() {
    let Some(browser) = Browser::start() else { return };
    let started = Arc::new(Notify::new());
    let methods =
        methods()
            .state(started.clone())
            .async_method("hang", |started: State<Arc<Notify>>| async move {
                started.notify_one();
                std::future::pending::<()>().await;
            });
    let service = HttpService::new(methods).body_bytes(1000);
    let server = TestServer::start_with(service, |server| {
        server.shutdown_timeout(std::time::Duration::from_millis(10))
    });
    browser.open(&(server.url() + "#hang"));
    browser.click("main .call");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(xmlrpc_tests::within(started.notified()));
    browser.click("main .stop");
    wait_for_outcome(&browser);
    assert!(result(&browser).contains("stopped here"));
    assert_eq!(browser.console(), [""; 0]);

    browser.open(&(server.url() + "#debug"));
    browser.wait_until("document.querySelector('main h1')?.textContent === 'debug'");
    browser.click("main .add");
    enter(&browser, 0, &format!("{:?}", "x".repeat(1000)));
    call(&browser);
    assert!(browser.text("main .status").starts_with("HTTP status 413"));
    assert!(result(&browser).contains("body_bytes raises this limit"));
}

#[test]
fn light_and_dark_are_the_system_s_until_one_is_chosen_and_kept() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::start(methods());
    let background = "getComputedStyle(document.documentElement).backgroundColor";
    browser.prefer("light");
    browser.open(&server.url());
    let light = browser.value(background);
    browser.prefer("dark");
    let dark = browser.value(background);
    assert_ne!(light, dark);
    for (theme, colour) in [
        ("Light", &light),
        ("Dark", &dark),
        ("Auto", &dark),
        ("Light", &light),
    ] {
        browser.click("#theme");
        assert_eq!(browser.text("#theme span"), theme);
        assert_eq!(&browser.value(background), colour, "{theme}");
    }
    browser.open(&(server.url() + "?again"));
    assert_eq!(browser.text("#theme span"), "Light");
    assert_eq!(browser.value(background), light);
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn a_phone_shows_the_methods_or_one_of_them_and_nothing_sticks_out() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::start(methods());
    browser.resize(360, 740);
    browser.open(&server.url());
    let overflow = "document.documentElement.scrollWidth > innerWidth";
    let index = "!!document.querySelector('#index').offsetParent || document.querySelector('#index').checkVisibility()";
    assert_eq!(browser.value(overflow), false);
    assert_eq!(browser.value(index), true);
    browser.run("document.querySelector('#groups a').click()", json!([]));
    browser.wait_until("document.querySelector('main h1')?.textContent === 'add'");
    assert_eq!(browser.value(index), false);
    enter(&browser, 0, "2");
    enter(&browser, 1, "3");
    call(&browser);
    assert_eq!(result(&browser), "5int");
    assert_eq!(browser.value(overflow), false);
    browser.click("main .back");
    browser.wait_until("document.querySelector('#index').checkVisibility()");
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn everything_that_can_be_used_has_a_name_and_messages_are_announced() {
    let Some(browser) = Browser::start() else { return };
    let all = |_: i32, _: bool, _: String, _: DateTime, _: Base64, _: Array| 1;
    let server = TestServer::start(methods().method("all", all));
    for method in ["", "#all", "#debug"] {
        browser.open(&(server.url() + method));
        browser.wait_until("document.documentElement.dataset.view");
        if method == "#debug" {
            browser.click("main .add");
        }
        let nameless = browser.value(
            "[...document.querySelectorAll('a, button, input, select, textarea, summary')]
                .filter(element => element.checkVisibility())
                .filter(element => !(element.textContent.trim() || element.getAttribute('aria-label')
                    || [...element.labels ?? []].some(label => label.textContent.trim())))
                .map(element => element.outerHTML)",
        );
        assert_eq!(nameless, json!([]), "{method}");
        let duplicates = browser.value(
            "(ids => ids.length - new Set(ids).size)([...document.querySelectorAll('[id]')].map(element => element.id))",
        );
        assert_eq!(duplicates, 0, "{method}");
    }
    assert_eq!(
        browser.value("document.querySelector('main .status').getAttribute('role')"),
        "status"
    );
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn the_authorization_that_is_entered_goes_with_every_call() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::start(methods().method("who", |context: xmlrpc_server::CallContext| {
        let header = context.headers().get("authorization");
        header.map(|value| value.to_str().unwrap_or_default().to_owned())
    }));
    browser.open(&(server.url() + "#who"));
    call(&browser);
    assert_eq!(result(&browser), "nilnil");
    browser.click("main .authorization summary");
    browser.type_into("main [data-authorization]", "Bearer secret");
    call(&browser);
    browser.wait_until("document.querySelector('main .result').textContent !== 'nilnil'");
    assert_eq!(result(&browser), "Bearer secretstring");
    let stored =
        browser.value("JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])");
    assert!(!stored.to_string().contains("secret"), "{stored}");
    assert_eq!(browser.console(), [""; 0]);
}
