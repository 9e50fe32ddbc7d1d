//! What a bundle has, as a registry sees it: per repository its tags, manifests and blobs.

mod attached;
mod channel_tags;
mod image_files;
mod read;
mod release_image;
mod releases;

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::repositories::{MODULES, PACKAGES, PLUGINS};
use oci::{Digest, RawManifest, Tag};

pub use self::attached::AttachedManifest;
pub(crate) use self::release_image::version;

/// The repositories whose tags are the names of the repositories below them (facts: "Push").
const LISTS: [&str; 3] = [MODULES, PACKAGES, PLUGINS];

/// The whole content of a bundle, manifests read and checked.
#[derive(Debug)]
pub struct Contents {
    /// The repositories in order of their paths.
    pub repositories: Vec<Repository>,
    /// Tags among theirs that no index in the bundle has.
    pub derived_tags: Vec<DerivedTag>,
}

/// One repository of a bundle.
#[derive(Debug)]
pub struct Repository {
    /// Path below the root; empty for the root itself.
    pub path: String,
    /// The tags that it gets on push. Where the index names a tag twice, the last one counts, as in
    /// the platform's tools.
    pub tags: BTreeMap<Tag, Digest>,
    /// Images without a tag, pushed by digest.
    pub untagged: BTreeSet<Digest>,
    /// Every manifest, children of indexes included.
    pub manifests: BTreeMap<Digest, RawManifest>,
    /// Every blob that the manifests name, with its size in bytes.
    pub blobs: BTreeMap<Digest, u64>,
    /// What a registry lists as attached to a manifest, by the manifest's digest.
    pub referrers: BTreeMap<Digest, BTreeSet<AttachedManifest>>,
}

/// A tag that no index in the bundle has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedTag {
    /// The repository: a path below the root.
    pub path: String,
    /// The channel.
    pub tag: Tag,
}

impl Contents {
    /// A note about the derived tags for the user; `None` if there are none.
    pub fn derived_tags_note(&self) -> Option<String> {
        let tags: Vec<String> = self
            .derived_tags
            .iter()
            .map(|derived| format!("{}:{}", place(&derived.path), derived.tag))
            .collect();
        (!tags.is_empty()).then(|| {
            format!(
                "channel tags missing in the bundle were derived from its release-channel repository: {}",
                tags.join(", ")
            )
        })
    }

    /// The repository at `path`; empty for the root.
    pub fn repository(&self, path: &str) -> Option<&Repository> {
        self.repositories.iter().find(|repository| repository.path == path)
    }

    /// Names of the modules in the bundle.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.listed().filter(|(list, _)| *list == MODULES).map(|(_, name)| name)
    }

    /// The entries of lists: the repository of the list, and the name that is a tag there. Modules, packages and
    /// plugins.
    pub fn listed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.repositories.iter().flat_map(|repository| {
            LISTS.iter().filter_map(|list| {
                let name = repository.path.strip_prefix(list)?.strip_prefix('/')?;
                (!name.contains('/')).then_some((*list, name))
            })
        })
    }

    /// The blobs of all repositories, each once: its size in bytes and the repositories that have it.
    pub fn unique_blobs(&self) -> BTreeMap<Digest, (u64, Vec<&str>)> {
        let mut unique: BTreeMap<Digest, (u64, Vec<&str>)> = BTreeMap::new();
        for repository in &self.repositories {
            for (digest, size) in &repository.blobs {
                unique.entry(*digest).or_insert((*size, Vec::new())).1.push(&repository.path);
            }
        }
        unique
    }
}

/// The name of a repository for the user: the path of the root is empty.
pub(crate) fn place(path: &str) -> &str {
    if path.is_empty() { "(root)" } else { path }
}
