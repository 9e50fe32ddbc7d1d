//! What a cluster uses of the registry that it pulls from: releases, its release channel, versions of modules.
//!
//! What is unknown counts as used: a registry is judged and cleaned up by this.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{Channel, version::parse_tag};
use semver::Version;

use crate::{
    ClusterState, Unknown,
    access::Cluster,
    objects::{DeckhouseDeployment, EMBEDDED, Module, ModuleRelease, Phase},
    read::{
        self, Deployments, ModuleConfigs, ModuleReleases, Modules, Releases, deckhouse_deployment, in_time,
    },
    release_order::ReleaseOrder,
};

/// The module that uses the vulnerability databases.
const SCANNER: &str = "operator-trivy";

/// What a cluster uses of its registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryUse {
    /// The release that the cluster runs.
    pub release: Version,
    /// Later releases that are waiting in the cluster.
    pub waiting: BTreeSet<Version>,
    /// The release channel that the cluster follows, if one is set and known.
    pub channel: Option<Channel>,
    /// Versions of modules that are installed or waiting, by the name of the module. Modules that are part of a release of
    /// the platform are not among them.
    pub modules: BTreeMap<String, BTreeSet<String>>,
    /// Modules that are certainly switched off.
    pub switched_off: BTreeSet<String>,
}

/// Why it is unknown what a cluster uses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UseError {
    /// Something that the decision needs cannot be read.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// No release is deployed, and the image of the controller has no version.
    #[error(
        "cannot determine the running version: no release is Deployed, and Deployment/deckhouse has no image tag vX.Y.Z"
    )]
    NoVersion,
}

/// Reads what a cluster uses.
///
/// # Errors
/// [`UseError`] if the releases or the modules' releases cannot be read, or the running version is unknown.
pub async fn read(cluster: &Cluster) -> Result<RegistryUse, UseError> {
    let client = &cluster.client;
    let (releases, module_configs, deployments, modules, module_releases) = tokio::join!(
        in_time(read::list::<Releases>(client)),
        in_time(read::list::<ModuleConfigs>(client)),
        in_time(read::list::<Deployments>(client)),
        in_time(read::list::<Modules>(client)),
        in_time(read::list::<ModuleReleases>(client)),
    );
    RegistryUse::of(&ClusterState {
        releases,
        module_configs,
        deployment: deckhouse_deployment(deployments),
        modules,
        module_releases,
        ..ClusterState::default()
    })
}

impl RegistryUse {
    /// What a cluster in this state uses.
    ///
    /// # Errors
    /// As [`read()`].
    pub fn of(state: &ClusterState) -> Result<Self, UseError> {
        let order = ReleaseOrder::of(state.releases.required("releases")?);
        let deployed = order.deployed.and_then(|release| release.version.clone());
        let running = state.deployment.known().and_then(DeckhouseDeployment::tag).and_then(parse_tag);
        // While an update begins, pods of the previous version still run.
        let release = deployed.into_iter().chain(running).min().ok_or(UseError::NoVersion)?;
        let later = order.waiting.iter().chain(&order.also_deployed).filter_map(|it| it.version.clone());
        let config = state.deckhouse_config().map(crate::objects::ModuleConfig::update_settings);
        Ok(Self {
            waiting: later
                .chain(order.deployed.and_then(|it| it.version.clone()))
                .filter(|it| *it > release)
                .collect(),
            release,
            channel: config.and_then(|config| config.channel()),
            modules: modules(state)?,
            switched_off: switched_off(state),
        })
    }

    /// Every release that the cluster uses.
    pub fn releases(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.release).chain(&self.waiting)
    }

    /// Whether the cluster uses the images that a list of the platform or of a module has under `name`
    /// (`admissionPolicyEngine.gatekeeper`): not if its first part is a module that is switched off.
    pub fn uses_image(&self, name: &str) -> bool {
        uses_image(&self.switched_off, name)
    }

    /// Whether the cluster uses the vulnerability databases.
    pub fn uses_databases(&self) -> bool {
        !self.switched_off.contains(SCANNER)
    }
}

fn modules(state: &ClusterState) -> Result<BTreeMap<String, BTreeSet<String>>, Unknown> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // Old versions of the platform have no such objects.
    if let crate::Reading::Absent(_) = state.module_releases {
        return Ok(versions);
    }
    let releases = state.module_releases.required("releases of modules")?;
    for release in releases {
        let is_used = matches!(release.phase, None | Some(Phase::Pending | Phase::Deployed));
        if is_used && !release.version_text.is_empty() {
            let bare = release.version_text.trim_start_matches('v');
            versions.entry(release.module.clone()).or_default().insert(format!("v{bare}"));
        }
    }
    let known = state.modules.known().into_iter().flatten();
    for module in known.filter(|module| is_used(module) && !is_embedded(module)) {
        match module.version.as_deref().filter(|version| !version.is_empty()) {
            Some(version) => {
                let bare = version.trim_start_matches('v');
                versions.entry(module.name.clone()).or_default().insert(format!("v{bare}"));
            }
            None if module.without_properties && !has_deployed(releases, module) => {
                return Err(Unknown {
                    what: "versions of modules",
                    why: format!("Module/{} does not contain its version", module.name),
                    forbidden: false,
                });
            }
            None => {}
        }
    }
    Ok(versions)
}

/// Whether a module is part of the platform. In the older form, what has no source is.
pub(crate) fn is_embedded(module: &Module) -> bool {
    let source = module.source.as_deref();
    source.map_or(!module.without_properties, |source| source.is_empty() || source == EMBEDDED)
}

/// Whether images of a module may be in use.
pub(crate) fn is_used(module: &Module) -> bool {
    match module.enabled {
        Some(enabled) => enabled,
        None => module.without_properties && module.may_be_installed(),
    }
}

fn has_deployed(releases: &[ModuleRelease], module: &Module) -> bool {
    releases.iter().any(|it| it.module == module.name && it.phase == Some(Phase::Deployed))
}

/// Whether a cluster in which these modules are switched off uses an image, see [`RegistryUse::uses_image`].
pub(crate) fn uses_image(switched_off: &BTreeSet<String>, name: &str) -> bool {
    let module = name.split('.').next().unwrap_or_default();
    !switched_off.contains(&kebab(module))
}

/// By the modules' conditions. A cluster whose modules are unknown has none that are certainly switched off.
pub(crate) fn switched_off(state: &ClusterState) -> BTreeSet<String> {
    let is_off = |module: &&Module| module.enabled == Some(false);
    state.modules.known().into_iter().flatten().filter(is_off).map(|module| module.name.clone()).collect()
}

/// The name of a module as its object has it, from the one in lists of images: `cloud-provider-aws` of
/// `cloudProviderAws`.
fn kebab(camel: &str) -> String {
    let mut name = String::with_capacity(camel.len() + 4);
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Obstacle, Reading,
        objects::{ModuleRelease, Release},
    };

    fn release(version: &str, phase: Option<Phase>) -> Release {
        Release {
            name: version.to_owned(),
            version_text: version.to_owned(),
            version: parse_tag(version),
            phase,
            ..Release::default()
        }
    }

    fn of_module(name: &str, version: &str, phase: Phase) -> ModuleRelease {
        ModuleRelease {
            module: name.to_owned(),
            version_text: version.to_owned(),
            phase: Some(phase),
            ..ModuleRelease::default()
        }
    }

    fn module(name: &str, enabled: Option<bool>, source: &str, version: &str) -> Module {
        Module {
            name: name.to_owned(),
            enabled,
            source: Some(source.to_owned()),
            version: Some(version.to_owned()),
            ..Module::default()
        }
    }

    fn state() -> ClusterState {
        ClusterState {
            releases: Reading::Known(vec![
                release("v1.57.5", Some(Phase::Superseded)),
                release("v1.58.3", Some(Phase::Deployed)),
                release("v1.59.4", Some(Phase::Pending)),
                release("v1.60.0", Some(Phase::Suspended)),
            ]),
            module_releases: Reading::Known(vec![
                of_module("console", "1.2.3", Phase::Deployed),
                of_module("console", "v1.3.0", Phase::Pending),
                of_module("console", "1.1.0", Phase::Superseded),
            ]),
            modules: Reading::Known(vec![
                module("cloud-provider-aws", Some(false), EMBEDDED, "v1.58.3"),
                module("operator-trivy", Some(false), "deckhouse", "v2.0.1"),
                module("console", Some(true), "deckhouse", "v1.2.3"),
                module("stronghold", Some(true), "deckhouse", "1.0.0"),
                module("common", Some(true), EMBEDDED, "v1.58.3"),
                module("unknown", None, "deckhouse", "v9.9.9"),
            ]),
            ..ClusterState::default()
        }
    }

    #[test]
    fn what_runs_and_what_waits_is_used() {
        let used = RegistryUse::of(&state()).unwrap();
        assert_eq!(used.releases().map(ToString::to_string).collect::<Vec<_>>(), ["1.58.3", "1.59.4"]);
        let versions =
            |name: &str| used.modules.get(name).cloned().unwrap_or_default().into_iter().collect::<Vec<_>>();
        assert_eq!(versions("console"), ["v1.2.3", "v1.3.0"]);
        assert_eq!(versions("stronghold"), ["v1.0.0"]);
        assert_eq!(used.modules.len(), 2, "{:?}", used.modules);
        for (name, is_used) in [
            ("cloudProviderAws.cloudDataDiscoverer", false),
            ("operatorTrivy.trivy", false),
            ("common.kubeRbacProxy", true),
            ("neverHeardOf.image", true),
            ("", true),
        ] {
            assert_eq!(used.uses_image(name), is_used, "{name}");
        }
        assert!(!used.uses_databases());
    }

    #[test]
    fn modules_without_properties() {
        let newer = |source: Option<&str>, version: Option<&str>, enabled: Option<bool>| Module {
            name: "stronghold".to_owned(),
            enabled,
            source: source.map(str::to_owned),
            version: version.map(str::to_owned),
            without_properties: true,
            ..Module::default()
        };
        let used = |module: Module| {
            let state = ClusterState { modules: Reading::Known(vec![module]), ..state() };
            RegistryUse::of(&state).map(|used| used.modules.contains_key("stronghold"))
        };
        let (on, repository) = (Some(true), Some("deckhouse-modules"));
        assert_eq!(used(newer(repository, Some("v1.0.0"), on)), Ok(true));
        assert_eq!(used(newer(Some(EMBEDDED), Some("v1.58.3"), on)), Ok(false));
        assert_eq!(used(newer(repository, None, None)), Ok(false), "it is only offered");
        assert_eq!(used(newer(repository, Some("v1.0.0"), None)), Ok(true), "it may be enabled");
        assert_eq!(used(newer(None, None, Some(false))), Ok(false));
        for unknown in [newer(None, None, on), newer(repository, None, on), newer(None, None, None)] {
            assert!(matches!(used(unknown.clone()), Err(UseError::Unknown(_))), "{unknown:?}");
        }
        let released = Module { name: "console".to_owned(), ..newer(None, None, on) };
        assert_eq!(used(released), Ok(false), "its release names the version");
    }

    #[test]
    fn what_is_unknown_is_used_or_refused() {
        let forbidden = || Obstacle::Forbidden("list modules".to_owned());
        let modules_unknown = ClusterState { modules: Reading::Unreadable(forbidden()), ..state() };
        let used = RegistryUse::of(&modules_unknown).unwrap();
        assert!(used.uses_databases() && used.uses_image("cloudProviderAws.x"));
        let releases_unknown = ClusterState { releases: Reading::Unreadable(forbidden()), ..state() };
        assert!(matches!(RegistryUse::of(&releases_unknown), Err(UseError::Unknown(_))));
        let unread = ClusterState { module_releases: Reading::Unreadable(forbidden()), ..state() };
        assert!(matches!(RegistryUse::of(&unread), Err(UseError::Unknown(_))));
        let empty = ClusterState { releases: Reading::Known(Vec::new()), ..state() };
        assert_eq!(RegistryUse::of(&empty), Err(UseError::NoVersion));
        let image = "registry.example.com/dkp/ee:v1.57.5".to_owned();
        let deployment = Reading::Known(DeckhouseDeployment { image, ..DeckhouseDeployment::default() });
        // The pods of the previous release still run.
        let begun = RegistryUse::of(&ClusterState { deployment, ..state() }).unwrap();
        let releases: Vec<String> = begun.releases().map(ToString::to_string).collect();
        assert_eq!(releases, ["1.57.5", "1.58.3", "1.59.4"]);
    }
}
