//! Steps about the platform's own Deployment and pod.

use commands::Command;

/// Why the platform's pod is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Restart {
    /// It keeps the old login in memory.
    ToReadLogin,
    /// The steps before did not help.
    IfUnchanged,
    /// It restores the release object of the running version.
    ToRestoreRelease,
    /// It hangs.
    BecauseItHangs,
}

/// What is changed on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnNode {
    /// The trusted certificate authorities.
    Ca,
    /// The proxy of containerd.
    Proxy,
}

/// A step about the platform's own Deployment and pod.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PlatformAdvice {
    /// Restart the pod.
    Restart(Restart),
    /// Scale the Deployment to one replica.
    Scale,
    /// If the node is refused again, correct the `imagePullSecrets` of the pod.
    CorrectPullSecrets,
    /// While the platform's pod is down, change this on the node itself.
    ChangeNode(OnNode),
    /// Go back to the image of the previous release, if the new version never ran.
    RestoreImage {
        /// The image of the previous release.
        image: String,
    },
    /// Set the tag of the running version, which is not known.
    SetFixedTag,
    /// Make a control-plane node available for the pod.
    FreeControlPlaneNode,
    /// Wait for the pod.
    WaitForPod,
    /// Make a backup of etcd.
    BackUpEtcd {
        /// The command that makes one.
        command: Command,
        /// Whether the cluster shows it afterwards.
        is_seen: bool,
    },
    /// Fix what is reported about the platform's pod.
    FixPod,
}
