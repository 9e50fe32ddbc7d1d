//! What is so, by subject: a file and a type for each.

mod alert;
mod channel;
mod cluster;
mod deployment;
mod license;
mod module;
mod node;
mod package;
mod pod;
mod queue;
mod registry;
mod release;
mod settings;
mod source;

pub use alert::{AlertFact, AlertKind};
pub use channel::ChannelFact;
pub use cluster::ClusterFact;
pub use deployment::DeploymentFact;
pub use license::{LicenseFact, LicenseState};
pub use module::{ModuleError, ModuleFact};
pub use node::NodeFact;
pub use package::PackageFact;
pub use pod::{ModuleImagePulls, PodFact, PodState, PullCause, QueuedTask};
pub use queue::{ConvergeFact, QueueFact};
pub use registry::{FromHere, RegistryFact};
pub use release::{NodeValue, ReleaseFact, Unfinished};
pub use settings::{ApiUse, SettingsFact};
pub use source::SourceFact;

/// What is so. Each is said of the object of its [`Problem`](crate::Problem).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Of an alert.
    Alert(AlertFact),
    /// Of the tag of the release channel in the registry.
    Channel(ChannelFact),
    /// Of the cluster, or of the command that watches it.
    Cluster(ClusterFact),
    /// Of the modules that the controller applies.
    Converge(ConvergeFact),
    /// Of the platform's Deployment.
    Deployment(DeploymentFact),
    /// Of the license of the platform.
    License(LicenseFact),
    /// Of a module.
    Module(ModuleFact),
    /// Of a node or a node group.
    Node(NodeFact),
    /// Of a repository of packages, or of an application.
    Package(PackageFact),
    /// Of a pod.
    Pod(PodFact),
    /// Of the controller's queues.
    Queue(QueueFact),
    /// Of an image registry.
    Registry(RegistryFact),
    /// Of a release of the platform.
    Release(ReleaseFact),
    /// Of the platform's settings.
    Settings(SettingsFact),
    /// Of something that is read to decide.
    Source(SourceFact),
}

macro_rules! from {
    ($($kind:ident($fact:ty)),* $(,)?) => {
        $(impl From<$fact> for Fact {
            fn from(fact: $fact) -> Self {
                Self::$kind(fact)
            }
        })*
    };
}

from!(
    Alert(AlertFact),
    Channel(ChannelFact),
    Cluster(ClusterFact),
    Converge(ConvergeFact),
    Deployment(DeploymentFact),
    License(LicenseFact),
    Module(ModuleFact),
    Node(NodeFact),
    Package(PackageFact),
    Pod(PodFact),
    Queue(QueueFact),
    Registry(RegistryFact),
    Release(ReleaseFact),
    Settings(SettingsFact),
    Source(SourceFact),
);
