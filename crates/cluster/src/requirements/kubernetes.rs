//! Requirements on the version of Kubernetes.

use super::{Answer, Unmet, constraint, is_off, known, known_or_absent, loose, nodes, required_version};
use crate::{ClusterState, objects::ClusterConfiguration};

const EDIT: &str = "kubectl -n d8-system exec -ti deploy/deckhouse -c deckhouse -- deckhouse-controller edit \
                    cluster-configuration";

/// `k8s`: by the oldest kubelet.
pub(super) fn nodes_version(state: &ClusterState, needed: &str) -> Answer {
    if is_off(state, "control-plane-manager") {
        return Ok(Vec::new());
    }
    let lowest = required_version(needed)?;
    let configuration = state.cluster_configuration.known();
    let automatic = configuration.is_some_and(is_automatic);
    let fix = match (&state.kubernetes.known(), configuration) {
        (Some(server), _) if **server >= lowest => format!(
            "the API server is v{server} already: wait until the node groups have followed \
             (kubectl get nodegroups; dhctl update approve --node NAME where one waits for that)"
        ),
        (_, Some(_)) if automatic => format!(
            "kubernetesVersion is Automatic, so it follows the platform; to go ahead of it, set the version, one \
             minor at a time: {EDIT}"
        ),
        (_, Some(_)) => format!(
            "raise kubernetesVersion in ClusterConfiguration, one minor at a time, each time waiting for the node \
             groups: {EDIT}"
        ),
        (_, None) => "upgrade Kubernetes by the means that this cluster was made with".to_owned(),
    };
    let unmet = nodes::below(
        known(&state.nodes, "nodes")?.iter(),
        |node| loose::version(&node.kubelet_version),
        |node| &node.kubelet_version,
        &lowest,
        (&format!("v{needed}"), &fix, automatic),
    )?;
    let has_istio =
        state.modules.known().into_iter().flatten().any(|it| it.name == "istio" && it.enabled == Some(true));
    if unmet.is_empty() && automatic && has_istio {
        return Err(
            "the nodes have it; whether the versions of Istio here work with the Kubernetes that the \
                    release would install, only the cluster can tell"
                .to_owned(),
        );
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
    let mut unmet = Vec::new();
    for module in state.modules.known().into_iter().flatten().filter(|it| it.enabled == Some(true)) {
        if let Some(range) = &module.requires_kubernetes
            && constraint::admits(range, &wanted) == Some(false)
        {
            unmet.push(Unmet {
                objects: vec![format!("Module/{}", module.name)],
                value: format!("needs Kubernetes {range}"),
                needed: format!("works with Kubernetes {needed}"),
                fix: format!(
                    "update or disable the module, or set kubernetesVersion in ClusterConfiguration: {EDIT}"
                ),
                may_change: false,
            });
        }
    }
    let alerts = known(&state.alerts, "alerts");
    for alert in
        alerts.iter().copied().flatten().filter(|it| it.name.starts_with("HelmReleasesHasResourcesWith"))
    {
        let label = |key: &str| alert.labels.get(key).map(String::as_str);
        let Some(removed) = label("k8s_version").and_then(loose::version) else { continue };
        if wanted >= removed {
            unmet.push(Unmet {
                objects: vec![format!(
                    "Helm release {}/{}",
                    label("helm_release_namespace").unwrap_or("?"),
                    label("helm_release_name").unwrap_or("?")
                )],
                value: format!(
                    "uses {} {}, which Kubernetes {}.{} no longer has",
                    label("api_version").unwrap_or("?"),
                    label("kind").unwrap_or("?"),
                    removed.major,
                    removed.minor
                ),
                needed: format!("nothing that Kubernetes {needed} no longer has"),
                fix: format!(
                    "deploy the chart again with the new apiVersion, or set kubernetesVersion in \
                     ClusterConfiguration: {EDIT}"
                ),
                may_change: false,
            });
        }
    }
    if unmet.is_empty() {
        known(&state.modules, "modules")?;
        alerts?;
    }
    Ok(unmet)
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
