//! Our own invocations that are suggested.

use std::fmt::{self, Display, Formatter};

use crate::{
    ClusterFlags,
    word::word,
    words::{Word, Words},
};

/// The bundle in examples.
const BUNDLE: &str = "d8.tar";

/// Where the vendor has the repositories of the editions.
const EDITIONS: &str = "registry.deckhouse.ru/deckhouse";

/// The vendor's repository of the certified edition, which has a registry of its own.
const CERTIFIED: &str = "registry-cse.deckhouse.ru/deckhouse/cse";

/// The releases file that `update prepare` reads.
const RELEASES_FILE: &str = "deckhousereleases.yaml";

/// The want list that `update want` writes in examples.
pub const WANT_LIST: &str = "want.yaml";

/// A registry that is to be filled in.
const REGISTRY: &str = "HOST/PATH";

/// An invocation of dhctl.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dhctl {
    /// `dhctl update`
    Update(Update),
    /// `dhctl mirror`
    Mirror(Mirror),
    /// `dhctl mirror-modules pull`
    MirrorModulesPull,
    /// `dhctl mirror-modules push` from this directory, to a registry that is to be filled in
    MirrorModulesPush(String),
    /// `dhctl bundle verify` for this bundle
    BundleVerify(String),
    /// `dhctl bundle join`
    BundleJoin,
    /// `dhctl bundle missing-parts`
    BundleMissingParts,
    /// `dhctl bundle split --only`: the parts that this file requests, of this bundle
    BundleSplitOnly {
        /// The file.
        request: String,
        /// The bundle.
        bundle: String,
    },
    /// `dhctl config docker-cfg` for this registry
    DockerCfg(String),
    /// `dhctl config init-configuration` for this registry
    InitConfiguration(RegistryLogin),
    /// `dhctl registry`
    Registry(Registry),
}

/// A registry with a login whose password is in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryLogin {
    /// `HOST[:PORT]/PATH`.
    pub registry: String,
    /// The login.
    pub login: String,
    /// The file with the password.
    pub password_file: String,
    /// Whether HTTP is used instead of HTTPS.
    pub plain_http: bool,
}

impl RegistryLogin {
    fn add_to(&self, words: Words) -> Words {
        let connection = RegistryConnection {
            login: Some(self.login.clone()),
            password_file: Some(self.password_file.clone()),
            plain_http: self.plain_http,
            ..RegistryConnection::default()
        };
        connection.add_to(words.option("--registry", "--registry=", &self.registry))
    }
}

/// How a registry is reached, for a command that names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryConnection {
    /// The login.
    pub login: Option<String>,
    /// The file with the password.
    pub password_file: Option<String>,
    /// Whether HTTP is used instead of HTTPS.
    pub plain_http: bool,
    /// Whether any TLS certificate is accepted.
    pub skip_verify: bool,
    /// Files with certificates that are trusted.
    pub ca_files: Vec<String>,
    /// The files with the client certificate and its key.
    pub client: Option<(String, String)>,
}

impl RegistryConnection {
    fn add_to(&self, words: Words) -> Words {
        let file = |words: Words, flag: &'static str, path: &str| words.fixed(&[flag]).file(path);
        let words = match &self.login {
            Some(login) => words.option("--registry-login", "--registry-login=", login),
            None => words,
        };
        let words = match &self.password_file {
            Some(path) => file(words, "--registry-password-file", path),
            None => words,
        };
        let words = if self.plain_http { words.fixed(&["--insecure"]) } else { words };
        let words = if self.skip_verify { words.fixed(&["--tls-skip-verify"]) } else { words };
        let words = self.ca_files.iter().fold(words, |words, path| file(words, "--ca-file", path));
        match &self.client {
            Some((certificate, key)) => file(file(words, "--client-cert", certificate), "--client-key", key),
            None => words,
        }
    }
}

/// Commands below `dhctl registry`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Registry {
    /// `dhctl registry prune --apply`
    PruneApply {
        /// The registry, `HOST[:PORT]/PATH`.
        registry: String,
        /// The file with the plan.
        plan: String,
        /// The contexts of the clusters that use the registry; none means `--no-clusters`.
        contexts: Vec<String>,
        /// The kubeconfig file, if it was named.
        kubeconfig: Option<String>,
        /// How the registry is reached.
        connection: Box<RegistryConnection>,
    },
}

/// Commands below `dhctl update`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Update {
    /// `dhctl update status`
    Status,
    /// `dhctl update plan`
    Plan,
    /// `dhctl update plan --helm`
    PlanWithHelm,
    /// Saves a plan with the releases of a registry as the releases file.
    SavePlan {
        /// The registry, `HOST[:PORT]/PATH`.
        registry: String,
        /// The last release of the plan, `vX.Y.Z`; `None`: the last one that is known.
        to: Option<String>,
    },
    /// `dhctl update prepare`
    Prepare {
        /// The release channel that is set.
        channel: Option<String>,
        /// The releases of the delivery.
        file: Option<String>,
    },
    /// `dhctl update approve`
    Approve(Approve),
    /// `dhctl update watch`
    Watch,
    /// `dhctl update watch --to` this release, `vX.Y.Z`
    WatchTo(String),
    /// `dhctl update want`, which writes the want list
    Want,
    /// `dhctl update doctor`
    Doctor,
    /// `dhctl update kernel`
    Kernel,
    /// `dhctl update kernel` with a group and a version that are to be filled in
    KernelOfGroup,
    /// `dhctl update kernel` for this group, with a version that is to be filled in
    KernelOf {
        /// The node group.
        group: String,
        /// With `--check`.
        check: bool,
    },
    /// `dhctl update kernel --check`
    KernelCheck {
        /// The node groups.
        groups: Vec<String>,
        /// The version of the kernel.
        version: String,
    },
    /// `dhctl update rbac` for a user who is to be named
    Rbac,
    /// `dhctl update rbac --user` this user
    RbacOf(String),
    /// `dhctl update rbac --read-only` for a user who is to be named
    ReadOnlyRbac {
        /// With the right to read the queues.
        queues: bool,
        /// With the right to read the Secrets that the commands use.
        secrets: bool,
    },
}

/// What is approved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Approve {
    /// A release of the platform.
    Release(String),
    /// The same, to be applied immediately.
    ReleaseNow(String),
    /// What a release interrupts.
    Disruption(String),
    /// What is interrupted on a node.
    Node(String),
    /// A release of a module.
    Module {
        /// The module.
        module: String,
        /// The version.
        version: String,
    },
}

/// Commands of `dhctl mirror`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mirror {
    /// A pull, without its arguments.
    Pull,
    /// Pulls the releases from a minor on.
    PullSince {
        /// The major version.
        major: u64,
        /// The minor version.
        minor: u64,
    },
    /// Pulls the releases from a minor on that is to be filled in.
    PullSinceUnknown,
    /// Pulls exactly this release, as `v1.71.2`; `None`: one that is to be filled in.
    PullRelease(Option<String>),
    /// Pulls from the vendor's repository of this edition, such as `ee`.
    PullEdition(String),
    /// Reads the releases from a minor on by name, through a proxy cache, and downloads nothing.
    ListThroughCache {
        /// The proxy cache, `HOST[:PORT]/PATH`.
        registry: String,
        /// The major version.
        major: u64,
        /// The minor version.
        minor: u64,
    },
    /// Pulls a module too.
    PullModule(String),
    /// Pulls what takes clusters from a release to their targets, without a want list.
    PullChain(Box<PullChain>),
    /// Pulls by this want list.
    PullWanted(String),
    /// Pushes a bundle to this registry, `HOST[:PORT]/PATH`.
    Push(String),
    /// Pushes a bundle to this registry with this login.
    PushAs(RegistryLogin),
    /// Pushes this bundle to a registry that is to be filled in.
    PushFile(String),
}

/// What a pull without a want list is to bring.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PullChain {
    /// The vendor's repository of the edition, such as `ee`; the default without one.
    pub edition: Option<String>,
    /// The lowest release, `X.Y.Z`.
    pub min: String,
    /// The highest release, `X.Y.Z`.
    pub max: Option<String>,
    /// The release channels; all if there are none.
    pub channels: Vec<String>,
    /// The modules, each with its lowest version `X.Y.Z`; none of them means no modules.
    pub modules: Vec<(String, Option<String>)>,
    /// The packages, in the same way.
    pub packages: Vec<(String, Option<String>)>,
    /// The plugins that modules do not need.
    pub plugins: Vec<String>,
    /// Whether the vulnerability databases are left out.
    pub no_security_db: bool,
}

/// `NAME@VERSION`, or `NAME`.
fn since((name, version): &(String, Option<String>)) -> String {
    match version {
        Some(version) => format!("{name}@{version}"),
        None => name.clone(),
    }
}

impl PullChain {
    fn add_to(&self, words: Words) -> Words {
        let words = match &self.edition {
            Some(edition) => words.option("--source", "--source=", &vendor_repository(edition)),
            None => words,
        };
        let words = words.option("--min-version", "--min-version=", &self.min);
        let words = match &self.max {
            Some(max) => words.option("--max-version", "--max-version=", max),
            None => words,
        };
        let words =
            self.channels.iter().fold(words, |words, name| words.option("--channel", "--channel=", name));
        let words = if self.modules.is_empty() { words.fixed(&["--no-modules"]) } else { words };
        let words = self.modules.iter().fold(words, |words, module| {
            words.option("--include-module", "--include-module=", &since(module))
        });
        let words = if self.packages.is_empty() { words.fixed(&["--no-packages"]) } else { words };
        let words = self.packages.iter().fold(words, |words, package| {
            words.option("--include-package", "--include-package=", &since(package))
        });
        let words = self
            .plugins
            .iter()
            .fold(words, |words, plugin| words.option("--include-plugin", "--include-plugin=", plugin));
        if self.no_security_db { words.fixed(&["--no-security-db"]) } else { words }
    }
}

/// Where the vendor has an edition.
fn vendor_repository(edition: &str) -> String {
    let is_certified = edition == "cse" || edition.starts_with("cse-");
    if is_certified { CERTIFIED.to_owned() } else { format!("{EDITIONS}/{edition}") }
}

impl Update {
    /// Preparation as it stands, after an interruption.
    pub fn prepare() -> Self {
        Self::Prepare { channel: None, file: None }
    }

    fn words(&self, flags: &ClusterFlags) -> Words {
        let begin = |name: &'static str| flags.add_to(Words::default().fixed(&["dhctl", "update", name]));
        match self {
            Self::Status => begin("status"),
            Self::Plan => begin("plan"),
            Self::PlanWithHelm => begin("plan").fixed(&["--helm"]),
            Self::SavePlan { registry, to } => {
                let words = begin("plan").option("--registry", "--registry=", registry);
                let words = match to {
                    Some(to) => words.option("--to", "--to=", to),
                    None => words,
                };
                words.fixed(&["--output", "yaml"])
            }
            Self::Prepare { channel, file } => {
                let words = begin("prepare");
                let words = match channel {
                    Some(channel) => words.option("--channel", "--channel=", channel),
                    None => words,
                };
                match file {
                    Some(file) => words.fixed(&["-f"]).file(file),
                    None => words,
                }
            }
            Self::Approve(approve) => approve.words(begin("approve")),
            Self::Watch => begin("watch"),
            Self::WatchTo(release) => begin("watch").option("--to", "--to=", release),
            Self::Want => begin("want").fixed(&["-o", WANT_LIST]),
            Self::Doctor => begin("doctor"),
            Self::Kernel => begin("kernel"),
            Self::KernelOfGroup => begin("kernel").fixed(&["--node-group", "NAME", "--version", "VERSION"]),
            Self::KernelOf { group, check } => {
                let words = begin("kernel");
                let words = if *check { words.fixed(&["--check"]) } else { words };
                words.option("--node-group", "--node-group=", group).fixed(&["--version", "VERSION"])
            }
            Self::KernelCheck { groups, version } => groups
                .iter()
                .fold(begin("kernel").fixed(&["--check"]), |words, group| {
                    words.option("--node-group", "--node-group=", group)
                })
                .option("--version", "--version=", version),
            // It prints a manifest, and asks no cluster.
            Self::Rbac => Words::default().fixed(&["dhctl", "update", "rbac", "--user", "NAME"]),
            Self::RbacOf(user) => {
                Words::default().fixed(&["dhctl", "update", "rbac"]).option("--user", "--user=", user)
            }
            Self::ReadOnlyRbac { queues, secrets } => {
                let mut words = Words::default().fixed(&["dhctl", "update", "rbac", "--read-only"]);
                for (is_set, flag) in [(queues, "--queues"), (secrets, "--secrets")] {
                    if *is_set {
                        words = words.fixed(&[flag]);
                    }
                }
                words.fixed(&["--user", "NAME"])
            }
        }
    }
}

impl Approve {
    fn words(&self, words: Words) -> Words {
        match self {
            Self::Release(version) => words.operand(version),
            Self::ReleaseNow(version) => words.operand(version).fixed(&["--apply-now"]),
            Self::Disruption(version) => words.fixed(&["--disruption"]).operand(version),
            Self::Node(name) => words.option("--node", "--node=", name),
            Self::Module { module, version } => {
                words.option("--module", "--module=", module).operand(version)
            }
        }
    }
}

impl Dhctl {
    /// The file that its output goes to.
    pub(crate) fn redirection(&self) -> Option<&'static str> {
        matches!(self, Self::Update(Update::SavePlan { .. })).then_some(RELEASES_FILE)
    }

    pub(crate) fn words(&self, flags: &ClusterFlags) -> Words {
        let words = Words::default().fixed(&["dhctl"]);
        match self {
            Self::Update(update) => update.words(flags),
            Self::Mirror(mirror) => mirror.words(words.fixed(&["mirror"])),
            Self::MirrorModulesPull => words.fixed(&["mirror-modules", "pull"]),
            Self::MirrorModulesPush(directory) => words
                .fixed(&["mirror-modules", "push", "-d"])
                .file(directory)
                .fixed(&["--registry", REGISTRY]),
            Self::BundleVerify(bundle) => words.fixed(&["bundle", "verify"]).file(bundle),
            Self::BundleJoin => words.fixed(&["bundle", "join"]),
            Self::BundleMissingParts => words.fixed(&["bundle", "missing-parts"]),
            Self::BundleSplitOnly { request, bundle } => words
                .fixed(&["bundle", "split"])
                .file(bundle)
                .fixed(&["--only"])
                .file(request)
                .fixed(&["-o", "DIR"]),
            Self::DockerCfg(registry) => {
                words.fixed(&["config", "docker-cfg"]).option("-r", "--registry=", registry)
            }
            Self::InitConfiguration(login) => login.add_to(words.fixed(&["config", "init-configuration"])),
            Self::Registry(registry) => registry.words(words.fixed(&["registry"])),
        }
    }
}

impl Mirror {
    fn words(&self, words: Words) -> Words {
        match self {
            Self::Pull => words.fixed(&["pull"]),
            Self::PullSince { major, minor } => {
                words.fixed(&["pull", "-i", BUNDLE, "--min-version"]).joined("", &format!("{major}.{minor}"))
            }
            Self::PullSinceUnknown => words.fixed(&["pull", "-i", BUNDLE, "--min-version", "MAJOR.MINOR"]),
            Self::PullRelease(release) => words.fixed(&["pull", "-i", BUNDLE]).option(
                "--release",
                "--release=",
                release.as_deref().unwrap_or("VERSION"),
            ),
            Self::PullEdition(edition) => words.fixed(&["pull", "-i", BUNDLE]).option(
                "--source",
                "--source=",
                &vendor_repository(edition),
            ),
            Self::PullChain(chain) => chain.add_to(words.fixed(&["pull", "-i", BUNDLE])),
            Self::PullWanted(list) => words.fixed(&["pull", "-i", BUNDLE, "--want"]).file(list),
            Self::ListThroughCache { registry, major, minor } => words
                .fixed(&["pull", "--dry-run", "--proxy-registry"])
                .option("--source", "--source=", registry)
                .fixed(&["--min-version"])
                .joined("", &format!("{major}.{minor}"))
                .fixed(&["--no-modules", "--no-security-db"]),
            Self::PullModule(name) => {
                words.fixed(&["pull", "-i", BUNDLE]).option("--include-module", "--include-module=", name)
            }
            Self::Push(registry) => {
                words.fixed(&["push", "-i", BUNDLE]).option("--registry", "--registry=", registry)
            }
            Self::PushAs(login) => login.add_to(words.fixed(&["push", "-i", BUNDLE])),
            Self::PushFile(file) => words.fixed(&["push", "-i"]).file(file).fixed(&["--registry", REGISTRY]),
        }
    }
}

impl Registry {
    fn words(&self, words: Words) -> Words {
        let Self::PruneApply { registry, plan, contexts, kubeconfig, connection } = self;
        let words = words.fixed(&["prune", "--apply"]).file(plan);
        let words = if contexts.is_empty() { words.fixed(&["--no-clusters"]) } else { words };
        let words = contexts.iter().fold(words, |words, name| words.option("--context", "--context=", name));
        let words = match kubeconfig {
            Some(path) => words.fixed(&["--kubeconfig"]).file(path),
            None => words,
        };
        connection.add_to(words).operand(registry)
    }
}

impl From<Registry> for Dhctl {
    fn from(registry: Registry) -> Self {
        Self::Registry(registry)
    }
}

impl From<Update> for Dhctl {
    fn from(update: Update) -> Self {
        Self::Update(update)
    }
}

impl From<Approve> for Dhctl {
    fn from(approve: Approve) -> Self {
        Self::Update(Update::Approve(approve))
    }
}

impl From<Mirror> for Dhctl {
    fn from(mirror: Mirror) -> Self {
        Self::Mirror(mirror)
    }
}

/// A flag of `dhctl mirror` that adds a module, to be added to a command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inclusion(
    /// The module.
    pub String,
);

impl Display for Inclusion {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let words = Words::default().option("--include-module", "--include-module=", &self.0);
        f.write_str(&words.all().iter().map(Word::quoted).collect::<Vec<_>>().join(" "))
    }
}

/// A flag of `dhctl mirror` that leaves something out, to be added to a command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// A release channel.
    Channel(String),
    /// A module.
    Module(String),
    /// A package.
    Package(String),
    /// All plugins.
    Plugins,
    /// The databases of vulnerabilities.
    SecurityDb,
    /// A module that a release requires.
    RequiredModule(String),
    /// What is attached to images, except attestations.
    Signatures,
    /// Attestations of images.
    Attestations,
}

impl Display for Exclusion {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Channel(name) => Words::default().option("--exclude-channel", "--exclude-channel=", name),
            Self::Module(name) => Words::default().option("--exclude-module", "--exclude-module=", name),
            Self::Package(name) => Words::default().option("--exclude-package", "--exclude-package=", name),
            Self::RequiredModule(name) => {
                Words::default().option("--allow-missing-module", "--allow-missing-module=", name)
            }
            Self::Plugins => return f.write_str(&word("--no-plugins")),
            Self::SecurityDb => return f.write_str(&word("--no-security-db")),
            Self::Attestations => return f.write_str(&word("--no-vex")),
            Self::Signatures => return f.write_str(&word("--no-signatures")),
        };
        f.write_str(&words.all().iter().map(Word::quoted).collect::<Vec<_>>().join(" "))
    }
}
