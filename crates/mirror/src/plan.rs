//! From the list of wanted images to the archive on paper: which bytes at which offset.
//!
//! Pure: the same images give the same plan, whatever order they came in and from whichever address.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bundle::{BlobEntry, Layout, RepositoryContent};
use deckhouse::repositories::ref_name_prefix;
use oci::{Descriptor, Digest, Manifest, Platform, RawManifest, TagOrDigest, layout};

use crate::{Error, wanted::Wanted};

/// The planned bundle.
#[derive(Debug)]
pub struct Plan {
    layout: Layout,
    sources: HashMap<Digest, Vec<String>>,
    images: Vec<PlannedImage>,
    repositories: usize,
}

#[derive(Debug)]
struct PlannedImage {
    wanted_by: BTreeSet<String>,
    manifest: Digest,
}

impl Plan {
    /// Lays out `wanted`. `edition` is the last segment of the source's path: the only part of the
    /// address that reaches the bytes.
    ///
    /// # Errors
    /// [`Error::Layout`] if two manifests disagree about the size of a blob.
    pub fn new(wanted: &Wanted, edition: &str) -> Result<Self, Error> {
        let mut repositories: BTreeMap<&str, Content<'_>> = BTreeMap::new();
        let mut images = Vec::new();
        for ((path, reference), image) in wanted.images() {
            let content = repositories.entry(path).or_default();
            content
                .index
                .push(descriptor(edition, path, reference, &image.manifest));
            content.manifests.insert(image.manifest.digest(), &image.manifest);
            images.push(PlannedImage {
                wanted_by: image.wanted_by.clone(),
                manifest: image.manifest.digest(),
            });
        }
        for (path, child) in wanted.children() {
            repositories
                .entry(path)
                .or_default()
                .manifests
                .insert(child.digest(), child);
        }

        let mut sources: HashMap<Digest, Vec<String>> = HashMap::new();
        let mut contents = Vec::with_capacity(repositories.len());
        for (path, content) in repositories {
            let blobs = content.blobs()?;
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
        Ok(Self {
            layout: Layout::new(contents)?,
            sources,
            images,
            repositories,
        })
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

    /// What wants a blob, as `release v1.58.3`; sorted.
    pub fn wanted_by(&self, blob: &Digest, wanted: &Wanted) -> Vec<String> {
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
        let names: BTreeSet<&String> = wanting.flat_map(|image| &image.wanted_by).collect();
        names.into_iter().cloned().collect()
    }
}

fn holds(manifest: &RawManifest, blob: &Digest) -> bool {
    manifest
        .parse()
        .is_ok_and(|manifest| manifest.blobs().any(|it| it.digest == *blob))
}

#[derive(Default)]
struct Content<'a> {
    index: Vec<Descriptor>,
    manifests: BTreeMap<Digest, &'a RawManifest>,
}

impl Content<'_> {
    fn blobs(&self) -> Result<Vec<BlobEntry>, Error> {
        let mut blobs = Vec::new();
        for manifest in self.manifests.values() {
            let manifest = manifest
                .parse()
                .map_err(|error| Error::Internal(error.to_string()))?;
            if let Manifest::Image { config, layers } = manifest {
                blobs.push(BlobEntry {
                    digest: config.digest,
                    size: config.size,
                    metadata: true,
                });
                blobs.extend(layers.into_iter().map(|layer| BlobEntry {
                    digest: layer.digest,
                    size: layer.size,
                    metadata: false,
                }));
            }
        }
        Ok(blobs)
    }
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
    let platform = (!manifest.is_index()).then(|| Platform {
        architecture: "amd64".to_owned(),
        os: "linux".to_owned(),
    });
    let mut descriptor = Descriptor {
        platform,
        ..manifest.descriptor()
    };
    descriptor
        .annotations
        .insert(layout::REF_NAME.to_owned(), ref_name);
    descriptor
        .annotations
        .insert(layout::SHORT_TAG.to_owned(), short_tag);
    descriptor
}
