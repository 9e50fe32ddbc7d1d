//! The knobs of a distribution.

use std::collections::{BTreeMap, BTreeSet};

use registry_server::MemoryStore;

use super::{
    Distribution, attached, attached::Referrers, layer::Layer, modules, platform, plugins,
    plugins::PluginSpec, random_bytes, security,
};

/// Settings of a distribution. The default is the sample.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a test fixture")]
pub struct Builder {
    pub(super) seed: u64,
    pub(super) root: String,
    pub(super) releases: Vec<String>,
    pub(super) channels: Vec<(String, String)>,
    pub(super) suspended: BTreeSet<String>,
    pub(super) modules: Vec<ModuleSpec>,
    pub(super) packages: Vec<ModuleSpec>,
    pub(super) plugins: Vec<PluginSpec>,
    pub(super) images: usize,
    pub(super) layer_size: u64,
    pub(super) large_layer: Option<u64>,
    pub(super) standalone: bool,
    pub(super) databases: bool,
    pub(super) attestations: bool,
    pub(super) bare_requirements: bool,
    pub(super) plain_installers: bool,
    pub(super) standalone_tool: bool,
    pub(super) migrated: BTreeMap<String, Vec<String>>,
    pub(super) referrers: Option<Referrers>,
    pub(super) attachment_turn: usize,
}

/// Settings of one module.
#[derive(Debug, Clone, Default)]
pub struct ModuleSpec {
    /// Its name.
    pub name: String,
    /// Its versions.
    pub versions: Vec<String>,
    /// Its channels and the versions that they point to.
    pub channels: Vec<(String, String)>,
    /// Its extra images and their tags.
    pub extra: Vec<(String, String)>,
    /// How many internal images a version lists; with 0 it has no `images_digests.json` at all.
    pub images: usize,
    /// What versions require of other modules: the version, the other module, and the constraint on its version.
    pub requires: Vec<(String, String, String)>,
}

impl Default for Builder {
    fn default() -> Self {
        let release = |version: &&str| (*version).to_owned();
        Self {
            seed: 1,
            root: "deckhouse/ee".to_owned(),
            releases: [
                "v1.57.4",
                "v1.57.5",
                "v1.58.2",
                "v1.58.3",
                "v1.58.10",
                "v1.59.4",
                "v1.59.5-rc.1",
                "v1.60.0",
            ]
            .iter()
            .map(release)
            .collect(),
            channels: pairs(&[
                ("alpha", "v1.59.4"),
                ("beta", "v1.59.4"),
                ("early-access", "v1.58.10"),
                ("stable", "v1.58.3"),
                ("rock-solid", "v1.57.5"),
            ]),
            suspended: BTreeSet::new(),
            modules: sample_modules(),
            packages: Vec::new(),
            plugins: Vec::new(),
            images: 12,
            layer_size: 8 * 1024,
            large_layer: None,
            standalone: true,
            databases: true,
            attestations: true,
            bare_requirements: false,
            plain_installers: false,
            standalone_tool: false,
            migrated: BTreeMap::new(),
            referrers: None,
            attachment_turn: 0,
        }
    }
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn sample_modules() -> Vec<ModuleSpec> {
    let versions = |of: &[&str]| of.iter().map(|version| (*version).to_owned()).collect();
    vec![
        ModuleSpec {
            name: "console".to_owned(),
            versions: versions(&["v1.1.0", "v1.2.3", "v1.3.0"]),
            channels: pairs(&[("alpha", "v1.3.0"), ("stable", "v1.2.3"), ("rock-solid", "v1.2.3")]),
            extra: pairs(&[("scanner", "v3"), ("reporter", "v1.2")]),
            images: 3,
            requires: Vec::new(),
        },
        ModuleSpec {
            name: "commander-agent".to_owned(),
            versions: versions(&["v0.9.0"]),
            channels: pairs(&[("alpha", "v0.9.0"), ("early-access", "v0.9.0")]),
            ..ModuleSpec::default()
        },
        ModuleSpec {
            name: "operator-trivy".to_owned(),
            versions: versions(&["v2.0.1", "v2.1.0"]),
            channels: pairs(&[
                ("alpha", "v2.1.0"),
                ("beta", "v2.1.0"),
                ("early-access", "v2.1.0"),
                ("stable", "v2.0.1"),
                ("rock-solid", "v2.0.1"),
            ]),
            extra: Vec::new(),
            images: 2,
            requires: Vec::new(),
        },
    ]
}

impl Builder {
    /// The distribution of the benchmarks: 432 MB in 310 unique blobs and 136 manifests, 626 MB with
    /// the repetitions between repositories.
    pub fn bench() -> Self {
        let module = |name: &str| ModuleSpec {
            name: name.to_owned(),
            versions: vec!["v1.0.0".to_owned()],
            channels: pairs(&[("alpha", "v1.0.0"), ("stable", "v1.0.0")]),
            extra: Vec::new(),
            images: 2,
            requires: Vec::new(),
        };
        Self {
            images: 36,
            layer_size: 2_400_000,
            releases: vec!["v1.57.5".to_owned(), "v1.58.3".to_owned(), "v1.59.4".to_owned()],
            channels: pairs(&[("alpha", "v1.59.4"), ("stable", "v1.58.3"), ("rock-solid", "v1.57.5")]),
            modules: ["console", "observability", "virtualization"].into_iter().map(module).collect(),
            ..Self::default()
        }
    }

    /// The seed of the random bytes: another one gives other digests everywhere.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The root repository.
    #[must_use]
    pub fn root(mut self, root: &str) -> Self {
        root.clone_into(&mut self.root);
        self
    }

    /// Exactly these releases, gaps and pre-releases as they come.
    #[must_use]
    pub fn releases(mut self, versions: &[&str]) -> Self {
        self.releases = versions.iter().map(|version| (*version).to_owned()).collect();
        self
    }

    /// One release more.
    #[must_use]
    pub fn release(mut self, version: &str) -> Self {
        self.releases.push(version.to_owned());
        self
    }

    /// Exactly these channels; one that points to a missing version is published too.
    #[must_use]
    pub fn channels(mut self, channels: &[(&str, &str)]) -> Self {
        self.channels = pairs(channels);
        self
    }

    /// Points a channel, created if it does not exist, to a version.
    #[must_use]
    pub fn channel(mut self, channel: &str, version: &str) -> Self {
        self.channels.retain(|(name, _)| name != channel);
        self.channels.push((channel.to_owned(), version.to_owned()));
        self
    }

    /// The form of an edition that publishes nothing but `lts`.
    #[must_use]
    pub fn lts_only(self, version: &str) -> Self {
        self.channels(&[("lts", version)])
    }

    /// Suspends a channel.
    #[must_use]
    pub fn suspend(mut self, channel: &str) -> Self {
        self.suspended.insert(channel.to_owned());
        self
    }

    /// Exactly these modules; with none there is no repository `modules`.
    #[must_use]
    pub fn modules(mut self, modules: Vec<ModuleSpec>) -> Self {
        self.modules = modules;
        self
    }

    /// Exactly these packages; with none there is no repository `packages`.
    #[must_use]
    pub fn packages(mut self, packages: Vec<ModuleSpec>) -> Self {
        self.packages = packages;
        self
    }

    /// Exactly these versions of plugins, beside the edition.
    #[must_use]
    pub fn plugins(mut self, plugins: Vec<PluginSpec>) -> Self {
        self.plugins = plugins;
        self
    }

    /// How many images a release lists.
    #[must_use]
    pub fn images_per_release(mut self, images: usize) -> Self {
        self.images = images;
        self
    }

    /// The average size of a layer in bytes; real ones lie between half and one and a half of it.
    #[must_use]
    pub fn layer_size(mut self, bytes: u64) -> Self {
        self.layer_size = bytes;
        self
    }

    /// One image more in every release, with a single layer of about this size.
    #[must_use]
    pub fn large_layer(mut self, bytes: u64) -> Self {
        self.large_layer = Some(bytes);
        self
    }

    /// No `install-standalone`.
    #[must_use]
    pub fn without_standalone(mut self) -> Self {
        self.standalone = false;
        self
    }

    /// No `security/*`.
    #[must_use]
    pub fn without_databases(mut self) -> Self {
        self.databases = false;
        self
    }

    /// No `.att` tags.
    #[must_use]
    pub fn without_attestations(mut self) -> Self {
        self.attestations = false;
        self
    }

    /// Requirements of releases as bare booleans and numbers, as some old releases have them. Other
    /// tools of the platform fail on these.
    #[must_use]
    pub fn bare_requirements(mut self) -> Self {
        self.bare_requirements = true;
        self
    }

    /// Installers that the platform's other tools can read too: the list in a gzip layer, under a path
    /// without a slash, and no stale one below it.
    #[must_use]
    pub fn plain_installers(mut self) -> Self {
        self.plain_installers = true;
        self
    }

    /// A release that requires these modules.
    #[must_use]
    pub fn migrated_modules(mut self, version: &str, modules: &[&str]) -> Self {
        self.migrated.insert(version.to_owned(), modules.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// The standalone installer too, beside the edition.
    #[must_use]
    pub fn with_installer(mut self) -> Self {
        self.standalone_tool = true;
        self
    }

    /// Which of four kinds of attachments the first image gets: over all turns, each image has each kind.
    #[must_use]
    pub fn attachment_turn(mut self, turn: usize) -> Self {
        self.attachment_turn = turn;
        self
    }

    /// Signatures, SBOMs and referrers, which the source makes known in this way.
    #[must_use]
    pub fn with_signatures(mut self, referrers: Referrers) -> Self {
        self.referrers = Some(referrers);
        self
    }

    /// Makes it.
    pub fn build(&self) -> Distribution {
        let mut distribution = Distribution {
            store: MemoryStore::new(),
            root: self.root.clone(),
            releases: BTreeMap::new(),
            channels: self.channels.iter().cloned().collect(),
            channel_images: BTreeMap::new(),
            modules: BTreeMap::new(),
            packages: BTreeMap::new(),
            plugins: BTreeMap::new(),
            databases: BTreeMap::new(),
            installer: None,
            attached: Vec::new(),
        };
        let context = BuildContext::new(self, distribution.store.clone());
        platform::make(&context, &mut distribution);
        modules::make(&context, &mut distribution);
        plugins::make(&context, &mut distribution);
        if self.databases {
            security::make(&context, &mut distribution);
        }
        if self.standalone_tool {
            platform::make_installer(&context, &mut distribution);
        }
        if let Some(referrers) = self.referrers {
            attached::make(&context, &mut distribution, referrers, self.attachment_turn);
        }
        distribution
    }
}

/// What all parts share while a distribution is distribution.
pub(super) struct BuildContext<'a> {
    pub(super) settings: &'a Builder,
    pub(super) store: MemoryStore,
    /// The layers that images of all repositories stand on.
    pub(super) bases: Vec<Layer>,
}

impl<'a> BuildContext<'a> {
    fn new(settings: &'a Builder, store: MemoryStore) -> Self {
        let mut context = Self { settings, store, bases: Vec::new() };
        context.bases = (0..BASES).map(|i| context.base(i)).collect();
        context
    }

    fn base(&self, i: u64) -> Layer {
        let name = format!("base/{i}");
        let seed = random_bytes::seed_of(self.settings.seed, &name);
        Layer::of_random_bytes("usr/lib/base", seed, BASE_FACTOR * self.settings.layer_size)
    }

    /// A layer of random bytes for `name`: the same name gives the same layer.
    pub(super) fn random_layer(&self, name: &str) -> Layer {
        let average = self.settings.layer_size;
        let size = average / 2 + random_bytes::pick(self.settings.seed, &format!("size/{name}"), average);
        Layer::of_random_bytes("opt/payload", random_bytes::seed_of(self.settings.seed, name), size)
    }

    /// The full name of the repository at `path` beside the root.
    pub(super) fn beside(&self, path: &str) -> String {
        let above = self.settings.root.rsplit_once('/').map_or("", |(above, _)| above);
        format!("{above}/{path}")
    }

    /// The full name of the repository at `path` below the root.
    pub(super) fn repository(&self, path: &str) -> String {
        if path.is_empty() { self.settings.root.clone() } else { format!("{}/{path}", self.settings.root) }
    }
}

/// How many base layers there are.
const BASES: u64 = 3;
/// How much larger than others they are, as in real images.
const BASE_FACTOR: u64 = 8;
