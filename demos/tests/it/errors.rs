//! Network exceptions.

use crate::support::run;

#[test]
fn each_failure_has_its_kind() {
    // Too long for a label of a name, so the resolver answers at once.
    let name = "a".repeat(64);
    let printed = run(&["errors", "--name", &name]).text();
    let rows: Vec<Vec<_>> = printed
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0][..2], ["name", "LookupError"]);
    assert!(
        printed
            .lines()
            .nth(1)
            .unwrap()
            .ends_with("this host does not seem to exist"),
        "{printed}"
    );
    let kinds = [
        ("refusal", "ConnectionRefused"),
        ("timeout", if cfg!(windows) { "TimedOut" } else { "WouldBlock" }),
        ("unreachable", "NetworkUnreachable"),
        ("reset", "ConnectionReset"),
        ("broken", "BrokenPipe"),
        ("early", "UnexpectedEof"),
        ("address", "AddrInUse"),
    ];
    for (row, (failure, kind)) in rows[1..].iter().zip(kinds) {
        assert_eq!(row[0], failure);
        assert!(row.contains(&kind), "{row:?}");
    }
    assert_eq!(rows.len(), 1 + kinds.len());
}
