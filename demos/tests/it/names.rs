//! Names, addresses, and connecting by them.

use std::net::TcpListener;

use crate::support::{has_ipv6, run, run_python};

#[test]
fn names_of_this_host_and_of_localhost() {
    let printed = run(&["names"]).text();
    let lines: Vec<_> = printed.lines().collect();
    assert!(lines[0].starts_with("gethostname() → "), "{printed}");
    assert!(lines[1].starts_with("getfqdn() → "), "{printed}");
    assert!(lines[2].starts_with("gethostbyname(getfqdn()) → "), "{printed}");
    assert_eq!(lines[3], "gethostbyname('localhost') → 127.0.0.1");
    assert!(
        lines[4].starts_with("gethostbyaddr('127.0.0.1') → ('"),
        "{printed}"
    );
    if let Some(name) = run_python("from socket import *; print(gethostname())") {
        assert_eq!(lines[0], format!("gethostname() → {}", name.trim()));
    }
}

#[test]
fn an_address_leads_to_its_names() {
    let printed = run(&["names", "127.0.0.1"]).text();
    assert!(
        printed.contains("gethostbyaddr('127.0.0.1') → ('localhost"),
        "{printed}"
    );
}

#[test]
fn all_entries_print_as_in_python() {
    for host in ["localhost", "127.0.0.1", "::1"] {
        if host == "::1" && !has_ipv6() {
            continue;
        }
        let printed = run(&["names", "--all", host]).text();
        if let Some(list) = run_python(&format!(
            "from socket import *\nfor i in getaddrinfo('{host}', '80'): print(i)"
        )) {
            assert_eq!(printed, format!("getaddrinfo('{host}', '80')\n{list}"));
        }
    }
}

#[test]
fn names_that_cannot_exist_are_refused() {
    // A label has at most 63 letters, so no resolver needs to be asked.
    let long = "a".repeat(64);
    for host in [long.as_str(), "a..b", ""] {
        assert!(
            run(&["names", host]).refusal().starts_with("looking up "),
            "{host}"
        );
        assert!(
            run(&["names", "--all", host])
                .refusal()
                .starts_with("looking up "),
            "{host}"
        );
    }
    assert!(
        run(&["names", "--all", "localhost", "--service", "no such service"])
            .refusal()
            .starts_with("looking up ")
    );
}

#[test]
fn one_name_that_fails_does_not_stop_the_others() {
    for option in [&[][..], &["--all"]] {
        let finished = run(&[&["names", "no.such.invalid", "127.0.0.1", "a..b"], option].concat());
        let printed = String::from_utf8_lossy(&finished.out).into_owned();
        assert!(printed.contains("'127.0.0.1'"), "{printed}");
        let failed: Vec<_> = finished
            .err
            .lines()
            .filter(|line| line.starts_with("demos: looking up "))
            .collect();
        assert_eq!(failed.len(), 2, "{}", finished.err);
        assert!(finished.refusal().contains("a..b"));
    }
}

#[test]
fn connect_succeeds_or_says_that_no_entry_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let printed = run(&["connect", "localhost", &port]).text();
    assert!(
        printed.ends_with(&format!("connected to ('127.0.0.1', {port})\n")),
        "{printed}"
    );
    drop(listener);
    let refused = run(&["connect", "127.0.0.1", &port]);
    assert!(
        String::from_utf8_lossy(&refused.out).contains("refused"),
        "{refused:?}"
    );
    assert_eq!(refused.refusal(), "no entry of 127.0.0.1 could be connected to");
}

#[test]
fn connect_begins_with_the_entry_chosen() {
    assert_eq!(
        run(&["connect", "127.0.0.1", "1", "--entry", "7"]).refusal(),
        "there is no entry 7: 127.0.0.1 has 1 for TCP"
    );
}

#[test]
fn connect_over_ipv6() {
    if has_ipv6() {
        let listener = TcpListener::bind("[::1]:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let printed = run(&["connect", "::1", &port]).text();
        assert!(
            printed.ends_with(&format!("connected to ('::1', {port}, 0, 0)\n")),
            "{printed}"
        );
    }
}
