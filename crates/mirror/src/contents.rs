//! What a bundle holds, as a registry sees it: per repository its tags, manifests and blobs.

use std::collections::{BTreeMap, BTreeSet};

use bundle::Bundle;
use deckhouse::repositories::{MODULES, PACKAGES};
use foreign_text::is_unfit_for_line;
use oci::{Descriptor, Digest, Manifest, RawManifest, Tag, layout, manifest::MAX_NESTING};

use crate::{
    Cause, Error, MissingItem, WantedBy,
    channel_tags::{self, MadeTag},
    error::Place,
    limits::{ManifestTotal, check_blobs},
};

/// The repositories whose tags are the names of what lies below them (facts: "Push").
const LISTS: [&str; 3] = [MODULES, PACKAGES, "deckhouse-cli/plugins"];

/// The whole content of a bundle, manifests read and checked.
#[derive(Debug)]
pub struct Contents {
    /// The repositories in order of their paths.
    pub repositories: Vec<Repository>,
    /// Tags among theirs that no index in the bundle has.
    pub made_tags: Vec<MadeTag>,
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
}

impl Contents {
    /// Reads every manifest of the bundle.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with every manifest and blob that the bundle should hold and does not.
    pub fn read(bundle: &Bundle) -> Result<Self, Error> {
        let (contents, items) = Self::read_what_is_there(bundle)?;
        if items.is_empty() { Ok(contents) } else { Err(Error::Incomplete { place: Place::Bundle, items }) }
    }

    /// Reads every manifest of the bundle that can be read, and tells what should be there and is not.
    ///
    /// # Errors
    /// [`Error::OverLimit`] if there is more than is kept in memory.
    pub fn read_what_is_there(bundle: &Bundle) -> Result<(Self, Vec<MissingItem>), Error> {
        let mut missing = Vec::new();
        let mut repositories = Vec::new();
        let mut total = Total::default();
        let is_tagged = |descriptor: &Descriptor| descriptor.annotations.contains_key(layout::SHORT_TAG);
        let has_tags = bundle.repositories().iter().flat_map(|it| &it.index).any(is_tagged);
        for source in bundle.repositories() {
            repositories.push(Repository::read((bundle, has_tags), source, &mut total, &mut missing));
            if let Some(error) = total.over {
                return Err(error);
            }
        }
        missing.sort();
        missing.dedup();
        let mut contents = Self { repositories, made_tags: Vec::new() };
        contents.made_tags = channel_tags::make(bundle, &mut contents);
        Ok((contents, missing))
    }

    /// The repository at `path`; empty for the root.
    pub fn repository(&self, path: &str) -> Option<&Repository> {
        self.repositories.iter().find(|repository| repository.path == path)
    }

    /// Names of the modules in the bundle.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.listed().filter(|(list, _)| *list == MODULES).map(|(_, name)| name)
    }

    /// What a cluster learns of by the tags of a list: the list's repository, and the name that is a tag there.
    /// Modules; packages and plugins, which bundles of `d8` have.
    pub fn listed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.repositories.iter().flat_map(|repository| {
            LISTS.iter().filter_map(|list| {
                let name = repository.path.strip_prefix(list)?.strip_prefix('/')?;
                (!name.contains('/')).then_some((*list, name))
            })
        })
    }

    /// The blobs of all repositories, each once: size and the repositories that hold it.
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

impl Repository {
    fn read(
        (bundle, has_tags): (&Bundle, bool),
        source: &bundle::Repository,
        total: &mut Total,
        missing: &mut Vec<MissingItem>,
    ) -> Self {
        let mut repository = Self {
            path: source.path.clone(),
            tags: BTreeMap::new(),
            untagged: BTreeSet::new(),
            manifests: BTreeMap::new(),
            blobs: BTreeMap::new(),
        };
        for descriptor in &source.index {
            let name = descriptor.annotations.get(layout::SHORT_TAG).cloned();
            let name = name.unwrap_or_else(|| descriptor.digest.to_string());
            match tag_of(descriptor, has_tags) {
                Ok(Some(tag)) => {
                    repository.tags.insert(tag, descriptor.digest);
                }
                Ok(None) => {
                    repository.untagged.insert(descriptor.digest);
                }
                Err(reason) => missing.push(item(&repository.path, &name, &name, reason)),
            }
            repository.add((bundle, source), descriptor, (&name, 0), total, missing);
        }
        repository
    }

    /// `level` is the number of indexes above.
    fn add(
        &mut self,
        (bundle, source): (&Bundle, &bundle::Repository),
        descriptor: &Descriptor,
        (image, level): (&str, usize),
        total: &mut Total,
        missing: &mut Vec<MissingItem>,
    ) {
        if total.over.is_some() || self.manifests.contains_key(&descriptor.digest) {
            return;
        }
        let reference = descriptor.digest.to_string();
        let parsed = bundle.manifest(&self.path, descriptor).map_err(|error| error.to_string());
        let parsed = parsed.and_then(|raw| Ok((raw.parse().map_err(|error| error.to_string())?, raw)));
        let (manifest, raw) = match parsed {
            Ok(parsed) => parsed,
            Err(reason) => return missing.push(item(&self.path, &reference, image, reason)),
        };
        let Some(raw) = total.keep(raw) else { return };
        self.manifests.insert(descriptor.digest, raw);
        if let Manifest::Index { manifests } = &manifest {
            if level == MAX_NESTING {
                let reason = format!("indexes are nested deeper than {MAX_NESTING}");
                return missing.push(item(&self.path, &reference, image, reason));
            }
            for child in manifests {
                self.add((bundle, source), child, (image, level + 1), total, missing);
            }
        }
        for blob in manifest.blobs() {
            if total.over.is_some() {
                return;
            }
            match source.blobs.get(&blob.digest) {
                Some(size) if *size == blob.size => {
                    if self.blobs.insert(blob.digest, blob.size).is_none() {
                        total.add_blob();
                    }
                }
                found => {
                    total.add_blob();
                    let reason = match found {
                        None => "the blob is not in the bundle".to_owned(),
                        Some(size) => format!("{size} bytes in the bundle instead of {}", blob.size),
                    };
                    missing.push(item(&self.path, &blob.digest.to_string(), image, reason));
                }
            }
        }
    }
}

/// What has been read of a bundle, against limits on memory.
#[derive(Default)]
struct Total {
    manifests: ManifestTotal,
    /// Blobs that are there, and places where one is missing.
    blobs: usize,
    /// The limit that was reached: nothing more is read.
    over: Option<Error>,
}

impl Total {
    fn keep(&mut self, raw: RawManifest) -> Option<RawManifest> {
        self.manifests.keep(raw).map_err(|error| self.over = Some(error)).ok()
    }

    fn add_blob(&mut self) {
        self.blobs += 1;
        if let Err(error) = check_blobs(self.blobs) {
            self.over = Some(error);
        }
    }
}

/// The tag of an image, or why it cannot be told.
///
/// No digest covers `index.json`, so what it says twice must be the same: tools write the tag, or the digits
/// of the digest, at the end of the reference too, and give every image a tag or none.
fn tag_of(descriptor: &Descriptor, others_have_tags: bool) -> Result<Option<Tag>, String> {
    let reference = descriptor.annotations.get(layout::REF_NAME);
    if descriptor.media_type.contains(is_unfit_for_line) {
        return Err("its media type has control characters".to_owned());
    }
    let Some(tag) = descriptor.annotations.get(layout::SHORT_TAG) else {
        return if others_have_tags { Err("it has no tag, and others have".to_owned()) } else { Ok(None) };
    };
    if let Some(reference) = reference.filter(|it| it.rsplit(':').next() != Some(tag)) {
        return Err(format!("index.json gives it two names: the tag {tag} and the reference {reference}"));
    }
    tag.parse().map(Some).map_err(|error| format!("{error}"))
}

fn item(path: &str, reference: &str, image: &str, reason: String) -> MissingItem {
    let repository = place(path);
    MissingItem {
        reference: reference.to_owned(),
        wanted_by: vec![WantedBy::Image(format!("{repository}:{image}"))],
        repository: repository.to_owned(),
        reason,
        cause: Cause::Missing,
    }
}

/// A repository's name for a user: the root has a path of no letters.
pub(crate) fn place(path: &str) -> &str {
    if path.is_empty() { "(root)" } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_and_a_reference_say_the_same() {
        let tag = |tag: &str, reference: &str| {
            let annotations = [(layout::SHORT_TAG, tag), (layout::REF_NAME, reference)];
            let annotations = annotations.iter().filter(|(_, value)| !value.is_empty());
            let annotations = annotations.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            let digest = Digest::of(b"x");
            let media_type = oci::media_type::OCI_MANIFEST.to_owned();
            Descriptor { media_type, size: 1, digest, platform: None, annotations: annotations.collect() }
        };
        for (tag, reference, others, expected) in [
            ("v1.58.3", "r.example:5000/ee:v1.58.3", true, Some(Some("v1.58.3"))),
            ("0a", "r.example/ee@sha256:0a", true, Some(Some("0a"))),
            ("v1.58.3", "v1.58.3", true, Some(Some("v1.58.3"))),
            ("v1.58.3", "", true, Some(Some("v1.58.3"))),
            ("", "r.example/ee:v1", false, Some(None)),
            ("v1.58.2", "r.example/ee:v1.58.3", true, None),
            ("0", "r.example/ee:2", true, None),
            ("", "", true, None),
            ("a b", "", true, None),
        ]
        .map(|(short, reference, others, expected)| (tag(short, reference), reference, others, expected))
        {
            let found = tag_of(&tag, others);
            let found = found.as_ref().ok().map(|tag| tag.as_ref().map(Tag::as_str));
            assert_eq!(found, expected, "{reference}");
        }
    }
}
