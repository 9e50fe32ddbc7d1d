//! Steps about modules.

use foreign_text::ForeignText;

/// A step about modules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModuleAdvice {
    /// Approve a release of a module.
    Approve {
        /// The module.
        module: String,
        /// The version.
        version: String,
    },
    /// Check that the source answers the platform's pod.
    CheckSource {
        /// `HOST[:PORT]/PATH`.
        repo: ForeignText,
    },
    /// Check that the source has the modules and that the login may read them.
    CheckSourceModules {
        /// `HOST[:PORT]/PATH`.
        repo: ForeignText,
    },
    /// Pull and push another version of the module.
    OtherVersion {
        /// The module.
        module: String,
    },
    /// Create the policy, or name another one.
    CreatePolicy,
    /// Name a policy in the `ModuleConfig`.
    NamePolicy,
    /// Update the module first: this release of it works with the platform's version that the module blocks.
    UpdateFirst {
        /// The module.
        module: String,
        /// The version.
        version: String,
    },
    /// Pull and push a version of the module that works with the platform's version that it blocks.
    PullNewer {
        /// The module.
        module: String,
    },
    /// Disable the module, if it is not needed.
    Disable {
        /// The module.
        module: String,
        /// Whether it has, or may have, a `ModuleConfig`.
        configured: bool,
    },
    /// Correct what the failed checks or migrations of a release report.
    CorrectGate,
    /// Update the platform first: later versions of its release controller deploy the release.
    UpdatePlatform,
    /// Meet the requirement; where it is the platform's version, update the platform first.
    MeetRequirement,
    /// Remove the `ModulePullOverride`.
    RemoveOverride {
        /// Its name.
        name: String,
    },
    /// Correct what the message names: mostly settings, the source, or what the module installs.
    FixModule,
    /// Name a source in `spec.source` of the `ModuleConfig`.
    ChooseSource,
    /// Pull and push a missing minor version.
    PullMissing,
    /// End the maintenance when the work is done.
    EndMaintenance,
}
