//! The cluster that an `update` command works with.

use cluster::access::{Access, Cluster, KubeconfigFiles};

use crate::{Environment, args::ClusterArgs, failure::Failure, settings};

/// Prepares the connection. Nothing is asked of the cluster yet.
pub(crate) async fn connect(args: &ClusterArgs, environment: &Environment) -> Result<Cluster, Failure> {
    let access = Access {
        kubeconfig: match &args.kubeconfig {
            Some(path) => KubeconfigFiles::Named(path.clone()),
            None => environment.kubeconfig.clone(),
        },
        in_cluster: environment.in_cluster.clone(),
    };
    Ok(access.cluster(args.context.as_deref(), &settings::network(environment)).await?)
}
