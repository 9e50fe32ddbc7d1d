//! Alerts.

use foreign_text::ForeignText;

/// What is so of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AlertFact {
    /// It fires.
    Firing {
        /// Its status, where that is not simply "firing".
        status: String,
        /// Its summary; may be empty.
        summary: ForeignText,
    },
    /// The platform itself reports that its update has failed (`DeckhouseUpdatingFailed`).
    UpdateFailed {
        /// Its summary or description; may be empty.
        summary: ForeignText,
    },
    /// It fires, and concerns updates.
    Known {
        /// What it means.
        kind: AlertKind,
        /// Its name.
        name: ForeignText,
        /// Its summary or description; may be empty.
        summary: ForeignText,
        /// How many of this name fire.
        count: usize,
        /// Whether all of them are stale.
        stale: bool,
    },
    /// Alerts are stale: the monitoring has not updated them recently.
    Stale {
        /// How many.
        stale: usize,
        /// Of how many.
        all: usize,
        /// The name of one of them.
        name: ForeignText,
    },
}

/// What an alert means for updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertKind {
    /// A minor version is missing in the registry.
    ReleaseChain,
    /// The next release needs modules that no source offers.
    MigratedModules,
    /// A configuration does not fit the running version.
    InvalidConfiguration,
    /// The platform's pod hangs.
    ControllerHangs,
    /// A queue hangs.
    QueueHangs,
    /// A module or a hook fails.
    ModuleFails,
    /// The settings of a module are invalid.
    InvalidModuleSettings,
    /// A module cannot be updated.
    ModuleUpdateFails,
    /// A module's release has unmet requirements.
    ModuleRequirements,
    /// Several sources offer a module.
    ModuleConflict,
    /// Settings have an old schema.
    OldSchema,
    /// A module is in maintenance mode.
    Maintenance,
    /// A kernel is too old for a module.
    OldKernel,
    /// An operating system is deprecated.
    OldSystem,
    /// A Helm release uses an API that the next Kubernetes version does not have.
    RemovedApis,
    /// A Helm release uses an API that a later Kubernetes version does not have.
    DeprecatedApis,
    /// The platform's pod restarts too often.
    PodRestarts,
}
