//! Steps about releases.

use semver::Version;

/// A step about releases.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReleaseAdvice {
    /// Deploy a release immediately.
    ApplyNow(Version),
    /// Do not approve it before the following steps are done.
    DoNotApprove,
    /// Do not approve later releases before the following steps are done.
    DoNotApproveLater,
    /// Revoke the approval of this object.
    RevokeApproval {
        /// The name of the object.
        name: String,
    },
    /// Ask the platform's support what the versions that never ran would have changed.
    AskSupport,
    /// Delete this object, never the other one of the same version.
    Delete {
        /// The name of the object.
        name: String,
        /// The name of the other object.
        kept: String,
    },
    /// Delete all objects of a version, none of which is ever deployed.
    DeleteAll {
        /// The names of the objects.
        names: Vec<String>,
    },
    /// Write to these objects, so that the controller looks at them again.
    Touch {
        /// The names of the objects.
        names: Vec<String>,
        /// The value of the annotation that is written; another one each time.
        mark: String,
    },
    /// Mark an object as Superseded: only its status is changed.
    MarkSuperseded {
        /// The name of the object.
        name: String,
    },
    /// Wait five minutes for the controller to look at the channel.
    WaitForChannel,
    /// Wait until the window or the delay is over.
    WaitForWindow,
    /// Deploy the release before it.
    DeployEarlier,
    /// Follow the update.
    Watch,
    /// Follow the update to this release, which starts automatically.
    WatchTo(Version),
    /// Wait until the vendor ends the suspension.
    WaitForVendor,
    /// Check that the releases follow one another and are of the cluster's edition.
    CheckEdition,
}
