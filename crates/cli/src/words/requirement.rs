//! Requirements of releases: what a cluster has, what it needs, and how to meet it.

use cluster::{
    KubernetesPlace,
    change::{Change, Kind, Purpose, Write},
    requirements::{Fix, FoundRuntime, Product, Runtime, SetKubernetes, Shortfall, Unmet, WhyUnknown},
};
use commands::{
    Approve, Command, Controller, Kubectl, Mirror, Objects, Output, Pods, Resource, Sentence, Update,
};
use serde_json::json;

/// Edits `ClusterConfiguration`.
pub(crate) const EDIT: Kubectl = Kubectl::Exec(Pods::Any, Controller::EditClusterConfiguration);

/// What the objects have: `v1.29.8`.
pub(crate) fn found(shortfall: &Shortfall) -> String {
    match shortfall {
        Shortfall::Kubelet { found, .. }
        | Shortfall::OperatingSystem { found, .. }
        | Shortfall::Kernel { found, .. }
        | Shortfall::IngressController { found, .. } => found.clone(),
        Shortfall::Runtime { found, .. } => match found {
            FoundRuntime::Running(runtime) => runtime.clone(),
            FoundRuntime::OfGroup(cri) => format!("spec.cri.type: {cri}"),
            FoundRuntime::Default(cri) => format!("defaultCRI: {cri}"),
        },
        Shortfall::MixedIngressControllers { class } => {
            format!("the ingress class {class} has controllers below 1.0 and controllers at 1.0 or higher")
        }
        Shortfall::Istio { found, .. } => format!("Istio {found}"),
        Shortfall::ModuleEnabled => "enabled".to_owned(),
        Shortfall::ModuleNotOffered { module } => format!("no source has the module {module}"),
        Shortfall::ModuleOfferedWithError { module, error } => format!("{module}: {error}"),
        Shortfall::ModuleNeedsPlatform { range, .. } => format!("supports only platform versions {range}"),
        Shortfall::ModuleNeedsKubernetes { range, .. } => format!("supports only Kubernetes versions {range}"),
        Shortfall::RemovedApi { api, removed_in: (major, minor), .. } => match api {
            Some(api) => format!("uses {api}, which Kubernetes {major}.{minor} removed"),
            None => format!("Helm releases use APIs that Kubernetes {major}.{minor} removed"),
        },
        Shortfall::CloudCondition { name } => format!("unmet condition {name}"),
        Shortfall::NetworkAlert { alert, summary } | Shortfall::MetallbAlert { alert, summary } => {
            format!("{alert}: {summary}")
        }
        Shortfall::Reported { why, .. } => why.clone(),
        Shortfall::UnknownToController { .. } => {
            "the running platform version does not know this requirement: a version was skipped, or the release is for \
             another edition"
                .to_owned()
        }
    }
}

/// What the objects need: `v1.30`.
pub(crate) fn needed(shortfall: &Shortfall) -> String {
    match shortfall {
        Shortfall::Kubelet { lowest, .. } => format!("v{lowest}"),
        Shortfall::OperatingSystem { name, lowest, .. } => format!("{name} {lowest}"),
        Shortfall::Kernel { lowest, .. } | Shortfall::IngressController { lowest, .. } => lowest.clone(),
        Shortfall::Runtime { needed: Runtime::Containerd, .. } => "Containerd".to_owned(),
        Shortfall::Runtime { needed: Runtime::ContainerdV2, .. } => "containerd 2".to_owned(),
        Shortfall::MixedIngressControllers { .. } => {
            "only controllers below 1.0, or only controllers at 1.0 or higher".to_owned()
        }
        Shortfall::Istio { lowest, .. } => format!("Istio {lowest}"),
        Shortfall::ModuleEnabled => "disabled".to_owned(),
        Shortfall::ModuleNotOffered { module } | Shortfall::ModuleOfferedWithError { module, .. } => {
            format!("a source that offers the module {module} and reports no error for it")
        }
        Shortfall::ModuleNeedsPlatform { release, .. } => {
            format!("a module version that works with v{release}")
        }
        Shortfall::ModuleNeedsKubernetes { kubernetes, .. } => {
            format!("a module version that works with Kubernetes {kubernetes}")
        }
        Shortfall::RemovedApi { kubernetes, .. } => {
            format!("only APIs that Kubernetes {kubernetes} still serves")
        }
        Shortfall::CloudCondition { .. } => "all conditions met".to_owned(),
        Shortfall::NetworkAlert { .. } => "a correct configuration of the network (CNI)".to_owned(),
        Shortfall::MetallbAlert { .. } => "a configuration of metallb in the current format".to_owned(),
        Shortfall::Reported { needed, .. } | Shortfall::UnknownToController { needed } => needed.clone(),
    }
}

/// How to meet it: an imperative, with its command last where there is one.
pub(crate) fn fix(fix: &Fix) -> Sentence {
    match fix {
        Fix::WaitForNodeGroups { server } => {
            Sentence::from(format!("wait until all node groups run v{server}, the version of the API server: "))
                .command(Kubectl::Get(Objects::all(Resource::NodeGroup), Output::Table))
        }
        Fix::PinKubernetes(set) => Sentence::from(format!(
            "wait for the platform to upgrade Kubernetes (it chooses the version), or set kubernetesVersion in {}, \
             one minor at a time: ",
            <&str>::from(set.place)
        ))
        .command(set_kubernetes(set)),
        Fix::RaiseKubernetes(set) => Sentence::from(format!(
            "raise kubernetesVersion in {}, one minor at a time, and wait for the node groups each time: ",
            <&str>::from(set.place)
        ))
        .command(set_kubernetes(set)),
        Fix::RaiseKubernetesSomehow => "upgrade Kubernetes, one minor version at a time; dhctl cannot read where its \
                                        version is set: if the platform manages Kubernetes, raise kubernetesVersion: in \
                                        ModuleConfig/control-plane-manager, or, if it is not set there, in \
                                        ClusterConfiguration"
            .into(),
        Fix::UpgradeManagedKubernetes => {
            "upgrade Kubernetes with the tool or provider that created this cluster".into()
        }
        Fix::ReplaceModuleOrPinKubernetes(set) => Sentence::from(format!(
            "update or disable the module, or set kubernetesVersion in {} to a version that the module supports: ",
            <&str>::from(set.place)
        ))
        .command(set_kubernetes(set)),
        Fix::RedeployCharts => {
            Sentence::from("deploy the charts again with the new apiVersion; this lists the objects: ")
                .command(Update::PlanWithHelm)
        }
        Fix::UpgradeSystem { name, lowest } => {
            format!("upgrade these nodes to {name} {lowest} or later, or replace them").into()
        }
        Fix::UpgradeKernel => Sentence::from("upgrade the kernel: ").command(Update::KernelOfGroup),
        Fix::ChangeRuntime(Runtime::Containerd) => {
            "set spec.cri.type of the node groups, and defaultCRI of ClusterConfiguration, to Containerd".into()
        }
        Fix::ChangeRuntime(Runtime::ContainerdV2) => {
            "set spec.cri.type of the node groups, and defaultCRI of ClusterConfiguration, to ContainerdV2 (requires \
             kernel 5.8 or later, systemd 244 or later, cgroup v2 and the kernel module erofs)"
                .into()
        }
        Fix::RaiseIngressController { name } => {
            format!("raise or remove spec.controllerVersion of IngressNginxController/{name}").into()
        }
        Fix::RaiseDefaultIngressController => {
            "raise or remove settings.defaultControllerVersion of ModuleConfig/ingress-nginx".into()
        }
        Fix::RaiseOldIngressControllers => {
            "raise spec.controllerVersion of the controllers that are below 1.0".into()
        }
        Fix::MoveIstioWorkloads => "move the workloads to a later revision, then remove the old one from globalVersion \
                                    and additionalVersions in ModuleConfig/istio"
            .into(),
        Fix::DisableModule { module, configured } => {
            Sentence::from("if you need what this module does, set up a replacement first; then disable the module (this deletes its objects from the cluster): ")
                .command(disable(module, *configured))
        }
        Fix::PushModule { module } => {
            Sentence::from("disable the module, or push a bundle that contains it; pull this bundle outside: ")
                .command(Mirror::PullModule(module.clone()))
        }
        Fix::UpdateModule { module, to: Some(version) } => {
            Sentence::from("disable the module if you do not need it, or update it first: ")
                .command(Approve::Module { module: module.clone(), version: version.clone() })
        }
        Fix::UpdateModule { module, to: None } => Sentence::from(
            "disable the module if you do not need it, or push a bundle with a version of it that works with the \
             release; pull this bundle outside: ",
        )
        .command(Mirror::PullModule(module.clone())),
        Fix::FollowAlert { id } => Sentence::from("follow the description of the alert: ")
            .command(Kubectl::Get(Objects::one(Resource::ClusterAlert, id), Output::Yaml)),
        Fix::AsReported(message) => Sentence::from(message.as_str()),
        Fix::ControllerChecksAgain => {
            "correct what the controller reports; it checks again every 15 s".into()
        }
    }
}

/// Sets the version of Kubernetes in the place that decides: edits the one that is a part of a Secret, and patches or creates
/// the other.
pub(super) fn set_kubernetes(set: &SetKubernetes) -> Command {
    let KubernetesPlace::ModuleConfig { exists, versioned } = set.place else {
        return Command::kubectl(EDIT);
    };
    let version =
        set.version.map_or_else(|| "MAJOR.MINOR".to_owned(), |(major, minor)| format!("{major}.{minor}"));
    let settings = json!({ "kubernetesVersion": version });
    // The first version of the settings that has it.
    let with_version = || json!({ "spec": { "version": 3, "settings": settings } });
    let write = match (exists, versioned) {
        (true, true) => Write::Merge(json!({ "spec": { "settings": settings } })),
        (true, false) => Write::Merge(with_version()),
        (false, _) => Write::Create(with_version()),
    };
    let name = "control-plane-manager".to_owned();
    Change { purpose: Purpose::SetKubernetes, kind: Kind::ModuleConfig, name, write }.one_line_command()
}

pub(crate) fn disable(module: &str, configured: bool) -> Command {
    let spec = json!({ "spec": { "enabled": false } });
    let write = if configured { Write::Merge(spec) } else { Write::Create(spec) };
    let change =
        Change { purpose: Purpose::DisableModule, kind: Kind::ModuleConfig, name: module.to_owned(), write };
    change.one_line_command()
}

/// Why it is unknown.
pub(crate) fn why_unknown(why: &WhyUnknown) -> String {
    const DECIDES: &str = "; the controller will decide";
    let product = |product: &Product| match product {
        Product::Platform => "platform version",
        Product::Kubernetes => "Kubernetes",
    };
    match why {
        WhyUnknown::Source(unknown) => unknown.to_string(),
        WhyUnknown::NoDescription => {
            "the metadata of the release, which lists its requirements, cannot be read".to_owned()
        }
        WhyUnknown::NotRead => format!(
            "it depends on the Secrets d8-cluster-configuration and d8-provider-cluster-configuration in kube-system, which dhctl does not read{DECIDES}"
        ),
        WhyUnknown::NotSupported => format!("dhctl does not know this requirement{DECIDES}"),
        WhyUnknown::NeededNotAVersion(needed) => {
            format!("the required value '{needed}' is not a version{DECIDES}")
        }
        WhyUnknown::FoundNotAVersion { object, value } => {
            format!("{object} reports the value '{value}', which is not a version")
        }
        WhyUnknown::ModuleState { module } => {
            format!("Module/{module} does not report whether it is enabled{DECIDES}")
        }
        WhyUnknown::IstioVersion => {
            format!("ModuleConfig/istio has no globalVersion, so the module chooses the version{DECIDES}")
        }
        WhyUnknown::IstioCompatibility => format!(
            "the nodes meet it, but it is unknown whether Istio works with the Kubernetes version that the release installs{DECIDES}"
        ),
        WhyUnknown::IstioCompatibilityUnread(unknown) => format!(
            "the nodes meet it, but it is unknown whether the release upgrades Kubernetes, and whether Istio works with \
             the new Kubernetes version: {unknown}"
        ),
        WhyUnknown::ModuleStateOf { module, product: it, range } => {
            format!(
                "Module/{module} needs {} {range} and does not report whether it is enabled{DECIDES}",
                product(it)
            )
        }
        WhyUnknown::ConstraintNotUnderstood { module, product: it, range } => {
            format!(
                "Module/{module} needs {} '{range}', which dhctl does not understand{DECIDES}",
                product(it)
            )
        }
        WhyUnknown::AlertWithoutVersion { id, name } => {
            format!("ClusterAlert/{id} ({name}) does not name a version of Kubernetes{DECIDES}")
        }
        WhyUnknown::KubernetesVersionUnset => {
            "ModuleConfig/control-plane-manager does not set kubernetesVersion; in this case, all platform versions \
             that dhctl knows count the requirement as met"
                .to_owned()
        }
        WhyUnknown::NoModuleSources(why) => format!("{why}{DECIDES}"),
        WhyUnknown::ControllerPassedIt(unmet) => {
            let found: Vec<String> = unmet
                .iter()
                .map(|it| format!("{}: {}", objects(it).join(", "), self::found(&it.shortfall)))
                .collect();
            format!(
                "the controller counts it as met and waits only for the approval, but dhctl finds it unmet: {}",
                found.join("; ")
            )
        }
    }
}

/// The objects as `KIND/NAME`.
pub(crate) fn objects(unmet: &Unmet) -> Vec<String> {
    unmet.objects.iter().map(ToString::to_string).collect()
}
