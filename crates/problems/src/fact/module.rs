//! Modules.

use foreign_text::ForeignText;
use semver::Version;

use crate::WaitReason;

/// What is so of a module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModuleFact {
    /// It is enabled and not ready.
    NotReady {
        /// Its phase; empty where it has none.
        phase: String,
        /// Its message; may be empty.
        message: ForeignText,
    },
    /// The platform has never read the source.
    SourceNeverRead,
    /// The platform has not read the source for more than an hour.
    SourceStale,
    /// The source reports an error.
    SourceError {
        /// The error.
        error: ForeignText,
    },
    /// The source offers modules with errors.
    SourceModuleErrors {
        /// The first modules with their errors.
        modules: Vec<ModuleError>,
        /// How many have errors.
        failed: usize,
        /// How many it offers.
        all: usize,
    },
    /// The release is suspended.
    ReleaseSuspended {
        /// What the controller reports.
        message: ForeignText,
    },
    /// The update policy of the release does not exist.
    PolicyMissing {
        /// The name of the policy.
        policy: ForeignText,
    },
    /// The release has no update policy.
    NoPolicy,
    /// A requirement of the release is not met.
    RequirementUnmet {
        /// The unmet requirements.
        unmet: Vec<WaitReason>,
    },
    /// Checks or migrations that come with the release have failed.
    GateFailed {
        /// The validations or the migrations, with the controller's message.
        reason: WaitReason,
        /// The migration that failed last, if the release names one.
        migration: Option<String>,
    },
    /// The controller reports that releases are missing before the release, but none is missing.
    NotByThisController {
        /// The deployed release.
        deployed: Version,
    },
    /// The release waits for approval, as its update policy requires.
    ReleaseNeedsApproval,
    /// A `ModulePullOverride` sets the image of the module.
    Override {
        /// The tag.
        tag: ForeignText,
    },
}

/// A module that a source offers with an error.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModuleError {
    /// The module.
    pub module: ForeignText,
    /// The error.
    pub error: ForeignText,
}
