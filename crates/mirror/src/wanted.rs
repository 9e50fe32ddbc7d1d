//! The images to pull, by repository and reference, and what needs each.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::lock::Lock;
use oci::{Digest, RawManifest, TagOrDigest};

use crate::WantedBy;

/// A repository path below the root (`""` is the root itself) and a reference in it.
pub type Key = (String, TagOrDigest);

/// Everything that planning has found so far.
#[derive(Debug, Default)]
pub struct Wanted {
    images: BTreeMap<Key, Image>,
    children: BTreeMap<(String, Digest), RawManifest>,
}

/// One wanted reference.
#[derive(Debug)]
pub struct Image {
    /// The manifest that the reference resolved to.
    pub manifest: RawManifest,
    /// What wants it.
    pub wanted_by: BTreeSet<WantedBy>,
}

impl Wanted {
    /// Adds an image, or another reason for one that is there.
    pub fn add(&mut self, key: Key, manifest: RawManifest, by: &WantedBy) {
        let image = self.images.entry(key).or_insert_with(|| Image { manifest, wanted_by: BTreeSet::new() });
        image.wanted_by.insert(by.clone());
    }

    /// Adds a child of an index.
    pub fn add_child(&mut self, path: &str, manifest: RawManifest) {
        self.children.insert((path.to_owned(), manifest.digest()), manifest);
    }

    /// Adds everything of `other`. If both have a reference, its manifest here stays.
    pub(crate) fn merge(&mut self, other: Self) {
        for (key, image) in other.images {
            let Image { manifest, wanted_by } = image;
            let known = self.images.entry(key).or_insert(Image { manifest, wanted_by: BTreeSet::new() });
            known.wanted_by.extend(wanted_by);
        }
        self.children.extend(other.children);
    }

    /// Makes the tag `to` in the repository `path` point to what `from` points to there, whatever it pointed to before.
    /// False if `from` is not wanted.
    pub(crate) fn point_to(
        &mut self,
        (path, to): (&str, &TagOrDigest),
        from: &TagOrDigest,
        by: &WantedBy,
    ) -> bool {
        let Some(manifest) = self.get(&(path.to_owned(), from.clone())).cloned() else { return false };
        let image = Image { manifest, wanted_by: BTreeSet::from([by.clone()]) };
        self.images.insert((path.to_owned(), to.clone()), image);
        true
    }

    /// Divides the images by what `name` calls their repository; children go with their indexes.
    pub fn split(self, name: impl Fn(&str) -> String) -> BTreeMap<String, Self> {
        let mut parts: BTreeMap<String, Self> = BTreeMap::new();
        for (key, image) in self.images {
            parts.entry(name(&key.0)).or_default().images.insert(key, image);
        }
        for (key, child) in self.children {
            parts.entry(name(&key.0)).or_default().children.insert(key, child);
        }
        parts
    }

    /// The wanted images in order of path and reference.
    pub fn images(&self) -> impl Iterator<Item = (&Key, &Image)> {
        self.images.iter()
    }

    /// Every wanted image by digest, for a lock file.
    pub fn lock(&self, edition: &str) -> Lock {
        let mut lock = Lock { edition: edition.to_owned(), ..Lock::default() };
        for ((path, reference), image) in &self.images {
            let repository = lock.repositories.entry(path.clone()).or_default();
            let digest = image.manifest.digest();
            match reference {
                TagOrDigest::Tag(tag) => drop(repository.tags.insert(tag.clone(), digest)),
                TagOrDigest::Digest(_) => drop(repository.digests.insert(digest)),
            }
        }
        lock
    }

    /// The manifest of a wanted image.
    pub fn get(&self, key: &Key) -> Option<&RawManifest> {
        self.images.get(key).map(|image| &image.manifest)
    }

    /// The children of the wanted indexes.
    pub fn children(&self) -> impl Iterator<Item = (&str, &RawManifest)> {
        self.children.iter().map(|((path, _), manifest)| (path.as_str(), manifest))
    }
}
