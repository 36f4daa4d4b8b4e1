//! XML-RPC over TLS, whose certificate is read anew on SIGHUP.
//!
//! ```sh
//! openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
//!     -addext subjectAltName=DNS:localhost -keyout key.pem -out chain.pem
//! cargo run -p xmlrpc-server --features tls --example tls -- chain.pem key.pem
//! curl --cacert chain.pem https://localhost:7443/RPC2 -d '<methodCall><methodName>whoami</methodName></methodCall>'
//! ```
//!
//! With a third file, of authorities in PEM, clients have to show a certificate that one of them vouches for.

use std::path::{Path, PathBuf};

use xmlrpc_server::{CallContext, ClientCertificates, Listener, Methods, Server, Tls};

pub(crate) fn methods() -> Methods {
    Methods::new().method("whoami", |context: CallContext| {
        match context.peer_certificates().first() {
            Some(certificate) => format!("a client with a certificate of {} bytes", certificate.len()),
            None => "a client without a certificate".to_owned(),
        }
    })
}

/// What the files say.
pub(crate) fn tls(chain: &Path, key: &Path, authorities: Option<&Path>) -> Result<Tls, xmlrpc_server::Error> {
    let tls = Tls::from_pem_files(chain, key)?;
    match authorities {
        Some(file) => tls.client_authorities_file(file, ClientCertificates::Required),
        None => Ok(tls),
    }
}

/// Reads the files anew whenever it is told to. Should they be no good, the server goes on with what it has.
#[cfg(unix)]
async fn reload(tls: Tls) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    while hangup.recv().await.is_some() {
        match tls.reload() {
            Ok(()) => println!("certificates were read anew"),
            Err(error) => eprintln!("certificates stay as they are: {error}"),
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [chain, key, authorities @ ..] = &files[..] else {
        return Err("give a file with certificates and one with the key".into());
    };
    let tls = tls(chain, key, authorities.first().map(PathBuf::as_path))?;
    let listener = Listener::bind("127.0.0.1:7443").await?.tls(tls.clone());
    #[cfg(unix)]
    tokio::spawn(reload(tls));
    let server = Server::from_listener(listener)?.shutdown_on_signal();
    println!("listening on {}", server.local_addr());
    Ok(server.serve(methods()).await?)
}
