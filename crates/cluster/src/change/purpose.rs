//! What a change is for, as data.

use semver::Version;

use crate::objects::UpdateMode;

/// What a change of a cluster is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Unset the release channel while the update mode changes. It is kept in an annotation.
    UnsetChannel {
        /// The channel, as in the settings.
        channel: &'static str,
    },
    /// Set the update mode.
    SetMode {
        /// The mode.
        mode: UpdateMode,
        /// Whether update windows are set too.
        windows: bool,
    },
    /// Set the release channel.
    SetChannel {
        /// The channel, as in the settings.
        channel: &'static str,
        /// Whether it is the one that was set before.
        restored: bool,
    },
    /// Remove the annotation that keeps a release channel: one is set.
    RemoveChannelNote,
    /// Create the object of a release, not approved.
    CreateRelease {
        /// The release.
        version: Version,
    },
    /// Write to an object that may have been created while no release channel was set, so that the controller processes it.
    TouchRelease {
        /// The name of the object.
        name: String,
    },
    /// Delete the second object of a release.
    DeleteDuplicate {
        /// The release, as it is spelled in the object.
        version: String,
    },
    /// Approve a release.
    ApproveRelease {
        /// The release.
        version: Version,
        /// Whether update windows, notification delays and gradual rollouts are ignored.
        apply_now: bool,
    },
    /// Apply an approved release without waiting for update windows, notification delays and gradual rollouts.
    ApplyApproved {
        /// The release.
        version: Version,
    },
    /// Approve the disruptions of a release.
    ApproveDisruptions {
        /// The release.
        version: Version,
    },
    /// Approve a release of a module.
    ApproveModuleRelease {
        /// The module.
        module: String,
        /// The release, as it is spelled in the object.
        version: String,
        /// Whether update windows, notification delays and gradual rollouts are ignored.
        apply_now: bool,
    },
    /// Approve the disruption of a node.
    ApproveNode {
        /// The node.
        node: String,
    },
    /// Install a kernel on the nodes of a group, which reboots each.
    InstallKernel {
        /// The group.
        group: String,
        /// The version of the kernel.
        kernel: String,
    },
    /// Disable a module.
    DisableModule,
    /// Set the version of Kubernetes.
    SetKubernetes,
}
