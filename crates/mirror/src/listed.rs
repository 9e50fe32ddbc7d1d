//! Everything that the tags of a distribution name, found by the steps that a pull plans by.
//!
//! The search begins with what has a tag: releases, channels, versions of modules, packages and plugins. So it serves for a
//! bundle and for a registry, whatever selection they contain.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    channel::Channel,
    release_info::is_module_version,
    release_manifest::ReleaseManifest,
    repositories::{Component, INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL, attachment, plugin_of},
    version::{parse_tag, tag_of},
};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::{Digest, Tag};
use semver::Version;

use crate::{
    Error, WantedBy,
    discover::{
        modules::{self, one_version},
        platform::{self, tag},
        plugins,
    },
    source::{Found, Images, Need, Source, Step},
};

/// Images that are read at the same time: each takes a core, and some memory for its compression.
const AT_ONCE: usize = 4;

/// The repositories that have tags of releases and channels.
pub(crate) const PLATFORM: [&str; 4] = ["", INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL];

/// The tags of repositories, by path below the root.
pub(crate) type Tags = BTreeMap<String, BTreeSet<Tag>>;

/// Where the search begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listed {
    /// Releases of the platform.
    pub(crate) releases: BTreeSet<Version>,
    /// Release channels of the platform.
    pub(crate) channels: BTreeSet<Channel>,
    /// Modules and packages.
    pub(crate) components: Vec<ListedComponent>,
    /// The plugins of the d8 CLI, and the tags of each.
    pub(crate) plugins: BTreeMap<String, BTreeSet<Tag>>,
    /// Builds of the platform that are neither releases nor channels. Only looked for on request: in a registry, such a
    /// tag may mean anything.
    pub(crate) builds: BTreeSet<Tag>,
}

/// A module or package.
#[derive(Debug, Clone)]
pub(crate) struct ListedComponent {
    pub(crate) component: Component,
    pub(crate) name: String,
    pub(crate) versions: BTreeSet<Tag>,
    pub(crate) channels: BTreeSet<Channel>,
}

/// What the images that were found say.
#[derive(Debug, Default)]
pub(crate) struct Described {
    /// The releases, as far as their descriptions can be read.
    pub(crate) releases: Vec<ReleaseManifest>,
    /// The modules and packages, in no particular order.
    pub(crate) components: Vec<DescribedComponent>,
}

/// The versions of a module or package, and where its channels point.
#[derive(Debug, Clone)]
pub(crate) struct DescribedComponent {
    pub(crate) component: Component,
    pub(crate) name: String,
    /// Those that have a tag, and those that a channel points to.
    pub(crate) versions: BTreeSet<Tag>,
    /// The channels that can be read.
    pub(crate) channels: BTreeMap<Channel, Tag>,
}

impl Listed {
    /// All that these tags name.
    pub(crate) fn of(tags: &Tags) -> Self {
        let platform = PLATFORM.iter().flat_map(|path| of_repository(tags, path));
        Self {
            releases: platform.clone().filter_map(|tag| parse_tag(tag.as_str())).collect(),
            channels: platform.filter_map(|tag| tag.as_str().parse().ok()).collect(),
            components: [Component::Module, Component::Package]
                .iter()
                .flat_map(|component| ListedComponent::all(tags, *component))
                .collect(),
            plugins: tags
                .iter()
                .filter_map(|(path, tags)| Some((plugin_of(path)?.to_owned(), own_tags(tags))))
                .filter(|(_, tags)| !tags.is_empty())
                .collect(),
            builds: BTreeSet::new(),
        }
    }

    /// With the builds whose installers these tags name.
    pub(crate) fn with_builds(self, tags: &Tags) -> Self {
        Self { builds: of_repository(tags, INSTALL).filter(|tag| is_build(tag)).cloned().collect(), ..self }
    }

    /// Adds versions of a module, which need not have a tag.
    pub(crate) fn add_module(&mut self, name: &str, versions: &BTreeSet<Tag>) {
        let is_it = |it: &&mut ListedComponent| it.component == Component::Module && it.name == name;
        if let Some(known) = self.components.iter_mut().find(is_it) {
            known.versions.extend(versions.iter().cloned());
            return;
        }
        self.components.push(ListedComponent {
            component: Component::Module,
            name: name.to_owned(),
            versions: versions.clone(),
            channels: BTreeSet::new(),
        });
    }

    /// Wants all of it; returns what the images say.
    ///
    /// # Errors
    /// Whatever keeps an image from being read, other than that it is missing or damaged.
    pub(crate) async fn find<I: Images>(
        &self,
        source: &Source<I>,
        promised: &BTreeSet<Version>,
    ) -> Result<Step<Described>, Error> {
        let mut found = Found::default();
        // A bundle of modules alone promises no release, whatever is next to it.
        let promised = promised.iter().filter(|_| !self.releases.is_empty() || !self.channels.is_empty());
        for version in promised {
            let by = &WantedBy::ReleasesFile;
            let image = source.want(RELEASE_CHANNEL, tag(&tag_of(version))?, Need::Required, by).await?;
            found.merge(image.found);
        }
        let releases: Vec<Step<Option<ReleaseManifest>>> = stream::iter(&self.releases)
            .map(|version| platform::release(source, version))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let channels = stream::iter(&self.channels).map(|channel| self.find_channel(source, *channel));
        let channels: Vec<Found> = channels.buffered(AT_ONCE).try_collect().await?;
        let builds = stream::iter(&self.builds).map(|name| platform::build(source, name));
        let builds: Vec<Found> = builds.buffered(AT_ONCE).try_collect().await?;
        let components = stream::iter(&self.components).map(|component| component.find(source));
        let components: Vec<Step<DescribedComponent>> = components.buffered(AT_ONCE).try_collect().await?;
        let releases = found.merge_all(releases).into_iter().flatten().collect();
        for channel in channels.into_iter().chain(builds) {
            found.merge(channel);
        }
        let components = found.merge_all(components);
        found.merge(plugins::find(source, &self.plugins).await?);
        Ok(found.with(Described { releases, components }))
    }

    async fn find_channel<I: Images>(&self, source: &Source<I>, channel: Channel) -> Result<Found, Error> {
        let (by, reference) = (WantedBy::Channel(channel), tag(channel.name())?);
        let Step { value: manifest, mut found } =
            source.want(RELEASE_CHANNEL, reference.clone(), Need::Required, &by).await?;
        let Some(manifest) = manifest else { return Ok(found) };
        let release = platform::release_files(source, &reference, &manifest, &by).await?;
        let Some(release) = release.merge_into(&mut found) else { return Ok(found) };
        let version = release.info.version;
        let version_tag = tag(&tag_of(&version))?;
        if !self.releases.contains(&version) {
            let image = source.want(RELEASE_CHANNEL, version_tag.clone(), Need::Required, &by).await?;
            found.merge(image.found);
        }
        let without_tag = platform::channel(source, channel, &version).await?;
        for path in without_tag.merge_into(&mut found) {
            // Not every release has an installer of each kind.
            let is_optional = path == INSTALL_STANDALONE;
            let is_needed =
                !is_optional || source.look(path, &version_tag, &by).await?.merge_into(&mut found).is_some();
            if is_needed {
                found.miss(source.missing(path, &reference, &by, "not found"));
            }
        }
        Ok(found)
    }
}

impl ListedComponent {
    fn all(tags: &Tags, component: Component) -> impl Iterator<Item = Self> {
        let names: BTreeSet<&str> = tags.keys().filter_map(|path| name_in(component, path)).collect();
        names.into_iter().map(move |name| Self::of(tags, component, name))
    }

    fn of(tags: &Tags, component: Component, name: &str) -> Self {
        let releases = of_repository(tags, &component.release(name));
        let versions = of_repository(tags, &component.repository(name)).chain(releases.clone());
        Self {
            component,
            name: name.to_owned(),
            versions: versions.filter(|tag| is_module_version(tag.as_str())).cloned().collect(),
            channels: releases.filter_map(|tag| tag.as_str().parse().ok()).collect(),
        }
    }

    async fn find<I: Images>(&self, source: &Source<I>) -> Result<Step<DescribedComponent>, Error> {
        let (component, name) = (self.component, self.name.as_str());
        let mut found = Found::default();
        let mut channels = BTreeMap::new();
        for channel in &self.channels {
            let version = modules::channel(source, (component, name), *channel).await?;
            channels.extend(version.merge_into(&mut found).map(|version| (*channel, version)));
        }
        let mut versions = self.versions.clone();
        versions.extend(channels.values().cloned());
        for version in &versions {
            let is_described = one_version(source, (component, name), version).await?;
            // Our pulls write a description of each version of a module; those of `d8` may lack one of a package.
            if !is_described.merge_into(&mut found) && component == Component::Module {
                let path = component.release(name);
                let by = WantedBy::version(component, name, version);
                found.miss(source.missing(&path, &version.clone().into(), &by, "not found"));
            }
        }
        Ok(found.with(DescribedComponent { component, name: name.to_owned(), versions, channels }))
    }
}

/// Whether a tag of an installer is that of a build, and not of a release, a channel, an attachment, or of a manifest that
/// has no tag and is named by the digits of its digest.
pub(crate) fn is_build(tag: &Tag) -> bool {
    let name = tag.as_str();
    parse_tag(name).is_none() && name.parse::<Channel>().is_err() && is_own(name)
}

/// Whether a tag is neither that of an attachment nor that of a manifest which is named by the digits of its digest, such
/// as a referrer.
fn is_own(tag: &str) -> bool {
    attachment(tag).is_none() && format!("sha256:{tag}").parse::<Digest>().is_err()
}

fn own_tags(tags: &BTreeSet<Tag>) -> BTreeSet<Tag> {
    tags.iter().filter(|tag| is_own(tag.as_str())).cloned().collect()
}

fn of_repository<'a>(tags: &'a Tags, path: &str) -> impl Iterator<Item = &'a Tag> + Clone + use<'a> {
    tags.get(path).into_iter().flatten()
}

/// The name of the component that a repository belongs to.
fn name_in(component: Component, path: &str) -> Option<&str> {
    path.strip_prefix(component.list())?.strip_prefix('/')?.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_plugins_are_neither_attachments_nor_digests() {
        let digest = Digest::of(b"referrer");
        let hex = digest.hex();
        let tags = ["v1.2.3", "dev", &hex, &format!("sha256-{hex}"), &format!("sha256-{hex}.sig")];
        let tags = Tags::from([(
            "deckhouse-cli/plugins/tool".to_owned(),
            tags.iter().map(|tag| tag.parse().unwrap()).collect(),
        )]);
        let versions = &Listed::of(&tags).plugins["tool"];
        assert_eq!(versions.iter().map(Tag::as_str).collect::<Vec<_>>(), ["dev", "v1.2.3"]);
    }
}
