use std::collections::BTreeMap;

use semver::Version;
use serde_json::json;

use super::*;
use crate::{
    KubernetesPlace, Obstacle,
    objects::{
        Alert, CloudCondition, ClusterConfiguration, IngressController, Module, ModuleConfig,
        ModulePullOverride, ModuleRelease, ModuleSource, Node, NodeGroup, OfferedModule, Phase, Release,
    },
};

/// `NAME GROUP KUBELET KERNEL RUNTIME SYSTEM`
fn node(line: &str) -> Node {
    let words: Vec<&str> = line.splitn(6, ' ').collect();
    Node {
        name: words[0].to_owned(),
        group: (words[1] != "-").then(|| words[1].to_owned()),
        kubelet_version: words[2].to_owned(),
        kernel_version: words[3].to_owned(),
        container_runtime: words[4].to_owned(),
        os_image: words[5].to_owned(),
        ..Node::default()
    }
}

fn module(name: &str, enabled: bool) -> Module {
    Module { name: name.to_owned(), enabled: Some(enabled), ..Module::default() }
}

fn config(name: &str, settings: serde_json::Value) -> ModuleConfig {
    ModuleConfig { name: name.to_owned(), settings, ..ModuleConfig::default() }
}

fn ingress(name: &str, version: Option<&str>, class: &str) -> IngressController {
    let (version, class) = (version.map(str::to_owned), Some(class.to_owned()));
    IngressController { name: name.to_owned(), version, class }
}

fn kubernetes(version: &str) -> Reading<ClusterConfiguration> {
    Reading::Known(ClusterConfiguration {
        kubernetes_version: Some(version.to_owned()),
        ..ClusterConfiguration::default()
    })
}

/// A cluster that has all that is asked for in the tests, or nothing of it.
fn cluster() -> ClusterState {
    ClusterState {
        kubernetes: Reading::Known(Version::new(1, 30, 4)),
        nodes: Reading::Known(vec![
            node("m-0 master v1.30.4 5.15.0-53-generic containerd://2.0.1 Ubuntu 22.04.3 LTS"),
            node("w-0 worker v1.29.8 6.1.0-18-amd64 containerd://1.7.20 Debian GNU/Linux 12 (bookworm)"),
            node("x-0 - v1.30.4 5.15.0 containerd://1.7.20 Ubuntu 16.04"),
        ]),
        node_groups: Reading::Known(Vec::new()),
        module_configs: Reading::Known(Vec::new()),
        modules: Reading::Known(vec![
            module("cni-cilium", true),
            module("delivery", true),
            module("istio", false),
        ]),
        module_sources: Reading::Known(vec![ModuleSource {
            name: "deckhouse".to_owned(),
            modules: vec![
                OfferedModule { name: "console".to_owned(), ..OfferedModule::default() },
                OfferedModule {
                    name: "stronghold".to_owned(),
                    error: Some("fetch: 404".into()),
                    ..OfferedModule::default()
                },
            ],
            ..ModuleSource::default()
        }]),
        module_releases: Reading::Known(Vec::new()),
        ingress_controllers: Reading::Known(Vec::new()),
        cluster_configuration: kubernetes("1.30"),
        cloud_conditions: Reading::Absent("no cloud".to_owned()),
        alerts: Reading::Known(Vec::new()),
        ..ClusterState::default()
    }
}

/// What was found, without what is needed.
fn found(shortfall: &Shortfall) -> String {
    match shortfall {
        Shortfall::Kubelet { found, .. }
        | Shortfall::OperatingSystem { found, .. }
        | Shortfall::Kernel { found, .. }
        | Shortfall::IngressController { found, .. }
        | Shortfall::Istio { found, .. } => found.clone(),
        Shortfall::Runtime { found, .. } => format!("{found:?}"),
        Shortfall::ModuleOfferedWithError { module, error } => format!("{module}: {error}"),
        Shortfall::ModuleNeedsPlatform { range, .. } | Shortfall::ModuleNeedsKubernetes { range, .. } => {
            range.clone()
        }
        Shortfall::RemovedApi { api, removed_in, .. } => format!("{api:?} {removed_in:?}"),
        Shortfall::CloudCondition { name } => name.clone(),
        Shortfall::NetworkAlert { alert, .. } | Shortfall::MetallbAlert { alert, .. } => alert.clone(),
        other => format!("{other:?}"),
    }
}

/// The outcome in short: `met`, `unknown: WHY`, `OBJECTS: FOUND` for each reason.
fn short(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Met => "met".to_owned(),
        Outcome::Unknown(WhyUnknown::Source(unknown)) => format!("unknown: {unknown}"),
        Outcome::Unknown(why) => format!("unknown: {why:?}"),
        Outcome::Unmet(reasons) => {
            let objects =
                |it: &Unmet| it.objects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let reason = |it: &Unmet| format!("{}: {}", objects(it), found(&it.shortfall));
            reasons.iter().map(reason).collect::<Vec<_>>().join("; ")
        }
    }
}

#[track_caller]
fn assert_outcome(state: &ClusterState, key: &str, needed: &str, expected: &str) {
    let outcome = short(&check(state, key, needed).outcome);
    let is_right = match expected.strip_suffix('…') {
        Some(start) => outcome.starts_with(start),
        None => outcome == expected,
    };
    assert!(is_right, "{key} {needed}: {outcome}");
}

#[test]
fn requirements_of_a_typical_cluster() {
    let state = cluster();
    for (key, needed, expected) in [
        ("k8s", "1.29", "met"),
        ("k8s", "1.29.8", "met"),
        ("k8s", "1.30", "Node/w-0 (NodeGroup/worker): v1.29.8"),
        ("k8s", "new", "unknown: NeededNotAVersion(\"new\")"),
        ("autoK8sVersion", "1.31", "met"),
        ("kubernetesVersionMigrated", "true", "unknown: KubernetesVersionUnset"),
        ("nodesMinimalOSVersionUbuntu", "18.04", "met"),
        ("nodesMinimalOSVersionUbuntu", "22.04", "met"),
        ("nodesMinimalOSVersionUbuntu", "24.04", "Node/m-0 (NodeGroup/master): Ubuntu 22.04.3 LTS"),
        ("nodesMinimalOSVersionDebian", "10", "met"),
        ("nodesMinimalOSVersionDebian", "13", "Node/w-0 (NodeGroup/worker): Debian GNU/Linux 12 (bookworm)"),
        ("nodesMinimalLinuxKernelVersion", "5.8.0", "met"),
        (
            "nodesMinimalLinuxKernelVersion",
            "6.0",
            "Node/x-0: 5.15.0; Node/m-0 (NodeGroup/master): 5.15.0-53-generic",
        ),
        ("containerdOnAllNodes", "true", "met"),
        (
            "checkContainerdV1NodesPresent",
            "true",
            "Node/w-0 (NodeGroup/worker), Node/x-0: Running(\"containerd://1.7.20\")",
        ),
        ("ingressNginx", "1.9", "met"),
        ("istioMinimalVersion", "1.19", "met"),
        ("unmetCloudConditions", "true", "met"),
        ("disabledModules", "l2-load-balancer, ceph-csi", "met"),
        ("disabledModules", "delivery,ceph-csi", "Module/delivery: ModuleEnabled"),
        ("migratedModules", "", "met"),
        ("migratedModules", "console,istio", "met"),
        ("migratedModules", "stronghold", "ModuleSource/deckhouse: stronghold: fetch: 404"),
        ("migratedModules", "console,prompp", "ModuleSource: ModuleNotOffered { module: \"prompp\" }"),
        ("cniConfigurationSettled", "true", "met"),
        ("metallbHasStandardConfiguration", "true", "met"),
        ("checkCloudProviderConfig", "true", "unknown: NotRead"),
        ("newInTheNextVersion", "1", "unknown: NotSupported"),
    ] {
        assert_outcome(&state, key, needed, expected);
    }
}

#[test]
fn what_cannot_be_read_is_unknown() {
    let state = ClusterState {
        nodes: Reading::Unreadable(Obstacle::Forbidden("list nodes".to_owned())),
        ..ClusterState::default()
    };
    for key in [
        "k8s",
        "autoK8sVersion",
        "kubernetesVersionMigrated",
        "nodesMinimalOSVersionUbuntu",
        "nodesMinimalLinuxKernelVersion",
        "containerdOnAllNodes",
        "checkContainerdV1NodesPresent",
        "ingressNginx",
        "istioMinimalVersion",
        "unmetCloudConditions",
        "disabledModules",
        "migratedModules",
        "cniConfigurationSettled",
        "metallbHasStandardConfiguration",
    ] {
        assert_outcome(&state, key, "1.30", "unknown: …");
    }
    assert_outcome(&state, "k8s", "1.30", "unknown: nodes cannot be read: no permission: list nodes");
}

/// As an account sees it that only reads, and may not read the Secret.
#[test]
fn without_the_cluster_configuration_nothing_that_needs_it_is_met() {
    let closed = || Reading::Unreadable(Obstacle::Forbidden("get of the Secret x/y".to_owned()));
    let mut state = ClusterState { cluster_configuration: closed(), ..cluster() };
    for (key, needed) in
        [("autoK8sVersion", "1.31"), ("containerdOnAllNodes", "true"), ("checkCloudProviderConfig", "true")]
    {
        assert_outcome(&state, key, needed, "unknown: …");
    }
    // The nodes meet it, regardless of who upgrades Kubernetes.
    assert_outcome(&state, "k8s", "1.29", "met");
    // An earlier release may bring it, if the platform upgrades Kubernetes.
    let Outcome::Unmet(reasons) = check(&state, "k8s", "1.31").outcome else { panic!() };
    assert!(reasons.iter().all(|it| it.may_change && it.fix == Fix::RaiseKubernetesSomehow), "{reasons:?}");
    state.modules = Reading::Known(vec![module("istio", true)]);
    assert_outcome(&state, "k8s", "1.29", "unknown: …");
}

#[test]
fn versions_of_kubernetes() {
    let mut state = cluster();
    let fix = |state: &ClusterState, needed: &str| match check(state, "k8s", needed).outcome {
        Outcome::Unmet(reasons) => (reasons[0].fix.clone(), reasons[0].may_change),
        other => panic!("{other:?}"),
    };
    let server = Version::new(1, 30, 4);
    assert_eq!(fix(&state, "1.30"), (Fix::WaitForNodeGroups { server }, false));
    let set = |place| SetKubernetes { place, version: Some((1, 31)) };
    let (old, new) = (
        KubernetesPlace::ClusterConfiguration,
        KubernetesPlace::ModuleConfig { exists: true, versioned: false },
    );
    assert_eq!(fix(&state, "1.31"), (Fix::RaiseKubernetes(set(old)), false));
    assert_eq!(fix(&state, "1.33"), (Fix::RaiseKubernetes(set(old)), false), "one minor at a time");
    state.cluster_configuration = Reading::Absent("managed".to_owned());
    assert_eq!(fix(&state, "1.31"), (Fix::UpgradeManagedKubernetes, false));
    state.cluster_configuration = kubernetes("Automatic");
    assert_eq!(fix(&state, "1.31"), (Fix::PinKubernetes(set(old)), true));
    assert!(!check(&state, "k8s", "1.31").outcome.blocks());
    let module_configs = |version: &str| {
        Reading::Known(vec![config("control-plane-manager", json!({ "kubernetesVersion": version }))])
    };
    let before = std::mem::replace(&mut state.module_configs, module_configs("1.30"));
    assert_eq!(fix(&state, "1.31"), (Fix::RaiseKubernetes(set(new)), false), "the new place wins");
    assert_outcome(&state, "autoK8sVersion", "1.32", "met");
    state.module_configs = module_configs("Default");
    assert_eq!(fix(&state, "1.31"), (Fix::PinKubernetes(set(new)), true));
    state.module_configs = before;

    assert_outcome(&state, "autoK8sVersion", "1.32", "met");
    let labels = [
        ("helm_release_namespace", "shop"),
        ("helm_release_name", "front"),
        ("api_version", "flowcontrol.apiserver.k8s.io/v1beta3"),
        ("kind", "FlowSchema"),
        ("k8s_version", "1.32"),
    ];
    let labels: BTreeMap<String, String> =
        labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let name = "HelmReleasesHasResourcesWithDeprecatedVersions".to_owned();
    state.alerts = Reading::Known(vec![Alert { name, labels, ..Alert::default() }]);
    assert_outcome(&state, "autoK8sVersion", "1.31", "met");
    assert_outcome(&state, "autoK8sVersion", "1.32", "Helm release shop/front: Some(\"flowcontrol…");
    let bound = Module { requires_kubernetes: Some(">= 1.28 < 1.32".to_owned()), ..module("sds", true) };
    state.modules = Reading::Known(vec![bound, module("istio", true)]);
    assert_outcome(&state, "autoK8sVersion", "1.32", "Module/sds: >= 1.28 < 1.32; Helm…");
    assert_outcome(&state, "k8s", "1.29", "unknown: IstioCompatibility");
    state.modules = Reading::Known(vec![module("control-plane-manager", false)]);
    assert_outcome(&state, "k8s", "1.99", "met");
}

#[test]
fn container_runtimes() {
    let mut state = cluster();
    state.nodes = Reading::Known(vec![node("w-0 worker v1.29.8 5.15.0 docker://20.10.7 Ubuntu 22.04")]);
    let cri = Some("Docker".to_owned());
    state.node_groups =
        Reading::Known(vec![NodeGroup { name: "worker".to_owned(), cri, ..NodeGroup::default() }]);
    state.cluster_configuration = Reading::Known(ClusterConfiguration {
        default_cri: Some("Docker".to_owned()),
        ..ClusterConfiguration::default()
    });
    let all = "Node/w-0 (NodeGroup/worker): Running(\"docker://20.10.7\"); NodeGroup/worker: OfGroup(\"Docker\"); \
               ClusterConfiguration: Default(\"Docker\")";
    assert_outcome(&state, "containerdOnAllNodes", "true", all);
    assert_outcome(&state, "checkContainerdV1NodesPresent", "true", "met");
    // The type of the first version counts where there is no node yet, and as the default.
    let mut old = cluster();
    old.nodes = Reading::Known(vec![node("m-0 master v1.30.4 5.15.0 containerd://2.0.1 Ubuntu 22.04")]);
    let group = |name: &str, cri: Option<&str>| NodeGroup {
        name: name.to_owned(),
        cri: cri.map(str::to_owned),
        ..NodeGroup::default()
    };
    for (cri, default, needed, expected) in [
        (Some("ContainerdV2"), "ContainerdV2", "true", "met"),
        (None, "ContainerdV2", "true", "met"),
        (Some("Containerd"), "ContainerdV2", "true", "NodeGroup/worker: OfGroup(\"Containerd\")"),
        (None, "Containerd", "true", "ClusterConfiguration: Default(\"Containerd\")"),
        (Some("Containerd"), "Containerd", "false", "met"),
        (Some("Containerd"), "Containerd", " ", "met"),
    ] {
        old.node_groups = Reading::Known(vec![group("worker", cri)]);
        old.cluster_configuration = Reading::Known(ClusterConfiguration {
            default_cri: Some(default.to_owned()),
            ..ClusterConfiguration::default()
        });
        assert_outcome(&old, "checkContainerdV1NodesPresent", needed, expected);
    }
    // What is found counts, though something else is not known.
    state.nodes = Reading::default();
    assert_outcome(&state, "containerdOnAllNodes", "true", "NodeGroup/worker: OfGroup(\"Docker\"); Cluster…");
}

#[test]
fn ingress_controllers_and_istio() {
    let mut state = cluster();
    let (a, b) = (ingress("a", Some("1.6"), "nginx"), ingress("b", None, "nginx"));
    state.ingress_controllers = Reading::Known(vec![a.clone(), b.clone()]);
    assert_outcome(&state, "ingressNginx", "1.6", "met");
    assert_outcome(&state, "ingressNginx", "1.9", "IngressNginxController/a: 1.6");
    let settings = json!({ "defaultControllerVersion": "0.33" });
    state.module_configs = Reading::Known(vec![config("ingress-nginx", settings)]);
    assert_outcome(
        &state,
        "ingressNginx",
        "0.33",
        "IngressNginxController/a, IngressNginxController/b: MixedIngressControllers { class: \"nginx\" }",
    );
    assert_outcome(&state, "ingressNginx", "1.6", "IngressNginxController/b: 0.33; Ingress…");

    state.modules = Reading::Known(vec![module("istio", true)]);
    assert_outcome(&state, "istioMinimalVersion", "1.19", "unknown: IstioVersion");
    let settings = json!({ "globalVersion": "1.21", "additionalVersions": ["1.16"] });
    state.module_configs = Reading::Known(vec![config("istio", settings)]);
    assert_outcome(&state, "istioMinimalVersion", "1.16", "met");
    assert_outcome(&state, "istioMinimalVersion", "1.19", "ModuleConfig/istio: 1.16");
}

#[test]
fn what_the_platform_reports() {
    let mut state = cluster();
    let condition = |name: &str, ok| CloudCondition { name: name.to_owned(), message: "do it".into(), ok };
    state.cloud_conditions = Reading::Known(vec![condition("A", true), condition("B", false)]);
    assert_outcome(
        &state,
        "unmetCloudConditions",
        "true",
        "ConfigMap/d8-cloud-provider-conditions (kube-system): B",
    );
    for (name, key, expected) in [
        ("D8CNIMisconfigured", "cniConfigurationSettled", "ClusterAlert/f00: D8CNIMisconfigured"),
        ("D8CNIIsObsoleteInConfig", "cniConfigurationSettled", "met"),
        (
            "D8MetallbIpAddressPoolNSMismatch",
            "metallbHasStandardConfiguration",
            "ClusterAlert/f00: D8MetallbIp…",
        ),
        (
            "D8MetallbBothBGPAndL2PoolsConfigured",
            "metallbHasStandardConfiguration",
            "ClusterAlert/f00: D8MetallbB…",
        ),
        // These fire with a configuration that the requirement lets pass.
        ("D8MetallbObsoleteLayer2PoolsAreUsed", "metallbHasStandardConfiguration", "met"),
        ("D8MetallbNotSupportedServiceAnnotationsDetected", "metallbHasStandardConfiguration", "met"),
    ] {
        state.alerts =
            Reading::Known(vec![Alert { id: "f00".to_owned(), name: name.to_owned(), ..Alert::default() }]);
        assert_outcome(&state, key, "true", expected);
    }
}

#[test]
fn what_modules_require_of_the_platform() {
    let mut state = cluster();
    let release = Version::new(1, 70, 2);
    assert_eq!(module_constraints(&state, &release), None);
    let bound = |name: &str, enabled, range: &str, source: Option<&str>| Module {
        requires_deckhouse: Some(range.to_owned()),
        source: source.map(str::to_owned),
        ..module(name, enabled)
    };
    state.modules = Reading::Known(vec![
        bound("console", true, ">= 1.68", Some("deckhouse")),
        bound("sds", true, ">= 1.60, < 1.70", Some("deckhouse")),
        bound("off", false, "< 1.1", None),
    ]);
    let requirement = module_constraints(&state, &release).unwrap();
    assert_eq!(short(&requirement.outcome), "Module/sds: >= 1.60, < 1.70");
    assert!(requirement.outcome.blocks());
    state.modules = Reading::Known(vec![bound("odd", true, "whatever", None)]);
    let unread = module_constraints(&state, &release).unwrap();
    assert!(short(&unread.outcome).starts_with("unknown: ConstraintNotUnderstood { module: \"odd\""));
    for (range, expected) in [
        (">= 1.68", "met"),
        ("< 1.70", "unknown: ModuleStateOf { module: \"dim\", product: Platform…"),
        ("whatever", "unknown: ConstraintNotUnderstood { module: \"dim\", product: Platform…"),
    ] {
        let dim = Module { enabled: None, ..bound("dim", true, range, None) };
        state.modules = Reading::Known(vec![dim]);
        let outcome = short(&module_constraints(&state, &release).unwrap().outcome);
        let start = expected.trim_end_matches('…');
        assert!(
            outcome.starts_with(start) && (start != expected || outcome == expected),
            "{range}: {outcome}"
        );
    }
    state.modules = Reading::Known(vec![bound("own", true, "< 1.70", Some("Embedded"))]);
    assert!(!module_constraints(&state, &release).unwrap().outcome.blocks());
}

fn release_of(module: &str, version: &str, phase: Phase, requirements: &[(&str, &str)]) -> ModuleRelease {
    ModuleRelease {
        name: format!("{module}-v{version}"),
        module: module.to_owned(),
        version_text: format!("v{version}"),
        version: version.parse().ok(),
        phase: Some(phase),
        requirements: requirements
            .iter()
            .map(|(key, range)| ((*key).to_owned(), (*range).to_owned()))
            .collect(),
        ..ModuleRelease::default()
    }
}

/// The objects of newer platforms do not contain the requirements.
#[test]
fn what_modules_require_is_in_their_deployed_releases_too() {
    let platform = Version::new(1, 70, 2);
    let state = |modules: Vec<Module>, releases: Vec<ModuleRelease>| ClusterState {
        modules: Reading::Known(modules),
        module_releases: Reading::Known(releases),
        releases: Reading::Known(vec![Release {
            version: Some(Version::new(1, 69, 4)),
            phase: Some(Phase::Deployed),
            ..Release::default()
        }]),
        ..cluster()
    };
    let outcome = |state: &ClusterState| {
        module_constraints(state, &platform).map_or("none".to_owned(), |it| short(&it.outcome))
    };
    let deployed = |range| release_of("sds", "1.0.0", Phase::Deployed, &[("deckhouse", range)]);
    for (enabled, range, expected) in
        [(true, "< 1.70", "Module/sds: < 1.70"), (true, ">= 1.60", "met"), (false, "< 1.70", "none")]
    {
        assert_eq!(outcome(&state(vec![module("sds", enabled)], vec![deployed(range)])), expected, "{range}");
    }
    let waiting = release_of("sds", "1.1.0", Phase::Pending, &[("deckhouse", "< 1.70")]);
    assert_eq!(outcome(&state(vec![module("sds", true)], vec![waiting])), "none", "it is not deployed");
    let stated_twice = Module { requires_deckhouse: Some("< 1.70".to_owned()), ..module("sds", true) };
    assert_eq!(outcome(&state(vec![stated_twice], vec![deployed("< 1.70")])), "Module/sds: < 1.70");

    let mut unread = state(vec![module("sds", true)], Vec::new());
    unread.module_releases = Reading::Unreadable(Obstacle::Forbidden("list modulereleases".to_owned()));
    assert!(
        outcome(&unread).starts_with("unknown: releases of modules cannot be read"),
        "{}",
        outcome(&unread)
    );
    let embedded = Module { source: Some("Embedded".to_owned()), ..module("sds", true) };
    unread.modules = Reading::Known(vec![embedded]);
    assert_eq!(outcome(&unread), "none", "it has no releases");

    // Of Kubernetes too.
    let kubernetes_range = release_of("sds", "1.0.0", Phase::Deployed, &[("kubernetes", "< 1.32")]);
    let mut automatic = state(vec![module("sds", true)], vec![kubernetes_range]);
    automatic.cluster_configuration = kubernetes("Automatic");
    assert_outcome(&automatic, "autoK8sVersion", "1.32", "Module/sds: < 1.32");
    assert_outcome(&automatic, "autoK8sVersion", "1.31", "met");
}

/// No constraint counts as met that nothing could be read of.
#[test]
fn what_a_module_without_properties_requires() {
    let newer = |source: &str, enabled: Option<bool>| Module {
        version: Some("v1.0.0".to_owned()),
        source: Some(source.to_owned()),
        without_properties: true,
        enabled,
        ..module("sds", true)
    };
    let state = |module: Module, releases: Vec<ModuleRelease>| ClusterState {
        modules: Reading::Known(vec![module]),
        module_releases: Reading::Known(releases),
        module_pull_overrides: Reading::Known(Vec::new()),
        cluster_configuration: kubernetes("Automatic"),
        ..cluster()
    };
    let of_platform = |state: &ClusterState| {
        module_constraints(state, &Version::new(1, 70, 2)).map_or("none".to_owned(), |it| short(&it.outcome))
    };
    let of_kubernetes = |state: &ClusterState| short(&check(state, "autoK8sVersion", "1.32").outcome);
    let silent = "unknown: requirements of modules cannot be read: the object Module/sds of this platform version does not \
                  contain them";
    let deployed = || vec![release_of("sds", "1.0.0", Phase::Deployed, &[("deckhouse", ">= 1.60")])];
    for (module, releases, platform, kubernetes) in [
        (newer("deckhouse-modules", Some(true)), vec![], silent, silent),
        (newer("deckhouse-modules", None), vec![], silent, silent),
        (newer("deckhouse-modules", Some(false)), vec![], "none", "met"),
        // Its release says what it requires, and nothing of Kubernetes.
        (newer("deckhouse-modules", Some(true)), deployed(), "met", "met"),
        // It is replaced together with the platform.
        (newer("Embedded", Some(true)), vec![], "none", silent),
        // A source only offers it.
        (Module { version: None, ..newer("deckhouse-modules", None) }, vec![], "none", "met"),
    ] {
        let state = state(module.clone(), releases);
        let found = (of_platform(&state), of_kubernetes(&state));
        assert_eq!(found, (platform.to_owned(), kubernetes.to_owned()), "{module:?}");
    }
    let overridden = ClusterState {
        module_pull_overrides: Reading::Known(vec![ModulePullOverride {
            name: "sds".to_owned(),
            image_tag: "mr7".to_owned(),
        }]),
        ..state(newer("deckhouse-modules", Some(true)), deployed())
    };
    assert_eq!(of_platform(&overridden), silent, "another image runs than that of the release");
}

#[test]
fn a_module_is_updated_first_if_a_waiting_release_of_it_helps() {
    let platform = Version::new(1, 70, 2);
    let fix = |waiting: &[(&str, &[(&str, &str)])]| {
        let mut releases = vec![release_of("sds", "1.0.0", Phase::Deployed, &[("deckhouse", "< 1.70")])];
        releases.extend(waiting.iter().map(|(version, it)| release_of("sds", version, Phase::Pending, it)));
        let state = ClusterState {
            modules: Reading::Known(vec![module("sds", true)]),
            module_releases: Reading::Known(releases),
            releases: Reading::Known(vec![Release {
                version: Some(Version::new(1, 69, 4)),
                phase: Some(Phase::Deployed),
                ..Release::default()
            }]),
            ..cluster()
        };
        match module_constraints(&state, &platform).unwrap().outcome {
            Outcome::Unmet(reasons) => match &reasons[0].fix {
                Fix::UpdateModule { to, .. } => to.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let to = |version: &str| Some(version.to_owned());
    assert_eq!(fix(&[("1.1.0", &[])]), to("v1.1.0"));
    assert_eq!(fix(&[("1.1.0", &[("deckhouse", ">= 1.60")])]), to("v1.1.0"));
    assert_eq!(fix(&[("1.1.0", &[("deckhouse", "< 1.70")])]), None, "it does not help");
    assert_eq!(fix(&[("1.1.0", &[("deckhouse", ">= 1.70")])]), None, "it needs the platform's release first");
    let two_steps: &[(&str, &[(&str, &str)])] = &[("1.1.0", &[("deckhouse", "< 1.70")]), ("1.2.0", &[])];
    assert_eq!(fix(two_steps), to("v1.1.0"), "the first step towards the one that helps");
    assert_eq!(fix(&[]), None);
}

/// An automatic upgrade of Kubernetes, as far as modules and alerts can be read.
#[test]
fn an_automatic_upgrade_that_cannot_be_judged_is_unknown() {
    let bound = |range: &str, enabled| Module {
        requires_kubernetes: Some(range.to_owned()),
        enabled,
        ..module("sds", true)
    };
    let alert = |version: Option<&str>| Alert {
        id: "f00".to_owned(),
        name: "HelmReleasesHasResourcesWithUnsupportedVersions".to_owned(),
        labels: version.map(|version| ("k8s_version".to_owned(), version.to_owned())).into_iter().collect(),
        ..Alert::default()
    };
    let no_module = || bound(">= 1.20", Some(true));
    for (module, alerts, expected) in [
        (no_module(), vec![], "met"),
        (bound("< 1.32", Some(false)), vec![], "met"),
        (bound(">= 1.20", None), vec![], "met"),
        (bound("< 1.32", None), vec![], "unknown: ModuleStateOf { module: \"sds\", product: Kubernetes…"),
        (
            bound("whatever", Some(true)),
            vec![],
            "unknown: ConstraintNotUnderstood { module: \"sds\", product: Kubernetes…",
        ),
        (
            bound("whatever", None),
            vec![],
            "unknown: ConstraintNotUnderstood { module: \"sds\", product: Kubernetes…",
        ),
        (no_module(), vec![alert(None)], "unknown: AlertWithoutVersion { id: \"f00\"…"),
        (no_module(), vec![alert(Some("soon"))], "unknown: AlertWithoutVersion { id: \"f00\"…"),
        (no_module(), vec![alert(Some("1.33"))], "met"),
        // What is found counts, though something else is not understood.
        (bound("whatever", Some(true)), vec![alert(Some("1.32"))], "ClusterAlert/f00: None (1, 32)"),
    ] {
        let state = ClusterState {
            modules: Reading::Known(vec![module]),
            alerts: Reading::Known(alerts),
            cluster_configuration: kubernetes("Automatic"),
            ..cluster()
        };
        assert_outcome(&state, "autoK8sVersion", "1.32", expected);
    }
    let mut state = ClusterState { cluster_configuration: kubernetes("Automatic"), ..cluster() };
    state.modules = Reading::Unreadable(Obstacle::Forbidden("list modules".to_owned()));
    assert_outcome(&state, "k8s", "1.29", "unknown: modules cannot be read: …");
    state.modules = Reading::Absent("of an old version".to_owned());
    assert_outcome(&state, "k8s", "1.29", "met");
    assert_outcome(&state, "autoK8sVersion", "1.32", "met");
    let istio = Module { enabled: None, ..module("istio", true) };
    state.modules = Reading::Known(vec![istio]);
    assert_outcome(&state, "k8s", "1.29", "unknown: IstioCompatibility");
}

#[test]
fn a_module_that_may_have_a_configuration_is_patched_and_another_gets_one() {
    let mut state = cluster();
    let is_configured = |state: &ClusterState| match check(state, "disabledModules", "delivery").outcome {
        Outcome::Unmet(reasons) => {
            reasons[0].fix == Fix::DisableModule { module: "delivery".to_owned(), configured: true }
        }
        other => panic!("{other:?}"),
    };
    assert!(!is_configured(&state));
    state.module_configs = Reading::Known(vec![config("delivery", json!({}))]);
    assert!(is_configured(&state));
    // It may exist: what is applied over it could lose its settings.
    state.module_configs = Reading::default();
    assert!(is_configured(&state));
}
