//! Everything at once, for commands that look once.

use std::{future::Future, time::Duration};

use kube::Client;

use super::{
    Alerts, Applications, ClusterApplications, Deployments, EtcdBackups, IngressControllers, ModuleConfigs,
    ModulePullOverrides, ModuleReleases, ModuleSources, ModuleUpdatePolicies, Modules, NodeGroups, Nodes,
    PackageRepositories, Pods, ReleaseStarts, Releases, ReplicaSets, cloud_conditions, cluster_configuration,
    converge_of, deckhouse_deployment, exec_refused, kubernetes_version, list, metrics::deprecated_apis,
    queue_of, registry_module, registry_settings, release_webhook,
};
use crate::{
    ClusterState, Reading,
    access::Cluster,
    objects::{Application, Converge, DeckhousePod, PackageRepository, Queue},
};

/// Longest time for any one source.
const LIMIT: Duration = Duration::from_secs(20);

/// Reads the whole state. Never fails: what cannot be read says so itself.
pub async fn snapshot(cluster: &Cluster) -> ClusterState {
    // Boxed: the questions together are a future of 90 KB.
    Box::pin(everything(&cluster.client)).await
}

async fn everything(client: &Client) -> ClusterState {
    let (
        (kubernetes, releases, module_configs, deployment, (pods, queue, converge)),
        (replica_sets, release_starts, etcd_backups),
        (alerts, modules, module_releases, module_sources),
        (module_update_policies, module_pull_overrides, node_groups, nodes, ingress_controllers),
        (package_repositories, applications, cluster_applications),
        (
            registry,
            registry_module,
            cluster_configuration,
            cloud_conditions,
            deprecated_apis,
            release_webhook,
            license,
        ),
    ) = tokio::join!(
        async {
            tokio::join!(
                in_time(kubernetes_version(client)),
                in_time(list::<Releases>(client)),
                in_time(list::<ModuleConfigs>(client)),
                in_time(list::<Deployments>(client)),
                controller(client),
            )
        },
        async {
            tokio::join!(
                in_time(list::<ReplicaSets>(client)),
                in_time(list::<ReleaseStarts>(client)),
                in_time(list::<EtcdBackups>(client)),
            )
        },
        async {
            tokio::join!(
                in_time(list::<Alerts>(client)),
                in_time(list::<Modules>(client)),
                in_time(list::<ModuleReleases>(client)),
                in_time(list::<ModuleSources>(client)),
            )
        },
        async {
            tokio::join!(
                in_time(list::<ModuleUpdatePolicies>(client)),
                in_time(list::<ModulePullOverrides>(client)),
                in_time(list::<NodeGroups>(client)),
                in_time(list::<Nodes>(client)),
                in_time(list::<IngressControllers>(client)),
            )
        },
        packages(client),
        async {
            tokio::join!(
                in_time(registry_settings(client)),
                in_time(registry_module(client)),
                in_time(cluster_configuration(client)),
                in_time(cloud_conditions(client)),
                in_time(deprecated_apis(client)),
                in_time(release_webhook(client)),
                in_time(super::license(client)),
            )
        },
    );
    ClusterState {
        kubernetes,
        releases,
        module_configs,
        deployment: deckhouse_deployment(deployment),
        replica_sets,
        release_starts,
        pods,
        queue,
        queue_read: None,
        converge,
        alerts,
        modules,
        module_releases,
        module_sources,
        module_update_policies,
        module_pull_overrides,
        package_repositories,
        applications,
        cluster_applications,
        node_groups,
        nodes,
        ingress_controllers,
        registry,
        registry_module,
        cluster_configuration,
        cloud_conditions,
        deprecated_apis,
        etcd_backups,
        release_webhook,
        license,
    }
}

async fn packages(
    client: &Client,
) -> (Reading<Vec<PackageRepository>>, Reading<Vec<Application>>, Reading<Vec<Application>>) {
    tokio::join!(
        in_time(list::<PackageRepositories>(client)),
        in_time(list::<Applications>(client)),
        in_time(list::<ClusterApplications>(client)),
    )
}

/// Only what says where images come from, which release channel is followed, and which edition runs.
pub async fn registry(cluster: &Cluster) -> ClusterState {
    let client = &cluster.client;
    let (module_configs, registry, deployments) = tokio::join!(
        in_time(list::<ModuleConfigs>(client)),
        in_time(registry_settings(client)),
        in_time(list::<Deployments>(client)),
    );
    let deployment = deckhouse_deployment(deployments);
    ClusterState { module_configs, deployment, registry, ..ClusterState::default() }
}

/// The queues of the leader alone.
pub async fn queue(cluster: &Cluster) -> Reading<Queue> {
    let pods = in_time(list::<Pods>(&cluster.client)).await;
    in_time(queue_of(&cluster.client, &pods)).await
}

/// The pods first: the leader among them is asked for the rest.
async fn controller(client: &Client) -> (Reading<Vec<DeckhousePod>>, Reading<Queue>, Reading<Converge>) {
    let (pods, refused) = tokio::join!(in_time(list::<Pods>(client)), exec_refused(client));
    if let Some(obstacle) = refused {
        return (pods, Reading::Unreadable(obstacle.clone()), Reading::Unreadable(obstacle));
    }
    let (queue, converge) =
        tokio::join!(in_time(queue_of(client, &pods)), in_time(converge_of(client, &pods, None)));
    (pods, queue, converge)
}

/// The reading, or that it takes too long.
pub(crate) async fn in_time<T>(reading: impl Future<Output = Reading<T>>) -> Reading<T> {
    tokio::time::timeout(LIMIT, reading).await.unwrap_or_else(|_| Reading::NotNow {
        last: None,
        why: format!("no answer within {} s", LIMIT.as_secs()),
    })
}
