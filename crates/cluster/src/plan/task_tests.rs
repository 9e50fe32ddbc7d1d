use std::collections::BTreeMap;

use serde_json::json;

use super::{
    tests::{cluster, delivered, version},
    *,
};
use crate::{
    ClusterState,
    objects::{ClusterConfiguration, Node},
};

/// Each task as `AFTER..BEFORE what`.
fn tasks(state: &ClusterState, releases: &[(&str, &[(&str, &str)])]) -> Vec<String> {
    let delivery = releases.iter().map(|(version, requirements)| {
        let requirements: BTreeMap<_, _> = requirements.iter().copied().collect();
        delivered(version, json!({ "requirements": requirements }))
    });
    let input = PlanInput { delivery: delivery.collect(), ..PlanInput::default() };
    let minors = |all: &[(u64, u64)]| all.iter().map(|(_, minor)| minor.to_string()).collect::<Vec<_>>();
    let name = |work: &Work| match work {
        Work::ReplaceApis { kubernetes, uses } => format!("apis({} for 1.{})", uses.len(), kubernetes.1),
        Work::UpgradeKubernetes { nodes_first, through, .. } => {
            let first = nodes_first.map(|(_, minor)| format!("nodes {minor}, then ")).unwrap_or_default();
            format!("kubernetes({first}{})", minors(through).join(" "))
        }
        Work::UpgradeKernel { lowest, groups, alt } => {
            format!("kernel({lowest} {} {})", groups.join("+"), alt.join("+"))
        }
        Work::Meet(unmet) => {
            format!("{:?}", unmet.fix).split([' ', '(']).next().unwrap_or_default().to_owned()
        }
    };
    let plan = Plan::make(state, &input).unwrap();
    let after = |task: &Task| task.after.clone().unwrap_or_default();
    plan.tasks.iter().map(|it| format!("{}..{} {}", after(it), it.before, name(&it.work))).collect()
}

/// Kubernetes 1.29, set to that version.
fn pinned() -> ClusterState {
    let mut state = cluster(&["v1.57.5 Deployed"]);
    state.kubernetes = Reading::Known(version("1.29.8"));
    state.cluster_configuration = Reading::Known(ClusterConfiguration {
        kubernetes_version: Some("1.29".to_owned()),
        ..ClusterConfiguration::default()
    });
    state
}

fn uses(state: &mut ClusterState, removed_in: &[&str]) {
    let of = |removed_in: &&str| crate::objects::DeprecatedApiUse {
        group: "example.io".to_owned(),
        version: "v1".to_owned(),
        resource: format!("things{removed_in}"),
        removed_in: (*removed_in).to_owned(),
    };
    state.deprecated_apis = Reading::Known(removed_in.iter().map(of).collect());
}

#[test]
fn kubernetes_goes_minor_by_minor_after_the_apis_that_it_removes() {
    let mut state = pinned();
    let releases: [(&str, &[(&str, &str)]); 3] =
        [("v1.58.1", &[]), ("v1.59.2", &[("k8s", "1.31")]), ("v1.60.0", &[("k8s", "1.32")])];
    assert_eq!(
        tasks(&state, &releases),
        ["v1.58.1..v1.59.2 kubernetes(30 31)", "v1.59.2..v1.60.0 kubernetes(32)"]
    );
    let twice: [(&str, &[(&str, &str)]); 2] =
        [("v1.58.2", &[("k8s", "1.31")]), ("v1.59.2", &[("k8s", "1.31")])];
    assert_eq!(tasks(&state, &twice), ["..v1.58.2 kubernetes(30 31)"], "reached already");
    // What 1.29 removed is gone already, and nothing here reaches 1.33.
    uses(&mut state, &["1.29", "1.30", "1.32", "1.33"]);
    assert_eq!(
        tasks(&state, &releases),
        [
            "..v1.59.2 apis(1 for 1.31)",
            "v1.58.1..v1.59.2 kubernetes(30 31)",
            "..v1.60.0 apis(1 for 1.32)",
            "v1.59.2..v1.60.0 kubernetes(32)"
        ]
    );
    assert_eq!(tasks(&state, &[("v1.58.1", &[("k8s", "1.28")])]), [""; 0]);
    assert_eq!(
        tasks(&state, &[("v1.58.1", &[("k8s", "1.18446744073709551614")])]),
        ["..v1.58.1 RaiseKubernetes"]
    );
}

#[test]
fn what_the_platform_does_itself_is_no_task() {
    let mut state = pinned();
    state.cluster_configuration = Reading::Known(ClusterConfiguration {
        kubernetes_version: Some("Automatic".to_owned()),
        ..ClusterConfiguration::default()
    });
    let needs: (&str, &[(&str, &str)]) = ("v1.59.2", &[("k8s", "1.30")]);
    assert_eq!(tasks(&state, &[("v1.58.1", &[]), needs]), [""; 0]);
    // Nothing comes before the first release that could do it.
    assert_eq!(tasks(&state, &[("v1.58.2", &[("k8s", "1.30")])]), ["..v1.58.2 kubernetes(30)"]);
    // The API server has it, the nodes follow: nothing to set.
    state.kubernetes = Reading::Known(version("1.30.4"));
    assert_eq!(tasks(&state, &[("v1.58.2", &[("k8s", "1.30")])]), ["..v1.58.2 WaitForNodeGroups"]);
}

/// The kubelets run 1.29.
#[test]
fn nodes_reach_the_version_of_the_api_server_before_the_next_one() {
    let mut state = pinned();
    state.kubernetes = Reading::Known(version("1.30.4"));
    let releases: [(&str, &[(&str, &str)]); 2] =
        [("v1.58.1", &[("k8s", "1.31")]), ("v1.59.2", &[("k8s", "1.32")])];
    assert_eq!(
        tasks(&state, &releases),
        ["..v1.58.1 kubernetes(nodes 30, then 31)", "v1.58.1..v1.59.2 kubernetes(32)"]
    );
}

#[test]
fn a_managed_cluster_may_be_upgraded_at_any_time() {
    let mut state = pinned();
    state.cluster_configuration = Reading::Absent("managed".to_owned());
    let releases: [(&str, &[(&str, &str)]); 2] = [("v1.58.1", &[]), ("v1.59.2", &[("k8s", "1.30")])];
    let plan = tasks(&state, &releases);
    assert_eq!(plan, ["..v1.59.2 kubernetes(30)"]);
}

#[test]
fn kernels_before_runtimes_and_each_task_once() {
    let mut state = pinned();
    let node = |name: &str, group: Option<&str>, os: &str, kernel: &str| Node {
        name: name.to_owned(),
        group: group.map(str::to_owned),
        os_image: os.to_owned(),
        kernel_version: kernel.to_owned(),
        kubelet_version: "v1.29.8".to_owned(),
        container_runtime: "containerd://1.7.20".to_owned(),
        ..Node::default()
    };
    state.nodes = Reading::Known(vec![
        node("a", Some("worker"), "Ubuntu 20.04", "5.4.0-150-generic"),
        node("b", Some("front"), "Debian GNU/Linux 11", "4.19.0-20-amd64"),
        node("c", Some("alt"), "ALT Server 10.1", "5.10.198-std-def-alt1"),
        node("d", Some("alt"), "ALT Server 10.1", "5.4.51-std-def-alt1"),
        node("e", None, "Ubuntu 20.04", "5.4.0-150-generic"),
    ]);
    let requirements: &[(&str, &str)] = &[
        ("checkContainerdV1NodesPresent", "true"),
        ("nodesMinimalLinuxKernelVersion", "5.8.0"),
        ("ingressNginx", "1.9"),
    ];
    let kernel = "kernel(5.8.0 front+worker d)";
    let own = |before: &str, after: &str| {
        vec![
            format!("{after}..{before} RaiseIngressController"),
            format!("..{before} {kernel}"),
            format!("{after}..{before} ChangeRuntime"),
        ]
    };
    assert_eq!(tasks(&state, &[("v1.58.1", requirements)]), own("v1.58.1", ""));
    // The same requirements once more are no other tasks.
    let later = [("v1.58.1", &[][..]), ("v1.59.0", requirements), ("v1.60.0", requirements)];
    assert_eq!(tasks(&state, &later), own("v1.59.0", "v1.58.1"));
}

#[test]
fn modules_come_first() {
    let mut state = pinned();
    state.modules = Reading::Known(vec![crate::objects::Module {
        name: "l2-load-balancer".to_owned(),
        enabled: Some(true),
        ..crate::objects::Module::default()
    }]);
    let plan = tasks(&state, &[("v1.58.1", &[("k8s", "1.30"), ("disabledModules", "l2-load-balancer")])]);
    assert_eq!(plan, ["..v1.58.1 DisableModule", "..v1.58.1 kubernetes(30)"]);
}
