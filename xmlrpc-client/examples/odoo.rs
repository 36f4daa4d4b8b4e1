//! Partners of Odoo, by `execute_kw`:
//! `cargo run -p xmlrpc-client --example odoo --features tls -- https://my.odoo.example database user password [number]...`.
//!
//! Partners whose numbers are given are archived first.
//!
//! Odoo sends `false` for what is empty, and cannot send nothing: a method that returns `None` answers with a fault after it ran.

use std::error::Error;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xmlrpc_client::{ServerProxy, Struct, Value, profile, value, with};

/// A user who is logged in to a database.
pub(crate) struct Odoo {
    object: ServerProxy,
    database: String,
    password: String,
    uid: i32,
}

/// A user's number, or `false` for who is none.
#[derive(Deserialize)]
#[serde(transparent)]
struct Uid(#[serde(with = "with::false_as_none")] Option<i32>);

/// A record of `res.partner`, with the fields that are asked for.
#[derive(Debug, Deserialize, PartialEq)]
pub(crate) struct Partner {
    id: i32,
    name: String,
    #[serde(with = "with::false_as_none")]
    email: Option<String>,
    /// Number and name of the company that the partner belongs to.
    #[serde(with = "with::false_as_none")]
    parent_id: Option<(i32, String)>,
}

impl Odoo {
    /// Logs in. The password goes along with every further call, as Odoo wants it.
    pub(crate) async fn login(
        url: &str,
        database: &str,
        user: &str,
        password: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let service = |name: &str| {
            let url = format!("{}/xmlrpc/2/{name}", url.trim_end_matches('/'));
            ServerProxy::builder(&url).profile(profile::odoo()).build()
        };
        let login = (database, user, password, Struct::new());
        let Uid(uid) = service("common")?.call("authenticate", login).await?;
        Ok(Self {
            object: service("object")?,
            database: database.to_owned(),
            password: password.to_owned(),
            uid: uid.ok_or("wrong user or password")?,
        })
    }

    /// Calls a method of a model, with arguments by position and by name.
    pub(crate) async fn execute<R: DeserializeOwned + 'static>(
        &self,
        model: &str,
        method: &str,
        args: impl Serialize,
        kwargs: impl Serialize,
    ) -> xmlrpc_client::Result<R> {
        let whose = (&self.database, self.uid, &self.password);
        let call = (whose.0, whose.1, whose.2, model, method, args, kwargs);
        self.object.call("execute_kw", call).await
    }

    /// As [`execute`](Self::execute), for a method that returns nothing.
    pub(crate) async fn run(
        &self,
        model: &str,
        method: &str,
        args: impl Serialize,
    ) -> xmlrpc_client::Result<()> {
        match self.execute::<Value>(model, method, args, Struct::new()).await {
            Err(error) if !is_nothing(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// The partners that have an address for mail, and those that have none.
    pub(crate) async fn partners(&self) -> xmlrpc_client::Result<Vec<Partner>> {
        let domain = value!([["active", "=", true]]);
        let options = value!({ "fields": ["name", "email", "parent_id"], "order": "name" });
        self.execute("res.partner", "search_read", (domain,), options)
            .await
    }
}

/// Whether a method ran to its end, and has nothing to say.
fn is_nothing(error: &xmlrpc_client::Error) -> bool {
    let fault = error.fault();
    fault.is_some_and(|fault| fault.string().contains("cannot marshal None"))
}

impl fmt::Display for Partner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let email = self.email.as_deref().unwrap_or("no mail");
        write!(f, "{}: {} ({email})", self.id, self.name)?;
        match &self.parent_id {
            Some((_, company)) => write!(f, ", {company}"),
            None => Ok(()),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [url, database, user, password, archived @ ..] = &*arguments else {
        return Err("usage: odoo URL DATABASE USER PASSWORD [NUMBER]...".into());
    };
    let odoo = Odoo::login(url, database, user, password).await?;
    for number in archived {
        let number: i32 = number.parse()?;
        odoo.run("res.partner", "action_archive", ([number],)).await?;
    }
    for partner in odoo.partners().await? {
        println!("{partner}");
    }
    Ok(())
}
