//! Settings of `dhctl registry list`.

use std::collections::BTreeSet;

use oci::RepositoryUrl;
use semver::Version;

use super::{Connection, Output};
use crate::{
    args::{ClusterArgs, ListArgs},
    logins::Login,
};

/// Settings of `dhctl registry list`.
#[derive(Debug, Clone)]
pub(crate) struct ListSettings {
    /// The registries.
    pub(crate) registries: Vec<RepositoryUrl>,
    /// The releases that are read; all if there are none.
    pub(crate) releases: BTreeSet<Version>,
    /// The clusters that the registries are compared with.
    pub(crate) clusters: Vec<ClusterArgs>,
    /// The login at the registries.
    pub(crate) login: Login,
    /// How the registries are reached.
    pub(crate) connection: Connection,
    /// How to print.
    pub(crate) output: Output,
}

impl From<ListArgs> for ListSettings {
    fn from(args: ListArgs) -> Self {
        let ListArgs { registries, release, clusters, login, connection, output } = args;
        Self {
            registries,
            releases: release.into_iter().collect(),
            clusters: clusters.each(),
            login: login.into(),
            connection: (&connection).into(),
            output: (&output).into(),
        }
    }
}
