//! Where the repositories of a distribution lie in a registry.

use oci::{Host, RepositoryName, reference::ParseNameError};

use deckhouse::repositories::MODULES;

/// The root of a registry's repositories, which paths of a bundle (`install`, `modules/console`) are below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// Of an edition of the platform.
    Platform(RepositoryName),
    /// Of modules alone, as a `ModuleSource` names it: what a bundle has below `modules` is directly here.
    Modules(RepositoryName),
}

impl Root {
    /// Its own repository.
    pub fn name(&self) -> &RepositoryName {
        match self {
            Self::Platform(name) | Self::Modules(name) => name,
        }
    }

    /// What editions share may be below these: beside the edition, as at the vendor's, or below it, as in a mirror.
    pub(crate) fn shared(&self) -> Vec<RepositoryName> {
        [self.name().parent(), Some(self.name().clone())].into_iter().flatten().collect()
    }

    /// The repository of a path of a bundle.
    ///
    /// # Errors
    /// [`ParseNameError`] if there can be no such repository.
    pub(crate) fn repository(&self, path: &str) -> Result<RepositoryName, ParseNameError> {
        self.name().join(self.below(path))
    }

    /// The same for a user, who may have to read what cannot be.
    pub(crate) fn describe(&self, host: &Host, path: &str) -> String {
        let (name, below) = (self.name(), self.below(path));
        let separator = if below.is_empty() { "" } else { "/" };
        format!("{host}/{name}{separator}{below}")
    }

    fn below<'a>(&self, path: &'a str) -> &'a str {
        let within = match self {
            Self::Platform(_) => None,
            Self::Modules(_) => path.strip_prefix(MODULES),
        };
        within.map_or(path, |rest| rest.strip_prefix('/').unwrap_or(rest))
    }
}

impl From<RepositoryName> for Root {
    fn from(name: RepositoryName) -> Self {
        Self::Platform(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_directly_below_their_own_root() {
        let name: RepositoryName = "dkp/mods".parse().unwrap();
        let host = "r.example".parse().unwrap();
        let of = |root: &Root, path: &str| {
            let name = root.repository(path).unwrap().to_string();
            assert_eq!(root.describe(&host, path), format!("r.example/{name}"));
            name
        };
        let (platform, modules) = (Root::from(name.clone()), Root::Modules(name));
        for (path, in_platform, in_modules) in [
            ("", "dkp/mods", "dkp/mods"),
            ("install", "dkp/mods/install", "dkp/mods/install"),
            ("modules", "dkp/mods/modules", "dkp/mods"),
            ("modules/console/release", "dkp/mods/modules/console/release", "dkp/mods/console/release"),
        ] {
            assert_eq!(
                (of(&platform, path), of(&modules, path)),
                (in_platform.to_owned(), in_modules.to_owned())
            );
        }
    }
}
