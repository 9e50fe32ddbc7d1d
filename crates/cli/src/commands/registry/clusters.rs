//! The clusters that use a registry.

use cluster::registry_use::{self, RegistryUse, UseError};
use futures_util::future::join_all;

use crate::{
    Environment,
    args::ClusterArgs,
    commands::update::{changes::cluster_flags, connection::reach},
    exit_code::Exit,
    failure::{Failure, rights},
};

/// What one cluster uses, or why that is unknown.
pub(super) struct UsingCluster {
    /// The context of the kubeconfig.
    pub(super) context: String,
    pub(super) used: Result<RegistryUse, Failure>,
}

/// Reads the clusters, all at the same time.
pub(super) async fn read(clusters: &[ClusterArgs], environment: &Environment) -> Vec<UsingCluster> {
    join_all(clusters.iter().map(|args| async move {
        let context = args.context.clone().unwrap_or_default();
        let used = one(args, environment).await.map_err(|failure| failure.addressed(&cluster_flags(args)));
        UsingCluster { context, used }
    }))
    .await
}

async fn one(args: &ClusterArgs, environment: &Environment) -> Result<RegistryUse, Failure> {
    let cluster = reach(args, environment).await?;
    Ok(Box::pin(registry_use::read(&cluster)).await?)
}

impl From<UseError> for Failure {
    fn from(error: UseError) -> Self {
        let message = error.to_string();
        match error {
            UseError::Unknown(unknown) if unknown.forbidden => {
                Self::new(Exit::Denied, message).hint(rights())
            }
            UseError::Unknown(_) | UseError::NoVersion => Self::new(Exit::Cluster, message),
        }
    }
}
