//! Reading what a registry contains.

use std::sync::Arc;

use mirror::{
    Root,
    holdings::{self, Holdings, Request},
};
use oci::RepositoryUrl;
use registry::client::Credentials;

use crate::{
    Environment,
    failure::Failure,
    logins::Login,
    progress::Progress,
    settings::{Connection, RegistryAccess},
};

/// How registries are reached.
pub(crate) struct Reach<'a> {
    /// The login, as it was given.
    pub(crate) login: &'a Login,
    /// The login that is the same at all registries, if one was given.
    pub(crate) entered: Option<Credentials>,
    /// The connection.
    pub(crate) connection: &'a Connection,
    /// The environment.
    pub(crate) environment: &'a Environment,
}

/// Reads what the registry contains: every manifest, and the last byte of every blob.
pub(crate) async fn read(
    url: &RepositoryUrl,
    reach: Reach<'_>,
    request: &Request,
    progress: &Arc<Progress>,
) -> Result<Holdings, Failure> {
    let Reach { login, entered, connection, environment } = reach;
    let credentials = match entered {
        Some(credentials) => Some(credentials),
        None => login.stored(url, environment).await?,
    };
    let access = RegistryAccess { url, credentials, connection, ca: None, pushes: false };
    let client = access.client(environment)?;
    progress.report_notices_of(&client);
    let root = Root::from(url.repository.clone());
    Ok(holdings::read(&client, &root, request, &**progress).await?)
}
