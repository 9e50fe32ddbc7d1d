//! What is in a bundle, from its metadata alone.

use std::collections::{BTreeMap, BTreeSet};

use bundle::{Base, Bundle, Thin};
use deckhouse::{
    channel::Channel,
    repositories::{Component, INSTALL, PLUGINS, RELEASE_CHANNEL, SECURITY_DATABASES, plugin},
    version::parse_tag,
};
use semver::Version;

use crate::{
    Contents, Error,
    attached::{Attachments, count},
    contents::{self, version},
    listed::is_build,
};

/// The contents of a bundle, for the user.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Inspection {
    /// Size of the whole bundle in bytes.
    pub size: u64,
    /// Number of archives: 1, or all in a directory.
    pub archives: usize,
    /// Number of their files; 1 for a whole file.
    pub parts: usize,
    /// Bytes of all blobs, each counted once.
    pub unique_blob_size: u64,
    /// What it leaves out, if it is thin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thin: Option<LeftOut>,
    /// The edition of the platform, as the image of its latest release names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The platform's releases, ascending.
    pub releases: Vec<String>,
    /// The platform's release channels and where each points.
    pub channels: BTreeMap<String, String>,
    /// The platform's builds that are neither releases nor channels, by their tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The modules.
    pub modules: BTreeMap<String, ModuleInspection>,
    /// The packages.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: BTreeMap<String, ModuleInspection>,
    /// The plugins of the d8 CLI, and the versions of each, ascending.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub plugins: BTreeMap<String, Vec<String>>,
    /// The vulnerability databases.
    pub databases: Vec<String>,
    /// The repositories.
    pub repositories: Vec<RepositoryInspection>,
    /// Number of tags, and of images without a tag.
    pub images: usize,
    /// Signatures and the like of the images.
    pub attachments: Attachments,
}

/// What a thin bundle leaves out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    /// Blobs, each once.
    pub blobs: usize,
    /// Their bytes.
    pub size: u64,
    /// What has them.
    pub bases: Vec<Base>,
}

impl From<&Thin> for LeftOut {
    fn from(Thin { bases, left_out }: &Thin) -> Self {
        Self { blobs: left_out.len(), size: left_out.size(), bases: bases.clone() }
    }
}

/// One module or package.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ModuleInspection {
    /// Its versions, ascending.
    pub versions: Vec<String>,
    /// Its release channels and where each points.
    pub channels: BTreeMap<String, String>,
}

/// One repository.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RepositoryInspection {
    /// Path below the root; empty for the root.
    pub path: String,
    /// Number of tags, and of images without a tag.
    pub images: usize,
    /// Its blobs.
    pub blobs: usize,
    /// Bytes of its blobs.
    pub size: u64,
    /// Bytes of its blobs that another repository has too.
    pub shared_size: u64,
}

/// Reads what is in a bundle.
///
/// # Errors
/// [`Error::Incomplete`] or [`Error::Bundle`] if the bundle is damaged.
pub fn inspect(bundle: &Bundle) -> Result<Inspection, Error> {
    let contents = Contents::read(bundle)?;
    let unique = contents.unique_blobs();
    let repositories: Vec<RepositoryInspection> = contents
        .repositories
        .iter()
        .map(|repository| {
            let shared = repository.blobs.iter().filter(|(digest, _)| unique[digest].1.len() > 1);
            RepositoryInspection {
                path: repository.path.clone(),
                images: repository.tags.len() + repository.untagged.len(),
                blobs: repository.blobs.len(),
                size: repository.blobs.values().sum(),
                shared_size: shared.map(|(_, size)| size).sum(),
            }
        })
        .collect();
    let find = |path: &str| contents.repository(path);
    let release_channel = find(RELEASE_CHANNEL);
    let names = |list: &'static str| {
        contents.listed().filter(move |(of, _)| *of == list).map(|(_, name)| name.to_owned())
    };
    let components = |component: Component| {
        let inspection = |name: String| {
            let versions = find(&component.repository(&name)).map(versions).unwrap_or_default();
            let channels = find(&component.release(&name)).map(|it| channels(bundle, it));
            (name, ModuleInspection { versions, channels: channels.unwrap_or_default() })
        };
        names(component.list()).map(inspection).collect()
    };
    let plugins = names(PLUGINS).map(|name| {
        let versions = find(&plugin(&name)).map(versions).unwrap_or_default();
        (name, versions)
    });
    Ok(Inspection {
        size: bundle.size(),
        archives: bundle.archives(),
        parts: bundle.parts(),
        thin: bundle.thin().map(LeftOut::from),
        unique_blob_size: unique.values().map(|(size, _)| size).sum(),
        edition: contents.edition(bundle).ok().map(|edition| edition.to_string()),
        releases: releases(&contents),
        channels: release_channel.map(|it| channels(bundle, it)).unwrap_or_default(),
        tags: find(INSTALL).map(builds).unwrap_or_default(),
        modules: components(Component::Module),
        packages: components(Component::Package),
        plugins: plugins.collect(),
        databases: SECURITY_DATABASES
            .iter()
            .filter(|(path, _)| find(path).is_some())
            .map(|(path, _)| (*path).to_owned())
            .collect(),
        images: repositories.iter().map(|repository| repository.images).sum(),
        attachments: count(contents.repositories.iter().flat_map(contents::Repository::attached_kinds)),
        repositories,
    })
}

/// The platform's releases in a bundle, ascending.
pub(crate) fn releases(contents: &Contents) -> Vec<String> {
    contents.repository(RELEASE_CHANNEL).map(versions).unwrap_or_default()
}

fn versions(repository: &contents::Repository) -> Vec<String> {
    let versions: BTreeSet<Version> =
        repository.tags.keys().filter_map(|tag| parse_tag(tag.as_str())).collect();
    versions.into_iter().map(|version| format!("v{version}")).collect()
}

fn builds(installers: &contents::Repository) -> Vec<String> {
    installers.tags.keys().filter(|tag| is_build(tag)).map(ToString::to_string).collect()
}

fn channels(bundle: &Bundle, repository: &contents::Repository) -> BTreeMap<String, String> {
    let channels = repository.tags.iter().filter(|(tag, _)| tag.as_str().parse::<Channel>().is_ok());
    channels
        .filter_map(|(tag, digest)| {
            let version = version(bundle, &repository.path, repository.manifests.get(digest)?);
            Some((tag.to_string(), version.unwrap_or_else(|| "unknown".to_owned())))
        })
        .collect()
}
