//! What a release changes, as its changelog says, without what is disabled in the cluster.
//!
//! A changelog has a section for each module or part of the platform, and in each section lists of changes by kind:
//! `features`, `fixes`, `chore` (upstream: `CHANGELOG/*.yml`, and the form in `.github/pull_request_template.md`). The
//! controller reduces the changelog of an object that it creates to the enabled modules and to `candi`,
//! `deckhouse-controller` and `global` (upstream: `check_release.go`); a releases file has all of it.

mod parse;
mod read;

use foreign_text::ForeignText;
use serde::Serialize;

pub use read::{SPECS_AT_ONCE, specs};

use crate::kubernetes_setting::CONTROL_PLANE_MANAGER;

/// What is known of the changes of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum ReleaseChanges {
    /// This.
    Known(Changelog),
    /// Its description has no changelog.
    Absent {
        /// Where the vendor has it.
        link: Option<ForeignText>,
    },
    /// Nothing.
    Unknown {
        /// Why.
        why: ForeignText,
    },
}

/// The changes of a release that concern the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changelog {
    /// The sections, by name. What is not known to be disabled is among them.
    pub sections: Vec<Section>,
    /// Sections that are left out, because they are about modules that are disabled here, or about the development of the
    /// platform.
    pub left_out: Vec<String>,
    /// Changes that are not shown, because there are more than [`Changelog::LIMIT`].
    pub more: usize,
    /// Where the vendor has the whole changelog.
    pub link: Option<ForeignText>,
}

/// The changes of one module or part of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Section {
    /// Its name, such as `node-manager` or `candi`.
    pub name: String,
    /// The changes, in the order of the changelog.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What kind it is of.
    pub kind: ChangeKind,
    /// What it does.
    pub summary: ForeignText,
    /// What it means for the cluster, such as which components restart.
    pub impact: Option<ForeignText>,
    /// Address of the pull request.
    pub pull_request: Option<ForeignText>,
}

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// `features`
    Feature,
    /// `fixes`
    Fix,
    /// `chore`, and kinds that are not known.
    Other,
}

impl Changelog {
    /// The most changes that are kept of one release. The largest changelogs upstream have about 400.
    pub const LIMIT: usize = 2000;

    /// All changes that have an impact, with the name of their section.
    pub fn impacts(&self) -> impl Iterator<Item = (&str, &ForeignText)> {
        self.changes().filter_map(|(section, change)| Some((section, change.impact.as_ref()?)))
    }

    /// All changes, with the name of their section.
    pub fn changes(&self) -> impl Iterator<Item = (&str, &Change)> {
        self.sections.iter().flat_map(|it| it.changes.iter().map(|change| (it.name.as_str(), change)))
    }

    /// How many changes are of this kind.
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.changes().filter(|(_, change)| change.kind == kind).count()
    }

    /// Whether it has changes of the control plane.
    pub fn changes_control_plane(&self) -> bool {
        self.sections.iter().any(|it| parse::module_of(&it.name) == CONTROL_PLANE_MANAGER)
    }
}

impl ReleaseChanges {
    /// The changelog, if it is known.
    pub fn known(&self) -> Option<&Changelog> {
        match self {
            Self::Known(changelog) => Some(changelog),
            Self::Absent { .. } | Self::Unknown { .. } => None,
        }
    }
}
