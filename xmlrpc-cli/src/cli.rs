//! The command line: its commands, and the help that fits a screen.

use std::env;
use std::ffi::OsString;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands;
use crate::common::Common;
use crate::failure;

/// All of it on a screen of 24 lines and 80 columns; each command's help and the manual page tell the rest.
const HELP: &str = "\
XML-RPC from the command line

Usage: xmlrpc [OPTIONS] COMMAND

  call URL METHOD [ARG...]  call a method; an ARG is JSON, or else text; @FILE
  list URL                  names of methods; --long: signatures and help, too
  help URL METHOD           what a method does
  signature URL METHOD      the types of its result and its parameters
  multicall URL [FILE]      many calls in few exchanges, as lines of JSON
  decode [FILE]             from XML to JSON
  encode [FILE]             from JSON to XML
  proxy --listen ADDR URL   show both sides of all calls that pass
  serve --record FILE       answer from a recording, as a mock server
  generate URL              a typed client in Rust; --markdown: documentation
  completions SHELL         completions for a shell
  man                       the manual page: xmlrpc man | man -l -

Options, anywhere; `xmlrpc call --help` explains them:
  --typed --user --header --timeout --insecure --cacert --profile --strict
  --wire --max-response --help --version
Exit status: 0 done, 1 fault, 2 usage, 3 transport or protocol, 130 interrupted
";

/// XML-RPC from the command line: calls methods, shows what servers offer, converts documents, records and answers calls
#[derive(Parser)]
#[command(
    name = "xmlrpc",
    version,
    override_help = HELP,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// A command's own options, and those that all have.
#[derive(clap::Args)]
struct With<A: clap::Args> {
    #[command(flatten)]
    args: A,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum Command {
    /// Calls a method and prints its result as JSON
    Call(With<commands::call::Args>),
    /// Lists the methods of a server
    List(With<commands::list::Args>),
    /// Tells what a method does, by system.methodHelp
    Help(With<commands::help::Args>),
    /// Tells the types of a method's result and parameters, by system.methodSignature
    Signature(With<commands::signature::Args>),
    /// Makes many calls in few exchanges, by system.multicall: lines of JSON in, lines of JSON out
    Multicall(With<commands::multicall::Args>),
    /// Turns a call, a response or a fault from XML into JSON
    Decode(With<commands::decode::Args>),
    /// Turns a call, a response or a fault from JSON into XML
    Encode(With<commands::encode::Args>),
    /// Stands between a client and a server, and shows both sides of every call
    Proxy(With<commands::proxy::Args>),
    /// Answers from a recording, as a mock server
    Serve(With<commands::serve::Args>),
    /// Makes a typed client in Rust, or documentation, of what a server says about its methods
    Generate(With<commands::generate::Args>),
    /// Prints completions for a shell
    Completions(commands::completions::Args),
    /// Prints the manual page
    Man,
}

impl Cli {
    /// Reads the command line. `xmlrpc help`, and `xmlrpc help call` with any command, are asked for as other programs have them.
    pub(crate) fn parse_from_environment() -> Result<Self, clap::Error> {
        let mut args: Vec<OsString> = env::args_os().collect();
        let is_command = |name: &OsString| {
            Self::command()
                .get_subcommands()
                .any(|command| command.get_name() == name)
        };
        match args.as_slice() {
            [_, help] if help == "help" => args[1] = "--help".into(),
            [_, help, name] if help == "help" && is_command(name) => {
                args.swap(1, 2);
                args[2] = "--help".into();
            }
            _ => {}
        }
        Self::try_parse_from(args)
    }

    pub(crate) fn run(self) -> failure::Result {
        let common = |behind: Common| self.common.clone().then(behind);
        match self.command {
            Command::Call(With { args, common: behind }) => commands::call::run(&args, &common(behind)),
            Command::List(With { args, common: behind }) => commands::list::run(&args, &common(behind)),
            Command::Help(With { args, common: behind }) => commands::help::run(&args, &common(behind)),
            Command::Signature(With { args, common: behind }) => {
                commands::signature::run(&args, &common(behind))
            }
            Command::Multicall(With { args, common: behind }) => {
                commands::multicall::run(&args, &common(behind))
            }
            Command::Decode(With { args, common: behind }) => commands::decode::run(&args, &common(behind)),
            Command::Encode(With { args, common: behind }) => commands::encode::run(&args, &common(behind)),
            Command::Proxy(With { args, common: behind }) => commands::proxy::run(&args, &common(behind)),
            Command::Serve(With { args, common: behind }) => commands::serve::run(&args, &common(behind)),
            Command::Generate(With { args, common: behind }) => {
                commands::generate::run(&args, &common(behind))
            }
            Command::Completions(args) => commands::completions::run(&args),
            Command::Man => commands::man::run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_fits_a_screen_and_leaves_nothing_out() {
        let lines: Vec<&str> = HELP.lines().collect();
        assert!(lines.len() <= 24, "{} lines", lines.len());
        for line in &lines {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let mut cli = Cli::command();
        cli.build();
        let entries = lines
            .iter()
            .filter(|line| line.starts_with("  ") && !line.starts_with("  --"));
        let entries: Vec<&str> = entries
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let commands: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(entries, commands);
        for arg in cli.get_arguments() {
            let option = format!("--{}", arg.get_long().unwrap());
            assert!(HELP.split_whitespace().any(|word| word == option), "{option}");
        }
    }
}
