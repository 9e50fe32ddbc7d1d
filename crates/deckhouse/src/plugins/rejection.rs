//! Why a version of a plugin is not selected.

use oci::Tag;
use semver::Version;

use super::contract::{PluginContractError, Required};
use crate::version::tag_of;

/// Why a version of a plugin is not selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PluginRejection {
    /// Its contract cannot be read.
    #[error(transparent)]
    Contract(#[from] PluginContractError),
    /// The source lists it, and does not have it.
    #[error("the source does not have it")]
    Absent,
    /// It is not for the module.
    #[error("it is not for module {module}")]
    OtherModule {
        /// The module.
        module: String,
    },
    /// A module that it requires is not pulled, or no such version of it.
    #[error("it requires module {} ({})", phrase(required), pulled(versions))]
    Module {
        /// The module.
        required: Required,
        /// The versions that are pulled.
        versions: Vec<Version>,
    },
    /// No module of a group is pulled.
    #[error("it requires a module of the group '{group}'; none of a suitable version is pulled")]
    Group {
        /// The group.
        group: String,
    },
    /// No release that it works with is pulled.
    #[error("it requires a release {constraint} ({})", pulled(releases))]
    Platform {
        /// The constraint.
        constraint: String,
        /// The releases that are pulled.
        releases: Vec<Version>,
    },
    /// No version of a plugin that it requires can be had.
    #[error("it requires plugin {}: {why}", phrase(required))]
    Plugin {
        /// The plugin.
        required: Required,
        /// Why not.
        why: Box<Self>,
    },
    /// The name of a required plugin is not valid.
    #[error("this is not the name of a plugin")]
    NotAName,
    /// A required plugin requires the plugin that requires it.
    #[error("which requires it in turn")]
    Circular,
    /// Plugins require each other over too many levels.
    #[error("plugins require each other more than {limit} levels deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// No version satisfies the constraint.
    #[error("the source has no such version")]
    NoSuchVersion,
    /// There is no such plugin.
    #[error("the source does not list such a plugin")]
    NotListed,
    /// No version satisfies the rule for a plugin that is named.
    #[error("no version satisfies '{rule}' (newest on the source: {})", joined(newest, ", "))]
    NothingSatisfies {
        /// The rule.
        rule: String,
        /// The newest versions.
        newest: Vec<Tag>,
    },
    /// None of these versions can be selected, the newest first.
    #[error("{}", each(.0))]
    Versions(Vec<(Tag, Self)>),
}

impl PluginRejection {
    /// Of several versions, only the newest.
    pub(super) fn of_newest(self) -> Self {
        match self {
            Self::Versions(rejected) if rejected.is_empty() => Self::NoSuchVersion,
            Self::Versions(rejected) => Self::Versions(rejected.into_iter().take(1).collect()),
            other => other,
        }
    }
}

fn phrase(Required { name, constraint }: &Required) -> String {
    let separator = if constraint.is_empty() { "" } else { " " };
    format!("{name}{separator}{constraint}")
}

fn pulled(versions: &[Version]) -> String {
    if versions.is_empty() {
        return "not pulled".to_owned();
    }
    format!("pulled: {}", versions.iter().map(tag_of).collect::<Vec<_>>().join(", "))
}

fn each(rejected: &[(Tag, PluginRejection)]) -> String {
    let texts: Vec<String> = rejected.iter().map(|(tag, why)| format!("{tag}: {why}")).collect();
    joined(&texts, "; ")
}

fn joined(items: &[impl ToString], separator: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
}
