//! `xmlrpc man`: the manual page, all of it on one, from the command line's own definition.

use clap::{Arg, ArgAction, Command, CommandFactory as _};
use roff::{Inline, Roff, bold, italic, roman};

use crate::cli::Cli;
use crate::failure::Result;
use crate::terminal;

/// Every option stands in one of these.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "xmlrpc call http://127.0.0.1:7001/RPC2 addtogether 1 2 3",
        "Calls a method with three integers.",
    ),
    (
        "xmlrpc call http://127.0.0.1:7001/RPC2 echo '{\"name\":\"Ada\",\"born\":1815}' hello '\"5\"' @photo.jpg",
        "Sends a struct, a string, the string 5, and the bytes of a file as base64.",
    ),
    (
        "xmlrpc --typed call http://127.0.0.1:7001/RPC2 echo '{\"i8\":5}' '{\"dateTime.iso8601\":\"19980717T14:08:55\"}'",
        "Keeps the types of XML-RPC, in the call and in its result.",
    ),
    (
        "xmlrpc list --long --profile supervisord http+unix://%2Frun%2Fsupervisor.sock/RPC2",
        "A table of all methods of supervisord, through its Unix socket.",
    ),
    (
        "xmlrpc help http://127.0.0.1:7001/RPC2 quadratic",
        "What a method does.",
    ),
    (
        "xmlrpc signature scgi://127.0.0.1:5000 system.listMethods",
        "The types of a method, from a server that speaks SCGI.",
    ),
    (
        "xmlrpc multicall --chunk 50 --timeout 120 http://127.0.0.1:7001/RPC2 calls.jsonl > results.jsonl",
        "Makes the calls of a file, 50 in an exchange, each of which may take two minutes.",
    ),
    (
        "XMLRPC_PASSWORD=secret xmlrpc call --user ada --header 'X-Requested-With: XMLHttpRequest' https://example.org/RPC2 ping",
        "Basic authentication with the password from the environment, and a header.",
    ),
    (
        "xmlrpc list --cacert ca.pem https://xen.example.org",
        "Trusts the certificates of a file.",
    ),
    (
        "xmlrpc list --insecure https://192.0.2.7",
        "Trusts any certificate.",
    ),
    (
        "xmlrpc call --wire --max-response 1M http://127.0.0.1:7001/RPC2 ping",
        "Shows what goes over the wire; an answer of more than a MiB is refused.",
    ),
    (
        "xmlrpc decode --strict call.xml",
        "From XML to JSON, if it is XML-RPC to the letter.",
    ),
    (
        "echo '{\"method\":\"add\",\"params\":[1,2]}' | xmlrpc encode | curl --data-binary @- -H 'Content-Type: text/xml' http://127.0.0.1:7001/RPC2",
        "From JSON to XML, for another program to send.",
    ),
    (
        "xmlrpc encode --batch < cases.jsonl",
        "Writes the documents of a conformance corpus.",
    ),
    (
        "xmlrpc decode --batch --encode < cases.jsonl",
        "Does the same, as runners of the corpus start it.",
    ),
    (
        "xmlrpc proxy --listen 127.0.0.1:7002 --record calls.jsonl --secret s3cret http://127.0.0.1:7001/RPC2",
        "Shows the calls of clients that are pointed at port 7002, with the answers, and records them, with *** for the text s3cret.",
    ),
    (
        "xmlrpc serve --record calls.jsonl --listen 7003 --order once",
        "Answers these calls on port 7003, each of them once.",
    ),
    (
        "xmlrpc generate --name Bookshop http://127.0.0.1:7001/RPC2 > src/bookshop.rs",
        "A module with a BookshopClient that has a function for each method.",
    ),
    (
        "xmlrpc generate --markdown http://127.0.0.1:7001/RPC2 > methods.md",
        "The documentation of a server.",
    ),
    (
        "xmlrpc completions bash > /etc/bash_completion.d/xmlrpc",
        "Completions for all users of bash.",
    ),
    ("xmlrpc man | man -l -", "This page."),
    (
        "xmlrpc call --help",
        "All options of a command; every command has such a help.",
    ),
    ("xmlrpc --version", "The version."),
];

const STATUS: &[(&str, &str)] = &[
    (
        "0",
        "Done. Also when the reader of standard output left before its end.",
    ),
    (
        "1",
        "A method answered with a fault, which stands on standard error as \"fault CODE: STRING\".",
    ),
    ("2", "The command line, a file or JSON cannot be used."),
    ("3", "The exchange failed, or what came is no XML-RPC."),
    ("130", "Interrupted, as by Ctrl-C."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "XMLRPC_USER",
        "NAME or NAME:PASSWORD for Basic authentication, where neither --user nor the URL says so.",
    ),
    ("XMLRPC_PASSWORD", "The password of a user that came without one."),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "Certificates to trust for https, in place of the system's.",
    ),
    ("NO_COLOR", "Not empty: no colours, on a terminal either."),
];

const VALUES: &[&str] = &[
    "Integers that fit 32 bits are int, others i8; numbers with a point or an exponent are double; true, false, null, strings, arrays \
     and objects are boolean, nil, string, array and struct. An integer beyond 64 bits is refused. Of two members of one name the \
     last counts.",
    "The other way, dateTime.iso8601 and base64 become strings, and doubles that JSON lacks \"NaN\", \"inf\" and \"-inf\". Typed JSON \
     keeps all of it: {\"int\":5}, {\"i8\":5}, {\"boolean\":true}, {\"double\":1.5}, {\"string\":\"x\"}, \
     {\"dateTime.iso8601\":\"19980717T14:08:55\"}, {\"base64\":\"QUJD\"}, {\"array\":[…]}, {\"struct\":{…}}, {\"nil\":null}.",
    "Output is on one line, or laid out and coloured on a terminal. Characters that steer a terminal are escaped.",
];

const URLS: &[&str] = &[
    "http://host:port/RPC2, https://host/RPC2, http+unix://%2Fpath%2Fof.sock/RPC2, scgi://host:port, scgi+unix:///path/of.sock. The \
     path is used as it is; most servers answer at /RPC2. User and password may stand in the URL, percent-encoded: \
     http://ada:s%40cret@host/RPC2.",
];

pub(crate) fn run() -> Result {
    terminal::print(page().as_bytes())
}

fn page() -> String {
    let cli = Cli::command();
    let mut page = Roff::new();
    let source = format!("xmlrpc {}", env!("CARGO_PKG_VERSION"));
    page.control("TH", ["XMLRPC", "1", "", source.as_str(), "User Commands"]);
    section(&mut page, "NAME", &["xmlrpc - XML-RPC from the command line"]);
    page.control("SH", ["SYNOPSIS"]);
    page.text([bold("xmlrpc"), roman(" [OPTIONS] COMMAND ...")]);
    section(
        &mut page,
        "DESCRIPTION",
        &[
            "Calls methods of XML-RPC servers, shows what they offer, converts documents to JSON and back, records calls and answers them. \
           Options that all commands share stand before the command or behind it.",
        ],
    );
    page.control("SH", ["COMMANDS"]);
    for command in cli.get_subcommands() {
        let own = |arg: &&Arg| !is_shared(arg, &cli);
        describe(&mut page, command, command.get_arguments().filter(own));
    }
    page.control("SH", ["COMMON OPTIONS"]);
    for arg in cli.get_arguments() {
        entry(&mut page, &synopsis(arg), &help(arg));
    }
    section(&mut page, "URLS", URLS);
    section(&mut page, "VALUES AS JSON", VALUES);
    entries(&mut page, "ENVIRONMENT", ENVIRONMENT);
    entries(&mut page, "EXIT STATUS", STATUS);
    page.control("SH", ["EXAMPLES"]);
    for (command, does) in EXAMPLES {
        entry(&mut page, &[bold(*command)], does);
    }
    page.to_roff()
}

fn is_shared(arg: &Arg, cli: &Command) -> bool {
    cli.get_arguments().any(|shared| shared.get_id() == arg.get_id()) || arg.get_id() == "help"
}

fn section(page: &mut Roff, title: &str, paragraphs: &[&str]) {
    page.control("SH", [title]);
    for (index, paragraph) in paragraphs.iter().enumerate() {
        if index > 0 {
            page.control("PP", []);
        }
        page.text([roman(*paragraph)]);
    }
}

fn entries(page: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    page.control("SH", [title]);
    for (name, text) in entries {
        entry(page, &[bold(*name)], text);
    }
}

fn entry(page: &mut Roff, name: &[Inline], text: &str) {
    page.control("TP", []);
    page.text(name);
    page.text([roman(text)]);
}

fn describe<'a>(page: &mut Roff, command: &Command, args: impl Iterator<Item = &'a Arg>) {
    let args: Vec<&Arg> = args.collect();
    let mut title = vec![format!("xmlrpc {}", command.get_name())];
    title.extend(
        args.iter()
            .filter(|arg| arg.is_required_set() || arg.is_positional())
            .map(|arg| plain_synopsis(arg)),
    );
    page.control("SS", [title.join(" ").as_str()]);
    let about = command.get_long_about().or_else(|| command.get_about());
    page.text([roman(format!(
        "{}.",
        about.map(ToString::to_string).unwrap_or_default()
    ))]);
    for arg in args {
        entry(page, &synopsis(arg), &help(arg));
    }
}

fn help(arg: &Arg) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help());
    let mut text = help.map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> = match arg.get_action().takes_values() {
        true => arg
            .get_possible_values()
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect(),
        false => Vec::new(),
    };
    if !values.is_empty() {
        text.push_str(&format!(": {}", values.join(", ")));
    }
    if let [default] = arg.get_default_values() {
        text.push_str(&format!(" [default: {}]", default.to_string_lossy()));
    }
    text + "."
}

fn value_name(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    names
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

/// An argument as it is written on a command line.
fn plain_synopsis(arg: &Arg) -> String {
    let value = value_name(arg);
    let any_number = match arg.get_action() {
        ArgAction::Append => "...",
        _ => "",
    };
    match arg.get_long() {
        Some(long) => format!("--{long} {value}"),
        None if arg.is_required_set() => format!("{value}{any_number}"),
        None => format!("[{value}]{any_number}"),
    }
}

fn synopsis(arg: &Arg) -> Vec<Inline> {
    let mut names: Vec<String> = arg.get_short().iter().map(|short| format!("-{short}")).collect();
    names.extend(arg.get_long().map(|long| format!("--{long}")));
    let mut synopsis = vec![bold(names.join(", "))];
    if arg.is_positional() || arg.get_action().takes_values() {
        let space = if arg.is_positional() { "" } else { " " };
        synopsis.extend([roman(space), italic(value_name(arg))]);
    }
    synopsis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_has_an_example() {
        let mut cli = Cli::command();
        cli.build();
        let commands = std::iter::once(&cli).chain(cli.get_subcommands());
        for arg in commands.flat_map(Command::get_arguments) {
            let Some(long) = arg.get_long() else { continue };
            let option = format!("--{long}");
            let shown = EXAMPLES
                .iter()
                .any(|(command, _)| command.split(' ').any(|word| word == option));
            assert!(shown, "no example of {option}");
        }
    }

    #[test]
    fn every_command_has_an_example_and_an_entry() {
        let page = page();
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            let named = EXAMPLES
                .iter()
                .any(|(command, _)| command.split(' ').any(|word| word == name));
            assert!(named, "no example of {name}");
            assert!(page.contains(&format!("xmlrpc {name}")), "no entry of {name}");
        }
    }

    #[test]
    fn examples_are_command_lines_that_parse() {
        use clap::Parser as _;
        for (example, _) in EXAMPLES {
            let begin = example.find("xmlrpc ").expect("the command");
            let command = example[begin..].split(" | ").next().unwrap_or_default();
            let command = command
                .split([' '])
                .take_while(|word| !matches!(*word, "<" | ">"));
            let words = words(&command.collect::<Vec<_>>().join(" "));
            match Cli::try_parse_from(words) {
                Ok(_) => {}
                Err(answer) => assert!(!answer.use_stderr(), "{example}: {answer}"),
            }
        }
    }

    /// The words of a shell's command line, with single quotes.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().expect("a word").push(c),
            }
        }
        words
    }
}
