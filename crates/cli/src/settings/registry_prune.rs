//! Settings of `dhctl registry prune`.

use std::path::PathBuf;

use commands::RegistryConnection;
use oci::RepositoryUrl;
use semver::Version;

use super::{Connection, Output};
use crate::{
    args::{ClusterArgs, PruneArgs},
    logins::Login,
};

/// Settings of `dhctl registry prune`.
#[derive(Debug, Clone)]
pub(crate) struct PruneSettings {
    /// The registry.
    pub(crate) registry: RepositoryUrl,
    /// Whether a plan is made or applied.
    pub(crate) action: PruneAction,
    /// The clusters that use the registry; none if that was confirmed.
    pub(crate) clusters: Vec<ClusterArgs>,
    /// The login at the registry.
    pub(crate) login: Login,
    /// How the registry is reached.
    pub(crate) connection: Connection,
    /// How to print.
    pub(crate) output: Output,
}

impl PruneSettings {
    /// The kubeconfig file of the clusters, if it was named.
    pub(crate) fn kubeconfig(&self) -> Option<String> {
        self.clusters.iter().find_map(|cluster| Some(cluster.kubeconfig.as_ref()?.display().to_string()))
    }

    /// How the registry is reached, for the next command. A password on the command line, or from standard input, is not
    /// repeated.
    pub(crate) fn registry_connection(&self) -> RegistryConnection {
        let path = |path: &PathBuf| path.display().to_string();
        let Connection { plain_http, skip_verify, ca_files, client, .. } = &self.connection;
        RegistryConnection {
            login: self.login.name.clone(),
            password_file: self.login.password_file.as_ref().map(path).filter(|file| file != "-"),
            plain_http: *plain_http,
            skip_verify: *skip_verify,
            ca_files: ca_files.iter().map(path).collect(),
            client: client.as_ref().map(|it| (path(&it.certificate), path(&it.key))),
        }
    }
}

/// What `dhctl registry prune` does.
#[derive(Debug, Clone)]
pub(crate) enum PruneAction {
    /// Makes a plan.
    Plan {
        /// Releases from this one on stay.
        keep_from: Option<Version>,
        /// The file for the plan.
        file: PathBuf,
        /// Whether the file may be replaced.
        replace: bool,
    },
    /// Applies the plan in this file.
    Apply(PathBuf),
}

impl From<PruneArgs> for PruneSettings {
    fn from(args: PruneArgs) -> Self {
        let PruneArgs { registry, keep_from, plan, force, apply, clusters, no_clusters, .. } = args;
        let keep_from = keep_from.map(|bound| bound.lowest());
        let plan = PruneAction::Plan { keep_from, file: plan, replace: force };
        Self {
            registry,
            action: apply.map_or(plan, PruneAction::Apply),
            // A context from the variable does not count if the user says that there are no clusters.
            clusters: if no_clusters { Vec::new() } else { clusters.each() },
            login: args.login.into(),
            connection: (&args.connection).into(),
            output: (&args.output).into(),
        }
    }
}
