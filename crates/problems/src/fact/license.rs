//! The license of the platform.

use foreign_text::ForeignText;
use jiff::Timestamp;
use serde::Serialize;

/// The state of a license, as the platform computes it (`status.compliance.state` of `EffectiveLicense`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub enum LicenseState {
    /// Everything is covered.
    Valid,
    /// It expires soon, or some nodes have not been covered for less than a week.
    Warning,
    /// It has expired, and the grace period runs.
    Grace,
    /// The cluster is not licensed.
    Violation,
    /// It gives no right to update. Reserved: platform versions so far do not compute it.
    NoUpdateRight,
    /// Any other.
    Other(String),
}

impl LicenseState {
    /// The state of this name.
    pub fn parse(name: &str) -> Self {
        match name {
            "Valid" => Self::Valid,
            "Warning" => Self::Warning,
            "Grace" => Self::Grace,
            "Violation" => Self::Violation,
            "NoUpdateRight" => Self::NoUpdateRight,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Its name in the API.
    pub fn name(&self) -> &str {
        match self {
            Self::Valid => "Valid",
            Self::Warning => "Warning",
            Self::Grace => "Grace",
            Self::Violation => "Violation",
            Self::NoUpdateRight => "NoUpdateRight",
            Self::Other(name) => name,
        }
    }
}

impl From<LicenseState> for String {
    fn from(state: LicenseState) -> Self {
        state.name().to_owned()
    }
}

/// What is so of the license.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LicenseFact {
    /// It expires soon; when, if that is known.
    ExpiresSoon(Option<Timestamp>),
    /// Some nodes are not covered.
    NodesNotCovered {
        /// How many.
        nodes: u64,
        /// Since when.
        since: Option<Timestamp>,
        /// Whether that has lasted for so long that the cluster is not licensed.
        violated: bool,
    },
    /// It has expired.
    Expired {
        /// When.
        at: Option<Timestamp>,
        /// The end of the grace period, if it is not over.
        grace_until: Option<Timestamp>,
        /// Whether the grace period is over.
        over: bool,
    },
    /// It was revoked.
    Revoked,
    /// No license key has been installed.
    NoKey,
    /// It gives no right to update.
    NoUpdateRight,
    /// It is in a state, for a reason that may be empty.
    InState {
        /// The state.
        state: LicenseState,
        /// The reason.
        reason: ForeignText,
    },
}
