//! Names and addresses.
//!
//! Python's `socket` module passes the C library's functions through: `gethostname`, `gethostbyname`,
//! `gethostbyaddr`, and `getaddrinfo`, which replaces the older two and knows both address families. Rust's
//! standard library offers one of these, [`std::net::ToSocketAddrs`], which is `getaddrinfo` reduced to what
//! connecting needs: addresses and ports. The `dns-lookup` crate gives the whole function and the way back
//! from an address to a name.
//!
//! Python prints an entry as a tuple of enums and a tuple. The Rust entry is a struct; [`AddrInfo`]'s fields
//! are printed here in Python's shape. The list of aliases stays empty: `getnameinfo`, which serves IPv6 too,
//! knows one name an address.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, ensure};
use dns_lookup::{AddrInfo, get_hostname, getaddrinfo, lookup_addr, lookup_host};
use socket2::{Domain, Type};

use crate::{python, terminal};

/// Slides "IPv4 Names" and "IPv4-IPv6 Names": names and addresses of this host and others.
///
/// Prints the name and the fully qualified name of this host and, for each argument, the IPv4 address of a
/// name or the names of an address. With --all, prints what getaddrinfo gives for each name, for both address
/// families.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Names or addresses to look up; this host and `localhost` when absent.
    #[arg(value_name = "NAME_OR_ADDRESS")]
    hosts: Vec<String>,
    /// Print all entries of getaddrinfo: family, socket type, protocol, address.
    #[arg(long)]
    all: bool,
    /// The service or port that --all asks for, such as `www`; a name needs the system's list of services.
    #[arg(long, default_value = "80", requires = "all")]
    service: String,
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    if args.all {
        return print_entries(args, out);
    }
    let host = get_hostname().context("reading the host's name")?;
    let full = fully_qualified(&host);
    writeln!(out, "gethostname() → {host}")?;
    writeln!(out, "getfqdn() → {full}")?;
    if args.hosts.is_empty() {
        // A machine need not have its own name in any list, and can be talked to all the same.
        let address = first_ipv4(&full).map_or("no address".to_owned(), |address| address.to_string());
        writeln!(out, "gethostbyname(getfqdn()) → {address}")?;
    }
    args.each(|name| match name.parse::<IpAddr>() {
        Ok(address) => print_names(address, out),
        Err(_) => print_address(name, out),
    })
}

impl Args {
    fn hosts(&self) -> impl Iterator<Item = &str> {
        let default = self.hosts.is_empty().then_some("localhost");
        self.hosts.iter().map(String::as_str).chain(default)
    }

    /// Does something with each argument, also after one that failed; the last failure is the result.
    fn each(&self, look_up: impl FnMut(&str) -> Result<()>) -> Result<()> {
        let mut failures: Vec<_> = self.hosts().map(look_up).filter_map(Result::err).collect();
        let last = failures.pop();
        for failure in failures {
            terminal::note(&format!("demos: {failure:#}"));
        }
        last.map_or(Ok(()), Err)
    }
}

fn print_address(name: &str, out: &mut dyn Write) -> Result<()> {
    let address = first_ipv4(name)?;
    writeln!(out, "gethostbyname({}) → {address}", python::string(name))?;
    // An address without a name is common, and no reason to stop.
    match lookup_addr(&address) {
        Ok(_) => print_names(address, out),
        Err(_) => Ok(writeln!(out, "gethostbyaddr('{address}') → no name")?),
    }
}

fn print_names(address: IpAddr, out: &mut dyn Write) -> Result<()> {
    let name = lookup_addr(&address)
        .map_err(io::Error::from)
        .with_context(|| format!("no name for {address}"))?;
    writeln!(
        out,
        "gethostbyaddr('{address}') → ({}, [], ['{address}'])",
        python::string(&name)
    )?;
    Ok(())
}

fn print_entries(args: &Args, out: &mut dyn Write) -> Result<()> {
    args.each(|host| {
        let (name, service) = (python::string(host), python::string(&args.service));
        writeln!(out, "getaddrinfo({name}, {service})")?;
        for entry in entries(host, &args.service)? {
            writeln!(out, "{}", shown(&entry))?;
        }
        Ok(())
    })
}

fn first_ipv4(name: &str) -> Result<IpAddr> {
    let addresses = lookup_host(name)
        .map_err(io::Error::from)
        .with_context(|| format!("looking up {name}"))?;
    addresses
        .into_iter()
        .find(IpAddr::is_ipv4)
        .with_context(|| format!("{name} has no IPv4 address"))
}

/// The first name with a dot among the names of the host's addresses, else the plain name.
fn fully_qualified(host: &str) -> String {
    let Ok(addresses) = lookup_host(host) else {
        return host.to_owned();
    };
    let mut names = addresses
        .into_iter()
        .filter_map(|address| lookup_addr(&address).ok());
    names
        .find(|name| name.contains('.'))
        .unwrap_or_else(|| host.to_owned())
}

/// All entries of `getaddrinfo`, in the order in which the system suggests to try them.
pub(crate) fn entries(host: &str, service: &str) -> Result<Vec<AddrInfo>> {
    let context = || format!("looking up {host}, service {service}");
    let entries: io::Result<Vec<_>> = getaddrinfo(Some(host), Some(service), None)
        .map_err(io::Error::from)
        .with_context(context)?
        .collect();
    let entries = entries.with_context(context)?;
    ensure!(!entries.is_empty(), "{host} has no address");
    Ok(entries)
}

/// One entry as Python prints it.
pub(crate) fn shown(entry: &AddrInfo) -> String {
    let AddrInfo {
        address: family,
        socktype,
        protocol,
        sockaddr,
        ..
    } = entry;
    let name = python::string(entry.canonname.as_deref().unwrap_or_default());
    format!(
        "({}, {}, {protocol}, {name}, {})",
        family_name(*family),
        type_name(*socktype),
        address_tuple(sockaddr)
    )
}

fn family_name(family: i32) -> String {
    let name = match Domain::from(family) {
        Domain::IPV4 => "AF_INET",
        Domain::IPV6 => "AF_INET6",
        _ => return family.to_string(),
    };
    format!("<AddressFamily.{name}: {family}>")
}

fn type_name(socktype: i32) -> String {
    let name = match Type::from(socktype) {
        Type::STREAM => "SOCK_STREAM",
        Type::DGRAM => "SOCK_DGRAM",
        Type::RAW => "SOCK_RAW",
        _ => return socktype.to_string(),
    };
    format!("<SocketKind.{name}: {socktype}>")
}

/// Python's tuple for an address: two items for IPv4, four (with flow and scope) for IPv6.
pub(crate) fn address_tuple(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => format!("('{}', {})", v4.ip(), v4.port()),
        SocketAddr::V6(v6) => format!(
            "('{}', {}, {}, {})",
            v6.ip(),
            v6.port(),
            v6.flowinfo(),
            v6.scope_id()
        ),
    }
}
