//! What is read of the objects in a cluster: only what decisions need, and tolerant of what is missing.
//!
//! Times are RFC 3339 on the wire. Unknown values of enumerations are kept as text.

mod alert;
mod configuration;
mod deployment;
mod etcd_backup;
mod history;
mod license;
mod module;
mod module_config;
mod node;
mod package;
mod queue;
mod registry_module;
mod registry_settings;
mod release;

pub use alert::Alert;
pub use configuration::{
    CloudCondition, ClusterConfiguration, DeprecatedApiUse, IngressController, ReleaseWebhook,
};
pub use deployment::{ContainerState, DeckhouseDeployment, DeckhousePod};
pub(crate) use deployment::{image_repository, image_version};
pub use etcd_backup::EtcdBackupJob;
pub use history::{PlatformReplicaSet, ReleaseStart};
pub use license::License;
pub use module::{
    EMBEDDED, Module, ModulePullOverride, ModuleRelease, ModuleSource, ModuleUpdatePolicy, OfferedModule,
};
pub use module_config::{ModuleConfig, UpdateMode, UpdateSettings, UpdateWindow};
pub use node::{Condition, Node, NodeGroup};
pub use package::{Application, PackageRepository};
pub use queue::{Converge, Queue, QueueRead, Task};
pub use registry_module::{IN_CLUSTER, RegistryCondition, RegistryModule, RegistryStorage, RegistrySwitch};
pub use registry_settings::{RegistryLogin, RegistrySettings};
pub use release::{Phase, Release};
