//! What a pull consists of: every image, and the bytes of the platform, of each module and of the databases.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use deckhouse::repositories::{Component, INSTALLER, plugin_of};
use oci::{Digest, RawManifest, TagOrDigest};
use serde::Serialize;

use crate::wanted::Wanted;

/// The directory of the vulnerability databases.
const SECURITY: &str = "security";

/// A part of a distribution, in the order in which bytes are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Releases, installers and channels.
    Platform,
    /// The standalone installer.
    Installer,
    /// The vulnerability databases.
    Databases,
    /// A module.
    Module(String),
    /// A package.
    Package(String),
    /// A plugin of the d8 CLI.
    Plugin(String),
}

/// The images and bytes of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PartSize {
    /// Images, each reference counted.
    pub images: usize,
    /// Bytes of blobs that are pulled. A blob that several parts have is counted in the first of them.
    pub bytes: u64,
}

/// An image that is pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PulledImage {
    /// The repository, as a path below the root; empty for the root itself.
    pub repository: String,
    /// The tag; `None` for an image that is pulled by its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Its manifest.
    pub digest: Digest,
    /// Bytes of its blobs, including those of the children of an index.
    pub bytes: u64,
}

impl Part {
    /// The part that a repository belongs to, by its path below the root.
    pub fn of(path: &str) -> Self {
        for (component, part) in
            [(Component::Module, Self::Module as fn(String) -> Self), (Component::Package, Self::Package)]
        {
            let below = path.strip_prefix(component.list()).and_then(|rest| rest.strip_prefix('/'));
            if let Some(name) = below.and_then(|rest| rest.split('/').next()) {
                return part(name.to_owned());
            }
        }
        if let Some(name) = plugin_of(path) {
            return Self::Plugin(name.to_owned());
        }
        match path.split('/').next() {
            Some(SECURITY) => Self::Databases,
            Some(INSTALLER) => Self::Installer,
            _ => Self::Platform,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str("platform"),
            Self::Installer => f.write_str("installer"),
            Self::Databases => f.write_str("databases"),
            Self::Module(name) => write!(f, "module {name}"),
            Self::Package(name) => write!(f, "package {name}"),
            Self::Plugin(name) => write!(f, "plugin {name}"),
        }
    }
}

impl Serialize for Part {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The sizes of all parts. `pulled` says which blobs are pulled, and not left out.
pub fn sizes<'a>(
    wanted: impl IntoIterator<Item = &'a Wanted>,
    pulled: impl Fn(&Digest) -> bool,
) -> BTreeMap<Part, PartSize> {
    let mut parts: BTreeMap<Part, PartSize> = BTreeMap::new();
    let mut blobs: BTreeMap<Part, BTreeMap<Digest, u64>> = BTreeMap::new();
    for wanted in wanted {
        let children = children(wanted);
        for ((path, _), image) in wanted.images() {
            let part = Part::of(path);
            parts.entry(part.clone()).or_default().images += 1;
            blobs.entry(part).or_default().extend(blobs_of(path, &image.manifest, &children));
        }
    }
    let mut counted = BTreeSet::new();
    for (part, blobs) in blobs {
        let new = blobs.into_iter().filter(|(digest, _)| pulled(digest) && counted.insert(*digest));
        let bytes = new.map(|(_, size)| size).sum();
        parts.entry(part).or_default().bytes = bytes;
    }
    parts
}

/// All images, in order of repository and reference.
pub fn images<'a>(wanted: impl IntoIterator<Item = &'a Wanted>) -> Vec<PulledImage> {
    let mut all = Vec::new();
    for wanted in wanted {
        let children = children(wanted);
        all.extend(wanted.images().map(|((path, reference), image)| PulledImage {
            repository: path.clone(),
            tag: match reference {
                TagOrDigest::Tag(tag) => Some(tag.to_string()),
                TagOrDigest::Digest(_) => None,
            },
            digest: image.manifest.digest(),
            bytes: blobs_of(path, &image.manifest, &children).into_values().sum(),
        }));
    }
    all.sort_by(|one, other| {
        (&one.repository, &one.tag, one.digest).cmp(&(&other.repository, &other.tag, other.digest))
    });
    all
}

type Children<'a> = BTreeMap<(&'a str, Digest), &'a RawManifest>;

fn children(wanted: &Wanted) -> Children<'_> {
    wanted.children().map(|(path, manifest)| ((path, manifest.digest()), manifest)).collect()
}

/// The blobs of an image and of its children, with their sizes in bytes.
fn blobs_of(path: &str, manifest: &RawManifest, children: &Children<'_>) -> BTreeMap<Digest, u64> {
    let (mut blobs, mut seen, mut left) = (BTreeMap::new(), BTreeSet::new(), vec![manifest]);
    while let Some(manifest) = left.pop() {
        let Ok(parsed) = manifest.parse() else { continue };
        if seen.insert(manifest.digest()) {
            blobs.extend(parsed.blobs().map(|blob| (blob.digest, blob.size)));
            left.extend(
                parsed.children().iter().filter_map(|child| children.get(&(path, child.digest)).copied()),
            );
        }
    }
    blobs
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::WantedBy;

    fn image(layers: &[(&str, u64)]) -> RawManifest {
        let blob = |(name, size): &(&str, u64)| {
            format!(r#"{{"mediaType":"x","size":{size},"digest":"{}"}}"#, Digest::of(name.as_bytes()))
        };
        let layers: Vec<String> = layers.iter().map(blob).collect();
        let config = blob(&("config", 1));
        let text = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{}]}}"#, layers.join(","));
        RawManifest::new(None, Bytes::from(text)).unwrap()
    }

    #[test]
    fn a_blob_is_counted_in_the_first_part_that_has_it() {
        let mut wanted = Wanted::default();
        let by = WantedBy::Installer;
        for (path, reference, layers) in [
            ("", "v1.58.3", &[("a", 10), ("b", 100)][..]),
            ("release-channel", "stable", &[("b", 100)]),
            ("security/trivy-db", "2", &[("c", 1000)]),
            ("modules/console", "v1.0.0", &[("b", 100), ("d", 10_000)]),
            ("modules/console/extra/x", "v1.0.0", &[("d", 10_000)]),
            ("packages/pg", "v1.0.0", &[("e", 100_000)]),
            ("deckhouse-cli/plugins/pg", "v1.0.0", &[("e", 100_000)]),
        ] {
            wanted.add((path.to_owned(), reference.parse().unwrap()), image(layers), &by);
        }
        let sizes: Vec<(String, usize, u64)> = super::sizes([&wanted], |_| true)
            .iter()
            .map(|(part, it)| (part.to_string(), it.images, it.bytes))
            .collect();
        assert_eq!(
            sizes,
            [
                ("platform".to_owned(), 2, 111),
                ("databases".to_owned(), 1, 1000),
                ("module console".to_owned(), 2, 10_000),
                ("package pg".to_owned(), 1, 100_000),
                ("plugin pg".to_owned(), 1, 0),
            ]
        );
        let without = super::sizes([&wanted], |digest| *digest != Digest::of(b"d"));
        assert_eq!(without[&Part::Module("console".to_owned())], PartSize { images: 2, bytes: 0 });
        let images = images([&wanted]);
        assert_eq!(
            images.iter().map(|it| it.bytes).collect::<Vec<_>>(),
            [111, 100_001, 10_101, 10_001, 100_001, 101, 1001]
        );
        assert_eq!(images[0].tag.as_deref(), Some("v1.58.3"));
    }
}
