//! What keeps a requirement from being met, as data: which objects, what they have, what they need, and what helps.

use std::fmt;

use foreign_text::ForeignText;
use semver::Version;

use crate::{KubernetesPlace, Unknown};

/// One reason why a requirement is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The objects that it is about.
    pub objects: Vec<Holder>,
    /// What they have, and what they need.
    pub shortfall: Shortfall,
    /// How that is reached.
    pub fix: Fix,
    /// Whether an earlier release of the chain may bring what is missing.
    pub may_change: bool,
}

/// What a requirement looks at. Shown and serialized as `KIND/NAME`, with the group or the namespace where it helps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A node and its group.
    Node {
        /// Its name.
        name: String,
        /// Its group, if the platform manages it.
        group: Option<String>,
    },
    /// Any other object with a name.
    Object {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Some object of this kind: none is known by name.
    AnyOf(&'static str),
    /// The configuration of the cluster, which is not an object.
    ClusterConfiguration,
    /// The `ConfigMap` in which the cloud provider's module reports.
    CloudConditions,
    /// A Helm release.
    HelmRelease {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Holder {
    pub(crate) fn object(kind: &'static str, name: &str) -> Self {
        Self::Object { kind, name: name.to_owned() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node { name, group: Some(group) } => write!(f, "Node/{name} (NodeGroup/{group})"),
            Self::Node { name, group: None } => write!(f, "Node/{name}"),
            Self::Object { kind, name } => write!(f, "{kind}/{name}"),
            Self::AnyOf(kind) => f.write_str(kind),
            Self::ClusterConfiguration => f.write_str("ClusterConfiguration"),
            Self::CloudConditions => f.write_str("ConfigMap/d8-cloud-provider-conditions (kube-system)"),
            Self::HelmRelease { namespace, name } => write!(f, "Helm release {namespace}/{name}"),
        }
    }
}

/// What objects have, and what a release needs instead. `lowest` is the required version as the release spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shortfall {
    /// Nodes whose kubelet is too old.
    Kubelet {
        /// The version that they run.
        found: String,
        /// The lowest that is allowed.
        lowest: String,
    },
    /// Nodes whose operating system is too old.
    OperatingSystem {
        /// The system that they report.
        found: String,
        /// Its name: `Ubuntu`.
        name: &'static str,
        /// The lowest version that is allowed.
        lowest: String,
    },
    /// Nodes whose kernel is too old.
    Kernel {
        /// The version that they run.
        found: String,
        /// The lowest that is allowed.
        lowest: String,
    },
    /// A container runtime that the release does not support.
    Runtime {
        /// Where it was found.
        found: FoundRuntime,
        /// The one that is needed.
        needed: Runtime,
    },
    /// An ingress controller that is too old.
    IngressController {
        /// Its version.
        found: String,
        /// The lowest that is allowed.
        lowest: String,
    },
    /// Ingress controllers of one class, below and above 1.0.
    MixedIngressControllers {
        /// The class.
        class: String,
    },
    /// A version of Istio that is too old.
    Istio {
        /// The version.
        found: String,
        /// The lowest that is allowed.
        lowest: String,
    },
    /// A module that must be disabled and is enabled.
    ModuleEnabled,
    /// A module that no source offers.
    ModuleNotOffered {
        /// The module.
        module: String,
    },
    /// A module that its source offers with an error.
    ModuleOfferedWithError {
        /// The module.
        module: String,
        /// The error.
        error: ForeignText,
    },
    /// A module that does not work with the release.
    ModuleNeedsPlatform {
        /// The versions of the platform that it works with.
        range: String,
        /// The release.
        release: Version,
    },
    /// A module that does not work with the version of Kubernetes that the release installs.
    ModuleNeedsKubernetes {
        /// The versions of Kubernetes that it works with.
        range: String,
        /// The version that is installed.
        kubernetes: String,
    },
    /// Helm releases that use an API which the version of Kubernetes does not have.
    RemovedApi {
        /// `apiVersion` and kind, where they are known.
        api: Option<String>,
        /// Major and minor version of Kubernetes that removes it.
        removed_in: (u64, u64),
        /// The version that is installed.
        kubernetes: String,
    },
    /// A condition of the cloud provider's module.
    CloudCondition {
        /// Its name.
        name: String,
    },
    /// An alert on the configuration of the network (CNI).
    NetworkAlert {
        /// Its name.
        alert: String,
        /// Its summary.
        summary: ForeignText,
    },
    /// An alert on the configuration of the module `metallb`.
    MetallbAlert {
        /// Its name.
        alert: String,
        /// Its summary.
        summary: ForeignText,
    },
    /// The controller says so, and nothing was found here.
    Reported {
        /// What the controller says.
        why: String,
        /// The required value.
        needed: String,
    },
    /// The controller of the running version does not know the requirement.
    UnknownToController {
        /// The required value.
        needed: String,
    },
}

/// A container runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// `Containerd`, of any version.
    Containerd,
    /// `ContainerdV2`.
    ContainerdV2,
}

/// Where a container runtime that is not supported was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoundRuntime {
    /// A node runs it: `docker://20.10.7`.
    Running(String),
    /// `spec.cri.type` of a node group names it.
    OfGroup(String),
    /// `defaultCRI` of `ClusterConfiguration` names it.
    Default(String),
}

/// Where `kubernetesVersion` is to be set, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetKubernetes {
    /// The place that decides in this cluster.
    pub place: KubernetesPlace,
    /// Major and minor version; `None` if the version of the API server is not known.
    pub version: Option<(u64, u64)>,
}

/// How a requirement can be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// The API server has the version: the node groups follow.
    WaitForNodeGroups {
        /// Version of the API server.
        server: Version,
    },
    /// The platform chooses the version: an earlier release may raise it, or a person may.
    PinKubernetes(SetKubernetes),
    /// Raise `kubernetesVersion`.
    RaiseKubernetes(SetKubernetes),
    /// Raise the version of Kubernetes, where it is unknown whether the platform manages it.
    RaiseKubernetesSomehow,
    /// The platform does not manage Kubernetes here.
    UpgradeManagedKubernetes,
    /// Update or disable the module, or set `kubernetesVersion`.
    ReplaceModuleOrPinKubernetes(SetKubernetes),
    /// Deploy the Helm charts with the new API, or set `kubernetesVersion`.
    RedeployCharts,
    /// Upgrade the operating system of the nodes, or replace them.
    UpgradeSystem {
        /// The system.
        name: &'static str,
        /// The lowest version that is allowed.
        lowest: String,
    },
    /// Upgrade the kernel of the nodes.
    UpgradeKernel,
    /// Configure another container runtime.
    ChangeRuntime(Runtime),
    /// Raise or remove `spec.controllerVersion` of this ingress controller.
    RaiseIngressController {
        /// Its name.
        name: String,
    },
    /// Raise or remove `defaultControllerVersion` of the module `ingress-nginx`.
    RaiseDefaultIngressController,
    /// Raise the old ones of a class of ingress controllers.
    RaiseOldIngressControllers,
    /// Move the workloads to a later revision of Istio.
    MoveIstioWorkloads,
    /// Disable a module.
    DisableModule {
        /// The module.
        module: String,
        /// Whether it has, or may have, a `ModuleConfig`.
        configured: bool,
    },
    /// Push the module into the registry, or disable it.
    PushModule {
        /// The module.
        module: String,
    },
    /// Update the module first, or disable it.
    UpdateModule {
        /// The module.
        module: String,
        /// Its release that is next, if one of those that are waiting works with the release of the platform.
        to: Option<String>,
    },
    /// Do what the alert says.
    FollowAlert {
        /// Its ID.
        id: String,
    },
    /// What the cloud provider's module says.
    AsReported(ForeignText),
    /// Nothing is known but that the controller checks again.
    ControllerChecksAgain,
}

/// Why it is unknown whether a requirement is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyUnknown {
    /// A source cannot be read.
    Source(Unknown),
    /// No description of the release could be read.
    NoDescription,
    /// It concerns configuration that dhctl does not read.
    NotRead,
    /// dhctl does not know the requirement.
    NotSupported,
    /// The required value is not a version.
    NeededNotAVersion(String),
    /// What an object has is not a version.
    FoundNotAVersion {
        /// The object.
        object: Holder,
        /// What it has.
        value: String,
    },
    /// It is unknown whether the module is enabled.
    ModuleState {
        /// The module.
        module: String,
    },
    /// Istio's version is chosen by its module.
    IstioVersion,
    /// The nodes have it; whether Istio works with the Kubernetes that the release installs is unknown.
    IstioCompatibility,
    /// The same, and even whether the platform upgrades Kubernetes cannot be read.
    IstioCompatibilityUnread(Unknown),
    /// A module does not work with the version, and it is unknown whether it is enabled.
    ModuleStateOf {
        /// The module.
        module: String,
        /// What it constrains.
        product: Product,
        /// The versions that it works with.
        range: String,
    },
    /// A constraint of a module is not understood.
    ConstraintNotUnderstood {
        /// The module.
        module: String,
        /// What it constrains.
        product: Product,
        /// The constraint.
        range: String,
    },
    /// An alert that does not name a version of Kubernetes.
    AlertWithoutVersion {
        /// Its ID.
        id: String,
        /// Its name.
        name: String,
    },
    /// `ModuleConfig/control-plane-manager` does not set `kubernetesVersion`.
    KubernetesVersionUnset,
    /// The cluster does not have `ModuleSource`s; why.
    NoModuleSources(String),
    /// The controller waits only for an approval, though this was found here.
    ControllerPassedIt(Vec<Unmet>),
}

/// What a module constrains the version of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The platform.
    Platform,
    /// Kubernetes.
    Kubernetes,
}

impl From<Unknown> for WhyUnknown {
    fn from(unknown: Unknown) -> Self {
        Self::Source(unknown)
    }
}
