//! The contract of a version of a plugin: base64 of a JSON document, in an annotation of the manifest
//! (`pkg/registry/service/dto.go` and `contract.go` of deckhouse-cli).

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use oci::descriptor::null_as_empty;
use semver::Version;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{constraint::admits, document::shortened};

/// The annotation that has the contract.
const ANNOTATION: &str = "contract";

/// What a version of a plugin requires. Requirements on Kubernetes, and modules that must not be there, concern the cluster
/// alone and are left aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginContract {
    /// The constraint on the release of the platform.
    pub deckhouse: Option<String>,
    /// Modules that must all be there.
    pub modules: Vec<Required>,
    /// Modules that must have such a version if they are there.
    pub conditional_modules: Vec<Required>,
    /// Groups of modules: of each, one module must be there.
    pub any_of: Vec<ModuleGroup>,
    /// Plugins that must be there.
    pub plugins: Vec<Required>,
    /// Plugins that must have such a version if they are there.
    pub conditional_plugins: Vec<Required>,
}

/// A module or plugin that is required.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Required {
    /// Its name.
    #[serde(deserialize_with = "limited")]
    pub name: String,
    /// The constraint on its version; empty for any version.
    #[serde(default, deserialize_with = "limited")]
    pub constraint: String,
}

/// Modules of which one is enough.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ModuleGroup {
    /// What the contract calls the group.
    #[serde(deserialize_with = "limited")]
    pub name: String,
    /// The modules.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub modules: Vec<Required>,
}

/// Why an annotation is not a contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its contract cannot be read: {reason}")]
pub struct PluginContractError {
    reason: String,
}

#[derive(Default, Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "object")]
    requirements: Requirements,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Requirements {
    #[serde(deserialize_with = "object")]
    deckhouse: Platform,
    #[serde(deserialize_with = "object")]
    modules: Modules,
    #[serde(deserialize_with = "object")]
    plugins: Plugins,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Platform {
    #[serde(deserialize_with = "limited")]
    constraint: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Modules {
    #[serde(deserialize_with = "null_as_empty")]
    mandatory: Vec<Required>,
    #[serde(deserialize_with = "null_as_empty")]
    conditional: Vec<Required>,
    #[serde(deserialize_with = "null_as_empty")]
    any_of: Vec<ModuleGroup>,
    #[serde(deserialize_with = "null_as_empty")]
    none_of: Vec<ModuleGroup>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Plugins {
    #[serde(deserialize_with = "null_as_empty")]
    mandatory: Vec<Required>,
    #[serde(deserialize_with = "null_as_empty")]
    conditional: Vec<Required>,
}

/// The contract annotation of a manifest; `None` if it has none.
pub fn annotation(manifest: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Annotated {
        #[serde(default, deserialize_with = "null_as_empty")]
        annotations: BTreeMap<String, String>,
    }
    let annotated: Annotated = serde_json::from_slice(manifest).ok()?;
    annotated.annotations.get(ANNOTATION).filter(|text| !text.is_empty()).cloned()
}

impl PluginContract {
    /// Reads an annotation. Unknown fields are left aside.
    ///
    /// # Errors
    /// [`PluginContractError`] if it is not base64 or not JSON of the known shape, or if the requirements on modules
    /// contradict each other, which `d8` refuses too.
    pub fn parse(annotation: &str) -> Result<Self, PluginContractError> {
        let json =
            BASE64_STANDARD.decode(annotation.trim()).map_err(|error| unreadable(&error.to_string()))?;
        let mut deserializer = serde_json::Deserializer::from_slice(&json);
        let document = object(&mut deserializer).and_then(|document| deserializer.end().map(|()| document));
        let Document { requirements } = document.map_err(|error| unreadable(&error.to_string()))?;
        let Requirements { deckhouse, modules, plugins } = requirements;
        modules.check()?;
        Ok(Self {
            deckhouse: (!deckhouse.constraint.is_empty()).then_some(deckhouse.constraint),
            modules: modules.mandatory,
            conditional_modules: modules.conditional,
            any_of: modules.any_of,
            plugins: plugins.mandatory,
            conditional_plugins: plugins.conditional,
        })
    }

    /// The modules that the plugin is for, and what it requires of each: those that are mandatory, and those of groups.
    pub(super) fn own_modules(&self) -> impl Iterator<Item = &Required> {
        self.modules.iter().chain(self.any_of.iter().flat_map(|group| &group.modules))
    }
}

impl Modules {
    fn check(&self) -> Result<(), PluginContractError> {
        let groups = self.any_of.iter().chain(&self.none_of);
        if let Some(group) = groups.clone().find(|group| group.name.is_empty() || group.modules.is_empty()) {
            return Err(unreadable(&format!("the group '{}' has no name or no modules", group.name)));
        }
        let members = |groups: &[ModuleGroup]| -> BTreeSet<String> {
            groups.iter().flat_map(|group| &group.modules).map(|it| it.name.clone()).collect()
        };
        let names = |all: &[Required]| -> BTreeSet<String> { all.iter().map(|it| it.name.clone()).collect() };
        let kinds =
            [names(&self.mandatory), names(&self.conditional), members(&self.any_of), members(&self.none_of)];
        let mut seen = BTreeSet::new();
        match kinds.iter().flatten().find(|name| !seen.insert(*name)) {
            Some(name) => Err(unreadable(&format!("it names the module {name} twice"))),
            None => Ok(()),
        }
    }
}

impl Required {
    /// Whether a version satisfies the constraint. Nothing satisfies one that cannot be understood.
    pub fn admits(&self, version: &Version) -> bool {
        satisfies(&self.constraint, version)
    }
}

/// Whether a version satisfies a constraint of a contract. Marks of builds (`v1.2.3-main`) are no pre-releases here
/// (`NormalizedForConstraint` of deckhouse-cli).
pub(super) fn satisfies(constraint: &str, version: &Version) -> bool {
    let mut version = Version { build: semver::BuildMetadata::EMPTY, ..version.clone() };
    if !is_prerelease(&version) {
        version.pre = semver::Prerelease::EMPTY;
    }
    constraint.is_empty() || admits(constraint, &version) == Some(true)
}

/// Whether a version is a pre-release, and not only marked as a build (`IsGenuinePrerelease` of deckhouse-cli).
pub(super) fn is_prerelease(version: &Version) -> bool {
    let pre = version.pre.as_str().to_ascii_lowercase();
    ["alpha", "beta", "rc", "pre", "snapshot"].iter().any(|mark| pre.starts_with(mark))
}

/// An object, or `null`. A list is refused, which serde would read as the fields in order: older contracts had lists here.
fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + DeserializeOwned,
{
    let fields: Option<Map<String, Value>> = Option::deserialize(deserializer)?;
    let Some(fields) = fields else { return Ok(T::default()) };
    serde_json::from_value(Value::Object(fields)).map_err(serde::de::Error::custom)
}

/// A text of somebody else, in one line of limited length.
fn limited<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text: String = null_as_empty(deserializer)?;
    Ok(shortened(&text))
}

fn unreadable(reason: &str) -> PluginContractError {
    PluginContractError { reason: shortened(reason) }
}
