//! The slides' Wireshark pages.

use std::process::Command;

use crate::support::{Finished, Running, run, run_python};

/// The slide's calls, and what they give.
const CALLS: [(&str, &str); 4] = [
    ("proxy.addtogether('x','y','z')", "xyz"),
    ("proxy.addtogether(1,2,3,4,5)", "15"),
    ("proxy.quadratic(2,-4,0)", "[0.0, 8.0]"),
    ("proxy.quadratic(1,2,1)", "[-1.0]"),
];

/// The request body that Python sends for `addtogether`, as the slides show it.
fn slides_request(params: impl IntoIterator<Item = &'static str>) -> String {
    let params: String = params
        .into_iter()
        .map(|param| format!("<param>\n<value>{param}</value>\n</param>\n"))
        .collect();
    format!(
        "<?xml version='1.0'?>\n<methodCall>\n<methodName>addtogether</methodName>\n<params>\n{params}</params>\n</methodCall>\n"
    )
}

/// The answer's body, as the slides show it.
fn slides_answer(value: &str) -> String {
    format!(
        "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>{value}</value>\n</param>\n</params>\n</methodResponse>\n"
    )
}

/// One column of the page of one call.
struct Page {
    result: String,
    request: (Vec<String>, String),
    answer: (Vec<String>, String),
}

/// Reads the pages of a column; it is on the right if there are two.
fn pages(printed: &str, right: bool) -> Vec<Page> {
    let mut pages = Vec::new();
    for (call, _) in CALLS {
        let Some((_, page)) = printed.split_once(&format!("\n{call}\n")) else {
            continue;
        };
        let page = page.split("\nproxy.").next().unwrap();
        let lines: Vec<_> = page
            .lines()
            .map(|line| match line.split_once(" |") {
                Some((_, line)) if right => line.trim_start(),
                Some((line, _)) => line.trim_end(),
                None => line,
            })
            .collect();
        let mut parts = lines
            .split(|line| line.is_empty())
            .filter(|part| !part.is_empty());
        let mut part = || parts.next().unwrap_or_else(|| panic!("a part in {page}"));
        let head = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let body = |lines: &[&str]| {
            let ended = lines.iter().map(|line| match line.strip_suffix('\\') {
                Some(goes_on) => goes_on.to_owned(),
                None => format!("{line}\n"),
            });
            ended.collect::<String>()
        };
        pages.push(Page {
            result: part().concat(),
            request: (head(part()), body(part())),
            answer: (head(part()), body(part())),
        });
    }
    pages
}

fn length(head: &[String]) -> usize {
    head.iter()
        .map(|line| line.to_lowercase())
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or_else(|| panic!("a length in {head:?}"))
}

#[track_caller]
fn check_ours(pages: &[Page]) {
    assert_eq!(pages.len(), CALLS.len());
    for (page, (_, result)) in pages.iter().zip(CALLS) {
        assert_eq!(page.result, format!("Rust → {result}"));
        assert_eq!(page.request.0[0], "POST /RPC2 HTTP/1.1");
        assert_eq!(page.answer.0[0], "HTTP/1.1 200 OK");
        for (head, body) in [&page.request, &page.answer] {
            assert_eq!(length(head), body.len(), "{body}");
            assert!(
                body.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<method"),
                "{body}"
            );
            assert_eq!(body.lines().count(), 2, "{body}");
        }
    }
    assert!(
        pages[0].answer.1.contains("<value><string>xyz</string></value>"),
        "{}",
        pages[0].answer.1
    );
}

#[test]
fn our_own_bytes_stand_alone() {
    let finished = run(&["wire", "--alone"]);
    assert_eq!(finished.err, "");
    let printed = finished.text();
    assert!(!printed.contains('|'), "{printed}");
    check_ours(&pages(&printed, false));
}

#[test]
fn pythons_bytes_stand_beside_ours_as_the_slides_print_them() {
    if run_python("import xmlrpc.client, xmlrpc.server").is_none() {
        return;
    }
    let finished = run(&["wire"]);
    assert_eq!(finished.err, "");
    let printed = finished.text();
    check_ours(&pages(&printed, false));

    let python = pages(&printed, true);
    assert_eq!(python.len(), CALLS.len());
    for (page, (_, result)) in python.iter().zip(CALLS) {
        assert_eq!(page.result, format!("Python → {result}"));
        let head = page.request.0.join("\n");
        for line in [
            "POST /RPC2 HTTP/1.1",
            "Accept-Encoding: gzip",
            "Content-Type: text/xml",
            "User-Agent: Python-xmlrpc/3",
        ] {
            assert!(head.contains(line), "{line} in\n{head}");
        }
        assert_eq!(page.answer.0[0], "HTTP/1.0 200 OK");
        assert!(
            page.answer
                .0
                .iter()
                .any(|line| line.starts_with("Server: BaseHTTP/0.6 Python/3"))
        );
        for (head, body) in [&page.request, &page.answer] {
            assert_eq!(length(head), body.len(), "{body}");
        }
    }
    let strings = slides_request(["<string>x</string>", "<string>y</string>", "<string>z</string>"]);
    let ints = slides_request([
        "<int>1</int>",
        "<int>2</int>",
        "<int>3</int>",
        "<int>4</int>",
        "<int>5</int>",
    ]);
    assert_eq!([strings.len(), ints.len()], [258, 330]);
    assert_eq!([&python[0].request.1, &python[1].request.1], [&strings, &ints]);
    let (xyz, fifteen) = (
        slides_answer("<string>xyz</string>"),
        slides_answer("<int>15</int>"),
    );
    assert_eq!([xyz.len(), fifteen.len()], [129, 122]);
    assert_eq!([&python[0].answer.1, &python[1].answer.1], [&xyz, &fifteen]);
}

#[test]
fn only_the_chosen_calls_are_shown() {
    let printed = run(&["wire", "--alone", "--call", "4,2"]).text();
    let shown: Vec<_> = printed
        .lines()
        .filter(|line| line.starts_with("proxy."))
        .collect();
    assert_eq!(shown, [CALLS[1].0, CALLS[3].0]);
}

#[test]
fn without_python_our_own_bytes_stand_alone_and_it_is_said() {
    let mut without_path = Command::new(env!("CARGO_BIN_EXE_demos"));
    without_path.arg("wire").env("PATH", "");
    let missing = Running::start(&mut without_path, b"").finish();
    let named = run(&["wire", "--python", "no-such-python"]);
    // A program that is there, and is no Python.
    let other = run(&["wire", "--python", env!("CARGO_BIN_EXE_demos")]);
    for (finished, name) in [
        (missing, "python3"),
        (named, "no-such-python"),
        (other, env!("CARGO_BIN_EXE_demos")),
    ] {
        let said = format!("no {name} to compare with, so our own bytes stand alone: ");
        assert!(finished.err.starts_with(&said), "{}", finished.err);
        let printed = finished.text();
        assert!(!printed.contains("Python"), "{printed}");
        check_ours(&pages(&printed, false));
    }
}

#[test]
fn the_tour_skips_what_needs_python_where_there_is_none() {
    let tour = |args: &[&str]| -> Finished {
        let mut command = Command::new(env!("CARGO_BIN_EXE_demos"));
        command
            .args(["tour", "--only", "Wireshark"])
            .args(args)
            .env("PATH", "");
        Running::start(&mut command, b"").finish()
    };
    let plain = tour(&[]);
    assert_eq!(plain.err, "SKIPPED: stage \"Wireshark\" needs python3\n");
    let printed = plain.text();
    assert!(
        printed.ends_with("\n1 stages print what was expected, 1 SKIPPED.\n"),
        "{printed}"
    );
    let markdown = tour(&["--markdown"]).text();
    let titles = markdown.lines().filter(|line| line.starts_with("### "));
    assert_eq!(
        titles.collect::<Vec<_>>(),
        ["### Wireshark", "### Wireshark: without Python"]
    );
    assert!(markdown.contains("SKIPPED: needs python3"), "{markdown}");
}
