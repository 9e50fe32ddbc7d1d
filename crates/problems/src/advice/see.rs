//! Things to look at.

/// Something to look at for the cause of a problem. The command that shows it is in
/// [`Advice::See`](crate::Advice::See).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum See {
    /// The alert.
    Alert,
    /// The annotations of `Deployment/deckhouse`, with the edition in them.
    Annotations,
    /// The `ConfigMap` with the conditions of the cloud provider.
    CloudConditions,
    /// The control-plane nodes.
    ControlPlaneNodes,
    /// The pods of the control plane.
    ControlPlanePods,
    /// The clients of deprecated APIs, in the metrics of the API server.
    DeprecatedApis,
    /// The nodes with their kernels.
    Kernels,
    /// The errors in the platform's log.
    LogErrors,
    /// The errors in the platform's log that name the module.
    LogErrorsOfModule,
    /// What the platform logs about the registry.
    LogOfRegistry,
    /// What the platform logs about releases and channels.
    LogOfReleases,
    /// The last lines of the platform's log.
    LogTail,
    /// Which modules are in maintenance mode.
    Maintenance,
    /// The module.
    Module,
    /// The module configurations.
    ModuleConfigs,
    /// The release of a module.
    ModuleRelease,
    /// The releases of modules.
    ModuleReleases,
    /// The modules.
    Modules,
    /// The pods of the monitoring.
    MonitoringPods,
    /// The events and conditions of a node.
    NodeEvents,
    /// The node group.
    NodeGroup,
    /// The nodes.
    Nodes,
    /// The chain of releases with their requirements.
    Plan,
    /// The platform's pods.
    PlatformPods,
    /// The events of a pod.
    PodEvents,
    /// The update policies.
    Policies,
    /// The queues.
    Queues,
    /// The address of the registry in the Secret.
    RegistryAddress,
    /// The progress of a switch of the registry's mode.
    RegistrySwitch,
    /// The release.
    Release,
    /// The releases.
    Releases,
    /// The events of the platform's `ReplicaSets`.
    ReplicaSetEvents,
    /// The module sources.
    Sources,
    /// The status of the object, without its settings, which may contain logins.
    Status,
}
