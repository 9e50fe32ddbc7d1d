//! What can fail while a distribution is moved.

use std::{fmt, path::PathBuf};

use bundle::{BaseKind, Thin};
use deckhouse::repositories::Component;
use registry::client::ErrorKind;

use crate::missing::{Cause, MissingItem};

/// A failure of a pull, a push or a verification.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A registry refused, failed or could not be reached.
    #[error(transparent)]
    Registry(#[from] registry::client::Error),
    /// The source does not list its releases, and has no release channel.
    #[error(transparent)]
    TagsRefused(std::sync::Arc<registry::client::Error>),
    /// The source does not have the releases or channels that were asked for.
    #[error(transparent)]
    Select(#[from] deckhouse::select::SelectError),
    /// It is unknown which modules the source has, since its tag lists are incomplete.
    #[error("cannot determine which modules the source has: {reason}")]
    ModulesUnknown {
        /// Why.
        reason: String,
    },
    /// Modules that were named are not there.
    #[error("the source has no {} {}: no release channel exists there", component.word(), names.join(", "))]
    NoSuchModules {
        /// Whether they are modules or packages.
        component: Component,
        /// The modules.
        names: Vec<String>,
    },
    /// Tags that were named are not there.
    #[error("the source has no tag {}, neither in its root repository nor in {}", names(.tags), deckhouse::repositories::INSTALL)]
    NoSuchTags {
        /// The tags.
        tags: Vec<oci::Tag>,
    },
    /// The source has nothing of what was selected.
    #[error("the source has nothing of what was selected")]
    NothingSelected,
    /// It is unknown which versions of a module the source has.
    #[error("cannot determine which versions of {} {name} the source has: {reason}", component.word())]
    ModuleVersionsUnknown {
        /// Whether it is a module or a package.
        component: Component,
        /// The module.
        name: String,
        /// Why.
        reason: String,
    },
    /// The source does not have the versions of a module that were asked for.
    #[error("{} {name}: {error}", component.word())]
    ModuleChoice {
        /// Whether it is a module or a package.
        component: Component,
        /// The module.
        name: String,
        /// Why.
        error: deckhouse::ModuleChoiceError,
    },
    /// A plugin that was named cannot be selected.
    #[error(transparent)]
    PluginSelection(#[from] deckhouse::plugins::PluginSelectionError),
    /// The bundle could not be read or written.
    #[error(transparent)]
    Bundle(#[from] bundle::BundleError),
    /// The planned archive contradicts itself.
    #[error(transparent)]
    Layout(#[from] bundle::LayoutError),
    /// Objects are missing or damaged; the list is complete.
    #[error("{}", count(.items, *.place))]
    Incomplete {
        /// Where they are missing: the source, the bundle or the target.
        place: Place,
        /// Everything that is missing.
        items: Vec<MissingItem>,
    },
    /// A directory has archives that a pull into it does not write.
    #[error("{}: the directory has archives that this pull does not write: {}", directory.display(), names.join(", "))]
    ForeignArchives {
        /// The directory.
        directory: PathBuf,
        /// Names of the archives.
        names: Vec<String>,
    },
    /// A blob of the bundle is damaged, which showed when it was read to be uploaded.
    #[error("the bundle is damaged, so the push was stopped before any manifest or tag was written")]
    Damaged(Box<bundle::Damage>),
    /// What a registry sent, or a layer in a bundle, does not have its digest.
    #[error("{object}: the content has the digest {actual}")]
    Content {
        /// Repository and digest.
        object: String,
        /// The digest of what came.
        actual: oci::Digest,
    },
    /// The source lists a tag, and returns 404 for it every time.
    #[error("the registry lists this tag, but returns 404 for it")]
    ListedAndDenied,
    /// `deckhousereleases.yaml` could not be created.
    #[error("deckhousereleases.yaml cannot be written: {0}")]
    ReleaseManifest(#[from] deckhouse::release_manifest::ReleaseManifestError),
    /// A local file other than the bundle.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A registry or bundle has more of something than is kept in memory.
    #[error("more than {0}, the limit of what dhctl keeps in memory")]
    OverLimit(
        /// The limit, with its unit.
        String,
    ),
    /// A defect of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

/// Where something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The registry that is pulled from.
    Source,
    /// The bundle.
    Bundle,
    /// The registry that is pushed to.
    Target,
    /// The registry that is pushed to, and the bundle too: another push cannot help.
    TargetAndBundle,
    /// The registry that is pushed to, and the bundle is thin and leaves it out: nothing was sent.
    ThinAndTarget(BaseKinds),
    /// A thin bundle and the bundles that it is completed from.
    Bases(BaseKinds),
}

/// What the bases of a thin bundle are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseKinds {
    /// Earlier bundles.
    Bundles,
    /// Only the registries of a want list.
    Registry,
    /// Both.
    Both,
}

impl BaseKinds {
    /// Those of this bundle.
    pub(crate) fn of(thin: &Thin) -> Self {
        let has = |kind: BaseKind| thin.bases.iter().any(|base| base.kind == kind);
        match (has(BaseKind::Bundle), has(BaseKind::Registry)) {
            (true, true) => Self::Both,
            (false, true) => Self::Registry,
            (_, false) => Self::Bundles,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Bundle => "bundle",
            Self::Target => "target",
            Self::TargetAndBundle => "target and in the bundle",
            Self::Bases(_) => "thin bundle and its bases",
            Self::ThinAndTarget(_) => "target, and the thin bundle leaves them out",
        })
    }
}

fn names(tags: &[oci::Tag]) -> String {
    tags.iter().map(oci::Tag::as_str).collect::<Vec<_>>().join(", ")
}

fn count(items: &[MissingItem], place: Place) -> String {
    if !items.is_empty() && items.iter().all(|item| matches!(item.cause, Cause::ModuleLeftOut(_))) {
        return "the selection leaves out modules that are required".to_owned();
    }
    match items.len() {
        1 if matches!(place, Place::ThinAndTarget(_)) => {
            "1 object is missing or damaged in the target, and the thin bundle leaves it out".to_owned()
        }
        1 => format!("1 object is missing or damaged in the {place}"),
        n => format!("{n} objects are missing or damaged in the {place}"),
    }
}

impl Error {
    /// Content that does not have the digest by which it was asked for.
    pub(crate) fn content(
        repository: &registry::client::Repository,
        digest: &oci::Digest,
        actual: oci::Digest,
    ) -> Self {
        Self::Content { object: format!("{}@{digest}", repository.name()), actual }
    }

    /// Whether a registry answered, and what it holds is wrong or certainly missing: that belongs on a list
    /// of what is missing, where every other failure ends the run.
    pub(crate) fn is_bad_content(&self) -> bool {
        match self {
            Self::Content { .. } | Self::ListedAndDenied => true,
            Self::Bundle(error) => error.is_damage(),
            Self::Registry(error) => matches!(
                error.kind(),
                ErrorKind::NotFound { .. }
                    | ErrorKind::DigestMismatch { .. }
                    | ErrorKind::SizeMismatch { .. }
                    | ErrorKind::TooLarge { .. }
                    | ErrorKind::OverLimit { .. }
                    | ErrorKind::BadManifest { .. }
            ),
            _ => false,
        }
    }

    /// Why the object that it is about counts as missing.
    pub(crate) fn cause(&self) -> Cause {
        match self {
            Self::ListedAndDenied => Cause::ListedAndDenied,
            Self::Content { .. } => Cause::Damaged,
            Self::Registry(error) => match error.kind() {
                ErrorKind::NotFound { .. } => Cause::Missing,
                ErrorKind::DigestMismatch { .. } => Cause::Damaged,
                _ => Cause::Unreadable,
            },
            _ => Cause::Missing,
        }
    }
}
