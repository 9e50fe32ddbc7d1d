//! The modules that a version of a module requires: `requirements.modules` in its `module.yaml`.
//!
//! The platform does not update a module while one of them is disabled or has another version
//! (`go_lib/dependency/extenders/moduledependency/moduledependency.go`).

use std::collections::BTreeMap;

use semver::{BuildMetadata, Prerelease, Version};
use serde::Deserialize;

use crate::{constraint::admits, document::shortened, yaml};

/// Ends the constraint on a module that may be disabled.
const OPTIONAL: &str = "!optional";

/// A module that another one requires.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModuleRequirement {
    /// Its name.
    pub name: String,
    /// The constraint on its version. A module of the platform's image has the version of the platform.
    pub constraint: String,
}

/// Why the requirements are unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("module.yaml cannot be read: {0}")]
pub struct ModuleRequirementsError(String);

#[derive(Deserialize)]
struct Definition {
    #[serde(default)]
    requirements: Option<Requirements>,
}

#[derive(Deserialize)]
struct Requirements {
    #[serde(default)]
    modules: Option<BTreeMap<String, String>>,
}

impl ModuleRequirement {
    /// Reads the `module.yaml` of `module`. Modules that may be disabled are left out.
    ///
    /// # Errors
    /// [`ModuleRequirementsError`] if it is not YAML of the known shape.
    pub fn parse_all(module: &str, definition: &[u8]) -> Result<Vec<Self>, ModuleRequirementsError> {
        let definition: Option<Definition> = yaml::parse_as(definition).map_err(|error| {
            let reason = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
            ModuleRequirementsError(shortened(&reason))
        })?;
        let requirements = definition.and_then(|it| it.requirements?.modules).unwrap_or_default();
        let required = requirements
            .into_iter()
            .filter(|(name, constraint)| name != module && !constraint.ends_with(OPTIONAL));
        Ok(required
            .map(|(name, constraint)| Self {
                name: shortened(&name),
                constraint: shortened(constraint.trim()),
            })
            .collect())
    }

    /// Whether a version satisfies the constraint, also if it cannot be understood. Marks of pre-releases and builds do not
    /// count.
    pub fn may_be_met_by(&self, version: &Version) -> bool {
        let version = Version { pre: Prerelease::EMPTY, build: BuildMetadata::EMPTY, ..version.clone() };
        admits(&self.constraint, &version) != Some(false)
    }
}

/// The name of a module in the platform's list of images, such as `nodeManager` of `node-manager`.
pub fn name_in_list_of_images(module: &str) -> String {
    let mut words = module.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let upper = letters.next().map(|first| first.to_ascii_uppercase());
        name + &upper.into_iter().chain(letters).collect::<String>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(name: &str, constraint: &str) -> ModuleRequirement {
        ModuleRequirement { name: name.to_owned(), constraint: constraint.to_owned() }
    }

    #[test]
    fn definitions() {
        let parse = |text: &str| ModuleRequirement::parse_all("console", text.as_bytes());
        let two = "name: console\nrequirements:\n  deckhouse: '>= 1.68'\n  modules:\n    prometheus: '>= 1.0.0 '\n    \
                   console: '>= 0.0.0'\n    loki: '> v0.22.1 !optional'\n    user-authn: '>= 0.0.0'\n";
        let expected = vec![requirement("prometheus", ">= 1.0.0"), requirement("user-authn", ">= 0.0.0")];
        assert_eq!(parse(two), Ok(expected));
        for none in
            ["", "name: console\n", "requirements:\n", "requirements: {modules: }\n", "requirements: {}\n"]
        {
            assert_eq!(parse(none), Ok(Vec::new()), "{none}");
        }
        for wrong in ["requirements: [a]\n", "requirements: {modules: [a]}\n", "a: b: c\n", "\u{0}"] {
            let error = parse(wrong).unwrap_err().to_string();
            assert!(
                error.starts_with("module.yaml cannot be read: ") && !error.contains('\n'),
                "{wrong}: {error}"
            );
        }
    }

    #[test]
    fn versions() {
        for (constraint, version, expected) in [
            (">= 1.2.0", "1.2.0", true),
            (">= 1.2.0", "1.2.0-rc.1", true),
            (">= 1.2.0", "1.2.0+build", true),
            (">= 1.2.0", "1.1.9", false),
            ("not a constraint", "1.0.0", true),
            ("", "1.0.0", true),
        ] {
            let version = Version::parse(version).unwrap();
            assert_eq!(
                requirement("a", constraint).may_be_met_by(&version),
                expected,
                "{constraint} {version}"
            );
        }
    }

    #[test]
    fn names_in_lists() {
        for (module, expected) in [
            ("node-manager", "nodeManager"),
            ("prometheus", "prometheus"),
            ("l2-load-balancer", "l2LoadBalancer"),
            ("", ""),
        ] {
            assert_eq!(name_in_list_of_images(module), expected);
        }
    }
}
