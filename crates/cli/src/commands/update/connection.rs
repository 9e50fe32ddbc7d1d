//! The cluster that an `update` command works with.

use std::time::Duration;

use cluster::access::{Access, Cluster, KubeconfigFiles};

use crate::{Environment, args::ClusterArgs, failure::Failure, printer, settings};

/// Prepares the connection. Nothing is asked of the cluster yet.
pub(crate) async fn connect(args: &ClusterArgs, environment: &Environment) -> Result<Cluster, Failure> {
    let access = Access {
        kubeconfig: match &args.kubeconfig {
            Some(path) => KubeconfigFiles::Named(path.clone()),
            None => environment.kubeconfig.clone(),
        },
        in_cluster: environment.in_cluster.clone(),
        interactive: environment.can_ask && !printer::is_json(),
    };
    Ok(access.cluster(args.context.as_deref(), &settings::network(environment)).await?)
}

/// Prepares the connection and asks the API server for its version. A cluster that does not answer at all fails here and now:
/// what is waited out later is an interruption of what has begun.
pub(crate) async fn reach(args: &ClusterArgs, environment: &Environment) -> Result<Cluster, Failure> {
    let cluster = connect(args, environment).await?;
    match cluster.client.apiserver_version().await.map_err(cluster::Error::from) {
        Err(
            error @ (cluster::Error::Network(_) | cluster::Error::Unauthorized | cluster::Error::Plugin(_)),
        ) => Err(error.into()),
        _ => Ok(cluster),
    }
}

/// Reports what is waited for, and the limit in whole minutes.
pub(super) fn report_wait(limit: Duration, why: &str) {
    printer::say("waiting", &format!("{} minutes at most: {why}", limit.as_secs() / 60));
}
