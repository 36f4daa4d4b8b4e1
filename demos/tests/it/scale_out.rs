//! Members behind balancers.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;

use yaml_rust2::{Yaml, YamlLoader};

use crate::support::{LIMIT, Running, Server, connect, run};

/// Whether a program is there; says so loudly when not.
fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders
        .map(|folder| folder.join(program))
        .any(|file| file.is_file());
    assert!(
        found || env::var_os("CI").is_none(),
        "the pipeline installs {program}, but it is not there"
    );
    if !found {
        eprintln!("SKIPPED: no {program} to stand in front of servers");
    }
    found
}

/// Restarts the members behind a balancer under load, and looks at what the program says of it.
fn roll(balancer: &str) {
    if !is_installed(balancer) {
        return;
    }
    let printed = run(&["scale-out", "roll", "--balancer", balancer]).text();
    let mut lines = printed.lines();
    let ready = format!("{balancer} is ready: http://127.0.0.1:");
    assert!(
        lines.next().is_some_and(|line| line.starts_with(&ready)),
        "{printed}"
    );
    let restarts = lines
        .by_ref()
        .take(3)
        .filter(|line| line.ends_with(" answers calls"));
    assert_eq!(restarts.count(), 3, "{printed}");

    let mut processes = BTreeSet::new();
    let mut all = 0;
    for line in lines.by_ref().take(6) {
        let (process, counts) = line.split_once(": ").unwrap();
        let mut numbers = counts.split(' ').filter_map(|word| word.parse::<u64>().ok());
        let (carried_out, received) = (numbers.next().unwrap(), numbers.next().unwrap());
        assert!(carried_out > 0 && carried_out == received, "{line}");
        processes.insert(process);
        all += received;
    }
    assert_eq!(processes.len(), 6, "{printed}");
    let sum = format!("{all} calls, {all} answers, 0 lost");
    assert_eq!(lines.collect::<Vec<_>>(), [sum], "{printed}");
}

#[test]
fn restarting_members_behind_haproxy_loses_no_call() {
    roll("haproxy");
}

#[test]
fn restarting_members_behind_nginx_loses_no_call() {
    roll("nginx");
}

#[test]
fn restarting_members_behind_envoy_loses_no_call() {
    roll("envoy");
}

#[cfg(unix)]
#[test]
fn a_member_that_is_told_to_end_is_followed_by_another() {
    if !is_installed("haproxy") {
        return;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_demos"));
    command.args(["scale-out", "serve", "--port", "0", "--drain", "0.2"]);
    let serving = Running::start(&mut command, b"");
    let ready = serving.line();
    let url = ready.strip_prefix("haproxy is ready: ").unwrap();
    let members = [serving.line(), serving.line(), serving.line()];
    let (name, restart) = members[1].split_once(": ").unwrap();
    let restart = restart.split('`').nth(1).unwrap();
    assert!(
        Command::new("sh")
            .args(["-c", restart])
            .status()
            .unwrap()
            .success()
    );
    let followed = serving.line();
    assert!(
        followed.ends_with(&format!(" follows {}", &name["member ".len()..])),
        "{followed}"
    );
    assert_eq!(run(&["rpc-client", url]).text().lines().count(), 4);
    let finished = serving.interrupt();
    assert!(finished.status.success(), "{finished:?}");
}

/// The status with which a member answers a health check.
#[cfg(unix)]
fn health(address: SocketAddr) -> u16 {
    let mut stream = connect(address);
    let request = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[cfg(unix)]
#[test]
fn a_member_that_is_told_to_end_twice_does_not_go_on() {
    let member = Server::start(&[
        "scale-out",
        "member",
        "--listen",
        "127.0.0.1:0",
        "--drain",
        "3600",
    ]);
    assert_eq!(health(member.address), 200);
    member.process.signal("TERM");
    let deadline = Instant::now() + LIMIT;
    while health(member.address) == 200 {
        assert!(Instant::now() < deadline, "it does not notice the signal");
    }
    assert_eq!(health(member.address), 503);
    member.process.signal("TERM");
    assert_eq!(member.process.finish().text(), "0\n");
}

#[test]
fn a_balancer_that_is_not_installed_is_a_plain_error() {
    if fs::exists("/usr/sbin/envoy").unwrap() {
        eprintln!("SKIPPED: envoy is where it is always found");
        return;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_demos"));
    command
        .args(["scale-out", "roll", "--balancer", "envoy"])
        .env("PATH", "");
    let refused = Running::start(&mut command, b"").finish().refusal();
    assert_eq!(refused, "envoy is not installed");
}

/// The words of a list.
fn words(list: &Yaml) -> Vec<&str> {
    list.as_vec().unwrap().iter().filter_map(Yaml::as_str).collect()
}

#[test]
fn the_page_for_kubernetes_names_what_members_have() {
    let text = include_str!("../../scale-out/kubernetes.yaml");
    let documents = YamlLoader::load_from_str(text).unwrap();
    let [deployment, service] = &documents[..] else {
        panic!("{documents:?}");
    };
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let args = words(&container["args"]);
    let option = |name| {
        let place = args.iter().position(|arg| *arg == name).unwrap();
        args[place + 1]
    };
    let seconds = |name| option(name).parse::<i64>().unwrap();
    let grace = pod["terminationGracePeriodSeconds"].as_i64().unwrap();
    assert!(grace > seconds("--drain") + 1 + seconds("--shutdown"));
    let port = container["ports"][0]["containerPort"].as_i64().unwrap();
    assert!(option("--listen").ends_with(&format!(":{port}")));
    assert_eq!(service["spec"]["ports"][0]["port"].as_i64(), Some(port));
    let probe = &container["readinessProbe"];
    assert_eq!(probe["httpGet"]["path"].as_str(), Some("/health"));
    let notices = probe["periodSeconds"].as_i64().unwrap() * probe["failureThreshold"].as_i64().unwrap();
    assert!(notices < seconds("--drain"));
    let label = deployment["spec"]["template"]["metadata"]["labels"]["app"].as_str();
    assert!(label.is_some());
    assert_eq!(
        deployment["spec"]["selector"]["matchLabels"]["app"].as_str(),
        label
    );
    assert_eq!(service["spec"]["selector"]["app"].as_str(), label);

    // Each option is one that a member has.
    let help = run(&["scale-out", "member", "--help"]).text();
    for arg in args.iter().filter(|arg| arg.starts_with("--")) {
        assert!(help.contains(&format!("{arg} <")), "{arg} in\n{help}");
    }
}
