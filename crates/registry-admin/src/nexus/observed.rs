//! What a Nexus has of what a setup needs.

use std::collections::{BTreeMap, BTreeSet};

use foreign_text::ForeignText;
use serde_json::Value;

use super::wanted::Wanted;
use crate::{
    api::{Api, As, segment},
    error::Error,
    secrets::{Account, SecretName, Secrets},
    values::strings,
};

/// What a Nexus has of what a setup needs.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Its version, from the header `Server`; unknown behind some proxies.
    pub version: Option<(u64, u64)>,
    /// The license agreement; none before 3.77 and where there is nothing to accept.
    pub eula: Option<Eula>,
    /// Identifiers of the realms that it has.
    pub realms_available: Vec<String>,
    /// Identifiers of the active realms, in order.
    pub realms_active: Vec<String>,
    /// The repository.
    pub repository: Repository,
    /// The blob stores, with their free bytes if known.
    pub blob_stores: BTreeMap<String, Option<u64>>,
    /// The roles of the accounts, as the API gives them.
    pub roles: BTreeMap<Account, Value>,
    /// The users of the accounts, as the API gives them.
    pub users: BTreeMap<Account, Value>,
    /// Whether a known password is right, for users that exist and are active.
    pub passwords: BTreeMap<Account, bool>,
    /// Anonymous access, as the API gives it.
    pub anonymous: Value,
    /// The outgoing proxy, as the API gives it; none if it has no such API.
    pub outgoing_proxy: Option<Value>,
    /// Which secrets are known.
    pub known: BTreeSet<SecretName>,
}

/// The license agreement of the Community Edition.
#[derive(Debug, Clone)]
pub struct Eula {
    /// Whether it is accepted.
    pub accepted: bool,
    /// Its text, which has to be sent back byte by byte.
    pub disclaimer: String,
}

/// A repository with the wanted name.
#[derive(Debug, Clone, Default)]
pub enum Repository {
    /// There is none.
    #[default]
    Missing,
    /// It has another format or type.
    Other {
        /// Its format.
        format: ForeignText,
        /// `hosted`, `proxy` or `group`.
        kind: ForeignText,
    },
    /// It has the wanted format and type; all its fields.
    Found(Value),
}

/// Reads everything that is needed. Nothing is changed.
pub(super) async fn observe(api: &Api, wanted: &Wanted, secrets: &Secrets) -> Result<Observed, Error> {
    // Without a login: this is the answer whether it is a Nexus that works at all.
    let status = api.get_as(As::Anonymous, "/v1/status", &[]).await?;
    let server = status.header("server").unwrap_or_default().to_owned();
    if status.is_missing() {
        return Err(api.not_the_product(
            &http::Method::GET,
            "/v1/status",
            "this is not the API of a Nexus (404)",
        ));
    }
    // A frozen Nexus answers 503 here.
    api.get_as(As::Anonymous, "/v1/status/writable", &[]).await?;

    let available = api.read("/v1/security/realms/available").await?;
    let mut observed = Observed {
        version: version(&server),
        eula: api.find("/v1/system/eula").await?.map(|eula| Eula {
            accepted: eula["accepted"] == true,
            disclaimer: eula["disclaimer"].as_str().unwrap_or_default().to_owned(),
        }),
        realms_available: ids(&available),
        realms_active: strings(&api.read("/v1/security/realms/active").await?),
        repository: repository(api, wanted).await?,
        blob_stores: blob_stores(&api.read("/v1/blobstores").await?),
        anonymous: api.read("/v1/security/anonymous").await?,
        known: secrets.names(),
        ..Observed::default()
    };
    if wanted.outgoing_proxy.is_some() {
        observed.outgoing_proxy = api.find("/v1/http").await?;
    }
    for wanted in wanted.accounts() {
        let account = wanted.account;
        if let Some(role) = api.find(&format!("/v1/security/roles/{}", segment(&wanted.name))).await? {
            observed.roles.insert(account, role);
        }
        let Some(user) = user(api, &wanted.name).await? else { continue };
        // A disabled user's password is refused, whatever it is.
        if user["status"] == "active"
            && let Some(password) = secrets.get(SecretName::Account(account))
        {
            let probe = api.get_as(As::Other(&wanted.name, password), "/v1/status", &[]).await;
            observed.passwords.insert(account, accepted(probe)?);
        }
        observed.users.insert(account, user);
    }
    Ok(observed)
}

/// Whether a login was accepted.
fn accepted(probe: Result<crate::Answer, Error>) -> Result<bool, Error> {
    match probe {
        Ok(_) => Ok(true),
        Err(Error::Unauthorized { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn repository(api: &Api, wanted: &Wanted) -> Result<Repository, Error> {
    let name = segment(&wanted.repository);
    let Some(short) = api.find(&format!("/v1/repositories/{name}")).await? else {
        return Ok(Repository::Missing);
    };
    let text = |field: &str| ForeignText::from(short[field].as_str().unwrap_or_default());
    if short["format"] != wanted.format.as_str() || short["type"] != wanted.kind() {
        return Ok(Repository::Other { format: text("format"), kind: text("type") });
    }
    let path = format!("/v1/repositories/{}/{}/{name}", wanted.format, wanted.kind());
    Ok(Repository::Found(api.read(&path).await?))
}

/// `userId` is a prefix filter.
async fn user(api: &Api, name: &str) -> Result<Option<Value>, Error> {
    let users = api.read(&format!("/v1/security/users?userId={}&source=default", segment(name))).await?;
    Ok(users.as_array().into_iter().flatten().find(|user| user["userId"] == name).cloned())
}

fn ids(realms: &Value) -> Vec<String> {
    let realms = realms.as_array().into_iter().flatten();
    realms.filter_map(|realm| realm["id"].as_str()).map(str::to_owned).collect()
}

fn blob_stores(stores: &Value) -> BTreeMap<String, Option<u64>> {
    let stores = stores.as_array().into_iter().flatten();
    let store =
        |store: &Value| Some((store["name"].as_str()?.to_owned(), store["availableSpaceInBytes"].as_u64()));
    stores.filter_map(store).collect()
}

/// `Nexus/3.71.0-06 (OSS)`
fn version(server: &str) -> Option<(u64, u64)> {
    let (major, rest) = server.strip_prefix("Nexus/")?.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (server, expected) in [
            ("Nexus/3.71.0-06 (OSS)", Some((3, 71))),
            ("Nexus/3.84.1-01 (COMMUNITY)", Some((3, 84))),
            ("nginx", None),
            ("Nexus/x", None),
            ("", None),
        ] {
            assert_eq!(version(server), expected, "{server}");
        }
    }
}
