//! Everything that decisions are made from, at one moment.

use semver::Version;

use crate::{
    Obstacle, Reading,
    objects::{
        Alert, Application, CloudCondition, ClusterConfiguration, Converge, DeckhouseDeployment,
        DeckhousePod, DeprecatedApiUse, EtcdBackupJob, IngressController, License, Module, ModuleConfig,
        ModulePullOverride, ModuleRelease, ModuleSource, ModuleUpdatePolicy, Node, NodeGroup,
        PackageRepository, PlatformReplicaSet, Queue, QueueRead, RegistryModule, RegistrySettings, Release,
        ReleaseStart, ReleaseWebhook,
    },
};

/// Instead of the address of a registry that is not known.
pub const UNKNOWN_ADDRESS: &str = "HOST/PATH";

/// What a cluster said, source by source. `ClusterState::default()` knows nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterState {
    /// Version of the API server, without the vendor's suffix.
    pub kubernetes: Reading<Version>,
    /// All objects `DeckhouseRelease`, in no particular order.
    pub releases: Reading<Vec<Release>>,
    /// All objects `ModuleConfig`; the platform's own is the one named `deckhouse`.
    pub module_configs: Reading<Vec<ModuleConfig>>,
    /// `d8-system/deckhouse`.
    pub deployment: Reading<DeckhouseDeployment>,
    /// The `ReplicaSets` of that Deployment.
    pub replica_sets: Reading<Vec<PlatformReplicaSet>>,
    /// The releases that the controller began to deploy within the last hour.
    pub release_starts: Reading<Vec<ReleaseStart>>,
    /// The pods `app=deckhouse` in `d8-system`. Empty while the Deployment recreates them.
    pub pods: Reading<Vec<DeckhousePod>>,
    /// The task queues of the leader pod.
    pub queue: Reading<Queue>,
    /// Which reading of the queues that is; `None` if it is the only one, or there is no leader to read them from.
    pub queue_read: Option<QueueRead>,
    /// How far the leader's converge is.
    pub converge: Reading<Converge>,
    /// Firing alerts.
    pub alerts: Reading<Vec<Alert>>,
    /// The modules.
    pub modules: Reading<Vec<Module>>,
    /// All objects `ModuleRelease`.
    pub module_releases: Reading<Vec<ModuleRelease>>,
    /// All objects `ModuleSource`.
    pub module_sources: Reading<Vec<ModuleSource>>,
    /// All objects `ModuleUpdatePolicy`.
    pub module_update_policies: Reading<Vec<ModuleUpdatePolicy>>,
    /// All objects `ModulePullOverride`.
    pub module_pull_overrides: Reading<Vec<ModulePullOverride>>,
    /// All objects `PackageRepository`.
    pub package_repositories: Reading<Vec<PackageRepository>>,
    /// All objects `Application`, of all namespaces.
    pub applications: Reading<Vec<Application>>,
    /// All objects `ClusterApplication`.
    pub cluster_applications: Reading<Vec<Application>>,
    /// The node groups.
    pub node_groups: Reading<Vec<NodeGroup>>,
    /// The nodes.
    pub nodes: Reading<Vec<Node>>,
    /// The ingress controllers.
    pub ingress_controllers: Reading<Vec<IngressController>>,
    /// The license of the platform; old platforms have none.
    pub license: Reading<License>,
    /// The registry that the platform pulls from.
    pub registry: Reading<RegistrySettings>,
    /// What the module `registry` says about its mode.
    pub registry_module: Reading<RegistryModule>,
    /// What of `ClusterConfiguration` concerns updates.
    pub cluster_configuration: Reading<ClusterConfiguration>,
    /// What the cloud provider's module has found wrong.
    pub cloud_conditions: Reading<Vec<CloudCondition>>,
    /// Removed or deprecated APIs that somebody has asked for since the API server started.
    pub deprecated_apis: Reading<Vec<DeprecatedApiUse>>,
    /// The jobs that back up etcd; empty if the platform makes no backups.
    pub etcd_backups: Reading<Vec<EtcdBackupJob>>,
    /// The webhook that checks approvals; `Known(None)` on versions without one.
    pub release_webhook: Reading<Option<ReleaseWebhook>>,
}

impl ClusterState {
    /// Whether this does not look like a cluster of the platform: it has neither releases nor the Deployment.
    pub fn is_without_platform(&self) -> bool {
        let is_missing =
            matches!(&self.deployment, Reading::Absent(_) | Reading::Unreadable(Obstacle::Other(_)));
        matches!(&self.releases, Reading::Absent(_)) && is_missing
    }

    /// What the API server says where a permission is missing for something without which nothing is known of an update.
    pub fn refusal(&self) -> Option<&str> {
        fn of<T>(reading: &Reading<T>) -> Option<&str> {
            match reading {
                Reading::Unreadable(Obstacle::Forbidden(why)) => Some(why),
                _ => None,
            }
        }
        of(&self.releases)
            .or_else(|| of(&self.module_configs))
            .or_else(|| of(&self.deployment))
            .or_else(|| of(&self.pods))
    }

    /// The `ModuleConfig` named `deckhouse`, if the list was read and has one.
    pub fn deckhouse_config(&self) -> Option<&ModuleConfig> {
        self.module_configs.known()?.iter().find(|config| config.name == "deckhouse")
    }

    /// The applications of both kinds that are known.
    pub(crate) fn all_applications(&self) -> impl Iterator<Item = &Application> {
        [&self.applications, &self.cluster_applications].into_iter().filter_map(Reading::known).flatten()
    }

    /// The registry that a person pushes to, `HOST[:PORT]/PATH`; a placeholder if it is not known.
    pub(crate) fn registry_address(&self) -> String {
        self.image_source().push_address().unwrap_or_else(|| UNKNOWN_ADDRESS.to_owned())
    }

    /// Whether the release channel is known to be unset.
    pub(crate) fn channel_is_unset(&self) -> bool {
        match self.deckhouse_config() {
            Some(config) => config.update_settings().release_channel.is_none(),
            None => self.module_configs.known().is_some(),
        }
    }

    /// Whether the release channel is LTS, where minor versions may be left out. `false` if it is not known.
    pub fn is_lts(&self) -> bool {
        let channel = self.deckhouse_config().and_then(|config| config.update_settings().channel());
        channel == Some(deckhouse::Channel::Lts)
    }
}
