//! The images that were found, each with everything that it consists of.

use std::collections::{BTreeMap, BTreeSet};

use oci::{Digest, RawManifest, TagOrDigest};

use crate::{
    WantedBy,
    attached::{Kind, kind},
    source::ImageNames,
    wanted::Wanted,
};

/// Why an image is needed: by whom, and under which name in a list of images.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// What needs it.
    pub by: WantedBy,
    /// Its name (`module.image`) in the list of that release or version. `None` for what is in no list, such as an
    /// installer.
    pub name: Option<String>,
}

/// An image in one repository, under one reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// The repository, as a path below the root.
    pub(crate) path: String,
    pub(crate) reference: TagOrDigest,
    pub(crate) digest: Digest,
    /// What it is, if it is attached to another image.
    pub(crate) attached: Option<Kind>,
    pub(crate) wanted_by: BTreeSet<WantedBy>,
    pub(crate) uses: BTreeSet<Use>,
    /// Its manifest, and those of the children of an index, with their sizes in bytes.
    pub(crate) manifests: BTreeMap<Digest, u64>,
    /// Its blobs, and those of the children, with their sizes in bytes.
    pub(crate) blobs: BTreeMap<Digest, u64>,
    /// Whether all children were found and could be read.
    pub(crate) has_all_children: bool,
}

/// The images that are wanted, with their names by `names`.
pub(crate) fn images(wanted: &Wanted, names: &ImageNames) -> Vec<Image> {
    let children = wanted.children().map(|(path, manifest)| ((path, manifest.digest()), manifest));
    let children: BTreeMap<(&str, Digest), &RawManifest> = children.collect();
    wanted
        .images()
        .map(|(key @ (path, reference), image)| {
            let mut found = Image {
                path: path.clone(),
                reference: reference.clone(),
                digest: image.manifest.digest(),
                attached: kind(reference, &image.manifest),
                wanted_by: image.wanted_by.clone(),
                uses: uses(&image.wanted_by, names.get(key)),
                manifests: BTreeMap::new(),
                blobs: BTreeMap::new(),
                has_all_children: true,
            };
            found.add(&image.manifest, &children);
            found
        })
        .collect()
}

/// The uses of an object that these need, and that lists give these names.
pub(crate) fn uses<'a>(
    wanted_by: impl IntoIterator<Item = &'a WantedBy>,
    names: Option<&BTreeSet<(WantedBy, String)>>,
) -> BTreeSet<Use> {
    let mut uses = BTreeSet::new();
    for by in wanted_by {
        let own = names.into_iter().flatten().filter(|(list_of, _)| list_of == by);
        let own: Vec<Use> = own.map(|(_, name)| Use { by: by.clone(), name: Some(name.clone()) }).collect();
        if own.is_empty() {
            uses.insert(Use { by: by.clone(), name: None });
        }
        uses.extend(own);
    }
    uses
}

impl Image {
    fn add(&mut self, manifest: &RawManifest, children: &BTreeMap<(&str, Digest), &RawManifest>) {
        if self.manifests.insert(manifest.digest(), manifest.bytes().len() as u64).is_some() {
            return;
        }
        let Ok(parsed) = manifest.parse() else {
            self.has_all_children = false;
            return;
        };
        self.blobs.extend(parsed.blobs().map(|blob| (blob.digest, blob.size)));
        for child in parsed.children() {
            let key = (self.path.as_str(), child.digest);
            match children.get(&key).copied() {
                Some(child) => self.add(child, children),
                None => self.has_all_children = false,
            }
        }
    }
}
