//! What to do next, as data.

mod license;
mod module;
mod node;
mod package;
mod platform;
mod registry;
mod release;
mod see;
mod settings;

use commands::Command;
use semver::Version;

pub use license::LicenseAdvice;
pub use module::ModuleAdvice;
pub use node::NodeAdvice;
pub use package::PackageAdvice;
pub use platform::{OnNode, PlatformAdvice, Restart};
pub use registry::{Contents, RegistryAdvice};
pub use release::ReleaseAdvice;
pub use see::See;
pub use settings::SettingsAdvice;

/// One next step. The commands in its words name the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Pull a bundle that has the releases from this minor version on. Outside.
    PullSince {
        /// The major version.
        major: u64,
        /// The minor version.
        minor: u64,
    },
    /// Push the bundle. Inside.
    Push {
        /// The registry, `HOST[:PORT]/PATH`.
        registry: String,
    },
    /// Push the release channel of the same bundle, whose tag decides which releases exist. Inside.
    PushChannel {
        /// The registry, `HOST[:PORT]/PATH`.
        registry: String,
    },
    /// Pull and push another patch of the minor version of this one.
    AnotherPatch(Version),
    /// Run `update prepare`.
    Prepare(PrepareFor),
    /// Set a release channel with `update prepare`.
    SetChannel,
    /// Approve a release.
    ApproveRelease(Version),
    /// Approve the disruptions of a release.
    ApproveDisruption(Version),
    /// Approve the disruption of a node.
    ApproveNode {
        /// The node, where it is known.
        node: Option<String>,
    },
    /// Set the image of the platform's Deployment.
    SetImage {
        /// The image without its tag.
        repository: String,
        /// The version whose tag it gets.
        version: Version,
    },
    /// Correct the address of the registry.
    CorrectRegistryAddress,
    /// Correct the login of the registry.
    CorrectRegistryLogin,
    /// Make the nodes trust the certificate of the registry.
    TrustRegistry,
    /// Let the nodes reach the registry without the proxy.
    BypassProxy {
        /// The registry.
        registry: String,
    },
    /// Make the registry reachable from the nodes.
    ReachRegistry {
        /// The registry.
        registry: String,
    },
    /// Read the log of a container of the platform's pods.
    ReadLog {
        /// The pod.
        pod: String,
        /// The container.
        container: String,
        /// Whether the log of its previous run is meant.
        previous: bool,
    },
    /// Read the log of the leader.
    ReadLeaderLog,
    /// Look at the platform's pods and their events.
    DescribePlatformPods,
    /// Look at a module.
    DescribeModule {
        /// Its name.
        name: String,
    },
    /// Read the log of `bashible` on a node.
    ReadNodeLog {
        /// The node, where it is known.
        node: Option<String>,
    },
    /// Correct what a failing task complains about.
    CorrectSettings,
    /// Give the account the permissions of `update rbac`.
    Grant {
        /// Whether only the queues are missing.
        queues: bool,
        /// The user that the API server has refused, where it is known.
        user: Option<String>,
    },
    /// Log in to the API server with a login that it accepts.
    CorrectLogin,
    /// Check that it is the right cluster.
    CheckCluster,
    /// Correct the notification webhook.
    CorrectWebhook,
    /// Meet the requirements that were listed before.
    MeetListed,
    /// Wait until the running update is done.
    Watch,
    /// Pull the channel when it is not suspended any more, or another patch.
    PullOtherPatch(Version),
    /// Meet the requirements of a release, as `update plan` explains them.
    MeetRequirements,
    /// Find what writes `approved: false`.
    FindManifest,
    /// Name the highest patch with `--to`.
    TargetHighestPatch,
    /// Show what blocks and what to do with `update doctor`.
    Doctor,
    /// Show the chain of releases with `update plan`.
    Plan,
    /// Show the releases with `update status`.
    Status,
    /// Wait for the controller; it needs no help.
    WaitForController,
    /// Wait until the kubelet pulls the image again.
    WaitForPull,
    /// Wait: the command tries it again.
    WaitForRetry,
    /// Look at something, with this command.
    See(See, Command),
    /// Something about the license of the platform.
    License(LicenseAdvice),
    /// Something about modules and their sources.
    Module(ModuleAdvice),
    /// Something about nodes.
    Node(NodeAdvice),
    /// Something about packages.
    Package(PackageAdvice),
    /// Something about the platform's own Deployment and pod.
    Platform(PlatformAdvice),
    /// Something about the registry: its contents, or access to it.
    Registry(RegistryAdvice),
    /// Something about releases.
    Release(ReleaseAdvice),
    /// Something about settings and alerts.
    Settings(SettingsAdvice),
}

impl Advice {
    /// Whether it brings something into the registry by pulling and pushing a bundle.
    pub(crate) fn is_for_contents(&self) -> bool {
        matches!(
            self,
            Self::PullSince { .. }
                | Self::Push { .. }
                | Self::PushChannel { .. }
                | Self::AnotherPatch(_)
                | Self::PullOtherPatch(_)
                | Self::Registry(RegistryAdvice::Pull(_))
        )
    }
}

/// What `update prepare` is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrepareFor {
    /// Finish what an interrupted run has begun, such as setting the release channel again.
    Resume,
    /// Create the objects of missing releases.
    CreateReleases,
    /// Remove duplicate objects of releases where that is safe.
    RemoveDuplicates,
}

macro_rules! from {
    ($($kind:ident($advice:ty)),* $(,)?) => {
        $(impl From<$advice> for Advice {
            fn from(advice: $advice) -> Self {
                Self::$kind(advice)
            }
        })*
    };
}

from!(
    License(LicenseAdvice),
    Module(ModuleAdvice),
    Node(NodeAdvice),
    Package(PackageAdvice),
    Platform(PlatformAdvice),
    Registry(RegistryAdvice),
    Release(ReleaseAdvice),
    Settings(SettingsAdvice),
);
