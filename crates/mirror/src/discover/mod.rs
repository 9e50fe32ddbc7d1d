//! From a request to the whole list of what is to be brought.
//!
//! The source is asked for everything that does not depend on something else at once: over a long
//! line the chain of dependent requests is what a user waits for.

mod builds;
mod components;
mod databases;
mod extra_images;
mod installer;
mod locked;
mod migrated_modules;
mod module_offer;
mod module_requirements;
pub(crate) mod modules;
mod moving;
mod offer;
mod packages;
pub(crate) mod platform;
pub(crate) mod plugins;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use deckhouse::{VersionRule, channel::Channel, repositories::Component};
use oci::Tag;
use semver::Version;

pub use self::locked::locked;
use self::{modules::ModulesFound, platform::Platform};
use crate::{
    Cause, Error, Event, LeavesOut, MissingItem, Observer, Stage, attached,
    required_modules::required,
    source::{Found, Source, Step},
    wanted::Wanted,
};

/// What a pull is asked to bring.
#[expect(clippy::struct_excessive_bools, reason = "each leaves out a part of its own")]
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Which releases and channels.
    pub select: deckhouse::select::Request,
    /// Whether the source is a proxy cache: its tag lists are not asked for, and versions are found by
    /// asking for each. Then modules must be named, or left out.
    pub proxy_registry: bool,
    /// Which modules.
    pub modules: Modules,
    /// Which packages.
    pub packages: Modules,
    /// Which plugins of the d8 CLI.
    pub plugins: Plugins,
    /// Modules that may be missing although a selected release or module requires them.
    pub allow_missing_modules: BTreeSet<String>,
    /// Whether to leave the vulnerability databases out.
    pub no_security_databases: bool,
    /// Whether to leave out the releases of the platform and its channels.
    pub no_platform: bool,
    /// Builds of the platform, by their tags. If no releases and no channels are named, nothing else of the platform is
    /// brought.
    pub builds: Vec<Tag>,
    /// Whether to bring nothing of the platform and nothing of modules and packages but their extra images.
    pub only_extra_images: bool,
    /// The standalone installer.
    pub installer: Installer,
    /// Which of the objects that are attached to the images.
    pub attached: attached::Choice,
}

impl Request {
    /// Whether releases or channels of the platform are selected.
    fn selects_releases(&self) -> bool {
        let names_builds_only =
            !self.builds.is_empty() && self.select.releases.is_empty() && self.select.channels.is_empty();
        !self.no_platform && !self.only_extra_images && !names_builds_only
    }
}

/// Which standalone installer a pull brings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Installer {
    /// None.
    #[default]
    Nothing,
    /// The latest one, if the source has it.
    IfThere,
    /// That of this tag, which the source must have.
    Tag(Tag),
}

/// Which plugins of the d8 CLI a pull brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plugins {
    /// Those that the modules need which are brought, and these.
    Needed {
        /// Plugins that must be there; of each what its rules mean.
        named: BTreeMap<String, Vec<VersionRule>>,
        /// Plugins that need not be there; of each the newest version.
        wanted: BTreeSet<String>,
    },
    /// None.
    Nothing,
}

impl Default for Plugins {
    fn default() -> Self {
        Self::Needed { named: BTreeMap::new(), wanted: BTreeSet::new() }
    }
}

/// Which modules a pull brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modules {
    /// Every one that the source lists, but for these; what their channels point to.
    Listed {
        /// Names.
        except: BTreeSet<String>,
    },
    /// These, whether or not the source lists them; of each what all its rules together mean.
    Named(BTreeMap<String, Vec<VersionRule>>),
    /// What clusters need: these, whether or not the source lists them, and whatever the selected releases and the modules
    /// themselves require.
    Needed {
        /// Modules that must be there.
        required: BTreeMap<String, Vec<VersionRule>>,
        /// Modules of other sources, which are left out if this source does not have them.
        others: BTreeMap<String, Vec<VersionRule>>,
        /// What else is known of the clusters.
        clusters: InClusters,
        /// Modules that are left out, also if they are required.
        except: BTreeSet<String>,
    },
    /// None.
    Nothing,
}

/// What is known of the modules in clusters, apart from their versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InClusters {
    /// The enabled modules of the platform's image; `None` if they are unknown.
    pub embedded: Option<BTreeSet<String>>,
    /// The release channels that modules follow; empty if one of them is unknown.
    pub channels: BTreeSet<Channel>,
}

impl Default for Modules {
    fn default() -> Self {
        Self::Listed { except: BTreeSet::new() }
    }
}

impl Modules {
    /// Whether the source must tell which modules there are.
    fn are_listed(&self) -> bool {
        matches!(self, Self::Listed { .. })
    }

    /// Those that are selected by name, and which versions of each.
    fn names(&self) -> impl Iterator<Item = (&String, &Vec<VersionRule>)> {
        let (named, others) = match self {
            Self::Named(named) => (Some(named), None),
            Self::Needed { required, others, .. } => (Some(required), Some(others)),
            Self::Listed { .. } | Self::Nothing => (None, None),
        };
        named.into_iter().chain(others).flatten()
    }

    /// The same as values.
    fn named(&self) -> BTreeMap<String, Vec<VersionRule>> {
        self.names().map(|(name, rules)| (name.clone(), rules.clone())).collect()
    }

    /// How a module that it does not select is left out.
    fn leaves_out(&self) -> LeavesOut {
        match self {
            Self::Listed { .. } | Self::Needed { .. } => LeavesOut::Excluded,
            Self::Named(_) => LeavesOut::NotNamed,
            Self::Nothing => LeavesOut::NoModules,
        }
    }

    /// Modules of which the source must tell all versions.
    fn listing_versions(&self) -> impl Iterator<Item = &str> {
        self.names()
            .filter(|(_, rules)| rules.iter().any(VersionRule::needs_all_tags))
            .map(|(name, _)| name.as_str())
    }
}

/// What the source has of it.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Every image to bring.
    pub wanted: Wanted,
    /// The releases, ascending.
    pub releases: BTreeSet<Version>,
    /// The release channels whose tags are brought, and the release that each points to in the bundle.
    pub channels: BTreeMap<Channel, Version>,
    /// The builds of the platform.
    pub builds: Vec<Tag>,
    /// The extra images of modules and packages, as `modules/NAME/extra/EXTRA:TAG`; only where nothing else of these is
    /// brought.
    pub extra_images: Vec<String>,
    /// How many versions were asked for one by one; 0 if the source's list of tags was enough.
    pub versions_asked: usize,
    /// The modules and their versions, ascending.
    pub modules: BTreeMap<String, Vec<Tag>>,
    /// The packages and their versions, ascending.
    pub packages: BTreeMap<String, Vec<Tag>>,
    /// The plugins of the d8 CLI and their versions, ascending.
    pub plugins: BTreeMap<String, Vec<Tag>>,
    /// The vulnerability databases, as paths below the root.
    pub databases: Vec<String>,
    /// The tag of the standalone installer, if that was asked for and is there.
    pub installer: Option<String>,
    /// The text of `deckhousereleases.yaml`.
    pub release_manifests: String,
}

/// How long a source is waited for that is published while it is read.
const PUBLISHING_WAITS: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// Reads the source.
///
/// # Errors
/// [`Error::Incomplete`] with the whole list of what is missing on the source; [`Error::Select`] if the
/// request cannot be met; [`Error::ModulesUnknown`]; [`Error::NoSuchModules`];
/// [`Error::ModuleVersionsUnknown`]; [`Error::ModuleChoice`]; [`Error::PluginSelection`]; [`Error::NoSuchTags`];
/// [`Error::NothingSelected`]; [`Error::Registry`] if the source cannot be read.
pub async fn discover(
    source: &Source,
    request: &Request,
    observer: &dyn Observer,
) -> Result<Discovery, Error> {
    if request.proxy_registry {
        source.ignore_lists();
    }
    observer.event(Event::StageBegan { stage: Stage::Plan, bytes: 0, items: 0 });
    let mut waits = PUBLISHING_WAITS.into_iter();
    let (mut discovery, found) = loop {
        let believed = source.believes_lists();
        let step = match Box::pin(read(source, request)).await {
            // Meanwhile a list turned out to be wrong, so a tag on it proves nothing.
            Err(Error::Incomplete { items, .. })
                if believed && !source.believes_lists() && items.iter().any(is_listed_only) =>
            {
                source.forget_tags();
                continue;
            }
            step => step?,
        };
        let Step { value: discovery, mut found } = step;
        let moving = moving::channels(&found.wanted, &discovery.channels)?;
        let Some(channel) = moving.first() else { break (discovery, found) };
        let Some(wait) = waits.next() else {
            found.warn(moving::warning(&moving));
            break (discovery, found);
        };
        observer.event(Event::Note(format!(
            "release channel {channel} is being updated on the source: reading it again in {} s",
            wait.as_secs()
        )));
        tokio::time::sleep(wait).await;
        source.forget_tags();
    };
    if found.wanted.images().next().is_none() {
        return Err(Error::NothingSelected);
    }
    discovery.wanted = found.report(observer);
    observer.event(Event::StageEnded(Stage::Plan));
    Ok(discovery)
}

fn is_listed_only(item: &MissingItem) -> bool {
    item.cause == Cause::ListedAndDenied
}

/// What the source has of one module.
#[derive(Debug)]
pub struct ModuleDiscovery {
    /// Every image to bring.
    pub wanted: Wanted,
    /// The versions, ascending.
    pub versions: Vec<Tag>,
    /// The release channels that it does not have, as `console: beta, stable`.
    pub absent: Option<String>,
}

/// Returns the selected modules, and which versions of each.
///
/// # Errors
/// [`Error::ModulesUnknown`] if the source must list its modules and does not; [`Error::Registry`] if it
/// cannot be read.
pub async fn choose_modules(
    source: &Source,
    modules: &Modules,
    observer: &dyn Observer,
) -> Result<BTreeMap<String, Vec<VersionRule>>, Error> {
    let Step { value: chosen, found } = modules::chosen(source, modules).await?;
    found.report(observer);
    Ok(chosen)
}

/// Reads one module; `None` if the source certainly has nothing of it.
///
/// # Errors
/// As [`discover`].
pub async fn discover_module(
    source: &Source,
    name: &str,
    rules: &[VersionRule],
    attached: attached::Choice,
    observer: &dyn Observer,
) -> Result<Option<ModuleDiscovery>, Error> {
    let Step { value: module, mut found } = components::one(source, (Component::Module, name), rules).await?;
    let Some(module) = module else { return Ok(None) };
    let attached = attached::find(source, &found.wanted, attached).await?;
    found.merge(attached);
    let absent = modules::absent_channels(name, &module.absent);
    let wanted = found.check()?.report(observer);
    Ok(Some(ModuleDiscovery { wanted, versions: module.versions, absent }))
}

/// Reports the release channels that modules do not have, as [`ModuleDiscovery::absent`] of each has them.
pub fn report_absent_channels(absent: impl IntoIterator<Item = String>, observer: &dyn Observer) {
    if let Some(note) = modules::absent_channels_note(absent) {
        observer.event(Event::Note(note));
    }
}

/// Reads everything once. What is found is checked, so nothing is missing; the images are still part of it.
async fn read(source: &Source, request: &Request) -> Result<Step<Discovery>, Error> {
    let databases = async {
        if request.no_security_databases {
            Ok(Found::default().with(Vec::new()))
        } else {
            databases::discover(source).await
        }
    };
    let (platform, modules, databases, installer) = futures_util::try_join!(
        platform(source, request),
        modules(source, request),
        databases,
        installer::discover(source, &request.installer)
    )?;
    let Step { value: (platform, versions_asked), mut found } = platform;
    let (mut modules, mut extra_images) = modules.merge_into(&mut found);
    found.merge(migrated_modules::complete(source, &platform.manifests, request, &mut modules).await?);
    let by_modules = module_requirements::follow(source, request, &mut modules, &mut found).await?;
    let by_releases = required(&platform.manifests);
    let is_required = |name: &&String| by_modules.contains(*name) || by_releases.contains_key(*name);
    for name in request.allow_missing_modules.iter().filter(|name| !is_required(name)) {
        found.warn(format!("module {name} may be missing, but nothing that is pulled requires it"));
    }
    let modules = modules.into_iter().map(|(name, module)| (name, module.versions)).collect();
    // Only the list of releases has shown whether a list of packages can be trusted.
    let (packages, plugins) = futures_util::try_join!(
        packages(source, request),
        plugins::discover(source, &request.plugins, &modules, &platform.releases)
    )?;
    let ((packages, of_packages), plugins) =
        (packages.merge_into(&mut found), plugins.merge_into(&mut found));
    extra_images.extend(of_packages);
    let databases = databases.merge_into(&mut found);
    let installer = installer.merge_into(&mut found);
    let attached = attached::find(source, &found.wanted, request.attached).await?;
    found.merge(attached);
    let found = found.check()?;
    let release_manifests = deckhouse::release_manifest::write_releases(&platform.manifests)?;
    Ok(found.with(Discovery {
        wanted: Wanted::default(),
        releases: platform.releases,
        channels: platform.channels,
        builds: request.builds.clone(),
        extra_images,
        versions_asked,
        modules,
        packages,
        plugins,
        databases,
        installer,
        release_manifests,
    }))
}

/// The selected releases, channels and builds, and how many versions were asked for one by one.
async fn platform(source: &Source, request: &Request) -> Result<Step<(Platform, usize)>, Error> {
    let releases = async {
        if !request.selects_releases() {
            offer::check_lists(source, request).await?;
            return Ok(Found::default().with((Platform::default(), 0)));
        }
        let Step { value: offered, found } = offer::read(source, request).await?;
        let platform = platform::discover(source, found, &offered.offer, &request.select).await?;
        let Step { value: platform, found } = platform;
        Ok(found.with((platform, offered.asked)))
    };
    let builds = builds::discover(source, &request.builds);
    let (Step { value: releases, mut found }, builds) = futures_util::try_join!(releases, builds)?;
    found.merge(builds);
    Ok(found.with(releases))
}

/// The selected modules with their versions, or only their extra images.
async fn modules(source: &Source, request: &Request) -> Result<Step<(ModulesFound, Vec<String>)>, Error> {
    if request.only_extra_images {
        let chosen = modules::chosen(source, &request.modules).await?;
        let extra = extra_images::discover(source, Component::Module, &request.modules, chosen).await?;
        return Ok(extra.found.with((ModulesFound::new(), extra.value)));
    }
    let Step { value: modules, found } = modules::discover(source, &request.modules).await?;
    Ok(found.with((modules, Vec::new())))
}

/// The selected packages with their versions, or only their extra images.
async fn packages(
    source: &Source,
    request: &Request,
) -> Result<Step<(BTreeMap<String, Vec<Tag>>, Vec<String>)>, Error> {
    if request.only_extra_images {
        let chosen = packages::chosen(source, &request.packages).await?;
        let extra = extra_images::discover(source, Component::Package, &request.packages, chosen).await?;
        return Ok(extra.found.with((BTreeMap::new(), extra.value)));
    }
    let Step { value: packages, found } = packages::discover(source, &request.packages).await?;
    Ok(found.with((packages, Vec::new())))
}
