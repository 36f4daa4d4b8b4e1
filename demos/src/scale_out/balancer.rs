//! The balancers: programs that are not ours, each with its configuration from `scale-out/`.
//!
//! The configurations have variables for the ports. HAProxy reads them from its environment; for the others
//! they are filled in, as `envsubst` does it.

use std::env;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

/// Where Debian puts what root runs; not in everybody's `PATH`.
const ELSEWHERE: &str = "/usr/sbin";
/// Most of a balancer's log that is shown.
const LAST_LINES: usize = 10;

/// A program that stands in front of the members.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Balancer {
    Haproxy,
    Nginx,
    Envoy,
}

impl Balancer {
    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Haproxy => "haproxy",
            Self::Nginx => "nginx",
            Self::Envoy => "envoy",
        }
    }

    fn configuration(self) -> (&'static str, &'static str) {
        match self {
            Self::Haproxy => ("haproxy.cfg", include_str!("../../scale-out/haproxy.cfg")),
            Self::Nginx => ("nginx.conf", include_str!("../../scale-out/nginx.conf")),
            Self::Envoy => ("envoy.yaml", include_str!("../../scale-out/envoy.yaml")),
        }
    }

    /// What is needed to run it in the foreground, as one process that ends when it is killed.
    fn arguments(self, command: &mut Command, configuration: &Path, folder: &Path) {
        match self {
            Self::Haproxy => command.arg("-db").arg("-f").arg(configuration),
            Self::Nginx => command
                .args(["-e", "stderr", "-g", "daemon off; master_process off;", "-p"])
                .arg(folder)
                .arg("-c")
                .arg(configuration),
            Self::Envoy => command
                .args(["--concurrency", "1", "--use-dynamic-base-id", "-l", "warn", "-c"])
                .arg(configuration),
        };
    }

    /// The command that runs it on a port, in front of members on others.
    pub(super) fn command(self, port: u16, members: &[u16], folder: &Folder) -> Result<Command> {
        let variables = variables(port, members);
        let (name, text) = self.configuration();
        let text = match self {
            Self::Haproxy => text.to_owned(),
            Self::Nginx | Self::Envoy => filled_in(text, &variables)?,
        };
        let configuration = folder.path.join(name);
        fs::write(&configuration, text).with_context(|| format!("writing {}", configuration.display()))?;
        let log = File::create(folder.log()).context("creating the balancer's log")?;
        let mut command = Command::new(self.find()?);
        self.arguments(&mut command, &configuration, &folder.path);
        command
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(command)
    }

    /// The program, where it is installed.
    fn find(self) -> Result<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = env::split_paths(&path).chain([PathBuf::from(ELSEWHERE)]);
        let program = folders
            .map(|folder| folder.join(self.program()))
            .find(|file| file.is_file());
        let Some(program) = program else {
            bail!("{} is not installed", self.program());
        };
        Ok(program)
    }
}

fn variables(port: u16, members: &[u16]) -> Vec<(String, String)> {
    let members = members.iter().enumerate();
    let members = members.map(|(index, port)| (format!("MEMBER_{}_PORT", index + 1), port.to_string()));
    members
        .chain([("LISTEN_PORT".to_owned(), port.to_string())])
        .collect()
}

/// Puts values for `${NAME}`, and knows all names.
fn filled_in(text: &str, variables: &[(String, String)]) -> Result<String> {
    let mut filled = text.to_owned();
    for (name, value) in variables {
        filled = filled.replace(&format!("${{{name}}}"), value);
    }
    if let Some((_, rest)) = filled.split_once("${") {
        let name = rest.split('}').next().unwrap_or_default();
        bail!("the configuration has a variable {name} that nobody knows");
    }
    Ok(filled)
}

/// A folder for a balancer's files, gone when dropped.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new() -> Result<Self> {
        for attempt in 0..100 {
            let path = env::temp_dir().join(format!("demos-scale-out-{}-{attempt}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                // Of a process that had this number before, or somebody else's.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| format!("creating {}", path.display())),
            }
        }
        bail!(
            "no folder for the balancer's files in {}",
            env::temp_dir().display()
        )
    }

    fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// The last lines that the balancer said.
    pub(super) fn last_lines(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is only in the way.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_of_a_configuration_gets_its_value() {
        let variables = variables(7000, &[7001, 7002, 7003]);
        for balancer in Balancer::value_variants() {
            let (name, text) = balancer.configuration();
            let filled = filled_in(text, &variables).unwrap();
            for port in 7000..=7003 {
                assert!(filled.contains(&port.to_string()), "{port} in {name}");
            }
        }
        assert!(filled_in("${MEMBER_1_PORT} ${OTHER}", &variables).is_err());
    }
}
