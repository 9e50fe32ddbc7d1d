//! Every requirement in words, and hostile names in the commands that fix it.

use cluster::{
    KubernetesPlace, Unknown,
    requirements::{
        Fix, FoundRuntime, Holder, Product, Runtime, SetKubernetes, Shortfall, Unmet, WhyUnknown,
    },
};
use semver::Version;
use testkit::shell::HOSTILE_NAMES;

use super::{
    hostile::is_read_as_meant,
    requirement::{fix, found, needed, why_unknown},
};

fn own(text: &str) -> String {
    text.to_owned()
}

fn shortfalls() -> Vec<Shortfall> {
    let runtime = |found, needed| Shortfall::Runtime { found, needed };
    vec![
        Shortfall::Kubelet { found: own("v1.29.8"), lowest: own("1.30") },
        Shortfall::OperatingSystem { found: own("Ubuntu 18.04"), name: "Ubuntu", lowest: own("20.04") },
        Shortfall::Kernel { found: own("4.15.0"), lowest: own("5.8") },
        runtime(FoundRuntime::Running(own("docker://20.10.7")), Runtime::Containerd),
        runtime(FoundRuntime::OfGroup(own("Containerd")), Runtime::ContainerdV2),
        runtime(FoundRuntime::Default(own("Docker")), Runtime::Containerd),
        Shortfall::IngressController { found: own("1.6"), lowest: own("1.9") },
        Shortfall::MixedIngressControllers { class: own("nginx") },
        Shortfall::Istio { found: own("1.16"), lowest: own("1.19") },
        Shortfall::ModuleEnabled,
        Shortfall::ModuleNotOffered { module: own("prompp") },
        Shortfall::ModuleOfferedWithError { module: own("prompp"), error: "fetch: 404".into() },
        Shortfall::ModuleNeedsPlatform { range: own("< 1.70"), release: Version::new(1, 70, 2) },
        Shortfall::ModuleNeedsKubernetes { range: own("< 1.32"), kubernetes: own("1.32") },
        Shortfall::RemovedApi {
            api: Some(own("policy/v1beta1 PodDisruptionBudget")),
            removed_in: (1, 25),
            kubernetes: own("1.32"),
        },
        Shortfall::RemovedApi { api: None, removed_in: (1, 32), kubernetes: own("1.32") },
        Shortfall::CloudCondition { name: own("ZoneIsSet") },
        Shortfall::NetworkAlert { alert: own("D8CNIMisconfigured"), summary: "CNI differs".into() },
        Shortfall::MetallbAlert { alert: own("D8MetallbOrphaned"), summary: "pool is missing".into() },
        Shortfall::Reported { why: own("current version is lower"), needed: own("1.30") },
        Shortfall::UnknownToController { needed: own("x") },
    ]
}

#[test]
fn what_clusters_have_and_need() {
    let lines: Vec<String> =
        shortfalls().iter().map(|it| format!("{}; needed: {}", found(it), needed(it))).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

fn fixes(name: &str) -> Vec<Fix> {
    let set = |place| SetKubernetes { place, version: Some((1, 31)) };
    let (old, new) = (KubernetesPlace::ClusterConfiguration, |exists| KubernetesPlace::ModuleConfig {
        exists,
        versioned: exists,
    });
    vec![
        Fix::WaitForNodeGroups { server: Version::new(1, 30, 4) },
        Fix::PinKubernetes(set(old)),
        Fix::PinKubernetes(set(new(false))),
        Fix::RaiseKubernetes(set(old)),
        Fix::RaiseKubernetes(set(new(true))),
        Fix::RaiseKubernetes(SetKubernetes { version: None, ..set(new(true)) }),
        Fix::RaiseKubernetesSomehow,
        Fix::UpgradeManagedKubernetes,
        Fix::ReplaceModuleOrPinKubernetes(set(old)),
        Fix::ReplaceModuleOrPinKubernetes(set(new(true))),
        Fix::RedeployCharts,
        Fix::UpgradeSystem { name: "Ubuntu", lowest: own("20.04") },
        Fix::UpgradeKernel,
        Fix::ChangeRuntime(Runtime::Containerd),
        Fix::ChangeRuntime(Runtime::ContainerdV2),
        Fix::RaiseIngressController { name: own(name) },
        Fix::RaiseDefaultIngressController,
        Fix::RaiseOldIngressControllers,
        Fix::MoveIstioWorkloads,
        Fix::DisableModule { module: own(name), configured: true },
        Fix::DisableModule { module: own(name), configured: false },
        Fix::PushModule { module: own(name) },
        Fix::UpdateModule { module: own(name), to: None },
        Fix::UpdateModule { module: own(name), to: Some(own("v1.4.3")) },
        Fix::FollowAlert { id: own(name) },
        Fix::AsReported("set the zone".into()),
        Fix::ControllerChecksAgain,
    ]
}

#[test]
fn how_to_meet_them() {
    let lines: Vec<String> = fixes("console").iter().map(|it| fix(it).to_string()).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn names_stay_within_one_word_of_a_command() {
    for name in HOSTILE_NAMES {
        let mut with_name = 0;
        for it in fixes(name) {
            for command in fix(&it).commands() {
                with_name += usize::from(is_read_as_meant(command, name));
            }
        }
        // In the JSON of a new object some of the names are escaped.
        assert!(with_name >= 4, "{name}: {with_name}");
    }
}

#[test]
fn why_it_is_unknown() {
    let unknown = || Unknown { what: "nodes", why: own("no permission: list nodes"), forbidden: true };
    let node = || Holder::Node { name: own("w-0"), group: Some(own("worker")) };
    let of_module = |product| WhyUnknown::ModuleStateOf { module: own("sds"), product, range: own("< 1.32") };
    let range = own("whatever");
    let all = [
        WhyUnknown::Source(unknown()),
        WhyUnknown::NoDescription,
        WhyUnknown::NotRead,
        WhyUnknown::NotSupported,
        WhyUnknown::NeededNotAVersion(own("new")),
        WhyUnknown::FoundNotAVersion { object: node(), value: own("x") },
        WhyUnknown::ModuleState { module: own("sds") },
        WhyUnknown::IstioVersion,
        WhyUnknown::IstioCompatibility,
        WhyUnknown::IstioCompatibilityUnread(unknown()),
        of_module(Product::Platform),
        of_module(Product::Kubernetes),
        WhyUnknown::ConstraintNotUnderstood { module: own("sds"), product: Product::Kubernetes, range },
        WhyUnknown::AlertWithoutVersion { id: own("f00"), name: own("HelmReleases") },
        WhyUnknown::KubernetesVersionUnset,
        WhyUnknown::NoModuleSources(own("the API server does not serve the resource modulesources")),
        WhyUnknown::ControllerPassedIt(vec![Unmet {
            objects: vec![node()],
            shortfall: Shortfall::Kubelet { found: own("v1.29.8"), lowest: own("1.30") },
            fix: Fix::RaiseKubernetesSomehow,
            may_change: false,
        }]),
    ];
    insta::assert_snapshot!(all.iter().map(why_unknown).collect::<Vec<_>>().join("\n"));
}
