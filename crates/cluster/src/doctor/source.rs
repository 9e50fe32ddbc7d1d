//! Where the doctor reads.

/// A source of what the doctor reads.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the source of that name")]
pub enum Source {
    Alerts,
    Applications,
    ClusterApplications,
    PackageRepositories,
    ApiServerMetrics,
    ApprovalWebhook,
    CloudConditions,
    ClusterConfiguration,
    Deployment,
    DeploymentConditions,
    License,
    ModuleConfigs,
    ModulePullOverrides,
    ModuleReleases,
    ModuleSources,
    ModuleUpdatePolicies,
    Modules,
    NodeGroups,
    Nodes,
    /// Pods of `d8-*` and `kube-system` that have not started yet.
    PendingPods,
    PlatformEvents,
    PlatformLog,
    PlatformPods,
    Queues,
    /// The registry, with the cluster's login.
    Registry,
    RegistryChannel,
    /// One image in the registry.
    RegistryImage(String),
    RegistrySecret,
    RegistryVersions,
    /// Events about `DeckhouseReleases`.
    ReleaseEvents,
    Releases,
    /// `ReplicaSets` of the platform's Deployment.
    ReplicaSets,
    /// Pods of `d8-*` and `kube-system` that run.
    RunningPods,
    /// Pods of `d8-*` and `kube-system`.
    ModulePods,
}
