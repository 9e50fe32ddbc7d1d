//! Things to look at.

use problems::See;

/// What is looked at, as an imperative.
pub(super) fn text(what: See) -> &'static str {
    match what {
        See::Alert => "see the whole alert",
        See::Annotations => {
            "see the edition of the running platform in the annotations of Deployment/deckhouse"
        }
        See::CloudConditions => "see all conditions",
        See::ControlPlaneNodes => "see the control-plane nodes",
        See::ControlPlanePods => "see whether the control plane is running",
        See::DeprecatedApis => "see which deprecated APIs are used",
        See::Kernels => "see the kernels of the nodes",
        See::LogErrors => "see the errors in the platform's log",
        See::LogErrorsOfModule => "see the errors of this module in the platform's log",
        See::LogOfRegistry => "see what the platform logs about the registry",
        See::LogOfReleases => "see what the platform logs about releases",
        See::LogTail => "see the end of the platform's log",
        See::Maintenance => "see which modules are in maintenance mode",
        See::Module => "see the module",
        See::ModuleConfigs => "see the module configurations",
        See::ModuleRelease => "see the release of the module",
        See::ModuleReleases => "see the releases of modules",
        See::Modules => "see the modules",
        See::MonitoringPods => "see the monitoring pods",
        See::NodeEvents => "see the conditions and events of the node",
        See::NodeGroup => "see the error and the conditions of the node group",
        See::Nodes => "see the nodes",
        See::Plan => "see all requirements, and how to meet them",
        See::PlatformPods => "see the platform's pods",
        See::PodEvents => "see the events of the pod",
        See::Policies => "see the existing update policies",
        See::Queues => "see the queue",
        See::RegistrySwitch => "see the progress of the switch",
        See::RegistryAddress => "see the registry's address in the Secret",
        See::Release => "see the whole release",
        See::Releases => "see all releases",
        See::ReplicaSetEvents => "see why the pod is rejected",
        See::Sources => "see the module sources",
        See::Status => "see what the object contains now",
    }
}
