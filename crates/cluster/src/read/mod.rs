//! Reading a cluster once: every source at the same time, each with its own luck.

mod exec;
mod helm;
mod kinds;
mod license;
mod list;
mod metrics;
mod permission;
mod places;
mod queue_text;
mod queues;
mod refusal;
mod registry_module;
mod release_spec;
mod singles;
mod snapshot;

pub use helm::{HelmUse, helm_objects};
pub(crate) use kinds::{
    Alerts, Applications, ClusterApplications, Deployments, EtcdBackups, IngressControllers, ModuleConfigs,
    ModulePullOverrides, ModuleReleases, ModuleSources, ModuleUpdatePolicies, Modules, NodeGroups, Nodes,
    PackageRepositories, Pods, ReleaseStarts, Releases, ReplicaSets,
};
pub(crate) use license::license;
pub(crate) use list::{Bound, deckhouse_deployment, key, list, paged, pages};
pub(crate) use permission::exec_refused;
pub use permission::queues_are_refused;
pub(crate) use places::{PLATFORM, Source};
pub(crate) use queues::{converge_of, queue_of};
pub(crate) use refusal::{not_yet, refused, served, unread};
pub(crate) use registry_module::registry_module;
pub use release_spec::release_spec;
pub(crate) use singles::{
    cloud_conditions, cluster_configuration, kubernetes_version, registry_settings, release_webhook,
};
pub(crate) use snapshot::in_time;
pub use snapshot::{queue, registry, snapshot};
