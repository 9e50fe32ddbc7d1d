//! Requirements on the version of Kubernetes.

use commands::{Approve, Controller, Kubectl, Objects, Output, Pods, Resource, Sentence, Update};
use semver::Version;

use super::{Answer, Unmet, constraint, is_off, known, known_or_absent, loose, nodes, required_version};
use crate::{
    ClusterState,
    objects::{Alert, ClusterConfiguration},
};

/// The command that edits the cluster's configuration.
const EDIT: Kubectl = Kubectl::Exec(Pods::Any, Controller::EditClusterConfiguration);

/// `k8s`: by the oldest kubelet.
pub(super) fn nodes_version(state: &ClusterState, needed: &str) -> Answer {
    if is_off(state, "control-plane-manager") {
        return Ok(Vec::new());
    }
    let lowest = required_version(needed)?;
    let read = known_or_absent(&state.cluster_configuration, "ClusterConfiguration");
    let configuration = read.as_ref().copied().ok().flatten();
    // Unread, it may be: then an earlier release may bring what is missing.
    let automatic = configuration.map_or(read.is_err(), is_automatic);
    let fix = match (&state.kubernetes.known(), configuration) {
        (Some(server), _) if **server >= lowest => Sentence::from(format!(
            "the API server is v{server} already: wait until the node groups have followed ("
        ))
        .command(Kubectl::Get(Objects::all(Resource::NodeGroup), Output::Table))
        .text("; ")
        .command(Approve::Node("NAME".to_owned()))
        .text(" where one waits for that)"),
        (_, Some(_)) if automatic => Sentence::from(
            "kubernetesVersion is Automatic, so it follows the platform; to go ahead of it, set the version, one \
             minor at a time: ",
        )
        .command(EDIT),
        (_, Some(_)) => Sentence::from(
            "raise kubernetesVersion in ClusterConfiguration, one minor at a time, each time waiting for the node \
             groups: ",
        )
        .command(EDIT),
        (_, None) if read.is_err() => {
            "raise the version of Kubernetes, one minor at a time: where the platform manages it, by kubernetesVersion in \
             ClusterConfiguration, which is unknown here"
                .into()
        }
        (_, None) => "upgrade Kubernetes by the means that this cluster was made with".into(),
    };
    let unmet = nodes::below(
        known(&state.nodes, "nodes")?.iter(),
        |node| loose::version(&node.kubelet_version),
        |node| &node.kubelet_version,
        &lowest,
        (&format!("v{needed}"), &fix, automatic),
    )?;
    if unmet.is_empty() && automatic {
        // Of old versions, which have no such objects, nothing is known.
        let modules = known_or_absent(&state.modules, "modules")?.into_iter().flatten();
        if modules.into_iter().any(|it| it.name == "istio" && it.enabled != Some(false)) {
            if let Err(why) = read {
                return Err(format!(
                    "the nodes have it; whether the platform upgrades Kubernetes, and Istio here works with that, is \
                     unknown: {why}"
                ));
            }
            return Err(
                "the nodes have it; whether the versions of Istio here work with the Kubernetes that the \
                        release would install, only the cluster can tell"
                    .to_owned(),
            );
        }
    }
    Ok(unmet)
}

/// `autoK8sVersion`: what an automatic upgrade of Kubernetes would break.
pub(super) fn automatic(state: &ClusterState, needed: &str) -> Answer {
    // A managed cluster has no such configuration, and its Kubernetes is not upgraded by the platform.
    let Some(configuration) = known_or_absent(&state.cluster_configuration, "ClusterConfiguration")? else {
        return Ok(Vec::new());
    };
    if !is_automatic(configuration) {
        return Ok(Vec::new());
    }
    let wanted = required_version(needed)?;
    let (mut unmet, mut unread) = (Vec::new(), None);
    let modules = known_or_absent(&state.modules, "modules");
    for module in modules.iter().copied().flatten().flatten().filter(|it| it.enabled != Some(false)) {
        let Some(range) = &module.requires_kubernetes else { continue };
        let object = format!("Module/{}", module.name);
        match (constraint::admits(range, &wanted), module.enabled) {
            (Some(true), _) => {}
            (Some(false), Some(_)) => unmet.push(Unmet {
                objects: vec![object],
                value: format!("needs Kubernetes {range}"),
                needed: format!("works with Kubernetes {needed}"),
                fix: Sentence::from(
                    "update or disable the module, or set kubernetesVersion in ClusterConfiguration: ",
                )
                .command(EDIT),
                may_change: false,
            }),
            (Some(false), None) => {
                unread =
                    Some(format!("{object} needs Kubernetes {range}, and does not say whether it is on"));
            }
            (None, _) => {
                unread =
                    Some(format!("{object} needs Kubernetes '{range}', which dhctl does not understand"));
            }
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
                unread = Some(format!(
                    "ClusterAlert/{} ({}) does not say which version of Kubernetes it means",
                    alert.id, alert.name
                ));
            }
        }
    }
    if unmet.is_empty() {
        modules?;
        alerts?;
        if let Some(why) = unread {
            return Err(format!("{why}; the cluster will judge"));
        }
    }
    Ok(unmet)
}

/// The alerts of current versions count the objects by version of Kubernetes, and name none of them
/// (`helm/deprecated-versions.yaml` of the module `monitoring-kubernetes`).
fn removed_api(alert: &Alert, removed: &Version, needed: &str) -> Unmet {
    let label = |key: &str| alert.labels.get(key).map(String::as_str);
    let gone = format!("Kubernetes {}.{} no longer has", removed.major, removed.minor);
    let (object, value) = match (label("helm_release_namespace"), label("helm_release_name")) {
        (Some(namespace), Some(name)) => {
            let api = [label("api_version"), label("kind")].map(|it| it.unwrap_or("?")).join(" ");
            (format!("Helm release {namespace}/{name}"), format!("uses {api}, which {gone}"))
        }
        _ => (format!("ClusterAlert/{}", alert.id), format!("Helm releases use what {gone}")),
    };
    Unmet {
        objects: vec![object],
        value,
        needed: format!("nothing that Kubernetes {needed} no longer has"),
        fix: Sentence::from("deploy the charts again with the new apiVersion (")
            .command(Update::PlanWithHelm)
            .text(" names the objects), or set kubernetesVersion in ClusterConfiguration: ")
            .command(EDIT),
        may_change: false,
    }
}

/// `kubernetesVersionMigrated`: no version so far refuses anything by it (facts 3).
pub(super) fn migrated(state: &ClusterState) -> Answer {
    let configs = known(&state.module_configs, "ModuleConfigs")?;
    let config = configs.iter().find(|config| config.name == "control-plane-manager");
    if config.is_some_and(|config| config.settings["kubernetesVersion"].is_string()) {
        return Ok(Vec::new());
    }
    Err("ModuleConfig/control-plane-manager does not set kubernetesVersion; versions that dhctl knows let this pass"
        .to_owned())
}

fn is_automatic(configuration: &ClusterConfiguration) -> bool {
    configuration.kubernetes_version.as_deref() == Some("Automatic")
}
