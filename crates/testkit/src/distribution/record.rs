//! What was distribution, written down while making it: tests compare results with this, not with the code
//! under test.

use std::collections::BTreeMap;

use oci::Digest;
use registry_server::MemoryStore;

use super::{
    attached::AttachedObject,
    builder::Builder,
    expected::{Expected, ExpectedRepository},
};

/// A distribution and the record of it.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// The content, ready to be served.
    pub store: MemoryStore,
    /// The root repository, as `deckhouse/ee`.
    pub root: String,
    /// The releases by version (`v1.58.3`).
    pub releases: BTreeMap<String, Release>,
    /// The channels and the versions that they point to.
    pub channels: BTreeMap<String, String>,
    /// The manifests of `release-channel:CHANNEL`; of a suspended channel it is one of its own.
    pub channel_images: BTreeMap<String, Digest>,
    /// The modules by name.
    pub modules: BTreeMap<String, Module>,
    /// The packages by name.
    pub packages: BTreeMap<String, Module>,
    /// The indexes of the plugins, by name and version.
    pub plugins: BTreeMap<String, BTreeMap<String, Digest>>,
    /// The databases by path below the root (`security/trivy-db`).
    pub databases: BTreeMap<String, Database>,
    /// The standalone installer (`latest`), where there is one.
    pub installer: Option<Digest>,
    /// Signatures and the like, but for [`Release::attestations`].
    pub attached: Vec<AttachedObject>,
}

/// One release.
#[derive(Debug, Clone)]
pub struct Release {
    /// The controller image.
    pub root: Digest,
    /// The installer.
    pub install: Digest,
    /// The standalone installer, where the edition has it.
    pub standalone: Option<Digest>,
    /// The image with `version.json` and `changelog.yaml`.
    pub release_channel: Digest,
    /// What `images_digests.json` lists, by `module/image`.
    pub images: BTreeMap<String, Digest>,
    /// Attestations of those images, by tag.
    pub attestations: BTreeMap<String, Digest>,
}

/// One module.
#[derive(Debug, Clone)]
pub struct Module {
    /// The image of the tag in `modules` that bears the module's name.
    pub index: Digest,
    /// The versions (`v1.2.3`).
    pub versions: BTreeMap<String, ModuleVersion>,
    /// The channels and the versions that they point to.
    pub channels: BTreeMap<String, String>,
}

/// One version of a module.
#[derive(Debug, Clone)]
pub struct ModuleVersion {
    /// The module's image.
    pub image: Digest,
    /// The image with `version.json`.
    pub release: Digest,
    /// What `images_digests.json` lists; empty where the version has none.
    pub images: BTreeMap<String, Digest>,
    /// The extra images by name: tag and digest.
    pub extra: BTreeMap<String, (String, Digest)>,
    /// Attestations, by tag.
    pub attestations: BTreeMap<String, Digest>,
}

/// One vulnerability database.
#[derive(Debug, Clone)]
pub struct Database {
    /// Its tag.
    pub tag: String,
    /// Its manifest.
    pub digest: Digest,
}

impl Distribution {
    /// Settings of the sample distribution, to be changed at will.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The sample: six releases, a pre-release and one above every channel. With the default rules
    /// exactly [`Distribution::SAMPLE_SELECTION`] is chosen.
    pub fn sample() -> Self {
        Builder::default().build()
    }

    /// What is chosen from the sample by default: from rock-solid to alpha the latest patch of each
    /// minor, and what the channels point to.
    pub const SAMPLE_SELECTION: [&'static str; 4] = ["v1.57.5", "v1.58.3", "v1.58.10", "v1.59.4"];

    /// What a complete mirror of these releases and channels, with all modules and databases, has.
    ///
    /// Versions and channels that do not exist are skipped.
    pub fn expected(&self, versions: &[&str], channels: &[&str]) -> Expected {
        let mut expected = Expected::default();
        for version in versions {
            if let Some(release) = self.releases.get(*version) {
                release.expect(version, &mut expected);
            }
        }
        for channel in channels {
            if let Some(version) = self.channels.get(*channel) {
                if let Some(release) = self.releases.get(version) {
                    release.expect_tags(channel, &mut expected);
                }
                let image = self.channel_images[*channel];
                expected.tag("release-channel", channel, image);
            }
        }
        for (name, module) in &self.modules {
            module.expect(("modules", "release"), name, &mut expected);
        }
        for (name, package) in &self.packages {
            package.expect(("packages", "version"), name, &mut expected);
        }
        for (path, database) in &self.databases {
            expected.tag(path, &database.tag, database.digest);
        }
        if let Some(installer) = self.installer {
            expected.tag("installer", "latest", installer);
        }
        expected
    }
}

impl Release {
    fn expect(&self, version: &str, expected: &mut Expected) {
        self.expect_tags(version, expected);
        let root = expected.repository("");
        root.digests.extend(self.images.values());
        root.tags.extend(self.attestations.clone());
    }

    fn expect_tags(&self, tag: &str, expected: &mut Expected) {
        expected.tag("", tag, self.root);
        expected.tag("install", tag, self.install);
        if let Some(standalone) = self.standalone {
            expected.tag("install-standalone", tag, standalone);
        }
        expected.tag("release-channel", tag, self.release_channel);
    }
}

impl Module {
    fn expect(&self, (list, described_in): (&str, &str), name: &str, expected: &mut Expected) {
        // The index image holds nothing; a mirror may make its own, so only the tag counts.
        expected.repository(list).names.insert(name.to_owned());
        for (channel, version) in &self.channels {
            let Some(distribution) = self.versions.get(version) else {
                continue;
            };
            let release = format!("{list}/{name}/{described_in}");
            expected.tag(&release, channel, distribution.release);
            expected.tag(&release, version, distribution.release);
            let own = expected.repository(&format!("{list}/{name}"));
            own.tags.insert(version.clone(), distribution.image);
            own.tags.extend(distribution.attestations.clone());
            own.digests.extend(distribution.images.values());
            for (extra, (tag, digest)) in &distribution.extra {
                expected.tag(&format!("{list}/{name}/extra/{extra}"), tag, *digest);
            }
        }
    }
}

impl Expected {
    fn tag(&mut self, path: &str, tag: &str, digest: Digest) {
        self.repository(path).tags.insert(tag.to_owned(), digest);
    }

    fn repository(&mut self, path: &str) -> &mut ExpectedRepository {
        self.repositories.entry(path.to_owned()).or_default()
    }
}
