//! The kinds of objects that are read.
//!
//! Each is described by what comes over the wire, with nothing in it but what is kept, so that long lists stay
//! small in memory. What an object lacks, or has in another type than it should, counts as empty: one odd object must not
//! spoil its list.

mod etcd_backups;
mod history;
mod lenient;
mod modules;
mod nodes;
mod packages;
mod platform;

pub(crate) use etcd_backups::EtcdBackups;
pub(crate) use history::{ReleaseStarts, ReplicaSets};
pub(crate) use modules::{ModulePullOverrides, ModuleReleases, ModuleSources, ModuleUpdatePolicies, Modules};
pub(crate) use nodes::{IngressControllers, NodeGroups, Nodes};
pub(crate) use packages::{Applications, ClusterApplications, PackageRepositories};
pub(crate) use platform::{Alerts, Deployments, ModuleConfigs, Pods, Releases};

#[cfg(test)]
mod module_forms;
#[cfg(test)]
mod tests;
