//! Requirements on the version of Kubernetes.

use deckhouse::{constraint, version::minor_of};
use semver::Version;

use super::{
    Answer, Fix, Holder, Product, SetKubernetes, Shortfall, Unmet, WhyUnknown, is_off, known,
    known_or_absent, loose,
    module_ranges::{ModuleRange, ranges},
    nodes::below,
    required_version,
};
use crate::{
    ClusterState, KubernetesSetting, Reading, kubernetes_setting::CONTROL_PLANE_MANAGER, objects::Alert,
};

/// `k8s`: by the oldest kubelet.
pub(super) fn nodes_version(state: &ClusterState, needed: &str) -> Answer {
    if is_off(state, CONTROL_PLANE_MANAGER) {
        return Ok(Vec::new());
    }
    let lowest = required_version(needed)?;
    let read = KubernetesSetting::of(state);
    let setting = read.as_ref().ok().and_then(Option::as_ref);
    // Unread, it may be: then an earlier release may bring what is missing.
    let automatic = setting.map_or(read.is_err(), KubernetesSetting::is_automatic);
    let fix = match (state.kubernetes.known(), setting) {
        (Some(server), _) if *server >= lowest => Fix::WaitForNodeGroups { server: server.clone() },
        (_, Some(setting)) if automatic => Fix::PinKubernetes(set(state, setting, 1)),
        (_, Some(setting)) => Fix::RaiseKubernetes(set(state, setting, 1)),
        (_, None) if read.is_err() => Fix::RaiseKubernetesSomehow,
        (_, None) => Fix::UpgradeManagedKubernetes,
    };
    let unmet = below(
        known(&state.nodes, "nodes")?.iter(),
        |node| loose::version(&node.kubelet_version),
        |node| &node.kubelet_version,
        &lowest,
        |found| Unmet {
            objects: Vec::new(),
            shortfall: Shortfall::Kubelet { found, lowest: needed.to_owned() },
            fix: fix.clone(),
            may_change: automatic,
        },
    )?;
    if unmet.is_empty() && automatic {
        // Of old versions, which have no such objects, nothing is known.
        let modules = known_or_absent(&state.modules, "modules")?.into_iter().flatten();
        if modules.into_iter().any(|it| it.name == "istio" && it.enabled != Some(false)) {
            return Err(match read {
                Err(unknown) => WhyUnknown::IstioCompatibilityUnread(unknown),
                Ok(_) => WhyUnknown::IstioCompatibility,
            });
        }
    }
    Ok(unmet)
}

/// `autoK8sVersion`: what an automatic upgrade of Kubernetes would break.
pub(super) fn automatic(state: &ClusterState, needed: &str) -> Answer {
    // A managed cluster has no such configuration, and its Kubernetes is not upgraded by the platform.
    let Some(setting) = KubernetesSetting::of(state)? else { return Ok(Vec::new()) };
    if !setting.is_automatic() {
        return Ok(Vec::new());
    }
    let wanted = required_version(needed)?;
    let (mut unmet, mut unread) = (Vec::new(), None);
    let modules = match ranges(state, Product::Kubernetes) {
        // Old versions have no such objects, and no such constraints.
        Err(_) if matches!(state.modules, Reading::Absent(_)) => Ok((Vec::new(), None)),
        other => other,
    };
    for ModuleRange { module, range } in modules.iter().flat_map(|(ranges, _)| ranges) {
        let (name, range, product) = (module.name.clone(), (*range).to_owned(), Product::Kubernetes);
        match (constraint::admits(&range, &wanted), module.enabled) {
            (Some(true), _) => {}
            (Some(false), Some(_)) => unmet.push(Unmet {
                objects: vec![Holder::object("Module", &name)],
                shortfall: Shortfall::ModuleNeedsKubernetes { range, kubernetes: needed.to_owned() },
                // The version that it has keeps it from being upgraded.
                fix: Fix::ReplaceModuleOrPinKubernetes(set(state, &setting, 0)),
                may_change: false,
            }),
            (Some(false), None) => unread = Some(WhyUnknown::ModuleStateOf { module: name, product, range }),
            (None, _) => unread = Some(WhyUnknown::ConstraintNotUnderstood { module: name, product, range }),
        }
    }
    let alerts = known(&state.alerts, "alerts");
    for alert in
        alerts.iter().copied().flatten().filter(|it| it.name.starts_with("HelmReleasesHasResourcesWith"))
    {
        match alert.labels.get("k8s_version").and_then(|text| loose::version(text)) {
            Some(removed) if wanted >= removed => unmet.push(removed_api(alert, &removed, needed)),
            Some(_) => {}
            None => {
                unread =
                    Some(WhyUnknown::AlertWithoutVersion { id: alert.id.clone(), name: alert.name.clone() });
            }
        }
    }
    if unmet.is_empty() {
        let (_, releases_unread) = modules?;
        alerts?;
        let unread = unread.or(releases_unread.map(WhyUnknown::from));
        if let Some(why) = unread {
            return Err(why);
        }
    }
    Ok(unmet)
}

/// The alerts of current versions count the objects by version of Kubernetes, and name none of them
/// (`helm/deprecated-versions.yaml` of the module `monitoring-kubernetes`).
fn removed_api(alert: &Alert, removed: &Version, needed: &str) -> Unmet {
    let label = |key: &str| alert.labels.get(key).map(String::as_str);
    let (object, api) = match (label("helm_release_namespace"), label("helm_release_name")) {
        (Some(namespace), Some(name)) => {
            let api = [label("api_version"), label("kind")].map(|it| it.unwrap_or("?")).join(" ");
            (Holder::HelmRelease { namespace: namespace.to_owned(), name: name.to_owned() }, Some(api))
        }
        _ => (Holder::object("ClusterAlert", &alert.id), None),
    };
    let removed_in = minor_of(removed);
    Unmet {
        objects: vec![object],
        shortfall: Shortfall::RemovedApi { api, removed_in, kubernetes: needed.to_owned() },
        fix: Fix::RedeployCharts,
        may_change: false,
    }
}

/// `kubernetesVersionMigrated`: no version so far refuses anything by it (facts 3).
pub(super) fn migrated(state: &ClusterState) -> Answer {
    let configs = known(&state.module_configs, "ModuleConfigs")?;
    let config = configs.iter().find(|config| config.name == CONTROL_PLANE_MANAGER);
    if config.is_some_and(|config| config.settings["kubernetesVersion"].is_string()) {
        return Ok(Vec::new());
    }
    Err(WhyUnknown::KubernetesVersionUnset)
}

/// The setting where it is, with so many minors above the version of the API server.
fn set(state: &ClusterState, setting: &KubernetesSetting, above: u64) -> SetKubernetes {
    let server = state.kubernetes.known();
    SetKubernetes { place: setting.place, version: server.map(|server| (server.major, server.minor + above)) }
}
