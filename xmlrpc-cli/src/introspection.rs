//! All that a server says about its methods, in few exchanges.

use xmlrpc_client::{Error, Multicall, ServerProxy, Signatures};

use crate::failure::{Failure, Result as Outcome};

/// The most methods that are asked about.
const METHODS: usize = 10_000;

/// A method as its server describes it.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) signatures: Signatures,
    /// Empty where there is none.
    pub(crate) help: String,
}

/// The methods of a server. What it does not say of a method is undefined, and no error.
pub(crate) async fn methods(server: &ServerProxy) -> Outcome<Vec<Method>> {
    let names = server.list_methods().await?;
    if names.len() > METHODS {
        let count = names.len();
        let message = format!("the server lists {count} methods, and no more than {METHODS} are asked about");
        return Err(Failure::Exchange(message));
    }
    let batch = batch(server).await?;
    Ok(together(batch, names).await?)
}

/// A batch that takes results in the form in which this server gives them.
async fn batch(server: &ServerProxy) -> Result<Multicall, Error> {
    let mut probe = server.multicall().idempotent();
    let names = probe.add::<Vec<String>>("system.listMethods", ())?;
    let batch = server.multicall().idempotent();
    Ok(match probe.send().await?.take(names) {
        // A list of names that is no array of one value is the result itself.
        Err(error) if error.is_decode() => batch.bare_results(),
        _ => batch,
    })
}

async fn together(mut batch: Multicall, names: Vec<String>) -> Result<Vec<Method>, Error> {
    let mut handles = Vec::with_capacity(names.len());
    for name in &names {
        let signatures = batch.add::<Signatures>("system.methodSignature", (name,))?;
        handles.push((signatures, batch.add::<String>("system.methodHelp", (name,))?));
    }
    let mut results = batch.send().await?;
    let described = names.into_iter().zip(handles).map(|(name, (signatures, help))| {
        Ok(Method {
            name,
            signatures: told(results.take(signatures))?.unwrap_or(Signatures::Undefined),
            help: told(results.take(help))?.unwrap_or_default(),
        })
    });
    described.collect()
}

/// What a server says, if it does. A fault and an answer of another type say nothing; an exchange that fails is an error.
fn told<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(told) => Ok(Some(told)),
        Err(error) if error.fault().is_some() || error.is_decode() => Ok(None),
        Err(error) => Err(error),
    }
}
