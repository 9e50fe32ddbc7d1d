//! The platform inside a Kubernetes cluster: in what state it is, what an update needs, and carrying it out.
//!
//! What a cluster says is gathered into a [`ClusterState`], whose every part may also be absent or unreadable;
//! all decisions are pure functions of it. What is known of the platform's controllers, and from which
//! source, is in the project's facts (`cluster.md`, `cluster-source.md`).

#![forbid(unsafe_code)]

mod alert_block;
mod chain;
pub mod changelog;
mod edition;
mod error;
mod holds;
pub mod image_check;
mod interruption;
mod kubernetes_setting;
mod license;
mod node_waits;
mod notification;
mod pull_cause;
mod push_address;
mod reading;
mod registry_answer;
mod registry_switch;
mod running_images;
mod safe_text;
mod state;
mod update_windows;
mod wait_policy;
mod wait_policy_read;

pub mod access;
pub mod approve;
pub mod change;
pub mod doctor;
pub mod duration;
mod etcd_backup;
pub mod follow;
pub mod health;
pub mod kernel;
mod minors;
pub mod missing_permissions;
pub mod modules;
pub mod objects;
pub mod packages;
pub mod plan;
pub mod prepare;
pub mod rbac;
pub mod read;
pub mod registry_use;
pub mod release_order;
pub mod requirements;
pub mod run;
pub mod status;
pub mod support;
pub mod verdict;
pub mod wait_reason;
pub mod want;

#[cfg(test)]
mod tests;

pub use chain::{Gap, LeftOutReason, TargetError};
pub use edition::EditionMatch;
pub use error::Error;
pub use etcd_backup::{EtcdBackups, etcd_backups, lacks_backup};
pub use interruption::Interruption;
pub use jiff::Timestamp;
pub use kubernetes_setting::{KubernetesPlace, KubernetesSetting};
pub use minors::deployed_unasked;
pub use push_address::ImageSource;
pub use reading::{Obstacle, Reading, Unknown};
pub use registry_answer::{ChannelRelease, RegistryAnswer, ReleaseList};
pub use running_images::running_images;
pub use state::{ClusterState, UNKNOWN_ADDRESS};
pub use wait_policy::WaitPolicy;
