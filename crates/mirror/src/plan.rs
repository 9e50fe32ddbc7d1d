//! From the list of wanted images to the archive on paper: which bytes at which offset.
//!
//! Pure: the same images give the same plan, whatever order they came in and from whichever address.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bundle::{BlobEntry, Layout, RepositoryContent, Thin};
use deckhouse::repositories::ref_name_prefix;
use oci::{Descriptor, Digest, Manifest, Platform, RawManifest, TagOrDigest, layout};

use crate::{Bases, Error, WantedBy, limits::check_blobs, wanted::Wanted};

/// The planned bundle.
#[derive(Debug)]
pub struct Plan {
    layout: Layout,
    sources: HashMap<Digest, Vec<String>>,
    images: Vec<PlannedImage>,
    repositories: usize,
    thin: Option<Thin>,
}

#[derive(Debug)]
struct PlannedImage {
    wanted_by: BTreeSet<WantedBy>,
    manifest: Digest,
}

impl Plan {
    /// Lays out `wanted`. `edition` is the last segment of the source's path: the only part of the
    /// address that reaches the bytes.
    ///
    /// # Errors
    /// [`Error::Layout`] if two manifests disagree about the size of a blob; [`Error::OverLimit`].
    pub fn new(wanted: &Wanted, edition: &str) -> Result<Self, Error> {
        Self::of(wanted, edition, None)
    }

    /// Lays out `wanted` as a thin bundle, without what `bases` have. The layers `lists` are in the bundle in any case:
    /// they have the lists that tell whether it is complete.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn thin(
        wanted: &Wanted,
        edition: &str,
        bases: &Bases,
        lists: &BTreeSet<Digest>,
    ) -> Result<Self, Error> {
        Self::of(wanted, edition, Some((bases, lists)))
    }

    fn of(wanted: &Wanted, edition: &str, thin: Option<(&Bases, &BTreeSet<Digest>)>) -> Result<Self, Error> {
        let mut repositories: BTreeMap<&str, Content<'_>> = BTreeMap::new();
        let mut images = Vec::new();
        for ((path, reference), image) in wanted.images() {
            let content = repositories.entry(path).or_default();
            content.index.push(descriptor(edition, path, reference, &image.manifest));
            content.manifests.insert(image.manifest.digest(), &image.manifest);
            images
                .push(PlannedImage { wanted_by: image.wanted_by.clone(), manifest: image.manifest.digest() });
        }
        for (path, child) in wanted.children() {
            repositories.entry(path).or_default().manifests.insert(child.digest(), child);
        }

        let mut sources: HashMap<Digest, Vec<String>> = HashMap::new();
        let mut contents = Vec::with_capacity(repositories.len());
        let mut count = 0;
        for (path, content) in repositories {
            let blobs = blobs_of(content.manifests.values().copied())?;
            let unique: HashSet<Digest> = blobs.iter().map(|blob| blob.digest).collect();
            count += unique.len();
            check_blobs(count)?;
            for blob in &blobs {
                sources.entry(blob.digest).or_default().push(path.to_owned());
            }
            contents.push(RepositoryContent {
                path: path.to_owned(),
                index: content.index,
                manifests: content.manifests.into_values().cloned().collect(),
                blobs,
            });
        }
        let repositories = contents.len();
        let thin = thin.map(|(bases, lists)| {
            let blobs = contents.iter().flat_map(|content| &content.blobs);
            bases.leave_out(blobs.filter(|blob| !lists.contains(&blob.digest)))
        });
        let layout = match &thin {
            Some(thin) => Layout::thin(contents, thin)?,
            None => Layout::new(contents)?,
        };
        Ok(Self { layout, sources, images, repositories, thin })
    }

    /// What the bundle leaves out, if it is thin.
    pub fn left_out(&self) -> Option<&Thin> {
        self.thin.as_ref()
    }

    /// The archive.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The repositories, as paths below the root, that a blob can be fetched from.
    pub fn sources(&self, digest: &Digest) -> &[String] {
        self.sources.get(digest).map_or(&[], Vec::as_slice)
    }

    /// Number of tags and digests that the bundle answers to.
    pub fn image_count(&self) -> usize {
        self.images.len()
    }

    /// Number of repositories.
    pub fn repository_count(&self) -> usize {
        self.repositories
    }

    /// Bytes of all blobs, each counted once: what a pull downloads beside manifests.
    pub fn download_size(&self) -> u64 {
        self.layout.blobs().iter().map(|blob| blob.size).sum()
    }

    /// What needs a blob, sorted by its text.
    pub fn wanted_by(&self, blob: &Digest, wanted: &Wanted) -> Vec<WantedBy> {
        let holders: BTreeSet<Digest> = wanted
            .images()
            .map(|(_, image)| &image.manifest)
            .chain(wanted.children().map(|(_, child)| child))
            .filter(|manifest| holds(manifest, blob))
            .map(RawManifest::digest)
            .collect();
        let parents = wanted.images().filter(|(_, image)| {
            image
                .manifest
                .parse()
                .is_ok_and(|it| it.children().iter().any(|child| holders.contains(&child.digest)))
        });
        let parents: BTreeSet<Digest> = parents.map(|(_, image)| image.manifest.digest()).collect();
        let wanting = self
            .images
            .iter()
            .filter(|image| holders.contains(&image.manifest) || parents.contains(&image.manifest));
        let all: BTreeSet<&WantedBy> = wanting.flat_map(|image| &image.wanted_by).collect();
        let mut all: Vec<WantedBy> = all.into_iter().cloned().collect();
        all.sort_by_cached_key(ToString::to_string);
        all
    }
}

fn holds(manifest: &RawManifest, blob: &Digest) -> bool {
    manifest.parse().is_ok_and(|manifest| manifest.blobs().any(|it| it.digest == *blob))
}

#[derive(Default)]
struct Content<'a> {
    index: Vec<Descriptor>,
    manifests: BTreeMap<Digest, &'a RawManifest>,
}

/// The blobs that manifests of one repository name.
///
/// # Errors
/// [`Error::OverLimit`].
pub(crate) fn blobs_of<'a>(
    manifests: impl Iterator<Item = &'a RawManifest>,
) -> Result<Vec<BlobEntry>, Error> {
    let mut blobs = Vec::new();
    for manifest in manifests {
        let manifest = manifest.parse().map_err(|error| Error::Internal(error.to_string()))?;
        if let Manifest::Image { config, layers } = manifest {
            blobs.push(BlobEntry { digest: config.digest, size: config.size, metadata: true });
            blobs.extend(layers.into_iter().map(|layer| BlobEntry {
                digest: layer.digest,
                size: layer.size,
                metadata: false,
            }));
        }
        // References may be many more than blobs; several times as many are still little memory.
        check_blobs(blobs.len() / 8)?;
    }
    Ok(blobs)
}

/// The descriptor of a reference in `index.json`, as the platform's tools write it (facts: "Bundle
/// tree"): a full reference, and the tag that the image gets on push.
fn descriptor(edition: &str, path: &str, reference: &TagOrDigest, manifest: &RawManifest) -> Descriptor {
    let mut repository = ref_name_prefix(edition);
    if !path.is_empty() {
        repository.push('/');
        repository.push_str(path);
    }
    let (ref_name, short_tag) = match reference {
        TagOrDigest::Tag(tag) => (format!("{repository}:{tag}"), tag.to_string()),
        TagOrDigest::Digest(digest) => (format!("{repository}@{digest}"), digest.hex()),
    };
    let platform =
        (!manifest.is_index()).then(|| Platform { architecture: "amd64".to_owned(), os: "linux".to_owned() });
    let mut descriptor = Descriptor { platform, ..manifest.descriptor() };
    descriptor.annotations.insert(layout::REF_NAME.to_owned(), ref_name);
    descriptor.annotations.insert(layout::SHORT_TAG.to_owned(), short_tag);
    descriptor
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn image(config: &str, layers: &[(&str, u64)]) -> RawManifest {
        let blob = |name: &str, size: u64| serde_json::json!({"mediaType": "x", "size": size, "digest": Digest::of(name.as_bytes())});
        let layers: Vec<_> = layers.iter().map(|(name, size)| blob(name, *size)).collect();
        let text = serde_json::json!({"schemaVersion": 2, "config": blob(config, 2), "layers": layers});
        RawManifest::new(None, Bytes::from(text.to_string())).unwrap()
    }

    fn tag(text: &str) -> TagOrDigest {
        text.parse().unwrap()
    }

    #[test]
    fn descriptors_are_as_the_platforms_tools_write_them() {
        let image = image("c", &[]);
        let digest = image.digest();
        let by_tag = descriptor("ee", "install", &tag("v1.58.3"), &image);
        let by_digest = descriptor("se-plus", "", &digest.into(), &image);
        let json = |value: &Descriptor| serde_json::to_value(value).unwrap();
        assert_eq!(
            json(&by_tag),
            serde_json::json!({
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "size": image.bytes().len(),
                "digest": digest,
                "platform": {"architecture": "amd64", "os": "linux"},
                "annotations": {
                    "org.opencontainers.image.ref.name": "registry.deckhouse.ru/deckhouse/ee/install:v1.58.3",
                    "io.deckhouse.image.short_tag": "v1.58.3",
                },
            })
        );
        assert_eq!(
            json(&by_digest)["annotations"],
            serde_json::json!({
                "org.opencontainers.image.ref.name": format!("registry.deckhouse.ru/deckhouse/se-plus@{digest}"),
                "io.deckhouse.image.short_tag": digest.hex(),
            })
        );
    }

    #[test]
    fn a_shared_blob_is_downloaded_once_and_has_a_place_in_each_repository() {
        let mut wanted = Wanted::default();
        let (one, two) = (image("1", &[("shared", 1000), ("only", 10)]), image("2", &[("shared", 1000)]));
        let release = WantedBy::Release(semver::Version::new(1, 58, 3));
        let channel = WantedBy::Channel(deckhouse::Channel::Stable);
        wanted.add((String::new(), tag("v1.58.3")), one.clone(), &release);
        wanted.add((String::new(), tag("stable")), one, &channel);
        wanted.add(("install".to_owned(), tag("v1.58.3")), two, &release);
        let plan = Plan::new(&wanted, "ee").unwrap();
        assert_eq!((plan.image_count(), plan.repository_count()), (3, 2));
        assert_eq!(plan.download_size(), 1000 + 10 + 2 + 2);
        let shared = Digest::of(b"shared");
        let places = plan.layout().blobs().iter().find(|blob| blob.digest == shared).unwrap();
        assert_eq!(places.offsets.len(), 2);
        assert_eq!(plan.sources(&shared), ["", "install"]);
        assert_eq!(plan.wanted_by(&shared, &wanted), [channel, release.clone()]);
        assert_eq!(plan.wanted_by(&Digest::of(b"2"), &wanted), [release]);
    }

    #[test]
    fn sizes_that_contradict_each_other_are_refused() {
        let mut wanted = Wanted::default();
        wanted.add((String::new(), tag("a")), image("1", &[("shared", 1000)]), &WantedBy::Installer);
        wanted.add((String::new(), tag("b")), image("2", &[("shared", 999)]), &WantedBy::Installer);
        assert!(matches!(Plan::new(&wanted, "ee"), Err(Error::Layout(_))));
    }
}
