//! What a cluster runs and needs, as an entry of a want list.
//!
//! The running release and the modules must be known, since the list would otherwise leave out what an update needs.
//! Everything else may be unknown, and is named then.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    Edition,
    want::{UnknownPart, WantedCluster, WantedModule, WantedPackage, WantedPlatform},
};
use foreign_text::ForeignText;
use oci::Tag;
use semver::Version;

use crate::{
    ClusterState, Reading,
    access::Cluster,
    modules::{PolicyOrigin, policy},
    objects::{Module, ModuleRelease, Phase},
    read::{
        self, Applications, ClusterApplications, Deployments, ModuleConfigs, ModuleReleases,
        ModuleUpdatePolicies, Modules, Releases, deckhouse_deployment, in_time, kubernetes_version,
    },
    registry_use::{RegistryUse, UseError, is_embedded, is_used},
};

/// Reads what [`wanted`] needs.
pub async fn read(cluster: &Cluster) -> ClusterState {
    let client = &cluster.client;
    let (platform, modules, packages) = tokio::join!(
        async {
            tokio::join!(
                in_time(kubernetes_version(client)),
                in_time(read::list::<Releases>(client)),
                in_time(read::list::<ModuleConfigs>(client)),
                in_time(read::list::<Deployments>(client)),
            )
        },
        async {
            tokio::join!(
                in_time(read::list::<Modules>(client)),
                in_time(read::list::<ModuleReleases>(client)),
                in_time(read::list::<ModuleUpdatePolicies>(client)),
            )
        },
        async {
            tokio::join!(
                in_time(read::list::<Applications>(client)),
                in_time(read::list::<ClusterApplications>(client)),
            )
        },
    );
    let (kubernetes, releases, module_configs, deployments) = platform;
    let (modules, module_releases, module_update_policies) = modules;
    let (applications, cluster_applications) = packages;
    ClusterState {
        kubernetes,
        releases,
        module_configs,
        deployment: deckhouse_deployment(deployments),
        modules,
        module_releases,
        module_update_policies,
        applications,
        cluster_applications,
        ..ClusterState::default()
    }
}

/// What a cluster in this state runs and needs, without names. `target` is the release to update to; by default the one that
/// its release channel points to.
///
/// # Errors
/// [`UseError`] if the release that runs, the settings of modules or the modules are unknown.
pub fn wanted(state: &ClusterState, target: Option<Version>) -> Result<WantedCluster, UseError> {
    let used = RegistryUse::of(state)?;
    state.module_configs.required("settings of modules")?;
    let mut unknown = Vec::new();
    let annotation = state.deployment.known().and_then(|it| it.edition_annotation.as_deref());
    let edition = annotation.and_then(Edition::parse);
    if edition.is_none() {
        let not_there = "Deployment/deckhouse has no annotation core.deckhouse.io/edition".to_owned();
        unknown.push(part("edition", state.deployment.why_unknown().unwrap_or(not_there)));
    }
    if let Some(why) = state.kubernetes.why_unknown() {
        unknown.push(part("version of Kubernetes", why));
    }
    let modules = modules(state)?;
    if modules.iter().any(|module| module.policy.is_some())
        && let Some(why) = state.module_update_policies.why_unknown()
    {
        unknown.push(part("update policies of modules", why));
    }
    for applications in [&state.applications, &state.cluster_applications] {
        if let Reading::Unreadable(_) | Reading::NotNow { .. } = applications {
            unknown.push(part("packages", applications.why_unknown().unwrap_or_default()));
        }
    }
    Ok(WantedCluster {
        name: None,
        server: None,
        platform: WantedPlatform {
            version: used.release.clone(),
            target,
            edition,
            channel: used.channel,
            kubernetes: state.kubernetes.known().cloned(),
        },
        modules,
        embedded_modules: embedded(state),
        packages: packages(state),
        databases: used.uses_databases(),
        unknown,
    })
}

fn part(what: &str, why: String) -> UnknownPart {
    let why = String::from(ForeignText::from(why));
    UnknownPart { what: what.to_owned(), why: Some(why).filter(|why| !why.is_empty()) }
}

/// The modules that are enabled and come from a source, by name.
fn modules(state: &ClusterState) -> Result<Vec<WantedModule>, UseError> {
    // Old versions of the platform have neither.
    if let (Reading::Absent(_), Reading::Absent(_)) = (&state.modules, &state.module_releases) {
        return Ok(Vec::new());
    }
    let releases: &[ModuleRelease] = match &state.module_releases {
        Reading::Absent(_) => &[],
        releases => releases.required("releases of modules")?,
    };
    let mut found: BTreeMap<&str, (Option<&Module>, Option<&str>)> = BTreeMap::new();
    if let Reading::Absent(_) = state.modules {
        let installed = releases.iter().filter(|it| it.phase == Some(Phase::Deployed));
        found.extend(installed.map(|it| (it.module.as_str(), (None, Some(it.version_text.as_str())))));
    } else {
        let all = state.modules.required("modules")?;
        for module in all.iter().filter(|module| is_used(module) && !is_embedded(module)) {
            let is_installed =
                |it: &&ModuleRelease| it.module == module.name && it.phase == Some(Phase::Deployed);
            let version = releases.iter().find(is_installed).map(|it| it.version_text.as_str());
            found.insert(&module.name, (Some(module), version.or(module.version.as_deref())));
        }
    }
    Ok(found.into_iter().map(|(name, (module, version))| one(state, name, module, version)).collect())
}

fn one(state: &ClusterState, name: &str, module: Option<&Module>, version: Option<&str>) -> WantedModule {
    let of_module = |it: &&ModuleRelease| it.module == name;
    let release = state.module_releases.known().into_iter().flatten().rfind(of_module).cloned();
    let release =
        release.unwrap_or_else(|| ModuleRelease { module: name.to_owned(), ..ModuleRelease::default() });
    let policy = match policy(state, &release).origin {
        PolicyOrigin::Platform => None,
        PolicyOrigin::Named(name) | PolicyOrigin::Missing(name) => Some(name),
    };
    let mut policies = state.module_update_policies.known().into_iter().flatten();
    let of_policy = policy.as_deref().and_then(|name| policies.find(|it| it.name == name));
    let source = module.and_then(|module| module.source.clone()).filter(|source| !source.is_empty());
    WantedModule {
        name: name.to_owned(),
        version: version.and_then(tag),
        source,
        channel: of_policy.and_then(|it| it.release_channel.as_deref()?.parse().ok()),
        policy,
    }
}

/// The tag of a version, which objects have with or without `v`.
fn tag(version: &str) -> Option<Tag> {
    let bare = version.strip_prefix('v').unwrap_or(version);
    // Other tags, such as `pr123`, are as they are.
    let text = if Version::parse(bare).is_ok() { format!("v{bare}") } else { version.to_owned() };
    text.parse().ok()
}

/// The enabled modules that are part of the platform.
fn embedded(state: &ClusterState) -> BTreeSet<String> {
    let embedded = state.modules.known().into_iter().flatten().filter(|it| is_used(it) && is_embedded(it));
    embedded.map(|module| module.name.clone()).collect()
}

/// The packages of applications, each version once.
fn packages(state: &ClusterState) -> Vec<WantedPackage> {
    let packages: BTreeSet<WantedPackage> = state
        .all_applications()
        .filter(|it| !it.package.is_empty())
        .map(|it| WantedPackage {
            name: it.package.clone(),
            repository: it.repository.clone().filter(|name| !name.is_empty()),
            version: it.version.as_deref().and_then(tag),
        })
        .collect();
    packages.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use deckhouse::{Channel, version::parse_tag};
    use serde_json::json;

    use super::*;
    use crate::{
        Obstacle,
        objects::{Application, DeckhouseDeployment, EMBEDDED, ModuleConfig, ModuleUpdatePolicy, Release},
    };

    fn module(name: &str, enabled: Option<bool>, source: &str, version: &str) -> Module {
        Module {
            name: name.to_owned(),
            enabled,
            source: Some(source.to_owned()),
            version: Some(version.to_owned()),
            ..Module::default()
        }
    }

    fn module_release(name: &str, version: &str, phase: Phase) -> ModuleRelease {
        ModuleRelease {
            module: name.to_owned(),
            version_text: version.to_owned(),
            phase: Some(phase),
            ..ModuleRelease::default()
        }
    }

    fn application(package: &str, version: &str) -> Application {
        Application {
            package: package.to_owned(),
            version: Some(version.to_owned()),
            repository: Some("deckhouse".to_owned()),
            ..Application::default()
        }
    }

    fn config(name: &str, settings: serde_json::Value, policy: Option<&str>) -> ModuleConfig {
        ModuleConfig {
            name: name.to_owned(),
            settings,
            update_policy: policy.map(str::to_owned),
            ..ModuleConfig::default()
        }
    }

    fn state() -> ClusterState {
        let release = Release {
            name: "v1.68.3".to_owned(),
            version_text: "v1.68.3".to_owned(),
            version: parse_tag("v1.68.3"),
            phase: Some(Phase::Deployed),
            ..Release::default()
        };
        ClusterState {
            kubernetes: Reading::Known(Version::new(1, 31, 4)),
            releases: Reading::Known(vec![release]),
            module_configs: Reading::Known(vec![
                config("deckhouse", json!({"releaseChannel": "EarlyAccess"}), None),
                config("console", json!({}), Some("slow")),
            ]),
            deployment: Reading::Known(DeckhouseDeployment {
                edition_annotation: Some("se-plus".to_owned()),
                ..DeckhouseDeployment::default()
            }),
            modules: Reading::Known(vec![
                module("operator-trivy", Some(false), EMBEDDED, "v1.68.3"),
                module("console", Some(true), "deckhouse", "v1.3.0"),
                module("stronghold", Some(true), "deckhouse", "1.0.0"),
                module("testing", Some(true), "corp", "pr123"),
                module("cert-manager", Some(true), EMBEDDED, "v1.68.3"),
                module("offered", Some(false), "deckhouse", "v9.9.9"),
            ]),
            module_releases: Reading::Known(vec![
                module_release("console", "1.2.3", Phase::Deployed),
                module_release("console", "1.3.0", Phase::Pending),
                module_release("offered", "1.0.0", Phase::Pending),
            ]),
            module_update_policies: Reading::Known(vec![ModuleUpdatePolicy {
                name: "slow".to_owned(),
                mode: None,
                release_channel: Some("RockSolid".to_owned()),
            }]),
            applications: Reading::Known(vec![application("pg", "1.0.0"), application("pg", "v1.0.0")]),
            cluster_applications: Reading::Absent("too old".to_owned()),
            ..ClusterState::default()
        }
    }

    fn forbidden<T>() -> Reading<T> {
        Reading::Unreadable(Obstacle::Forbidden("list".to_owned()))
    }

    #[test]
    fn what_is_enabled_is_wanted() {
        let wanted = wanted(&state(), Some(Version::new(1, 70, 1))).unwrap();
        let platform = &wanted.platform;
        assert_eq!(
            (platform.version.to_string(), platform.channel),
            ("1.68.3".to_owned(), Some(Channel::EarlyAccess))
        );
        assert_eq!(platform.target, Some(Version::new(1, 70, 1)));
        assert_eq!(platform.edition.as_ref().map(ToString::to_string).as_deref(), Some("SE-PLUS"));
        let modules: Vec<(&str, Option<&str>, Option<&str>)> = wanted
            .modules
            .iter()
            .map(|it| (it.name.as_str(), it.version.as_ref().map(Tag::as_str), it.policy.as_deref()))
            .collect();
        assert_eq!(
            modules,
            [
                ("console", Some("v1.2.3"), Some("slow")),
                ("stronghold", Some("v1.0.0"), None),
                ("testing", Some("pr123"), None),
            ]
        );
        assert_eq!(wanted.modules[0].channel, Some(Channel::RockSolid));
        assert_eq!(wanted.embedded_modules, BTreeSet::from(["cert-manager".to_owned()]));
        assert_eq!(wanted.packages.len(), 1, "{:?}", wanted.packages);
        assert!(!wanted.databases);
        assert_eq!(wanted.unknown, []);
    }

    #[test]
    fn what_cannot_be_read_is_named_or_refused() {
        let names = |state: ClusterState| -> Vec<String> {
            wanted(&state, None).unwrap().unknown.into_iter().map(|it| it.what).collect()
        };
        assert_eq!(names(ClusterState { deployment: forbidden(), ..state() }), ["edition"]);
        let no_edition = Reading::Known(DeckhouseDeployment::default());
        assert_eq!(names(ClusterState { deployment: no_edition, ..state() }), ["edition"]);
        assert_eq!(names(ClusterState { kubernetes: forbidden(), ..state() }), ["version of Kubernetes"]);
        assert_eq!(names(ClusterState { applications: forbidden(), ..state() }), ["packages"]);
        let without_policies = ClusterState { module_update_policies: forbidden(), ..state() };
        assert_eq!(names(without_policies), ["update policies of modules"]);

        for refused in [
            ClusterState { releases: forbidden(), ..state() },
            ClusterState { module_configs: forbidden(), ..state() },
            ClusterState { modules: forbidden(), ..state() },
            ClusterState { module_releases: forbidden(), ..state() },
        ] {
            assert!(matches!(wanted(&refused, None), Err(UseError::Unknown(_))), "{refused:?}");
        }
    }

    #[test]
    fn old_platforms_have_no_modules_of_sources() {
        let absent = || "no such resource".to_owned();
        let old = ClusterState {
            modules: Reading::Absent(absent()),
            module_releases: Reading::Absent(absent()),
            module_update_policies: Reading::Absent(absent()),
            applications: Reading::Absent(absent()),
            ..state()
        };
        let old = wanted(&old, None).unwrap();
        assert!(old.modules.is_empty() && old.packages.is_empty() && old.unknown.is_empty(), "{old:?}");
        assert!(old.databases);
        let without_modules = ClusterState { modules: Reading::Absent(absent()), ..state() };
        let modules = wanted(&without_modules, None).unwrap().modules;
        assert_eq!(modules.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["console"]);
    }
}
