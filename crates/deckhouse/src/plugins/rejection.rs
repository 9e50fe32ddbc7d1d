//! Why a version of a plugin is not selected.

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
    #[error("it requires module {}; {}", phrase(required), pulled(versions))]
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
    #[error("it requires a release {constraint}; {}", pulled(releases))]
    Platform {
        /// The constraint.
        constraint: String,
        /// The releases that are pulled.
        releases: Vec<Version>,
    },
    /// No version of a plugin that it requires can be had.
    #[error("it requires plugin {}: {reason}", phrase(required))]
    Plugin {
        /// The plugin.
        required: Required,
        /// Why not.
        reason: String,
    },
}

fn phrase(Required { name, constraint }: &Required) -> String {
    let separator = if constraint.is_empty() { "" } else { " " };
    format!("{name}{separator}{constraint}")
}

fn pulled(versions: &[Version]) -> String {
    match versions {
        [] => "it is not pulled".to_owned(),
        [only] => format!("{} is pulled", tag_of(only)),
        several => format!("{} are pulled", several.iter().map(tag_of).collect::<Vec<_>>().join(", ")),
    }
}
