//! The object that a problem is about.

use std::fmt::{self, Display, Formatter};

use semver::Version;
use serde::{Serialize, Serializer};

/// What kind of thing an [`Object`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the kind of that name; those without an API object are described")]
pub enum Kind {
    Application,
    ClusterAlert,
    ClusterApplication,
    ConfigMap,
    DeckhouseRelease,
    Deployment,
    EffectiveLicense,
    Module,
    ModuleConfig,
    ModulePullOverride,
    ModuleRelease,
    ModuleSource,
    ModuleUpdatePolicy,
    Node,
    NodeGroup,
    NodeGroupConfiguration,
    PackageRepository,
    Pod,
    Secret,
    ValidatingWebhookConfiguration,
    /// The API server of the cluster.
    ApiServer,
    /// One queue of the platform's controller.
    Queue,
    /// All queues of the platform's controller.
    Queues,
    /// How far the controller is with its modules, as it answers itself.
    ConvergeStatus,
    /// The platform as a whole.
    Platform,
    /// The cluster as a whole.
    Cluster,
    /// An image registry.
    Registry,
    /// The file of a bundle.
    Bundle,
}

impl Kind {
    /// Its name in `KIND/NAME`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Application => "Application",
            Self::ClusterAlert => "ClusterAlert",
            Self::ClusterApplication => "ClusterApplication",
            Self::ConfigMap => "ConfigMap",
            Self::DeckhouseRelease => "DeckhouseRelease",
            Self::Deployment => "Deployment",
            Self::EffectiveLicense => "EffectiveLicense",
            Self::Module => "Module",
            Self::ModuleConfig => "ModuleConfig",
            Self::ModulePullOverride => "ModulePullOverride",
            Self::ModuleRelease => "ModuleRelease",
            Self::ModuleSource => "ModuleSource",
            Self::ModuleUpdatePolicy => "ModuleUpdatePolicy",
            Self::Node => "Node",
            Self::NodeGroup => "NodeGroup",
            Self::NodeGroupConfiguration => "NodeGroupConfiguration",
            Self::PackageRepository => "PackageRepository",
            Self::Pod => "Pod",
            Self::Secret => "Secret",
            Self::ValidatingWebhookConfiguration => "ValidatingWebhookConfiguration",
            Self::ApiServer => "the API server",
            Self::Queue => "Queue",
            Self::Queues => "the queues",
            Self::ConvergeStatus => "the converge status",
            Self::Platform => "the platform",
            Self::Cluster => "the cluster",
            Self::Registry => "Registry",
            Self::Bundle => "the bundle",
        }
    }
}

/// An object of a cluster, or all objects of a kind. Shown and serialized as `KIND/NAME`, or as `KIND`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// Its name; `None` for all of a kind, and for kinds of which there is only one.
    pub name: Option<String>,
}

impl Object {
    /// The object of this name.
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self { kind, name: Some(name.into()) }
    }

    /// All objects of a kind, or the only one.
    pub fn any(kind: Kind) -> Self {
        Self { kind, name: None }
    }

    /// `DeckhouseRelease/vX.Y.Z`
    pub fn release(version: &Version) -> Self {
        Self::new(Kind::DeckhouseRelease, format!("v{version}"))
    }

    /// The settings of the platform, `ModuleConfig/deckhouse`.
    pub fn settings() -> Self {
        Self::new(Kind::ModuleConfig, "deckhouse")
    }

    /// The platform's own Deployment, `d8-system/deckhouse`.
    pub fn deployment() -> Self {
        Self::new(Kind::Deployment, "deckhouse")
    }

    /// The pods of the platform's own Deployment, whatever their names.
    pub fn platform_pod() -> Self {
        Self::new(Kind::Pod, "deckhouse")
    }

    /// Whether it is this one.
    pub fn is(&self, kind: Kind, name: &str) -> bool {
        self.kind == kind && self.name.as_deref() == Some(name)
    }
}

impl Display for Object {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        // The name of a file has slashes of its own.
        let separator = if self.kind == Kind::Bundle { ' ' } else { '/' };
        self.name.as_ref().map_or(Ok(()), |name| write!(f, "{separator}{name}"))
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
