//! Objects of Kubernetes, as kubectl names them.

use crate::words::Words;

/// Namespace of the platform.
const PLATFORM: &str = "d8-system";

/// A kind of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the kind of that name")]
pub enum Resource {
    Application,
    ClusterAlert,
    ClusterApplication,
    ConfigMap,
    DeckhouseRelease,
    Deployment,
    EffectiveLicense,
    IngressNginxController,
    Module,
    ModuleConfig,
    ModulePullOverride,
    ModuleRelease,
    ModuleSource,
    ModuleUpdatePolicy,
    Namespace,
    Node,
    NodeGroup,
    NodeGroupConfiguration,
    PackageRepository,
    Pod,
    RegistryStorage,
    ReplicaSet,
    Secret,
}

impl Resource {
    /// Its name before the name of one object.
    fn singular(self) -> &'static str {
        match self {
            Self::Application => "application.deckhouse.io",
            Self::ClusterAlert => "clusteralert",
            Self::ClusterApplication => "clusterapplication",
            Self::ConfigMap => "configmap",
            Self::DeckhouseRelease => "deckhouserelease",
            Self::Deployment => "deployment",
            Self::EffectiveLicense => "effectivelicense",
            Self::IngressNginxController => "ingressnginxcontroller",
            Self::Module => "module",
            Self::ModuleConfig => "moduleconfig",
            Self::ModulePullOverride => "modulepulloverride",
            Self::ModuleRelease => "modulerelease",
            Self::ModuleSource => "modulesource",
            Self::ModuleUpdatePolicy => "moduleupdatepolicy",
            Self::Namespace => "namespace",
            Self::Node => "node",
            Self::NodeGroup => "nodegroup",
            Self::NodeGroupConfiguration => "nodegroupconfiguration",
            Self::PackageRepository => "packagerepository",
            Self::Pod => "pod",
            Self::RegistryStorage => "registrystorage",
            Self::ReplicaSet => "replicaset",
            Self::Secret => "secret",
        }
    }

    /// Its name where several are meant.
    fn plural(self) -> &'static str {
        match self {
            Self::Application => "applications.deckhouse.io",
            Self::ClusterAlert => "clusteralerts",
            Self::ClusterApplication => "clusterapplications",
            Self::ConfigMap => "configmaps",
            Self::DeckhouseRelease => "deckhousereleases",
            Self::Deployment => "deployments",
            Self::EffectiveLicense => "effectivelicenses",
            Self::IngressNginxController => "ingressnginxcontrollers",
            Self::Module => "modules",
            Self::ModuleConfig => "moduleconfigs",
            Self::ModulePullOverride => "modulepulloverrides",
            Self::ModuleRelease => "modulereleases",
            Self::ModuleSource => "modulesources",
            Self::ModuleUpdatePolicy => "moduleupdatepolicies",
            Self::Namespace => "namespaces",
            Self::Node => "nodes",
            Self::NodeGroup => "nodegroups",
            Self::NodeGroupConfiguration => "nodegroupconfigurations",
            Self::PackageRepository => "packagerepositories",
            Self::Pod => "pods",
            Self::RegistryStorage => "registrystorages",
            Self::ReplicaSet => "replicasets",
            Self::Secret => "secrets",
        }
    }

    /// Its name without a doubt about the group, for what is written.
    pub(crate) fn qualified(self) -> &'static str {
        match self {
            Self::Application => "applications.deckhouse.io",
            Self::ClusterAlert => "clusteralerts.deckhouse.io",
            Self::ClusterApplication => "clusterapplications.deckhouse.io",
            Self::DeckhouseRelease => "deckhousereleases.deckhouse.io",
            Self::EffectiveLicense => "effectivelicenses.deckhouse.io",
            Self::IngressNginxController => "ingressnginxcontrollers.deckhouse.io",
            Self::Module => "modules.deckhouse.io",
            Self::ModuleConfig => "moduleconfigs.deckhouse.io",
            Self::ModulePullOverride => "modulepulloverrides.deckhouse.io",
            Self::ModuleRelease => "modulereleases.deckhouse.io",
            Self::ModuleSource => "modulesources.deckhouse.io",
            Self::ModuleUpdatePolicy => "moduleupdatepolicies.deckhouse.io",
            Self::NodeGroup => "nodegroups.deckhouse.io",
            Self::NodeGroupConfiguration => "nodegroupconfigurations.deckhouse.io",
            Self::PackageRepository => "packagerepositories.deckhouse.io",
            Self::RegistryStorage => "registrystorages.deckhouse.io",
            Self::Deployment => "deployments.apps",
            Self::ReplicaSet => "replicasets.apps",
            Self::ConfigMap | Self::Namespace | Self::Node | Self::Pod | Self::Secret => self.plural(),
        }
    }
}

/// Some objects of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Objects {
    resource: Resource,
    which: Which,
    namespace: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Which {
    All,
    One(String),
    /// Those with a label.
    Labelled(&'static str),
    /// Nodes of a group.
    OfGroup(String),
}

impl Objects {
    fn new(resource: Resource, which: Which) -> Self {
        Self { resource, which, namespace: None }
    }

    /// All of a kind.
    pub fn all(resource: Resource) -> Self {
        Self::new(resource, Which::All)
    }

    /// The one of this name.
    pub fn one(resource: Resource, name: impl Into<String>) -> Self {
        Self::new(resource, Which::One(name.into()))
    }

    /// Those of the platform's own Deployment, by its label.
    pub fn of_the_platform(resource: Resource) -> Self {
        Self::new(resource, Which::Labelled("app=deckhouse")).within(PLATFORM)
    }

    /// The pods of the control plane.
    pub fn control_plane_pods() -> Self {
        Self::new(Resource::Pod, Which::Labelled("tier=control-plane")).within("kube-system")
    }

    /// The control-plane nodes.
    pub fn control_plane_nodes() -> Self {
        Self::new(Resource::Node, Which::Labelled("node-role.kubernetes.io/control-plane"))
    }

    /// The nodes of a group.
    pub fn nodes_of_group(group: impl Into<String>) -> Self {
        Self::new(Resource::Node, Which::OfGroup(group.into()))
    }

    /// In this namespace.
    #[must_use]
    pub fn within(self, namespace: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), ..self }
    }

    /// Behind `kubectl`: the namespace, the verb, the kind and the names.
    pub(crate) fn words(&self, words: Words, verb: &'static str) -> Words {
        let is_one = verb == "describe" || matches!(self.which, Which::One(_));
        let resource = if is_one { self.resource.singular() } else { self.resource.plural() };
        let words = self.in_namespace(words).fixed(&[verb, resource]);
        match &self.which {
            Which::All => words,
            Which::One(name) => words.operand(name),
            Which::Labelled(label) => words.fixed(&["-l", label]),
            Which::OfGroup(name) => words.fixed(&["-l"]).joined("node.deckhouse.io/group=", name),
        }
    }

    fn in_namespace(&self, words: Words) -> Words {
        match &self.namespace {
            Some(namespace) => words.option("-n", "--namespace=", namespace),
            None => words,
        }
    }
}

/// What `kubectl get` shows of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Output {
    /// A table.
    Table,
    /// A table with more columns.
    Wide,
    /// The whole objects.
    Yaml,
    /// A part of one.
    JsonPath(&'static str),
    /// A table of these columns, as `NAME:.metadata.name`.
    Columns(&'static str),
    /// A table with these labels as columns.
    Labels(&'static str),
}

impl Output {
    pub(crate) fn words(self, words: Words) -> Words {
        match self {
            Self::Table => words,
            Self::Wide => words.fixed(&["-o", "wide"]),
            Self::Yaml => words.fixed(&["-o", "yaml"]),
            Self::JsonPath(path) => words.fixed(&["-o"]).joined("jsonpath=", path),
            Self::Labels(labels) => words.fixed(&["-L", labels]),
            Self::Columns(columns) => words.fixed(&["-o"]).joined("custom-columns=", columns),
        }
    }
}
