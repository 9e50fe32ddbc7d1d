//! The clusters that use a registry.

use std::collections::BTreeSet;

use cluster::{
    registry_use::{self, RegistryUse, UseError},
    running_images,
};
use futures_util::future::join_all;
use oci::Digest;

use crate::{
    Environment,
    args::ClusterArgs,
    commands::update::{changes::cluster_flags, connection::reach},
    exit_code::Exit,
    failure::Failure,
};

/// What one cluster uses, or why that is unknown.
pub(super) struct UsingCluster {
    /// The context of the kubeconfig.
    pub(super) context: String,
    pub(super) used: Result<RegistryUse, Failure>,
}

/// What one cluster uses, with the images that its pods run, or why that is unknown.
pub(super) struct RunningCluster {
    /// The context of the kubeconfig.
    pub(super) context: String,
    pub(super) used: Result<(RegistryUse, BTreeSet<Digest>), Failure>,
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

/// Reads the clusters and their pods, all at the same time.
pub(super) async fn read_with_pods(
    clusters: &[ClusterArgs],
    environment: &Environment,
) -> Vec<RunningCluster> {
    join_all(clusters.iter().map(|args| async move {
        let context = args.context.clone().unwrap_or_default();
        let used =
            one_with_pods(args, environment).await.map_err(|failure| failure.addressed(&cluster_flags(args)));
        RunningCluster { context, used }
    }))
    .await
}

async fn one(args: &ClusterArgs, environment: &Environment) -> Result<RegistryUse, Failure> {
    let cluster = reach(args, environment).await?;
    Ok(Box::pin(registry_use::read(&cluster)).await?)
}

async fn one_with_pods(
    args: &ClusterArgs,
    environment: &Environment,
) -> Result<(RegistryUse, BTreeSet<Digest>), Failure> {
    let cluster = reach(args, environment).await?;
    let (used, images) =
        futures_util::join!(Box::pin(registry_use::read(&cluster)), Box::pin(running_images(&cluster)));
    Ok((used?, images?))
}

impl From<UseError> for Failure {
    fn from(error: UseError) -> Self {
        match error {
            UseError::Unknown(unknown) => unknown.into(),
            UseError::NoVersion => Self::new(Exit::Cluster, error.to_string()),
        }
    }
}
