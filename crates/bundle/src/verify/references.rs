//! Which image needs which blob, and what manifests name that is not in the bundle.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::PathBuf,
};

use oci::{Descriptor, Digest, layout, layout::blob_path};

use super::report::Damage;
use crate::{Bundle, Repository, Stored, layout::entry_path};

/// The most references that are kept in memory, of all repositories together. A full delivery has about 50,000.
const MAX_REFERENCES: usize = 1_000_000;

/// The most objects of a repository that are reported as missing one by one.
const MAX_FAULTS: usize = 10_000;

/// The references within one repository.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// Path of the repository.
    repository: String,
    /// Names by which `index.json` knows a manifest.
    names: HashMap<Digest, Vec<String>>,
    /// The manifests that name a blob or another manifest.
    parents: HashMap<Digest, Vec<Digest>>,
}

impl References {
    /// Reads every manifest of `repository`, and adds to `damages` what is missing or cannot be read.
    ///
    /// `count` is the number of references that have been read in all repositories.
    pub(crate) fn read(
        bundle: &Bundle,
        repository: &Repository,
        count: &mut usize,
        damages: &mut Vec<Damage>,
    ) -> Self {
        let mut references = Self { repository: repository.path.clone(), ..Self::default() };
        let mut faults = Vec::new();
        let mut seen = HashSet::new();
        let mut open: Vec<Descriptor> = Vec::new();
        for descriptor in &repository.index {
            let tag = descriptor.annotations.get(layout::SHORT_TAG);
            let name = image_name(&repository.path, tag, &descriptor.digest);
            references.names.entry(descriptor.digest).or_default().push(name);
            open.push(descriptor.clone());
        }
        // A list and no recursion: indexes may be nested as deep as a bundle has manifests.
        while let Some(descriptor) = open.pop() {
            if !seen.insert(descriptor.digest) {
                continue;
            }
            let raw = match bundle.manifest(&repository.path, &descriptor) {
                Ok(raw) => raw,
                Err(error) => {
                    let reason = match error {
                        crate::BundleError::Damaged { reason, .. } => reason,
                        error => error.to_string(),
                    };
                    faults.push((descriptor.digest, reason));
                    continue;
                }
            };
            let manifest = match raw.parse() {
                Ok(manifest) => manifest,
                Err(error) => {
                    faults.push((descriptor.digest, error.to_string()));
                    continue;
                }
            };
            *count += manifest.blobs().count() + manifest.children().len();
            if *count > MAX_REFERENCES || faults.len() > MAX_FAULTS {
                let reason = if faults.len() > MAX_FAULTS {
                    format!(
                        "more than {MAX_FAULTS} objects of this repository are missing; the rest was not read"
                    )
                } else {
                    format!("the manifests of the bundle name more than {MAX_REFERENCES} objects")
                };
                faults.push((descriptor.digest, reason));
                break;
            }
            for blob in manifest.blobs() {
                references.add(blob.digest, descriptor.digest);
                let reason = match bundle.stored(repository, &blob.digest) {
                    Some(Stored::Here(size) | Stored::LeftOut(size)) if size == blob.size => continue,
                    None => "it is not in the bundle".to_owned(),
                    Some(Stored::Here(size)) => format!("it has {size} bytes instead of {}", blob.size),
                    Some(Stored::LeftOut(size)) => {
                        format!("it is left out with {size} bytes instead of {}", blob.size)
                    }
                };
                if seen.insert(blob.digest) {
                    faults.push((blob.digest, reason));
                }
            }
            for child in manifest.children() {
                references.add(child.digest, descriptor.digest);
                open.push(child.clone());
            }
        }
        damages.extend(faults.into_iter().map(|(digest, reason)| Damage {
            entry: Some(entry_path(&repository.path, &blob_path(&digest))),
            images: references.images(&digest),
            files: bundle.files_of(repository, &digest),
            reason,
        }));
        references
    }

    /// The damage of the blob `digest`, whose content has the digest `actual`, in `files`.
    pub(super) fn damage(&self, digest: &Digest, actual: &Digest, files: Vec<PathBuf>) -> Damage {
        Damage {
            entry: Some(entry_path(&self.repository, &blob_path(digest))),
            images: self.images(digest),
            files,
            reason: format!("the content has the digest {actual}"),
        }
    }

    fn add(&mut self, child: Digest, parent: Digest) {
        let parents = self.parents.entry(child).or_default();
        // The layers of one manifest are often the same one, the empty layer.
        if parents.last() != Some(&parent) {
            parents.push(parent);
        }
    }

    /// The images that need `digest`, sorted.
    pub(crate) fn images(&self, digest: &Digest) -> Vec<String> {
        let mut images = BTreeSet::new();
        let mut seen = HashSet::from([*digest]);
        let mut open = vec![*digest];
        while let Some(digest) = open.pop() {
            images.extend(self.names.get(&digest).into_iter().flatten().cloned());
            let parents = self.parents.get(&digest).into_iter().flatten();
            open.extend(parents.filter(|parent| seen.insert(**parent)));
        }
        images.into_iter().collect()
    }
}

impl Bundle {
    /// The damage of a blob of the repository at `path` that was read and has the digest `actual`; `None`
    /// if the bundle has no such repository.
    pub fn damaged_blob(&self, path: &str, digest: &Digest, actual: &Digest) -> Option<Damage> {
        let repository = self.repository(path)?;
        let references = References::read(self, repository, &mut 0, &mut Vec::new());
        Some(references.damage(digest, actual, self.files_of(repository, digest)))
    }
}

fn image_name(repository: &str, tag: Option<&String>, digest: &Digest) -> String {
    let repository = if repository.is_empty() { "(root)" } else { repository };
    match tag {
        Some(tag) => format!("{repository}:{tag}"),
        None => format!("{repository}@{digest}"),
    }
}
